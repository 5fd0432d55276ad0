import Glibc

/// The maximum-likelihood fit of a distribution with one component.
public struct OneComponentFit: Sendable, Hashable {
    /// A distribution with its parameters, in the unit of the values.
    public enum Distribution: Sendable, Hashable {
        /// On x > 0.
        case exponential(mean: Double)
        /// On the whole real line.
        case normal(mean: Double, standardDeviation: Double)
        /// On x > 0.
        case gamma(shape: Double, scale: Double)
    }

    /// The estimate.
    public var distribution: Distribution
    /// Σ ln f(x) over the values, in nats; of densities in the unit of the values.
    public var logLikelihood: Double
    /// Schwarz's criterion, −2 L + p ln n for p parameters and n values; less is better.
    public var bic: Double
    /// Bozdogan's criterion with a fixed price, −2 L + 3 p; less is better.
    public var aic3: Double

    private init(_ distribution: Distribution, _ scaledLogLikelihood: Double, of count: Int) {
        self.distribution = distribution
        logLikelihood = scaledLogLikelihood
        bic = Statistics.bic(
            logLikelihood: logLikelihood, parameters: distribution.parameterCount, count: count)
        aic3 = Statistics.aic3(
            logLikelihood: logLikelihood, parameters: distribution.parameterCount)
    }

    /// The fits of the three distributions to the same values.
    ///
    /// The exponential has the values' mean, the normal their mean and variance (which divides by
    /// n); the gamma is found by Newton's method.
    ///
    /// - Parameter values: positive and finite, in any order, at least one.
    /// - Returns: the three; normal and gamma are `nil` if all values are equal to within 1e-6, where
    ///   the likelihood has no bound.
    /// - Complexity: O(n log n).
    public static func all(
        _ values: [Double]
    ) -> (exponential: OneComponentFit, normal: OneComponentFit?, gamma: OneComponentFit?) {
        let sample = SortedSample(values)
        let n = Double(sample.count)
        func fit(_ distribution: Distribution, perValue: Double) -> OneComponentFit {
            OneComponentFit(
                distribution, n * perValue + sample.logJacobian, of: sample.count)
        }
        let mean = sample.unscaled(sample.mean)
        let exponential = fit(.exponential(mean: mean), perValue: -log(sample.mean) - 1)
        guard !sample.isConstant else { return (exponential, nil, nil) }
        let normal = fit(
            .normal(
                mean: mean, standardDeviation: sample.unscaled(sample.variance.squareRoot())),
            perValue: -0.5 * (log(2 * Double.pi * sample.variance) + 1))
        let meanLogarithm = sum(of: sample.logarithms()) { $0 } / n
        let excess = log(sample.mean) - meanLogarithm
        let shape = maximumLikelihoodShape(logMeanExcess: excess, 1e-4...1e14)
        let gamma = fit(
            .gamma(shape: shape, scale: max(mean / shape, .leastNonzeroMagnitude)),
            perValue: stirlingRemainder(shape) - shape * excess - meanLogarithm)
        return (exponential, normal, gamma)
    }
}

extension OneComponentFit.Distribution {
    /// Free parameters, for criteria that count them.
    public var parameterCount: Int {
        switch self {
        case .exponential: 1
        case .normal, .gamma: 2
        }
    }

    /// "exponential", "normal" or "gamma".
    public var name: String {
        switch self {
        case .exponential: "exponential"
        case .normal: "normal"
        case .gamma: "gamma"
        }
    }

    /// The density at `x`, per unit of the values.
    public func density(at x: Double) -> Double {
        switch self {
        case .exponential(let mean): return x < 0 ? 0 : exp(-x / mean) / mean
        case .normal(let mean, let deviation):
            return StandardNormal.density(at: (x - mean) / deviation) / deviation
        case .gamma(let shape, let scale):
            return GammaDistribution(shape: shape, scale: scale).density(at: x)
        }
    }
}
