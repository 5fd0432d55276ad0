import LinearAlgebra
import MetricCore
import MetricTesting
import Testing

@testable import SparsityMetric

@Suite struct SparsityTests {
    /// Three samples of four neurons with 1, 2 and 4 zeros.
    let x = RealMatrix.float(
        Matrix(rows: 3, columns: 4, elements: [0, 1, 2, 3, 0, 0, 5, 1, 0, 0, 0, 0]))

    @Test func countsAlongBothAxes() throws {
        let output = try output(of: Sparsity(), on: x)
        #expect(output.sparsity == 7.0 / 12)
        let lifetime: [Double] = [1, 2.0 / 3, 1.0 / 3, 1.0 / 3]
        #expect(output.lifetime == lifetime)
        #expect(output.populationMean == 7.0 / 12)
        // Zeros a sample, ascending: 1, 2, 4 of 4; quantile p lies at position 2 p.
        let expected: [Double] = [1.1, 1.5, 2, 3, 3.8]
        for (quantile, zeros) in zip(output.populationQuantiles, expected) {
            #expect(abs(quantile.value - zeros / 4) < 1e-15)
        }
        #expect(output.summary == "a sample switches on 1.7 of 4 neurons on average")
    }

    /// As many parts as cores can share, and the same counts: column c is zero in every (c + 2)-th row, and
    /// so are rows in all columns by whose number they can be divided.
    @Test(arguments: [(70_000, 4, 4), (2048, 2048, 16), (1, 70_000, 1), (131_073, 1, 2)])
    func countsInPartsAreThoseOfOne(rows: Int, columns: Int, parts: Int) throws {
        #expect(ZeroCounts.parts(rows: rows, columns: columns) == parts)
        let x = Matrix<Float>(rows: rows, columns: columns) { elements in
            for row in 0..<rows {
                for column in 0..<columns {
                    elements.initializeElement(
                        at: row * columns + column, to: row % (column + 2) == 0 ? 0 : -1)
                }
            }
        }
        let output = try output(of: Sparsity(), on: .float(x))
        let zeros = (0..<columns).map { (rows + $0 + 1) / ($0 + 2) }
        #expect(output.lifetime == zeros.map { Double($0) / Double(rows) })
        let share = Double(zeros.reduce(0, +)) / (Double(rows) * Double(columns))
        #expect(output.populationMean == share)
        // The first row is zero everywhere.
        let counts = (0..<rows).map { row in (0..<columns).count { row % ($0 + 2) == 0 } }.sorted()
        for (name, value) in output.populationQuantiles {
            let position = try #require(Double(name)) * Double(rows - 1)
            let below = Double(counts[Int(position)])
            let above = Double(counts[min(Int(position) + 1, rows - 1)])
            let expected = below + (position - position.rounded(.down)) * (above - below)
            #expect(abs(value - expected / Double(columns)) < 1e-12)
        }
    }

    @Test func mergingAtEveryCutEqualsOnePass() throws {
        let (whole, merged) = try outputsAtEveryCut(of: Sparsity(), on: x)
        for part in merged { #expect(part == whole) }
    }

    @Test func scalingAndOrderOfSamplesChangeNothing() throws {
        let scaled = Matrix<Double>(
            rows: 3, columns: 4, elements: [0, 0, 0, 0, 0, 7, 14, 21, 0, 0, 35, 7])
        #expect(try output(of: Sparsity(), on: .double(scaled)) == output(of: Sparsity(), on: x))
    }

    @Test func permutingNeuronsPermutesLifetimes() throws {
        let permuted = Matrix<Float>(
            rows: 3, columns: 4, elements: [3, 2, 1, 0, 1, 5, 0, 0, 0, 0, 0, 0])
        let output = try output(of: Sparsity(), on: .float(permuted))
        let lifetime: [Double] = [1.0 / 3, 1.0 / 3, 2.0 / 3, 1]
        #expect(output.lifetime == lifetime)
        #expect(output.sparsity == 7.0 / 12)
    }

    @Test func neuronsWithNaNAreLeftOut() throws {
        let broken = Matrix<Float>(rows: 2, columns: 2, elements: [0, .nan, 1, 0])
        let output = try output(of: Sparsity(), on: .float(broken))
        #expect(output.sparsity == 0.5)
        #expect(output.lifetime[0] == 0.5)
        #expect(output.lifetime[1].isNaN)
        #expect(output.populationQuantiles.allSatisfy { $0.value.isNaN })
        #expect(output.warnings.count == 1)
    }

    @Test func noSamplesIsInsufficient() throws {
        let none = RealMatrix.float(Matrix(rows: 0, columns: 2))
        let output = try output(of: Sparsity(), on: none)
        #expect(output.verdict == .insufficient("no samples"))
        #expect(output.sparsity == nil)
    }
}
