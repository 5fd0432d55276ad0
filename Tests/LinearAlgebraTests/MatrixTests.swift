import LinearAlgebra
import Testing

@Suite struct MatrixTests {
    @Test func copiesAreIndependent() {
        let original = Matrix<Float>(rows: 2, columns: 2, elements: [1, 2, 3, 4])
        var copy = original
        copy[1, 0] = 9
        #expect(original.elements == [1, 2, 3, 4])
        #expect(copy.elements == [1, 2, 9, 4])
    }

    @Test func reusedMemoryIsNotSharedWithACopy() {
        var buffer = Matrix<Double>(rows: 3, columns: 2, repeating: 7)
        let kept = buffer
        buffer.reuse(rows: 2)
        buffer.withMutableElements { $0.update(repeating: 0) }
        #expect(buffer.rows == 2)
        #expect(kept == Matrix(rows: 3, columns: 2, repeating: 7))
    }

    @Test func transposeExchangesRowsAndColumns() {
        let x = Matrix<Float>(rows: 2, columns: 3, elements: [1, 2, 3, 4, 5, 6])
        #expect(x.transposed == Matrix(rows: 3, columns: 2, elements: [1, 4, 2, 5, 3, 6]))
        #expect(x.rows(1..<2).elements == [4, 5, 6])
    }

    /// What one matrix leaves may serve several smaller ones.
    @Test func memoryThatIsSharedOutBelongsToOneMatrixEach() {
        for _ in 0..<3 {
            _ = Matrix<Double>(rows: 1, columns: 2_300_000, repeating: 7)
            let matrices = [500_000, 800_000, 300_000, 1_000_000].enumerated().map {
                Matrix<Double>(rows: 1, columns: $1, repeating: Double($0))
            }
            for (number, matrix) in matrices.enumerated() {
                #expect(matrix.withElements { $0.allSatisfy { $0 == Double(number) } })
            }
        }
    }

    /// Memory of large matrices is kept for the next ones, in which nothing of it shows.
    @Test(arguments: [1 << 10, 400_000, 1 << 20, 3_000_000])
    func memoryThatIsUsedAgainIsCleared(count: Int) {
        for _ in 0..<3 {
            var dirty = Matrix<Float>(rows: 1, columns: count, repeating: 7)
            var other = Matrix<Float>(rows: 1, columns: count, repeating: 8)
            dirty[0, count - 1] = 9
            other[0, 0] = 9
            #expect(dirty[0, 0] == 7 && other[0, count - 1] == 8)
        }
        let clean = Matrix<Float>(rows: 1, columns: count)
        #expect(clean.withElements { $0.allSatisfy { $0 == 0 } })
    }

    @Test func mirroringLeavesTheLowerTriangle() {
        for size in [0, 1, 2, 33, 100] {
            var x = Matrix<Double>(rows: size, columns: size)
            for row in 0..<size {
                for column in 0..<size { x[row, column] = Double(row * size + column) }
            }
            let lower = x
            x.mirrorLowerTriangle()
            for row in 0..<size {
                for column in 0...row {
                    #expect(x[row, column] == lower[row, column])
                    #expect(x[column, row] == lower[row, column])
                }
            }
        }
    }
}
