internal import COpenBLAS

/// Eigenvalues and eigenvectors of a symmetric matrix.
public struct SymmetricEigen: Sendable {
    /// Descending.
    public var values: [Double]
    /// One row an eigenvector, of length 1, in the order of ``values``.
    public var vectors: Matrix<Double>
}

extension Matrix where Scalar == Double {
    /// The eigenvalues of a symmetric matrix of which only the upper triangle is read, LAPACK's lower
    /// one: with two threads that takes a tenth less time than the other.
    ///
    /// LAPACK's `dsyevd` without vectors: backward stable, each value within a small multiple of
    /// the largest one's rounding. From 1,536 columns on with two BLAS threads, a number that does
    /// not depend on the machine; measured against the two-stage driver, which was slower at 1,024
    /// and 2,048 columns on one thread and on two.
    ///
    /// - Returns: descending.
    /// - Throws: if an element is not finite or the iteration fails.
    /// - Complexity: O(rows³) time; consumes the matrix, so that no copy is needed.
    public consuming func symmetricEigenvalues() throws(LinearAlgebraError) -> [Double] {
        let size = rows
        try prepare(routine: "dsyevd")
        guard size > 0 else { return [] }
        var matrix = consume self
        var values = [Double](repeating: 0, count: size)
        let info = withBLASThreads(size >= 1536 ? 2 : 1) {
            matrix.withMutableElements { elements in
                eigenvalues(
                    job: "N", size: size, elements.baseAddress, into: &values)
            }
        }
        if let error = LinearAlgebraError(
            routine: "dsyevd", rows: size, columns: size, info: info)
        {
            throw error
        }
        return values.reversed()
    }

    /// The eigenvalues and the eigenvectors of the `count` largest of them.
    ///
    /// LAPACK's `dsyevd` for all vectors, which stay orthogonal to rounding however close the
    /// eigenvalues are. The sign of a vector is fixed: its entry of largest magnitude, the first
    /// one among equals, is positive.
    ///
    /// - Parameter count: number of vectors; all if it exceeds the size.
    /// - Returns: all values, descending, and `min(count, rows)` vectors as rows.
    /// - Throws: if an element is not finite or the iteration fails.
    /// - Complexity: O(rows³) time, 3 · rows² scalars of memory.
    public consuming func symmetricEigen(vectors count: Int) throws(LinearAlgebraError)
        -> SymmetricEigen
    {
        precondition(count >= 0, "\(count) vectors")
        let size = rows
        let kept = Swift.min(count, size)
        guard kept > 0 else {
            let values = try (consume self).symmetricEigenvalues()
            return SymmetricEigen(values: values, vectors: Matrix(rows: 0, columns: size))
        }
        try prepare(routine: "dsyevd")
        var matrix = consume self
        var values = [Double](repeating: 0, count: size)
        let info = withBLASThreads(size >= 1536 ? 2 : 1) {
            matrix.withMutableElements { elements in
                eigenvalues(
                    job: "V", size: size, elements.baseAddress, into: &values)
            }
        }
        if let error = LinearAlgebraError(
            routine: "dsyevd", rows: size, columns: size, info: info)
        {
            throw error
        }
        // Column-major columns, ascending, are row-major rows.
        let vectors = Matrix<Double>(
            rows: kept, columns: size,
            elements: (0..<kept).flatMap { withFixedSign(matrix.row(size - 1 - $0)) })
        return SymmetricEigen(values: values.reversed(), vectors: vectors)
    }

    private func prepare(routine: String) throws(LinearAlgebraError) {
        precondition(rows == columns, "\(rows) x \(columns) is not square")
        try requireFinite(for: routine, upperTriangle: true)
    }
}

/// Calls `dsyevd` on the lower triangle of a column-major matrix, which is the upper one of a row-major
/// matrix.
///
/// - Returns: LAPACK's status.
private func eigenvalues(
    job: Unicode.Scalar, size: Int, _ elements: UnsafeMutablePointer<Double>?,
    into values: inout [Double]
) -> Int32 {
    let job = CChar(UInt8(ascii: job))
    let triangle = CChar(UInt8(ascii: "L"))
    let size = Int32(size)
    var info: Int32 = 0
    var length = 0.0
    var integerLength: Int32 = 0
    copenblas_dsyevd(
        job, triangle, size, elements, size, &values, &length, -1, &integerLength, -1, &info)
    guard info == 0 else { return info }
    // Not an array: these may be large, and nothing reads what they hold before LAPACK writes it.
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(length)) { work in
        withUnsafeTemporaryAllocation(of: Int32.self, capacity: Int(integerLength)) { integers in
            copenblas_dsyevd(
                job, triangle, size, elements, size, &values, work.baseAddress, Int32(work.count),
                integers.baseAddress, integerLength, &info)
            return info
        }
    }
}

/// `vector` or its opposite, whichever has a positive entry of largest magnitude.
private func withFixedSign(_ vector: [Double]) -> [Double] {
    var largest = 0.0
    for value in vector where abs(value) > abs(largest) { largest = value }
    return largest < 0 ? vector.map { 0 - $0 } : vector
}
