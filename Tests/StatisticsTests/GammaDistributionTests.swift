import Foundation
import Testing

@testable import Statistics

@Suite struct GammaDistributionTests {
    private func fit(_ values: [Double]) throws -> (OneComponentFit, GammaDistribution) {
        let fit = try #require(OneComponentFit.all(values).gamma)
        guard case .gamma(let shape, let scale) = fit.distribution else {
            throw MixtureFailure.constant
        }
        return (fit, GammaDistribution(shape: shape, scale: scale))
    }

    /// Survival of 20 rats (Lawless 1982, Statistical Models and Methods for Lifetime Data); more
    /// digits by SciPy's `gamma.fit(x, floc=0)`.
    @Test func fitsTheSurvivalOfRats() throws {
        let days: [Double] = [
            152, 152, 115, 109, 137, 88, 94, 77, 160, 165, 125, 40, 128, 123, 136, 101, 62, 153,
            83, 69,
        ]
        let (single, gamma) = try fit(days)
        #expect(abs(gamma.shape - 8.799_214_652_189_07) < 1e-12 * 8.8)
        #expect(abs(gamma.scale - 12.893_196_095_832_9) < 1e-12 * 12.9)
        let logLikelihood = days.reduce(0) { $0 + gamma.logDensity(at: $1) }
        #expect(abs(logLikelihood + 100.479_924_137_968) < 1e-11)
        #expect(abs(single.logLikelihood + 100.479_924_137_968) < 1e-11)
        #expect(abs(single.bic - (2 * 100.479_924_137_968 + 2 * log(20))) < 1e-10)
    }

    @Test func fitsTheNumbersToTen() throws {
        let (_, gamma) = try fit((1...10).map(Double.init))
        #expect(abs(gamma.shape - 2.728_444_313_979_16) < 1e-12 * 2.7)
        #expect(abs(gamma.scale - 2.015_800_715_382_32) < 1e-12 * 2)
    }

    /// The estimate solves ln k − ψ(k) = s, from far below the bounds to far above.
    @Test(arguments: [2e-3, 0.04, 0.5, 1, 7, 300, 1e5, 9e6])
    func inverts(shape: Double) {
        let s = logMinusDigammaAndSlope(shape).0
        let found = maximumLikelihoodShape(logMeanExcess: s, 1e-3...1e7)
        #expect(abs(found - shape) < 1e-12 * shape)
    }

    @Test func staysWithinItsBounds() {
        #expect(maximumLikelihoodShape(logMeanExcess: 1e-12, 1e-3...1e4) == 1e4)
        #expect(maximumLikelihoodShape(logMeanExcess: 0, 1e-3...1e4) == 1e4)
        #expect(maximumLikelihoodShape(logMeanExcess: -1e-17, 1e-3...1e4) == 1e4)
        #expect(maximumLikelihoodShape(logMeanExcess: 1e4, 1e-3...1e4) == 1e-3)
    }

    @Test func densityIsExponentialAtShapeOne() {
        let gamma = GammaDistribution(shape: 1, scale: 0.5)
        for x in [1e-9, 0.1, 1, 30] {
            #expect(abs(gamma.logDensity(at: x) - (log(2) - 2 * x)) < 1e-14 * (1 + 2 * x))
        }
        #expect(gamma.density(at: 0) == 2)
        #expect(gamma.density(at: -1) == 0)
    }
}
