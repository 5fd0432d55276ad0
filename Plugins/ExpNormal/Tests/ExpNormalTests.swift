import LinearAlgebra
import MetricCore
import MetricTesting
import Statistics
import Testing

@testable import ExpNormalMetric

/// What is ExpNormal's own; Tests/MetricCoreTests has what holds for every mixture.
@Suite struct ExpNormalTests {
    private func output(_ deviations: [Double]) throws -> ExpNormal.Output {
        try MetricTesting.output(of: ExpNormal(), on: activations(withDeviations: deviations))
    }

    /// The populations do not overlap: the shares are 1/3 and 2/3, and each component has the
    /// moments of its neurons but for tails of the exponential, e^−20.
    @Test func separatedPopulationsAreFound() throws {
        let result = try output(deviationsOfTwoPopulations)
        #expect(result.verdict == .ok)
        let mixture = try #require(result.outcome.fit?.mixture)
        #expect(abs(mixture.weight - 1.0 / 3) < 1e-5)
        #expect(abs(mixture.scale - deviationsOfTwoPopulations[..<30].reduce(0, +) / 30) < 1e-4)
        #expect(abs(mixture.mean - 2) < 1e-6)
        #expect(
            result.summary
                == "33 % of 90 live neurons look exponential (scale 0.099), the rest normal around 2.0"
        )
        #expect(result.values["decision"] == .text("mixture") && result.warnings.isEmpty)
    }

    /// Exact for powers of two; any other factor moves the place where the fit stops by rounding only.
    @Test(arguments: [0x1p-50, 8, 3, 1e-20, 1e20])
    func scaleOfActivationsScalesLengths(factor: Double) throws {
        let plain = try output(deviationsOfTwoPopulations).values
        let scaled = try output(deviationsOfTwoPopulations.map { $0 * factor }).values
        let tolerance = factor.significand == 1 ? 0 : 1e-6
        for (name, unit) in [
            ("weight", 1), ("scale", factor), ("mean", factor), ("standardDeviation", factor),
        ] {
            guard case .number(let before) = plain[name], case .number(let after) = scaled[name]
            else {
                Issue.record("\(name)")
                continue
            }
            #expect(abs(after - before * unit) <= tolerance * before * unit, "\(name)")
        }
    }

    @Test func mergingAtEveryCutEqualsOnePass() throws {
        let x = sevenSamples(withDeviations: deviationsOfTwoPopulations)
        let (whole, merged) = try outputsAtEveryCut(of: ExpNormal(), on: x)
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
            "weight", "scale", "mean", "standardDeviation", "logLikelihood", "bic", "iterations",
            "converged", "decision",
        ] {
            #expect(few.values[name] == .null, "\(name)")
        }
        #expect(few.values["zeroMass"] == .number(1.0 / 3))
        #expect(few.figures.isEmpty)
    }

    @Test func oneExponentialIsSaidToBeEnough() throws {
        let result = try output(exponentialQuantiles(count: 100))
        #expect(result.summary.hasPrefix("one exponential is enough"))
        #expect(result.verdict == .degenerate(result.summary))
        #expect(result.values["decision"] == .text("exponential"))
    }

    @Test func takesItsConfiguration() throws {
        let metric = try ExpNormal(
            configuration: MixtureConfiguration(tolerance: 1e-8, maximumIterations: 1))
        let output = try MetricTesting.output(
            of: metric, on: activations(withDeviations: deviationsOfTwoPopulations))
        #expect(output.values["converged"] == .flag(false))
        #expect(output.warnings.contains("the fit has not converged in 1 iterations"))
    }
}
