internal import CLAPACKE

extension Matrix where Scalar == Double {
    /// Orthonormal rows, of which the first j span what the first j rows of this matrix do.
    ///
    /// Householder's method (LAPACK's `dgeqrf` and `dorgqr`): orthonormal to rounding however near
    /// to dependent the rows are. Where a row depends on those before it, zeros among them, its
    /// place is taken by a unit vector that is orthogonal to the others. A row keeps its direction,
    /// not its opposite, up to what those before it take away.
    ///
    /// - Returns: a matrix of the same shape.
    /// - Throws: `LinearAlgebraError` if an element is not finite.
    /// - Precondition: there are no more rows than columns.
    /// - Complexity: O(rows² · columns) time, in the same memory, with one BLAS thread.
    /// - Note: A. S. Householder, "Unitary triangularization of a nonsymmetric matrix", Journal of
    ///   the ACM 5 (1958).
    public consuming func orthonormalRows() throws(LinearAlgebraError) -> Matrix {
        let (count, length) = (rows, columns)
        precondition(count <= length, "\(count) orthonormal rows of length \(length)")
        try requireFinite(for: "dgeqrf")
        guard count > 0 else { return self }
        var matrix = consume self
        // A row-major matrix is its column-major transpose: rows are LAPACK's columns.
        matrix.withMutableElements { elements in
            guard let base = elements.baseAddress else { return }
            let (m, n) = (clapacke_int(length), clapacke_int(count))
            var factors = [Double](repeating: 0, count: count)
            withWorkspace {
                LAPACKE_dgeqrf_work(LAPACK_COL_MAJOR, m, n, base, m, &factors, $0, $1)
            }
            let isOpposite = (0..<count).map { base[$0 * length + $0] < 0 }
            withWorkspace {
                LAPACKE_dorgqr_work(LAPACK_COL_MAJOR, m, n, n, base, m, factors, $0, $1)
            }
            for row in 0..<count where isOpposite[row] {
                for index in row * length..<(row + 1) * length { base[index] = 0 - base[index] }
            }
        }
        return matrix
    }

    /// Makes the entry of largest magnitude of each row positive, the first one among equals.
    ///
    /// - Complexity: O(rows · columns).
    public mutating func fixSignsOfRows() {
        let length = columns
        guard length > 0 else { return }
        withMutableElements { elements in
            for first in stride(from: 0, to: elements.count, by: length) {
                var largest = 0.0
                for index in first..<first + length where abs(elements[index]) > abs(largest) {
                    largest = elements[index]
                }
                guard largest < 0 else { continue }
                for index in first..<first + length { elements[index] = 0 - elements[index] }
            }
        }
    }
}

/// Calls a routine of LAPACK for the size of its workspace, then with one of that size, on `threads` BLAS
/// threads.
///
/// - Precondition: the routine's arguments are legal, which is all that it can complain about.
func withWorkspace(
    threads: Int = 1,
    _ routine: (UnsafeMutablePointer<Double>?, clapacke_int) -> clapacke_int
) {
    var length = 0.0
    var info = withBLASThreads(threads) { routine(&length, -1) }
    precondition(info == 0, "illegal argument \(-info)")
    withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, Int(length))) { work in
        info = withBLASThreads(threads) { routine(work.baseAddress, clapacke_int(work.count)) }
    }
    precondition(info == 0, "illegal argument \(-info)")
}
