import LinearAlgebra
import Testing

@Suite struct OrthonormalRowsTests {
    private func normal(rows: Int, columns: Int) -> Matrix<Double> {
        var generator = SeededGenerator(seed: 3)
        return Matrix(
            rows: rows, columns: columns,
            elements: (0..<rows * columns).map { _ in generator.normal() })
    }

    private func expectOrthonormal(_ q: Matrix<Double>) {
        let products = q.times(q, transposingOther: true)
        for i in 0..<q.rows {
            for j in 0..<q.rows { #expect(abs(products[i, j] - (i == j ? 1 : 0)) < 1e-14) }
        }
    }

    /// Each row is a combination of the first ones of the result, with a positive share of its own.
    @Test(arguments: [(1, 1), (1, 9), (5, 5), (7, 40), (64, 300)])
    func spanTheSame(rows: Int, columns: Int) throws {
        let x = normal(rows: rows, columns: columns)
        let q = try x.orthonormalRows()
        expectOrthonormal(q)
        let shares = x.times(q, transposingOther: true)
        for i in 0..<rows {
            #expect(shares[i, i] > 0)
            for j in 0..<rows where j > i { #expect(abs(shares[i, j]) < 1e-13) }
        }
        let again = shares.times(q)
        for (a, b) in zip(again.elements, x.elements) { #expect(abs(a - b) < 1e-13) }
    }

    @Test func dependentRowsAreReplaced() throws {
        var x = normal(rows: 6, columns: 11)
        for column in 0..<11 {
            x[1, column] = 0
            x[3, column] = 2 * x[0, column] - x[2, column]
        }
        expectOrthonormal(try x.orthonormalRows())
        expectOrthonormal(try Matrix<Double>(rows: 4, columns: 6).orthonormalRows())
    }

    @Test func magnitudesDoNotMatter() throws {
        var x = normal(rows: 4, columns: 9)
        for row in 0..<4 {
            let scale = [1e150, 1e-150, 1, 1e-290][row]
            for column in 0..<9 { x[row, column] *= scale }
        }
        expectOrthonormal(try x.orthonormalRows())
    }

    @Test func signsAreThoseOfTheLargestEntries() {
        var x = Matrix<Double>(rows: 3, columns: 2, elements: [1, -2, -3, 3, 0, 0])
        x.fixSignsOfRows()
        #expect(x.elements == [-1, 2, 3, -3, 0, 0])
    }

    @Test func notANumberIsAnError() {
        let x = Matrix<Double>(rows: 1, columns: 2, elements: [0, .nan])
        #expect(throws: LinearAlgebraError.self) { try x.orthonormalRows() }
    }
}
