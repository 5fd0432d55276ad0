import COpenBLAS

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

    /// y := alpha op(A) x + beta y, with A of shape (rows, columns) before it is transposed.
    static func multiply(
        _ a: UnsafePointer<Self>, stride: Int, transposed: Bool, rows: Int, columns: Int,
        vector x: UnsafePointer<Self>, into y: UnsafeMutablePointer<Self>, alpha: Self, beta: Self)

    /// A := A + alpha x yᵀ, with A of shape (rows, columns).
    static func addOuterProduct(
        _ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>, alpha: Self,
        to a: UnsafeMutablePointer<Self>, stride: Int, rows: Int, columns: Int)

    /// y := y + alpha x, for `count` contiguous scalars.
    static func add(
        _ x: UnsafePointer<Self>, times alpha: Self, to y: UnsafeMutablePointer<Self>, count: Int)

    /// The sum of the products of `count` contiguous scalars.
    static func dot(_ x: UnsafePointer<Self>, _ y: UnsafePointer<Self>, count: Int) -> Self
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
        cblas_sgemm(
            CblasRowMajor, operation(aTransposed), operation(bTransposed), blasint(rows),
            blasint(columns), blasint(inner), alpha, a, blasint(aStride), b, blasint(bStride),
            beta, c, blasint(cStride))
    }

    /// `sgemv`.
    public static func multiply(
        _ a: UnsafePointer<Float>, stride: Int, transposed: Bool, rows: Int, columns: Int,
        vector x: UnsafePointer<Float>, into y: UnsafeMutablePointer<Float>, alpha: Float,
        beta: Float
    ) {
        cblas_sgemv(
            CblasRowMajor, operation(transposed), blasint(rows), blasint(columns), alpha, a,
            blasint(stride), x, 1, beta, y, 1)
    }

    /// `sger`.
    public static func addOuterProduct(
        _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, alpha: Float,
        to a: UnsafeMutablePointer<Float>, stride: Int, rows: Int, columns: Int
    ) {
        cblas_sger(
            CblasRowMajor, blasint(rows), blasint(columns), alpha, x, 1, y, 1, a, blasint(stride))
    }

    /// `saxpy`.
    public static func add(
        _ x: UnsafePointer<Float>, times alpha: Float, to y: UnsafeMutablePointer<Float>,
        count: Int
    ) {
        cblas_saxpy(blasint(count), alpha, x, 1, y, 1)
    }

    /// `sdot`.
    public static func dot(
        _ x: UnsafePointer<Float>, _ y: UnsafePointer<Float>, count: Int
    ) -> Float {
        return cblas_sdot(blasint(count), x, 1, y, 1)
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
        cblas_dgemm(
            CblasRowMajor, operation(aTransposed), operation(bTransposed), blasint(rows),
            blasint(columns), blasint(inner), alpha, a, blasint(aStride), b, blasint(bStride),
            beta, c, blasint(cStride))
    }

    /// `dgemv`.
    public static func multiply(
        _ a: UnsafePointer<Double>, stride: Int, transposed: Bool, rows: Int, columns: Int,
        vector x: UnsafePointer<Double>, into y: UnsafeMutablePointer<Double>, alpha: Double,
        beta: Double
    ) {
        cblas_dgemv(
            CblasRowMajor, operation(transposed), blasint(rows), blasint(columns), alpha, a,
            blasint(stride), x, 1, beta, y, 1)
    }

    /// `dger`.
    public static func addOuterProduct(
        _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, alpha: Double,
        to a: UnsafeMutablePointer<Double>, stride: Int, rows: Int, columns: Int
    ) {
        cblas_dger(
            CblasRowMajor, blasint(rows), blasint(columns), alpha, x, 1, y, 1, a, blasint(stride))
    }

    /// `daxpy`.
    public static func add(
        _ x: UnsafePointer<Double>, times alpha: Double, to y: UnsafeMutablePointer<Double>,
        count: Int
    ) {
        cblas_daxpy(blasint(count), alpha, x, 1, y, 1)
    }

    /// `ddot`.
    public static func dot(
        _ x: UnsafePointer<Double>, _ y: UnsafePointer<Double>, count: Int
    ) -> Double {
        return cblas_ddot(blasint(count), x, 1, y, 1)
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
