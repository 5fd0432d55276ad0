import Foundation
import Testing

@testable import Statistics

/// What must hold for any values.
@Suite struct MixtureLawTests {
    /// Two clearly different populations: quantiles of an exponential and of a logistic.
    private let values: [Double] = {
        let exponential = (1...40).map { rank in -0.1 * log(1 - Double(rank) / 41) }
        let logistic = (1...80).map { rank -> Double in
            let odds = Double(rank) / Double(81 - rank)
            return 2 + 0.1 * log(odds)
        }
        return exponential + logistic
    }()

    @Test func orderDoesNotMatterToTheBit() throws {
        let reordered = values.indices.map { values[($0 * 77 + 5) % values.count] }
        #expect(
            try ExponentialNormalMixture.fit(to: reordered)
                == ExponentialNormalMixture.fit(to: values))
        #expect(try GammaGammaMixture.fit(to: reordered) == GammaGammaMixture.fit(to: values))
    }

    /// A power of two changes the unit to the bit; any other factor to rounding, which moves the
    /// place where a run stops by less than 1e-6.
    @Test(arguments: [0x1p-70, 0x1p40, 3, 1e-20, 1e20, 1e-300, 1e300])
    func unitsDoNotMatter(factor: Double) throws {
        let exact = factor.significand == 1
        let tolerance = exact ? 0 : 1e-6
        func expectEqual(_ a: Double, _ b: Double) {
            #expect(abs(a - b) <= tolerance * abs(b), "\(a) \(b)")
        }
        let scaled = values.map { $0 * factor }
        let n = Double(values.count)
        let gammas = try GammaGammaMixture.fit(to: values)
        let scaledGammas = try GammaGammaMixture.fit(to: scaled)
        expectEqual(scaledGammas.mixture.weight, gammas.mixture.weight)
        expectEqual(scaledGammas.mixture.lower.shape, gammas.mixture.lower.shape)
        expectEqual(scaledGammas.mixture.lower.scale, gammas.mixture.lower.scale * factor)
        expectEqual(scaledGammas.mixture.upper.shape, gammas.mixture.upper.shape)
        expectEqual(scaledGammas.mixture.upper.scale, gammas.mixture.upper.scale * factor)
        #expect(
            abs(scaledGammas.logLikelihood - (gammas.logLikelihood - n * log(factor))) < 1e-9 * n)
        let plain = try ExponentialNormalMixture.fit(to: values)
        let large = try ExponentialNormalMixture.fit(to: scaled)
        expectEqual(large.mixture.weight, plain.mixture.weight)
        expectEqual(large.mixture.scale, plain.mixture.scale * factor)
        expectEqual(large.mixture.mean, plain.mixture.mean * factor)
        expectEqual(
            large.mixture.standardDeviation, plain.mixture.standardDeviation * factor)
        #expect(abs(large.logLikelihood - (plain.logLikelihood - n * log(factor))) < 1e-9 * n)
    }

    @Test func tooFewValuesAreRefused() {
        #expect(throws: MixtureFailure.tooFewValues(needed: 10, got: 0)) {
            try ExponentialNormalMixture.fit(to: [])
        }
        #expect(throws: MixtureFailure.tooFewValues(needed: 10, got: 9)) {
            try GammaGammaMixture.fit(to: (1...9).map(Double.init))
        }
    }

    /// Also if they differ by rounding to single precision only.
    @Test func equalValuesAreRefused() {
        for sample in [
            Array(repeating: 0.3, count: 50), (0..<50).map { 0.3 * (1 + 1e-9 * Double($0)) },
        ] {
            #expect(throws: MixtureFailure.constant) {
                try ExponentialNormalMixture.fit(to: sample)
            }
            #expect(throws: MixtureFailure.constant) { try GammaGammaMixture.fit(to: sample) }
        }
    }

    private static let hardSamples: [[Double]] = {
        let ones = [Double](repeating: 1, count: 30)
        let nines = [Double](repeating: 1, count: 9)
        var samples: [[Double]] = [ones + [0.2, 0.3, 2, 3], ones + [2], nines + [1.000_01]]
        samples.append(ones + [Double](repeating: 2, count: 10))
        samples.append((0..<99).map { Double(1 + $0 % 3) })
        samples.append((1...10).map(Double.init))
        samples.append(nines + [1e20])
        samples.append([1e-300, 2e-300, 3e-300, 4e-300, 5e-300, 1, 2, 3, 4, 5, 1e300])
        let least = Double.leastNonzeroMagnitude
        samples.append([1.0, 2, 4, 6, 40, 2000, 3, 5, 7, 9].map { $0 * least })
        samples.append((0..<80).map { rank in pow(10, -15 + 30 * Double(rank) / 80) })
        return samples
    }()

    /// In each the likelihood has no bound.
    @Test(arguments: hardSamples)
    func hardSamplesEndInTheInteriorOrWithASpike(sample: [Double]) {
        expectSound(sample) { values throws(MixtureFailure) in
            let fit = try GammaGammaMixture.fit(to: values)
            let (lower, upper) = (fit.mixture.lower, fit.mixture.upper)
            #expect(lower.mean.isFinite && upper.mean.isFinite && lower.mean <= upper.mean)
            return (fit.mixture.weight, fit.logLikelihood, fit.spike)
        }
        expectSound(sample) { values throws(MixtureFailure) in
            let fit = try ExponentialNormalMixture.fit(to: values)
            #expect(fit.mixture.mean > 0 && fit.mixture.standardDeviation > 0)
            return (fit.mixture.weight, fit.logLikelihood, fit.spike)
        }
    }

    private func expectSound(
        _ sample: [Double],
        _ fit: ([Double]) throws(MixtureFailure) -> (Double, Double, MixtureSpike?)
    ) {
        let n = Double(sample.count)
        do {
            let (weight, logLikelihood, spike) = try fit(sample)
            #expect(min(weight, 1 - weight) * n >= max(5, n / 50) * (1 - 1e-12))
            #expect(logLikelihood.isFinite)
            if let spike { #expect(spike.logLikelihood > logLikelihood) }
        } catch {
            guard case .onlySpikes(let spike) = error else {
                Issue.record("\(error)")
                return
            }
            #expect(spike.logLikelihood.isFinite && (1...sample.count).contains(spike.count))
            #expect(sample.contains(spike.least) && sample.contains(spike.largest))
        }
    }

    /// 30 equal values among 37 are a spike that is named, not a population.
    @Test func aSpikeIsNamedAndNotTheAnswer() throws {
        let tied = Array(repeating: 1.0, count: 30) + [0.2, 0.3, 0.5, 0.9, 1.4, 2, 3]
        for spike in [
            spike { try GammaGammaMixture.fit(to: tied).spike },
            spike { try ExponentialNormalMixture.fit(to: tied).spike },
        ] {
            let spike = try #require(spike)
            #expect(spike.count == 30 && spike.least == 1 && spike.largest == 1)
        }
    }

    private func spike(_ fit: () throws -> MixtureSpike?) -> MixtureSpike? {
        do { return try fit() } catch MixtureFailure.onlySpikes(let spike) { return spike } catch {
            return nil
        }
    }

    @Test func endsWhenToldTo() throws {
        let fit = try GammaGammaMixture.fit(
            to: values, options: EMOptions(tolerance: 0, maximumIterations: 2))
        #expect(fit.iterations <= 2)
        #expect(!fit.converged)
    }

    /// BIC = −2 L + p ln n.
    @Test func criterionCountsParameters() throws {
        let first = try ExponentialNormalMixture.fit(to: values)
        #expect(abs(first.bic - (-2 * first.logLikelihood + 4 * log(120))) < 1e-9)
        let second = try GammaGammaMixture.fit(to: values)
        #expect(abs(second.bic - (-2 * second.logLikelihood + 5 * log(120))) < 1e-9)
    }
}
