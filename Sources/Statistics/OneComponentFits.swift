import Glibc

/// The maximum-likelihood fit of a distribution with one component.
public struct OneComponentFit: Sendable, Equatable {
    /// Σ ln f(x) over the values, in nats; of densities in the unit of the values.
    public var logLikelihood: Double
    /// Schwarz's criterion, −2 L + p ln n for p parameters and n values; less is better.
    public var bic: Double

    private init(_ scaledLogLikelihood: Double, parameters: Int, _ sample: SortedSample) {
        logLikelihood = scaledLogLikelihood + sample.logJacobian
        bic = Statistics.bic(
            logLikelihood: logLikelihood, parameters: parameters, count: sample.count)
    }

    /// An exponential, of the values' mean; −n (ln mean + 1).
    ///
    /// - Parameter values: positive and finite, at least one.
    /// - Returns: the fit, which always exists.
    public static func exponential(_ values: [Double]) -> OneComponentFit {
        let sample = SortedSample(values)
        return OneComponentFit(
            -Double(sample.count) * (log(sample.mean) + 1), parameters: 1, sample)
    }

    /// A normal on the real line, of the values' mean and variance (which divides by n).
    ///
    /// - Parameter values: positive and finite, at least one.
    /// - Returns: `nil` if all values are equal, where the likelihood has no bound.
    public static func normal(_ values: [Double]) -> OneComponentFit? {
        let sample = SortedSample(values)
        guard !sample.isConstant else { return nil }
        return OneComponentFit(
            -0.5 * Double(sample.count) * (log(2 * Double.pi * sample.variance) + 1),
            parameters: 2, sample)
    }

    /// A gamma, by maximum likelihood (``GammaDistribution/maximumLikelihood(mean:meanLogarithm:shapes:)``).
    ///
    /// - Parameter values: positive and finite, at least one.
    /// - Returns: `nil` if all values are equal, where the likelihood has no bound.
    public static func gamma(_ values: [Double]) -> OneComponentFit? {
        let sample = SortedSample(values)
        guard !sample.isConstant else { return nil }
        let meanLogarithm = sum(of: sample.logarithms()) { $0 } / Double(sample.count)
        let s = log(sample.mean) - meanLogarithm
        let shape = maximumLikelihoodShape(logMeanExcess: s, 1e-3...1e7)
        let perValue = stirlingRemainder(shape) - shape * s - meanLogarithm
        return OneComponentFit(Double(sample.count) * perValue, parameters: 2, sample)
    }
}
