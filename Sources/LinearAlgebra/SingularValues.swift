internal import CLAPACKE

/// The singular values of a matrix and its right singular vectors.
public struct SingularDecomposition: Sendable {
    /// Descending, min(rows, columns) of them.
    public var values: [Double]
    /// One row a right singular vector of length 1, in the order of ``values``.
    public var rightVectors: Matrix<Double>
}

extension Matrix where Scalar == Double {
    /// The singular values by LAPACK's `dgesdd`, descending.
    ///
    /// Backward stable: each is within a small multiple of the largest one's rounding, small ones included,
    /// which the eigenvalues of a product of the matrix with itself are not.
    ///
    /// - Throws: `LinearAlgebraError` if an element is not finite or the iteration fails.
    /// - Complexity: O(rows · columns · min(rows, columns)) time, one copy of the matrix.
    public func singularValues() throws(LinearAlgebraError) -> [Double] {
        try singular(vectors: false).values
    }

    /// The singular values, and the right singular vectors: of this matrix A = U Σ Vᵀ, the rows of Vᵀ.
    ///
    /// - Throws: `LinearAlgebraError` if an element is not finite, the matrix is too large for LAPACK's
    ///   32-bit sizes, or the iteration fails.
    /// - Complexity: O(rows · columns · min(rows, columns)) time, four copies of the matrix.
    public func singularDecomposition() throws(LinearAlgebraError) -> SingularDecomposition {
        try singular(vectors: true)
    }

    private func singular(vectors: Bool) throws(LinearAlgebraError) -> SingularDecomposition {
        let (rows, columns) = (rows, columns)
        let rank = Swift.min(rows, columns)
        guard rank > 0 else {
            return SingularDecomposition(
                values: [], rightVectors: Matrix(rows: 0, columns: columns))
        }
        try requireFinite(for: "dgesdd")
        // The workspace has about 4 · rank² + 7 · rank numbers, counted in 32 bits.
        guard rank <= 20_000, Swift.max(rows, columns) <= Int(Int32.max) else {
            throw LinearAlgebraError(
                routine: "dgesdd", rows: rows, columns: columns, cause: .tooLarge(limit: 20_000))
        }
        // Row-major A is column-major Aᵀ = V Σ Uᵀ: LAPACK's left vectors, column after column, are the rows
        // of Vᵀ.
        var copy = self
        var values = [Double](repeating: 0, count: rank)
        var right = Matrix(rows: vectors ? rank : 0, columns: columns)
        var others = Matrix(rows: vectors ? rows : 1, columns: vectors ? rank : 1)
        let (m, n, k) = (clapacke_int(columns), clapacke_int(rows), clapacke_int(rank))
        let job = CChar(UInt8(ascii: vectors ? "S" : "N"))
        var integers = [clapacke_int](repeating: 0, count: 8 * rank)
        let info = copy.withMutableElements { a in
            right.withMutableElements { u in
                others.withMutableElements { vt in
                    func solve(
                        _ work: UnsafeMutablePointer<Double>, _ length: clapacke_int
                    ) -> clapacke_int {
                        withBLASThreads(rank >= 1536 ? 2 : 1) {
                            LAPACKE_dgesdd_work(
                                LAPACK_COL_MAJOR, job, m, n, a.baseAddress, m, &values,
                                u.baseAddress, m, vt.baseAddress, vectors ? k : 1, work, length,
                                &integers)
                        }
                    }
                    var length = 0.0
                    let query = solve(&length, -1)
                    guard query == 0 else { return query }
                    return withUnsafeTemporaryAllocation(
                        of: Double.self, capacity: Swift.max(1, Int(length))
                    ) { work in
                        guard let base = work.baseAddress else { return 0 }
                        return solve(base, clapacke_int(work.count))
                    }
                }
            }
        }
        if let error = LinearAlgebraError(
            routine: "dgesdd", rows: rows, columns: columns, info: info)
        {
            throw error
        }
        return SingularDecomposition(values: values, rightVectors: right)
    }
}
