internal import COpenBLAS

/// A scalar for which the BLAS has products: `Float` and `Double`.
///
/// Matrices are row-major; a stride is the distance between the starts of neighbouring rows, in
/// scalars. Every product runs on the calling thread alone.
public protocol BLASScalar: BinaryFloatingPoint, Sendable, Codable {
    /// C := alpha op(A) op(B) + beta C, with op(A) of shape (rows, inner), op(B) of shape
    /// (inner, columns).
    ///
    /// With `beta` zero, C need not be initialized. Shapes are not checked: see
    /// ``Matrix/times(_:transposingSelf:transposingOther:)`` for a safe product.
    static func multiply(
        _ a: UnsafePointer<Self>, stride aStride: Int, transposed aTransposed: Bool,
        _ b: UnsafePointer<Self>, stride bStride: Int, transposed bTransposed: Bool,
        into c: UnsafeMutablePointer<Self>, stride cStride: Int,
        rows: Int, columns: Int, inner: Int, alpha: Self, beta: Self)
}

private func operation(_ transposed: Bool) -> CBLAS_TRANSPOSE {
    transposed ? CblasTrans : CblasNoTrans
}

extension Float: BLASScalar {
    /// `sgemm`.
    public static func multiply(
        _ a: UnsafePointer<Float>, stride aStride: Int, transposed aTransposed: Bool,
        _ b: UnsafePointer<Float>, stride bStride: Int, transposed bTransposed: Bool,
        into c: UnsafeMutablePointer<Float>, stride cStride: Int,
        rows: Int, columns: Int, inner: Int, alpha: Float, beta: Float
    ) {
        withBLASThreads {
            cblas_sgemm(
                CblasRowMajor, operation(aTransposed), operation(bTransposed), blasint(rows),
                blasint(columns), blasint(inner), alpha, a, blasint(aStride), b, blasint(bStride),
                beta, c, blasint(cStride))
        }
    }
}

extension Double: BLASScalar {
    /// `dgemm`.
    public static func multiply(
        _ a: UnsafePointer<Double>, stride aStride: Int, transposed aTransposed: Bool,
        _ b: UnsafePointer<Double>, stride bStride: Int, transposed bTransposed: Bool,
        into c: UnsafeMutablePointer<Double>, stride cStride: Int,
        rows: Int, columns: Int, inner: Int, alpha: Double, beta: Double
    ) {
        withBLASThreads {
            cblas_dgemm(
                CblasRowMajor, operation(aTransposed), operation(bTransposed), blasint(rows),
                blasint(columns), blasint(inner), alpha, a, blasint(aStride), b, blasint(bStride),
                beta, c, blasint(cStride))
        }
    }
}

extension Matrix where Scalar: BLASScalar {
    /// The product of this matrix and `other`, either of which may be transposed first.
    ///
    /// - Precondition: the inner sizes agree.
    /// - Complexity: O(rows · columns · inner), on the calling thread.
    public func times(
        _ other: Matrix, transposingSelf: Bool = false, transposingOther: Bool = false
    ) -> Matrix {
        let m = transposingSelf ? columns : rows
        let inner = transposingSelf ? rows : columns
        let otherInner = transposingOther ? other.columns : other.rows
        let n = transposingOther ? other.rows : other.columns
        precondition(inner == otherInner, "\(m) x \(inner) times \(otherInner) x \(n)")
        guard m > 0 && n > 0 && inner > 0 else { return Matrix(rows: m, columns: n) }
        return withElements { a in
            other.withElements { b in
                Matrix(rows: m, columns: n) { c in
                    guard let a = a.baseAddress, let b = b.baseAddress, let c = c.baseAddress
                    else { return }
                    Scalar.multiply(
                        a, stride: columns, transposed: transposingSelf,
                        b, stride: other.columns, transposed: transposingOther,
                        into: c, stride: n, rows: m, columns: n, inner: inner, alpha: 1, beta: 0)
                }
            }
        }
    }
}
