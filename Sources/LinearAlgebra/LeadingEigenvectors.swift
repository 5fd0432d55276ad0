internal import CLAPACKE

// `dsyevr` and `dsyevx` find eigenvectors for a range of indices in the same way. Neither is called: asked
// for the 3 largest of the identity plus a matrix of rank one, LAPACK 3.11 finds none and reports no error,
// because its search by bisection loses eigenvalues that are equal up to rounding. `dsterf` finds them all.

extension Matrix where Scalar == Double {
    /// All eigenvalues of a symmetric matrix of which only the upper triangle is read, and the eigenvectors
    /// of the `count` largest.
    ///
    /// The matrix is reduced to a tridiagonal one (LAPACK's `dsytrd`), whose vectors are found by inverse
    /// iteration (`dstein`), turned back (`dormtr`), and made orthonormal to rounding.
    ///
    /// - Parameter count: number of vectors, from 1 to the number of rows.
    /// - Returns: values, descending, and vectors as rows; the sign of a vector is fixed.
    /// - Throws: if there are more rows than LAPACK's sizes hold, or an iteration fails.
    /// - Complexity: 4/3 · rows³ operations and O(count² · rows); memory for two times `count` vectors and
    ///   some 100 scalars a row, as the reduction works in place.
    consuming func leadingEigen(_ count: Int) throws(LinearAlgebraError) -> SymmetricEigen {
        let size = rows
        let order = clapacke_int(size)
        // LAPACK's squares must neither vanish nor overflow. A row-major upper triangle is a column-major
        // lower one.
        var matrix = consume self
        let exponent = matrix.scaleUpperTriangleToOne()
        var diagonal = [Double](repeating: 0, count: size)
        var beside = [Double](repeating: 0, count: max(1, size - 1))
        var factors = beside
        matrix.withMutableElements { elements in
            withWorkspace(threads: size >= 1536 ? 2 : 1) {
                LAPACKE_dsytrd_work(
                    LAPACK_COL_MAJOR, lower, order, elements.baseAddress, order, &diagonal,
                    &beside, &factors, $0, $1)
            }
        }
        let spectrum = try TridiagonalSpectrum(diagonal: diagonal, beside: beside)
        var vectors = try spectrum.leadingVectors(count)
        vectors.withMutableElements { vectors in
            matrix.withElements { elements in
                withWorkspace(threads: size >= 1536 ? 2 : 1) {
                    LAPACKE_dormtr_work(
                        LAPACK_COL_MAJOR, CChar(UInt8(ascii: "L")), lower,
                        CChar(UInt8(ascii: "N")), order, clapacke_int(count),
                        elements.baseAddress, order, factors, vectors.baseAddress, order, $0, $1)
                }
            }
        }
        vectors = try vectors.orthonormalRows()
        vectors.fixSignsOfRows()
        let scale = Double(sign: .plus, exponent: exponent, significand: 1)
        return SymmetricEigen(values: spectrum.values.map { $0 * scale }, vectors: vectors)
    }

    /// Multiplies the upper triangle by the power of two that makes its largest magnitude about 1.
    ///
    /// - Returns: the exponent of what it was divided by.
    private mutating func scaleUpperTriangleToOne() -> Int {
        let size = rows
        var largest = 0.0
        withElements { elements in
            for row in 0..<size {
                for index in row * size + row..<(row + 1) * size {
                    largest = max(largest, abs(elements[index]))
                }
            }
        }
        // The reciprocal of a subnormal overflows.
        let exponent = largest > 0 ? max(-1000, Int(largest.exponent)) : 0
        guard abs(exponent) > 200 else { return 0 }
        let factor = Double(sign: .plus, exponent: -exponent, significand: 1)
        withMutableElements { elements in
            for row in 0..<size {
                for index in row * size + row..<(row + 1) * size { elements[index] *= factor }
            }
        }
        return exponent
    }
}

private let lower = CChar(UInt8(ascii: "L"))

/// The eigenvalues of a symmetric tridiagonal matrix, each with the block that it belongs to.
private struct TridiagonalSpectrum {
    /// Descending.
    let values: [Double]
    /// The block of each value, in the order of ``values``.
    private let blocks: [Int]
    /// For each block the number of rows up to its end.
    private let ends: [Int]
    private let diagonal: [Double]
    private let beside: [Double]

    /// Finds the eigenvalues of each of the blocks into which elements beside the diagonal divide the matrix
    /// that are no more than rounding (LAPACK's criterion in `dstebz`).
    ///
    /// - Throws: if the iteration fails.
    init(diagonal: [Double], beside: [Double]) throws(LinearAlgebraError) {
        let size = diagonal.count
        var ends: [Int] = []
        for row in 1..<max(1, size) {
            let square = beside[row - 1] * beside[row - 1]
            let bound =
                abs(diagonal[row] * diagonal[row - 1]) * Double.ulpOfOne * Double.ulpOfOne
            if square <= bound + Double.leastNormalMagnitude { ends.append(row) }
        }
        ends.append(size)
        var found: [(value: Double, block: Int)] = []
        var first = 0
        for (block, end) in ends.enumerated() {
            var values = Array(diagonal[first..<end])
            var others = Array(beside[first..<max(first, end - 1)])
            let info = withBLASThreads {
                LAPACKE_dsterf_work(clapacke_int(end - first), &values, &others)
            }
            if let error = LinearAlgebraError(
                routine: "dsterf", rows: size, columns: size, info: info)
            {
                throw error
            }
            found += values.map { ($0, block) }
            first = end
        }
        // Equal values in the order of their blocks.
        found.sort { $0.value != $1.value ? $0.value > $1.value : $0.block < $1.block }
        values = found.map(\.value)
        blocks = found.map(\.block)
        (self.ends, self.diagonal, self.beside) = (ends, diagonal, beside)
    }

    /// The eigenvectors of the first `count` values, as rows.
    ///
    /// - Throws: if the iteration fails.
    func leadingVectors(_ count: Int) throws(LinearAlgebraError) -> Matrix<Double> {
        let size = diagonal.count
        // `dstein` wants them block by block, and ascending in each.
        let order = (0..<count).sorted {
            blocks[$0] != blocks[$1] ? blocks[$0] < blocks[$1] : $0 > $1
        }
        let chosen = order.map { values[$0] }
        let blockOfEach = order.map { clapacke_int(blocks[$0] + 1) }
        let splits = ends.map { clapacke_int($0) }
        var work = [Double](repeating: 0, count: 5 * size)
        var integers = [clapacke_int](repeating: 0, count: size)
        var failed = [clapacke_int](repeating: 0, count: count)
        var found = Matrix<Double>(rows: count, columns: size)
        let info = found.withMutableElements { vectors in
            withBLASThreads {
                LAPACKE_dstein_work(
                    LAPACK_COL_MAJOR, clapacke_int(size), diagonal, beside, clapacke_int(count),
                    chosen, blockOfEach, splits, vectors.baseAddress, clapacke_int(size), &work,
                    &integers, &failed)
            }
        }
        if let error = LinearAlgebraError(routine: "dstein", rows: size, columns: size, info: info)
        {
            throw error
        }
        var sorted = Matrix<Double>(rows: count, columns: size)
        sorted.withMutableElements { target in
            found.withElements { source in
                for (position, index) in order.enumerated() {
                    for column in 0..<size {
                        target[index * size + column] = source[position * size + column]
                    }
                }
            }
        }
        return sorted
    }
}
