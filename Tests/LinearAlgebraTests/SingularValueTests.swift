import LinearAlgebra
import Testing

@Suite struct SingularValueTests {
    /// AᵀA = (25, 20; 20, 25): eigenvalues 45 and 5.
    @Test func twoByTwo() throws {
        let a = Matrix<Double>(rows: 2, columns: 2, elements: [3, 0, 4, 5])
        let values = try a.singularValues()
        #expect(abs(values[0] - 45.0.squareRoot()) < 1e-14)
        #expect(abs(values[1] - 5.0.squareRoot()) < 1e-14)
        let right = try a.singularDecomposition().rightVectors
        // (1, 1) / √2, either sign.
        #expect(abs(abs(right[0, 0]) - 0.5.squareRoot()) < 1e-14)
        #expect(abs(right[0, 0] - right[0, 1]) < 1e-14)
    }

    /// ‖A vᵢ‖ = σᵢ, the vectors are orthonormal, and the values are those without vectors.
    @Test(arguments: [(1, 1), (7, 3), (3, 7), (40, 40), (1, 9), (9, 1)])
    func vectorsFitTheValues(rows: Int, columns: Int) throws {
        var generator = SeededGenerator(seed: UInt64(rows * 100 + columns))
        let a = Matrix<Double>(
            rows: rows, columns: columns,
            elements: (0..<rows * columns).map { _ in generator.normal() })
        let found = try a.singularDecomposition()
        let plain = try a.singularValues()
        let rank = min(rows, columns)
        #expect(found.values.count == rank && found.rightVectors.rows == rank)
        let images = a.times(found.rightVectors, transposingOther: true)
        let products = found.rightVectors.times(found.rightVectors, transposingOther: true)
        for i in 0..<rank {
            #expect(abs(plain[i] - found.values[i]) < 1e-13 * plain[0])
            let length = images.column(i).reduce(0) { $0 + $1 * $1 }.squareRoot()
            #expect(abs(length - found.values[i]) < 1e-13 * plain[0])
            for j in 0..<rank { #expect(abs(products[i, j] - (i == j ? 1 : 0)) < 1e-13) }
        }
        #expect(zip(plain, plain.dropFirst()).allSatisfy { $0 >= $1 })
    }

    /// A small value beside a large one, which the eigenvalues of AᵀA would lose.
    @Test func smallValuesAreFound() throws {
        let a = Matrix<Double>(rows: 2, columns: 2, elements: [1, 1, 0, 1e-10])
        // The product of both is |det A| = 1e-10, the larger one is √2.
        let values = try a.singularValues()
        #expect(abs(values[1] - 1e-10 / 2.0.squareRoot()) < 1e-16)
    }

    @Test func whatIsNotFiniteIsRefused() {
        let a = Matrix<Double>(rows: 1, columns: 2, elements: [1, .nan])
        #expect(throws: LinearAlgebraError.self) { try a.singularValues() }
    }

    @Test func emptyMatricesHaveNone() throws {
        #expect(try Matrix<Double>(rows: 0, columns: 3).singularValues().isEmpty)
    }
}
