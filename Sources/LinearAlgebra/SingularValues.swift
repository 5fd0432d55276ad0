internal import COpenBLAS

/// A thin singular value decomposition, `left · diag(values) · right`.
public struct SingularValues: Sendable {
    /// Shape (rows, min(rows, columns)).
    public var left: Matrix<Double>
    /// Descending, min(rows, columns) of them.
    public var values: [Double]
    /// Shape (min(rows, columns), columns).
    public var right: Matrix<Double>
}

extension Matrix where Scalar == Double {
    /// The singular values and vectors, by LAPACK's `dgesdd`.
    ///
    /// - Throws: if an element is not finite or the iteration fails.
    /// - Complexity: O(rows · columns · min(rows, columns)) time.
    public consuming func singularValues() throws(LinearAlgebraError) -> SingularValues {
        let (rows, columns) = (self.rows, self.columns)
        let count = Swift.min(rows, columns)
        try requireFinite(for: "dgesdd")
        var left = Matrix(rows: rows, columns: count)
        var right = Matrix(rows: count, columns: columns)
        var values = [Double](repeating: 0, count: count)
        guard count > 0 else { return SingularValues(left: left, values: [], right: right) }
        var matrix = consume self
        // A row-major matrix is its column-major transpose: U and Vᵀ change places.
        let info = matrix.withMutableElements { elements in
            left.withMutableElements { left in
                right.withMutableElements { right in
                    thinDecomposition(
                        rows: columns, columns: rows, elements.baseAddress, into: &values,
                        right.baseAddress, left.baseAddress)
                }
            }
        }
        if let error = LinearAlgebraError(
            routine: "dgesdd", rows: rows, columns: columns, info: info)
        {
            throw error
        }
        return SingularValues(left: left, values: values, right: right)
    }
}

/// Calls `dgesdd` on a column-major matrix, for min(rows, columns) vectors on either side.
///
/// - Returns: LAPACK's status.
private func thinDecomposition(
    rows: Int, columns: Int, _ elements: UnsafeMutablePointer<Double>?,
    into values: inout [Double], _ left: UnsafeMutablePointer<Double>?,
    _ right: UnsafeMutablePointer<Double>?
) -> Int32 {
    let job = CChar(UInt8(ascii: "S"))
    let (height, width) = (Int32(rows), Int32(columns))
    let count = min(height, width)
    var info: Int32 = 0
    var length = 0.0
    var integers = [Int32](repeating: 0, count: 8 * Int(count))
    copenblas_dgesdd(
        job, height, width, elements, height, &values, left, height, right, count, &length, -1,
        &integers, &info)
    guard info == 0 else { return info }
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(length)) { work in
        copenblas_dgesdd(
            job, height, width, elements, height, &values, left, height, right, count,
            work.baseAddress, Int32(work.count), &integers, &info)
        return info
    }
}
