import LinearAlgebra
import Testing

@testable import Statistics

/// Columns that do not vary, of matrices wide enough for their products to be left out.
@Suite struct SilentColumnsTests {
    static let columns = 800
    /// So many short blocks make up a batch of products.
    static let blocksInBatch = 16
    static let blockRows = 12

    /// Whole numbers: a fifth of the columns never vary, others do from the second or third batch on.
    private func value(row: Int, column: Int) -> Float {
        let batch = row / (Self.blocksInBatch * Self.blockRows)
        switch column % 10 {
        case 0, 5: return -5
        case 1 where batch < 1, 6 where batch < 2: return Float(column % 3)
        default:
            let hash = (row &* 7919 &+ column &* 104_729) ^ (row &* column)
            return Float(hash % 17 - 8)
        }
    }

    private func block(_ index: Int) -> RealMatrix {
        let first = index * Self.blockRows
        return .float(
            Matrix(rows: Self.blockRows, columns: Self.columns) { elements in
                for element in elements.indices {
                    let (row, column) = (element / Self.columns, element % Self.columns)
                    elements.initializeElement(
                        at: element, to: value(row: first + row, column: column))
                }
            })
    }

    private static let checked = Array(0..<44) + Array(770..<800)

    /// By the definition, in double precision.
    private func expected(blocks: Int) -> Matrix<Double> {
        let rows = blocks * Self.blockRows
        let deviations = Self.checked.map { column in
            let values = (0..<rows).map { Double(value(row: $0, column: column)) }
            let mean = values.reduce(0, +) / Double(rows)
            return values.map { $0 - mean }
        }
        let count = deviations.count
        return Matrix(rows: count, columns: count) { elements in
            for index in elements.indices {
                let products = zip(deviations[index / count], deviations[index % count])
                elements.initializeElement(
                    at: index, to: products.reduce(0) { $0 + $1.0 * $1.1 } / Double(rows - 1))
            }
        }
    }

    private func check(_ covariance: Covariance, blocks: Int) {
        let found = covariance.sample(of: Self.checked).matrix
        let expected = expected(blocks: blocks)
        for row in 0..<expected.rows {
            for column in 0..<expected.columns {
                // Variances are about 24.
                #expect(abs(found[row, column] - expected[row, column]) < 2e-5)
                let isSilent = [row, column].contains { Self.checked[$0] % 5 == 0 }
                if isSilent { #expect(found[row, column] == 0) }
            }
        }
    }

    @Test(arguments: [Covariance.Arithmetic.single, .double])
    func columnsThatBeginToVary(arithmetic: Covariance.Arithmetic) throws {
        let count = 3 * Self.blocksInBatch + 2
        var covariance = Covariance(columns: Self.columns, arithmetic: arithmetic)
        for index in 0..<count { covariance.insert(block(index)) }
        check(covariance, blocks: count)
        // What was summed so far is still that after looking, and after finishing.
        covariance.finish()
        check(covariance, blocks: count)
        for index in count..<count + 3 { covariance.insert(block(index)) }
        check(covariance, blocks: count + 3)
        let zeros = try covariance.sampleEigenvalues(of: Array(0..<Self.columns)).values
            .count { $0 == 0 }
        #expect(zeros == Self.columns / 5)
    }

    @Test(arguments: [1, 16, 20, 40])
    func mergedAtACut(cut: Int) {
        let count = 3 * Self.blocksInBatch
        var parts = [0..<cut, cut..<count].map { range in
            var part = Covariance(columns: Self.columns, arithmetic: .single)
            for index in range { part.insert(block(index)) }
            return part
        }
        let last = parts.removeLast()
        parts[0].merge(last)
        check(parts[0], blocks: count)
    }

    @Test func theEigenvaluesAreThoseOfTheSample() throws {
        var covariance = Covariance(columns: Self.columns, arithmetic: .single)
        for index in 0..<2 * Self.blocksInBatch { covariance.insert(block(index)) }
        let columns = Array(20..<Self.columns)
        let found = try covariance.sampleEigenvalues(of: columns).values
        // LAPACK's, with vectors.
        let expected = try covariance.sample(of: columns).matrix.symmetricEigen(vectors: 1).values
        for (value, other) in zip(found, expected) {
            #expect(abs(value - other) < 1e-13 * expected[0])
        }
    }

    @Test func anOrderIsLeftAsItWasEntered() {
        var varying = (0..<100).map { $0 % 4 != 0 }
        var order = ColumnOrder(varying: varying)
        #expect(order.used == 75)
        #expect(order.applied(to: varying) == (0..<100).map { $0 < 75 })
        for column in [0, 40, 96] { varying[column] = true }
        _ = order.use(varying: varying)
        #expect(order.used == 78)
        #expect(order.applied(to: varying) == (0..<100).map { $0 < 78 })
        #expect(order.use(varying: varying).isEmpty)

        let matrix = Matrix<Double>(
            rows: 100, columns: 100, elements: (0..<10000).map { Double($0) })
        var exchanged = matrix
        exchanged.exchangeInLowerTriangle(order.exchanges)
        let columns = order.applied(to: Array(0..<100))
        for row in 0..<100 {
            for column in 0...row {
                let (low, high) = (
                    min(columns[row], columns[column]), max(columns[row], columns[column])
                )
                #expect(exchanged[row, column] == matrix[high, low])
            }
        }
        exchanged.exchangeInLowerTriangle(order.exchanges.reversed())
        #expect(exchanged == matrix)
        // Few silent columns are not worth it.
        #expect(ColumnOrder(varying: (0..<100).map { $0 > 14 }).used == 100)
    }
}
