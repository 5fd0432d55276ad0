internal import CLAPACKE

/// Eigenvalues and eigenvectors of a symmetric matrix.
public struct SymmetricEigen: Sendable {
    /// Descending.
    public var values: [Double]
    /// One row an eigenvector, of length 1, in the order of ``values``.
    public var vectors: Matrix<Double>

    /// Whether that many vectors are found without the others, which takes less time and memory.
    ///
    /// Inverse iteration takes a time that grows with the square of their number.
    public static func findsLeadingAlone(_ count: Int, of size: Int) -> Bool {
        size >= 64 && count <= size / 4
    }
}

extension Matrix where Scalar == Double {
    /// The eigenvalues of a symmetric matrix of which only the upper triangle is read.
    ///
    /// From 384 columns on by way of a band, where rows of zeros, eigenvalues of zero, are left out
    /// first; else LAPACK's `dsyevd` without vectors. Backward stable: each value is within a small
    /// multiple of the largest one's rounding.
    ///
    /// - Returns: descending.
    /// - Throws: if an element is not finite or the iteration fails.
    /// - Complexity: O(rows³) time; by way of a band 4 · rows² bytes of memory, else none, as LAPACK
    ///   works in place.
    public consuming func symmetricEigenvalues() throws(LinearAlgebraError) -> [Double] {
        let size = rows
        if BandReduction.isFastest(size: size) {
            return try eigenvaluesByBand(stored: .upper, indices: Array(0..<size))
        }
        try prepare(routine: "dsyevd")
        var matrix = consume self
        return try matrix.solve(job: "N", stored: .upper).reversed()
    }

    /// The eigenvalues of some rows and columns of a symmetric matrix of which only the lower triangle is
    /// read.
    ///
    /// - Parameter indices: ascending.
    /// - Returns: descending; as ``symmetricEigenvalues()``.
    /// - Throws: if an element is not finite or the iteration fails.
    /// - Complexity: O(indices³) time; 4 · indices² bytes of memory, from 384 of them on.
    public func lowerTriangleEigenvalues(
        of indices: [Int]
    ) throws(LinearAlgebraError) -> [Double] {
        if BandReduction.isFastest(size: indices.count) {
            return try eigenvaluesByBand(stored: .lower, indices: indices)
        }
        let (count, stride) = (indices.count, columns)
        var part = withElements { elements in
            Matrix(rows: count, columns: count) { part in
                for row in 0..<count {
                    let from = indices[row] * stride
                    for column in 0..<count {
                        let value = column <= row ? elements[from + indices[column]] : 0
                        part.initializeElement(at: row * count + column, to: value)
                    }
                }
            }
        }
        try part.requireFinite(for: "dsyevd")
        return try part.solve(job: "N", stored: .lower).reversed()
    }

    /// The same by way of a band, however few there are.
    borrowing func eigenvaluesByBand(
        stored triangle: Triangle, indices: [Int]
    ) throws(LinearAlgebraError) -> [Double] {
        precondition(rows == columns, "\(rows) x \(columns) is not square")
        let kept = rowsWithElements(in: triangle, among: indices)
        let values = try BandReduction(self, stored: triangle, indices: kept).eigenvalues()
        let negative = values.prefix { $0 < 0 }
        let zeros = [Double](repeating: 0, count: indices.count - kept.count)
        return (negative + zeros + values[negative.count...]).reversed()
    }

    /// The eigenvalues and the eigenvectors of the `count` largest of them, of a symmetric matrix of which
    /// only the upper triangle is read.
    ///
    /// Up to a quarter of the vectors are found on their own, as ``leadingEigen(_:)`` says; for more, all of
    /// them by LAPACK's `dsyevd`. Either way they are orthogonal to rounding however close the eigenvalues
    /// are. The sign of a vector is fixed: its entry of largest magnitude, the first one among equals, is
    /// positive.
    ///
    /// - Parameter count: number of vectors; all if it exceeds the size.
    /// - Returns: all values, descending, and `min(count, rows)` vectors as rows.
    /// - Throws: if an element is not finite, there are more rows than LAPACK's 32-bit sizes hold, or the
    ///   iteration fails.
    /// - Complexity: O(rows³) time. In addition to the matrix and to the vectors memory for as many vectors
    ///   again, or for 2 · rows² scalars where more than a quarter of them are asked for.
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
        try prepare(routine: "eigenvectors")
        if let error = LinearAlgebraError.tooLarge(size: size, vectors: kept) { throw error }
        if SymmetricEigen.findsLeadingAlone(kept, of: size) {
            return try (consume self).leadingEigen(kept)
        }
        var matrix = consume self
        let values = try matrix.solve(job: "V", stored: .upper)
        // Column-major columns, ascending, are row-major rows.
        var vectors = Matrix<Double>(rows: kept, columns: size) { target in
            matrix.withElements { source in
                for index in target.indices {
                    let row = size - 1 - index / size
                    target.initializeElement(at: index, to: source[row * size + index % size])
                }
            }
        }
        vectors.fixSignsOfRows()
        return SymmetricEigen(values: values.reversed(), vectors: vectors)
    }

    /// Calls `dsyevd`, from 1,536 columns on with two BLAS threads, a number that does not depend on the
    /// machine.
    ///
    /// - Returns: the eigenvalues, ascending; the vectors, if any, replace the matrix.
    private mutating func solve(
        job: Unicode.Scalar, stored triangle: Triangle
    ) throws(LinearAlgebraError) -> [Double] {
        let size = rows
        guard size > 0 else { return [] }
        var values = [Double](repeating: 0, count: size)
        let info = withMutableElements { elements in
            eigenvalues(
                job: job, stored: triangle, size: size, elements.baseAddress, into: &values)
        }
        if let error = LinearAlgebraError(
            routine: "dsyevd", rows: size, columns: size, info: info)
        {
            throw error
        }
        return values
    }

    private func prepare(routine: String) throws(LinearAlgebraError) {
        precondition(rows == columns, "\(rows) x \(columns) is not square")
        try requireFinite(for: routine, upperTriangle: true)
    }
}

/// Calls `dsyevd` on a triangle of a row-major matrix, which is the other one of a column-major matrix.
///
/// - Returns: LAPACK's status.
private func eigenvalues(
    job: Unicode.Scalar, stored triangle: Triangle, size: Int,
    _ elements: UnsafeMutablePointer<Double>?,
    into values: inout [Double]
) -> clapacke_int {
    let job = CChar(UInt8(ascii: job))
    let triangle = CChar(UInt8(ascii: triangle == .upper ? "L" : "U"))
    let order = clapacke_int(size)
    func solve(
        _ work: UnsafeMutablePointer<Double>?, _ workCount: clapacke_int,
        _ integers: UnsafeMutablePointer<clapacke_int>?, _ integerCount: clapacke_int
    ) -> clapacke_int {
        withBLASThreads(size >= 1536 ? 2 : 1) {
            LAPACKE_dsyevd_work(
                LAPACK_COL_MAJOR, job, triangle, order, elements, order, &values, work, workCount,
                integers, integerCount)
        }
    }
    var length = 0.0
    var integerLength: clapacke_int = 0
    let info = solve(&length, -1, &integerLength, -1)
    guard info == 0 else { return info }
    // Not an array: these may be large, and nothing reads what they hold before LAPACK writes it.
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: Int(length)) { work in
        withUnsafeTemporaryAllocation(
            of: clapacke_int.self, capacity: Int(integerLength)
        ) { integers in
            solve(
                work.baseAddress, clapacke_int(work.count), integers.baseAddress, integerLength)
        }
    }
}
