import LinearAlgebra
import MetricCore
import MetricTesting
import Statistics
import Testing

@testable import GammaGammaMetric

@Suite struct GammaGammaTests {
    /// 30 quiet neurons and 60 around 2.
    ///
    /// The quiet ones are quantiles k/31 of an exponential of scale 0.1; their mean is
    /// 0.1 (ln 31 − ln(30!) / 30) = 0.0945.
    private let deviations: [Double] = {
        let quiet = (1...30).map { rank in 0.1 * quantileOfExponential(Double(rank) / 31) }
        let active = (1...60).map { rank in 2 + 0.2 * (Double(rank) / 61 - 0.5) }
        return quiet + active
    }()

    private static func quantileOfExponential(_ p: Double) -> Double {
        // −ln(1 − p) by its series, so that the tests need no C library.
        var (sum, power) = (0.0, 1.0)
        for k in 1...4000 {
            power *= p
            sum += power / Double(k)
        }
        return sum
    }

    private func output(_ deviations: [Double]) throws -> GammaGamma.Output {
        try MetricTesting.output(of: GammaGamma(), on: activations(withDeviations: deviations))
    }

    /// The populations do not overlap: the shares are 1/3 and 2/3, and each component has the mean
    /// of its neurons.
    @Test func separatedPopulationsAreFound() throws {
        let result = try output(deviations)
        #expect(result.verdict == .ok)
        let mixture = try #require(result.outcome.fit?.mixture)
        #expect(abs(mixture.weight - 1.0 / 3) < 1e-5)
        #expect(abs(mixture.lower.mean - deviations[..<30].reduce(0, +) / 30) < 1e-4)
        #expect(abs(mixture.upper.mean - 2) < 1e-6)
        #expect(
            result.summary
                == "33 % of 90 live neurons are in the quieter gamma (mean 0.095), the rest around 2.0"
        )
        #expect(result.warnings.isEmpty)
    }

    @Test func zerosAreSplitOff() throws {
        let plain = try output(deviations)
        let dead = try output(deviations + Array(repeating: 0, count: 30))
        #expect(dead.values["zeroMass"] == .number(0.25))
        #expect(plain.values["zeroMass"] == .number(0))
        for name in [
            "weight", "shape1", "scale1", "shape2", "scale2", "logLikelihood", "bic", "iterations",
        ] {
            #expect(dead.values[name] == plain.values[name], "\(name)")
        }
    }

    @Test func nonFiniteNeuronsAreLeftOut() throws {
        var bad = activations(withDeviations: deviations + [1, 1])
        if case .double(var x) = bad {
            x[0, 90] = .nan
            x[1, 91] = .infinity
            bad = .double(x)
        }
        let output = try MetricTesting.output(of: GammaGamma(), on: bad)
        #expect(try output == self.output(deviations))
    }

    /// 7 samples, so that parts of every size meet; the deviations are only roughly the given ones.
    @Test func mergingAtEveryCutEqualsOnePass() throws {
        var rows: [Double] = []
        for row in 0..<7 {
            for (column, deviation) in deviations.enumerated() {
                let step = (row * 5 + column * 3) % 7 - 3
                rows.append(1 + deviation * Double(step) / 2)
            }
        }
        let x = RealMatrix.double(Matrix(rows: 7, columns: deviations.count, elements: rows))
        let (whole, merged) = try outputsAtEveryCut(of: GammaGamma(), on: x)
        let expected = try #require(whole.outcome.fit)
        for output in merged {
            let found = try #require(output.outcome.fit)
            // Moments agree to rounding, and so does the place where the fit stops.
            #expect(abs(found.logLikelihood - expected.logLikelihood) < 1e-9 * 90)
            #expect(abs(found.mixture.weight - expected.mixture.weight) < 1e-6)
            #expect(output.verdict == whole.verdict)
        }
    }

    @Test func whatIsNotDefinedIsNull() throws {
        let few = try output([0, 1, 2])
        #expect(few.verdict == .insufficient("two components need 10 live neurons, here are 2"))
        for name in [
            "weight", "shape1", "scale1", "shape2", "scale2", "logLikelihood", "bic", "iterations",
            "converged", "decision",
        ] {
            #expect(few.values[name] == .null, "\(name)")
        }
        #expect(few.values["zeroMass"] == .number(1.0 / 3))
        #expect(few.figures.isEmpty)
        #expect(try output([0, 0, 0]).verdict == .degenerate("no neuron ever changes"))
        #expect(
            try output(Array(repeating: 0.5, count: 19)).verdict
                == .degenerate("all live neurons have the same standard deviation"))
        let one = RealMatrix.double(Matrix(rows: 1, columns: 9, repeating: 2))
        let single = try MetricTesting.output(of: GammaGamma(), on: one)
        #expect(single.verdict == .insufficient("one sample has no deviations"))
        #expect(single.values["zeroMass"] == .null)
    }

    @Test func oneGammaIsSaidToBeEnough() throws {
        let single = (1...100).map { Self.quantileOfExponential((Double($0) - 0.5) / 100) }
        let result = try output(single)
        #expect(result.summary.hasPrefix("one gamma is enough (BIC "))
        #expect(result.verdict == .degenerate(result.summary))
        #expect(result.values["decision"] == .text("gamma"))
        #expect(try output(deviations).values["decision"] == .text("mixture"))
    }

    /// The bars are a density, of area 1; the mixture is the sum of its components.
    @Test func figureShowsDensities() throws {
        let figure = try #require(output(deviations).figures.first)
        let bars = figure.series[0]
        let area = bars.y.indices.reduce(0) { $0 + bars.y[$1] * (bars.x[$1 + 1] - bars.x[$1]) }
        #expect(abs(area - 1) < 1e-12)
        for index in figure.series[1].y.indices {
            let sum = figure.series[2].y[index] + figure.series[3].y[index]
            #expect(figure.series[1].y[index] == sum)
        }
    }

    @Test func configurationIsChecked() throws {
        #expect(throws: InvalidOption("tolerance", 0.0, expected: "above 0, at most 0.001")) {
            try MixtureConfiguration(tolerance: 0, maximumIterations: 10)
        }
        #expect(
            throws: InvalidOption("max-iterations", 0, expected: "a number from 1 to 1000000")
        ) {
            try MixtureConfiguration(tolerance: 1e-8, maximumIterations: 0)
        }
        let metric = try GammaGamma(
            configuration: MixtureConfiguration(tolerance: 1e-8, maximumIterations: 1))
        let output = try MetricTesting.output(
            of: metric, on: activations(withDeviations: deviations))
        #expect(output.values["converged"] == .flag(false))
        #expect(output.warnings.contains("the fit has not converged in 1 iterations"))
    }
}
