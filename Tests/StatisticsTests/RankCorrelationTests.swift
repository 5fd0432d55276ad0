import LinearAlgebra
import Statistics
import Testing

private struct Reference: Decodable {
    var correlations: [Correlation]
    var intervals: [Interval]
    var quantiles: [Quantile]

    struct Correlation: Decodable {
        var x: [Double]
        var y: [Double]
        var ranks: [Double]
        var rho: Double
        var interval: [Double]?
    }

    struct Interval: Decodable {
        var values: [Double]
        var low: Double
        var high: Double
    }

    struct Quantile: Decodable {
        var degrees: Int
        var level: Double
        var t: Double
    }
}

struct RankCorrelationTests {
    @Test func agreesWithSciPyAlsoWithTies() throws {
        for expected in try reference("comparison", as: Reference.self).correlations {
            #expect(midRanks(of: expected.x) == expected.ranks)
            let found = try #require(RankCorrelation(expected.x, expected.y))
            // Sums of up to 200 products, in another order.
            #expect(abs(found.coefficient - expected.rho) < 1e-13)
            let interval = found.interval()
            #expect((interval == nil) == (expected.interval == nil))
            if let interval, let bounds = expected.interval {
                #expect(abs(interval.lowerBound - bounds[0]) < 1e-12)
                #expect(abs(interval.upperBound - bounds[1]) < 1e-12)
            }
        }
    }

    @Test func dependsOnRanksAlone() throws {
        let x = [0.3, 2, 5, 7, 7, 11], y = [1.0, 4, 2, 9, 3, 8]
        let plain = try #require(RankCorrelation(x, y))
        #expect(RankCorrelation(x.map { $0 * $0 * $0 }, y.map { 3 * $0 - 100 }) == plain)
        #expect(RankCorrelation(y, x) == plain)
        #expect(RankCorrelation(x.reversed(), y.reversed()) == plain)
        #expect(RankCorrelation(x, y.map { -$0 })?.coefficient == -plain.coefficient)
        #expect(RankCorrelation(x, x)?.coefficient == 1)
        #expect(RankCorrelation(x, x)?.interval() == nil)
    }

    @Test func isUndefinedWithoutVariance() {
        #expect(RankCorrelation([], []) == nil)
        #expect(RankCorrelation([1], [2]) == nil)
        // Two pairs have a correlation of 1 or -1 whatever they are.
        #expect(RankCorrelation([1, 2], [4, 3]) == nil)
        #expect(RankCorrelation([1, 1, 1], [1, 2, 3]) == nil)
        #expect(RankCorrelation([1, .nan, 1], [1, 2, 3]) == nil)
        #expect(RankCorrelation([1, .infinity, 2], [1, 3, 2])?.coefficient == 1)
        #expect(RankCorrelation([1, 2, 3], [3, 1, 2])?.interval() == nil)
    }
}

struct StudentTTests {
    @Test func quantilesAgreeWithSciPy() throws {
        for expected in try reference("comparison", as: Reference.self).quantiles {
            let found = StudentT.symmetricQuantile(
                level: expected.level, degreesOfFreedom: expected.degrees)
            #expect(agree(found, expected.t, within: 1e-9), "\(expected)")
        }
    }

    @Test func intervalsAgreeWithSciPy() throws {
        for expected in try reference("comparison", as: Reference.self).intervals {
            let values = expected.values
            let count = Double(values.count)
            let mean = values.reduce(0, +) / count
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            let found = StudentT.meanInterval(
                mean: mean, standardDeviation: (squares / (count - 1)).squareRoot(),
                count: values.count, level: 0.95)
            #expect(abs(found.lowerBound - expected.low) < 1e-12 * max(1, abs(expected.low)))
            #expect(abs(found.upperBound - expected.high) < 1e-12 * max(1, abs(expected.high)))
        }
    }

    /// Of the means of 2, 3 and 5 seeds the interval must hold 95 %; a percentile bootstrap held 51,
    /// 75 and 83 %.
    @Test(arguments: [2, 3, 5]) func coversAsOftenAsItSays(count: Int) {
        var generator = SeededGenerator(seed: UInt64(count))
        let trials = 4000
        let covered = (0..<trials).count { _ in
            let values = (0..<count).map { _ in generator.normal() }
            let mean = values.reduce(0, +) / Double(count)
            let squares = values.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
            return StudentT.meanInterval(
                mean: mean, standardDeviation: (squares / Double(count - 1)).squareRoot(),
                count: count, level: 0.95
            ).contains(0)
        }
        // Four standard errors of a share: √(0.95 · 0.05 / 4000) = 0.00345.
        #expect(abs(Double(covered) / Double(trials) - 0.95) < 0.0138)
    }

    @Test func tendsToTheNormalDistribution() {
        let normal = StandardNormal.quantile(at: 0.975)
        let last = StudentT.symmetricQuantile(level: 0.95, degreesOfFreedom: 9_999)
        #expect(abs(last / normal - 1) < 2e-4)
        #expect(StudentT.symmetricQuantile(level: 0.95, degreesOfFreedom: 10_000) == normal)
    }
}
