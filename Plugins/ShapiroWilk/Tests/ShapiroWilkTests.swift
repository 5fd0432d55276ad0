import ArgumentParser
import LinearAlgebra
import MetricCore
import MetricTesting
import ShapiroWilkMetric
import Statistics
import Testing

/// Two samples ±s a neuron: standard deviations s.
private func layer(deviations: [Double]) -> RealMatrix {
    .double(
        Matrix(rows: 2, columns: deviations.count, elements: deviations + deviations.map { -$0 }))
}

private func test(_ deviations: [Double], excludingDead: Bool = false) throws
    -> ShapiroWilk.Output
{
    try output(
        of: ShapiroWilk(configuration: .init(excludesDead: excludingDead)),
        on: layer(deviations: deviations))
}

/// The weights of eleven men, Shapiro and Wilk (1965); W and p by SciPy 1.17.
private let weights = [148.0, 154, 158, 160, 161, 162, 166, 170, 182, 195, 236]

@Suite("Shapiro-Wilk metric") struct ShapiroWilkMetricTests {
    @Test("a published sample as standard deviations") func published() throws {
        let published = try test(weights)
        let found = try #require(published.test)
        #expect(abs(found.w - 0.788814694863172) < 1e-10)
        #expect(abs(found.pValue - 0.00670381406189882) < 1e-9)
        #expect(published.summary == "W = 0.79: not normal (p = 0.007)")
        #expect(published.values.fields.map(\.name) == ["w", "pValue", "sampleSize"])
        #expect(published.values["sampleSize"] == .integer(11))
        #expect(published.verdict == .ok)
        #expect(published.warnings.isEmpty)
        let ramp = try test((1...10).map(Double.init))
        #expect(ramp.summary == "W = 0.97: no sign against a normal distribution (p = 0.9)")
        // Where a warning takes the p-value back, the line does not read it.
        let many = try test((1...5001).map(Double.init))
        #expect(many.warnings.count == 1)
        #expect(many.summary.hasSuffix(" of 5001 neurons, too many for a p-value"))
    }

    @Test("dead neurons are left out when asked") func excludingDead() throws {
        let padded = [0] + weights + [0, 0]
        let with = try test(padded)
        #expect(with.test?.sampleSize == 14)
        let without = try test(padded, excludingDead: true)
        #expect(try without == test(weights))
        #expect(
            ShapiroWilk.Configuration(excludesDead: true).values["excludeDead"] == .flag(true))
        #expect(try ShapiroWilk.Arguments.parse(["--exclude-dead"]).configuration().excludesDead)
        #expect(try !ShapiroWilk.Arguments.parse([]).configuration().excludesDead)
    }

    @Test("merging at every cut equals one pass") func merging() throws {
        let elements = (0..<63).map { (i: Int) -> Double in
            let digit = (i * i * 5 + i) % 17
            return Double(digit * (i % 7 + 1))
        }
        let x = Matrix(rows: 9, columns: 7, elements: elements)
        let (whole, merged) = try outputsAtEveryCut(of: ShapiroWilk(), on: .double(x))
        let expected = try #require(whole.test)
        for part in merged {
            let found = try #require(part.test)
            #expect(abs(found.w - expected.w) < 1e-12)
            #expect(abs(found.pValue - expected.pValue) < 1e-10)
        }
    }

    @Test("scale and order change nothing") func invariance() throws {
        let expected = try #require(try test(weights).test)
        for scale in [1e-100, 3, 1e100] {
            let found = try #require(try test(weights.map { $0 * scale }).test)
            #expect(abs(found.w - expected.w) < 1e-12)
        }
        #expect(try test(weights.reversed()) == test(weights))
    }

    @Test("the quantile plot puts normal scores on its line") func quantilePlot() throws {
        let figure = try #require(try test(weights).figures.first)
        #expect(figure.series.map(\.mark) == [.points, .line])
        let points = figure.series[0]
        #expect(points.y == weights)
        #expect(points.x[5] == 0)  // the median
        for i in 0..<11 { #expect(points.x[i] == -points.x[10 - i]) }
        // Φ⁻¹(0.625 / 11.25), by SciPy.
        #expect(abs(points.x[0] + 1.5932188180) < 1e-9)
        // Mean 172, standard deviation 24.95: where the line is at its ends, on average.
        let line = figure.series[1]
        #expect(abs((line.y[0] + line.y[1]) / 2 - 172) < 1e-10)
        let slope = (line.y[1] - line.y[0]) / (line.x[1] - line.x[0])
        let squares = weights.reduce(0) { $0 + ($1 - 172) * ($1 - 172) }
        #expect(abs(slope - (squares / 10).squareRoot()) < 1e-10)
        let large = try #require(try test((1...4000).map(Double.init)).figures.first)
        #expect(large.series[0].x.count == 1000)
        #expect(large.series[0].y.first == 1)
        #expect(large.series[0].y.last == 4000)
    }

    @Test("layers without a test say why") func degenerate() throws {
        let none = try output(
            of: ShapiroWilk(), on: .double(Matrix(rows: 0, columns: 5)))
        #expect(none.verdict == .insufficient("there are no samples"))
        #expect(none.values["w"] == .null)
        let one = try output(of: ShapiroWilk(), on: .double(Matrix(rows: 1, columns: 5)))
        #expect(one.verdict == .insufficient("one sample has no deviations"))
        #expect(try test([1]).verdict == .insufficient("the test needs 3 neurons, there is 1"))
        #expect(
            try test([0, 0, 1, 2], excludingDead: true).verdict
                == .insufficient("the test needs 3 neurons, there are 2 with a deviation above 0"))
        #expect(try test([0, 0, 0]).verdict == .degenerate("no neuron ever changes"))
        #expect(
            try test([2, 2, 2]).verdict
                == .degenerate("all neurons have the same standard deviation"))
        let bad = try output(
            of: ShapiroWilk(), on: .double(Matrix(rows: 2, columns: 5, repeating: .nan)))
        #expect(bad.verdict == .insufficient("the test needs 3 neurons, there are 0"))
        #expect(bad.figures.isEmpty)
        #expect(bad.quantities.first?.value == nil)
    }

    @Test("neurons with NaN are left out") func nonFinite() throws {
        let found = try test(weights + [.nan])
        #expect(try found == test(weights))
    }

    @Test("a large layer is tested whole, its p-value qualified") func large() throws {
        let found = try test((1...5001).map(Double.init))
        #expect(found.test?.sampleSize == 5001)
        #expect(found.warnings.count == 1)
        #expect(found.warnings.first?.contains("5001") == true)
    }
}
