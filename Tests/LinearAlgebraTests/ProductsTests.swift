import LinearAlgebra
import Testing

@Suite struct ProductsTests {
    // Whole numbers: both precisions are exact.
    let a: [Double] = [1, 2, 3, 4, 5, 6]
    let b: [Double] = [7, 8, 9, 10, 11, 12]

    @Test func productsOfEitherMatrixTransposed() {
        let x = Matrix<Double>(rows: 2, columns: 3, elements: a)
        let y = Matrix<Double>(rows: 3, columns: 2, elements: b)
        #expect(x.times(y) == Matrix(rows: 2, columns: 2, elements: [58, 64, 139, 154]))
        #expect(x.times(x, transposingOther: true).elements == [14, 32, 32, 77])
        #expect(x.times(x, transposingSelf: true).elements == [17, 22, 27, 22, 29, 36, 27, 36, 45])
        #expect(
            x.times(y, transposingSelf: true, transposingOther: true).elements
                == x.transposed.times(y.transposed).elements)
    }

    @Test func theSameInSinglePrecision() {
        let x = Matrix<Float>(rows: 2, columns: 3, elements: a.map { Float($0) })
        let y = Matrix<Float>(rows: 3, columns: 2, elements: b.map { Float($0) })
        #expect(x.times(y).elements == [58, 64, 139, 154])
    }

    @Test func emptyProductsAreZero() {
        let x = Matrix<Double>(rows: 2, columns: 0)
        #expect(x.times(x, transposingOther: true).elements == [0, 0, 0, 0])
    }
}
