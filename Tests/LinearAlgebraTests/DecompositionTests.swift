import LinearAlgebra
import Testing

@Suite struct DecompositionTests {
    /// The second difference matrix has the eigenvalues 2 - 2 cos(jπ / (n + 1)); compared by their
    /// sums and products, which are 2n and n + 1.
    @Test(arguments: [1, 2, 7, 40])
    func secondDifferences(size: Int) throws {
        var x = Matrix<Double>(rows: size, columns: size)
        for index in 0..<size {
            x[index, index] = 2
            if index + 1 < size { x[index, index + 1] = -1 }
            // The lower triangle is not read.
            if index > 0 { x[index, index - 1] = .nan }
        }
        let values = try x.symmetricEigenvalues()
        #expect(abs(values.reduce(0, +) - Double(2 * size)) < 1e-13 * Double(size))
        #expect(abs(values.reduce(1, *) / Double(size + 1) - 1) < 1e-12)
        #expect(values == values.sorted(by: >))
        let eigen = try x.symmetricEigen(vectors: size)
        for (value, expected) in zip(eigen.values, values) {
            #expect(abs(value - expected) < 1e-13)
        }
        for index in 0..<size {
            let v = eigen.vectors.row(index)
            for row in 0..<size {
                let product =
                    2 * v[row] - (row > 0 ? v[row - 1] : 0) - (row + 1 < size ? v[row + 1] : 0)
                #expect(abs(product - eigen.values[index] * v[row]) < 1e-13)
            }
            let largest = v.max { abs($0) < abs($1) } ?? 0
            // Symmetric vectors have two entries of that size, of which rounding makes one larger.
            #expect(abs(largest) - (v.max() ?? 0) < 1e-13)
        }
    }

    @Test func fewVectorsAreTheLargest() throws {
        let x = Matrix<Double>(rows: 3, columns: 3, elements: [1, 0, 0, 0, 5, 0, 0, 0, 3])
        let eigen = try x.symmetricEigen(vectors: 2)
        #expect(eigen.values == [5, 3, 1])
        #expect(eigen.vectors == Matrix(rows: 2, columns: 3, elements: [0, 1, 0, 0, 0, 1]))
        #expect(try x.symmetricEigen(vectors: 0).vectors.rows == 0)
        #expect(try Matrix<Double>(rows: 0, columns: 0).symmetricEigenvalues().isEmpty)
    }

    @Test func anElementThatIsNoNumberIsNamed() {
        let x = Matrix<Double>(rows: 2, columns: 2, elements: [1, .infinity, 0, 1])
        #expect {
            try x.symmetricEigenvalues()
        } throws: { error in
            (error as? LinearAlgebraError)?.cause == .notFinite(row: 0, column: 1)
        }
    }
}
