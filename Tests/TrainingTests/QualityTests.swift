import Datasets
import LinearAlgebra
import Networks
import Testing
import Training

@Suite struct QualityTests {
    private func inputs(_ count: Int) -> LabeledData.Inputs {
        .matrix(Matrix(rows: count, columns: 1))
    }

    /// Targets 10, 20, 30, 60 (mean 30, Σ(y - mean)² = 1400) in a unit of which the network sees
    /// (y - 30) / 10; predictions 12, 18, 30, 64: errors 2, -2, 0, 4, Σ = 24.
    @Test func regressionIsToldInTheTargetsUnit() throws {
        let data = LabeledData(
            inputs: inputs(4),
            outcome: .values(
                Matrix(rows: 4, columns: 1, elements: [10, 20, 30, 60]), names: ["price"]),
            targetScaling: ColumnScaling(mean: [30], deviation: [10]),
            expectation: Matrix(rows: 4, columns: 1, elements: [12, 18, 30, 58]))
        var sums = QualitySums(of: data)
        sums.add(Matrix(rows: 3, columns: 1, elements: [-1.8, -1.2, 0]), of: 0..<3)
        sums.add(Matrix(rows: 1, columns: 1, elements: [3.4]), of: 3..<4)
        let output = try #require(sums.quality.outputs.first)
        #expect(output.name == "price")
        #expect(abs(output.rootMeanSquareError - 6.0.squareRoot()) < 1e-12)
        #expect(abs((output.rSquared ?? 0) - (1 - 24.0 / 1400)) < 1e-12)
        // Only the last prediction is off the expectation, by 6: √(36 / 4).
        #expect(abs((output.noiseFreeError ?? 0) - 3) < 1e-12)
        #expect(sums.quality.accuracy == nil && sums.quality.samples == 4)
    }

    /// Nine of class 0, all found, one of class 1, missed, none of class 2: accuracy 0.9, balanced 0.5.
    @Test func rareClassesCountAlike() throws {
        let data = LabeledData(
            inputs: inputs(10),
            outcome: .classes(
                Array(repeating: 0, count: 9) + [1], names: ["common", "rare", "absent"]))
        var sums = QualitySums(of: data)
        sums.add(
            Matrix(
                rows: 10, columns: 3, elements: (0..<10).flatMap { _ in [1000.0, 1000, 0] }),
            of: 0..<10)
        let quality = sums.quality
        #expect(quality.accuracy == 0.9 && quality.balancedAccuracy == 0.5)
        #expect(quality.classes.map(\.samples) == [9, 1, 0])
        #expect(quality.classes.map(\.found) == [9, 0, 0])
        // Two equal logits: log 2 for each, without overflow.
        #expect(abs((quality.crossEntropy ?? 0) - 0.6931471805599453) < 1e-12)
    }

    @Test func constantTargetsHaveNoRSquared() throws {
        let data = LabeledData(
            inputs: inputs(2),
            outcome: .values(Matrix(rows: 2, columns: 1, elements: [5, 5]), names: ["y"]))
        var sums = QualitySums(of: data)
        sums.add(Matrix(rows: 2, columns: 1, elements: [5, 6]), of: 0..<2)
        #expect(sums.quality.outputs[0].rSquared == nil)
    }
}
