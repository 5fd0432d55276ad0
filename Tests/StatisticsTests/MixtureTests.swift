import Foundation
import Testing

@testable import Statistics

/// The fits against `Fixtures/reference/mixtures.py`.
@Suite struct MixtureTests {
    /// Not less likely than the likeliest interior end of a plain EM from 25 starts, 1e-6 of it
    /// allowed for where the two stop.
    ///
    /// Where no end is 3 nats likelier than one component, the likelihood is flat, and ends mean
    /// nothing.
    @Test func isAtLeastAsLikelyAsTheBestOfManyStarts() throws {
        for fit in try FittedSample.all() {
            for (name, found, reference) in [
                (
                    "exponential, normal", fit.exponentialNormal?.logLikelihood,
                    fit.sample.exponentialNormal
                ),
                ("gammas", fit.gammaGamma?.logLikelihood, fit.sample.gammaGamma),
            ] {
                let single = max(fit.sample.exponential, fit.sample.normal, fit.sample.gamma)
                guard let reference, reference > single + 3 else { continue }
                #expect(
                    found ?? -.infinity >= reference - 1e-6 * abs(reference),
                    "\(fit.sample.name), \(name): \(found ?? .nan), reference \(reference)")
            }
        }
    }

    @Test func oneComponentAgreesWithSciPy() throws {
        for sample in try MixtureReference.load().sets {
            let single = OneComponentFit.all(sample.values)
            let exponential = single.exponential.logLikelihood
            #expect(abs(exponential - sample.exponential) < 1e-10 * abs(sample.exponential))
            let normal = try #require(single.normal).logLikelihood
            #expect(abs(normal - sample.normal) < 1e-9 * (1 + abs(sample.normal)))
            let gamma = try #require(single.gamma).logLikelihood
            // SciPy's root finder stops at 1e-8 of the shape; the maximum is flat there.
            #expect(abs(gamma - sample.gamma) < 1e-9 * (1 + abs(sample.gamma)), "\(sample.name)")
        }
    }

    /// The likelihood reported is the sum of the logarithms of the density reported.
    @Test func oneComponentLikelihoodIsThatOfItsDensity() throws {
        let values = try #require(MixtureReference.load().sets.first).values
        let single = OneComponentFit.all(values)
        for fit in [single.exponential, single.normal, single.gamma].compactMap({ $0 }) {
            let sum = values.reduce(0) { $0 + log(fit.distribution.density(at: $1)) }
            #expect(abs(fit.logLikelihood - sum) < 1e-9 * Double(values.count))
            let parameters = Double(fit.distribution.parameterCount)
            #expect(abs(fit.aic3 - (-2 * sum + 3 * parameters)) < 1e-6)
        }
    }

    /// Within three standard errors, by the Fisher information, of what the values were drawn from.
    ///
    /// From 200 values on; below, the errors of a mixture are not yet those of the limit.
    @Test func recoversWhatTheValuesWereDrawnFrom() throws {
        for fit in try FittedSample.all() where fit.sample.values.count >= 200 {
            guard let truth = fit.sample.truth, let errors = fit.sample.standardErrors else {
                continue
            }
            let found: [Double]
            if truth.model == "exp-normal" {
                let mixture = try #require(fit.exponentialNormal).mixture
                found = [
                    mixture.weight, mixture.scale, mixture.mean, mixture.standardDeviation,
                ]
            } else {
                let mixture = try #require(fit.gammaGamma).mixture
                found = [
                    mixture.weight, mixture.lower.shape, mixture.lower.scale,
                    mixture.upper.shape, mixture.upper.scale,
                ]
            }
            for (index, value) in found.enumerated() {
                let deviation = (value - truth.parameters[index]) / errors[index]
                #expect(abs(deviation) < 3, "\(fit.sample.name), parameter \(index): \(deviation)")
            }
        }
    }

    /// The likelihood reported is the sum of the logarithms of the density reported.
    @Test func likelihoodIsThatOfTheMixture() throws {
        for fit in try FittedSample.all() {
            let values = fit.sample.values
            if let first = fit.exponentialNormal {
                let sum = values.reduce(0) {
                    let density = first.mixture.weightedDensities(at: $1)
                    return $0 + log(density.exponential + density.normal)
                }
                #expect(abs(first.logLikelihood - sum) < 1e-9 * Double(values.count))
            }
            if let second = fit.gammaGamma {
                let sum = values.reduce(0) {
                    let density = second.mixture.weightedDensities(at: $1)
                    return $0 + log(density.lower + density.upper)
                }
                #expect(abs(second.logLikelihood - sum) < 1e-9 * Double(values.count))
                #expect(second.mixture.lower.mean <= second.mixture.upper.mean)
            }
        }
    }

    /// A plain step never loses likelihood, from wherever a search may start.
    @Test func stepsNeverLoseLikelihood() throws {
        let names = ["one gamma", "heavy ties", "outlier", "mnist-mlp-64 hidden"]
        for sample in try MixtureReference.load().sets where names.contains(sample.name) {
            let sorted = SortedSample(sample.values)
            expectMonotone(ExponentialNormalProblem(sorted), sample.name)
            expectMonotone(GammaGammaProblem(sorted), sample.name)
        }
    }

    private func expectMonotone(_ problem: some MixtureProblem, _ name: String) {
        for (index, start) in problem.starts().enumerated() where index % 2 == 0 {
            var parameters = start
            var before = -Double.infinity
            for _ in 0..<12 {
                let (logLikelihood, next) = problem.step(parameters)
                // Rounding of a sum of n terms of the order of 1.
                #expect(logLikelihood >= before - 1e-10 * Double(problem.count), "\(name)")
                (before, parameters) = (logLikelihood, next)
            }
        }
    }

    /// The search on wide layers, whose many small deviations led the published fit to a gamma
    /// share of 1: both populations are found, with about their shares.
    @Test(arguments: [("wide layer", 1300.0 / 1500), ("very wide layer", 1900.0 / 1960)])
    func wideLayersKeepTwoPopulations(name: String, share: Double) throws {
        let fitted = try #require(FittedSample.all().first { $0.sample.name == name })
        let fit = try #require(fitted.gammaGamma)
        #expect(abs(fit.mixture.weight - share) < 0.03)
        let single = try #require(OneComponentFit.all(fitted.sample.values).gamma)
        #expect(fit.bic < single.bic - 100)
    }
}
