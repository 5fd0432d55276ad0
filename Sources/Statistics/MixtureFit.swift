import Glibc

/// When expectation-maximization stops.
public struct EMOptions: Sendable, Hashable {
    /// An accelerated step that gains less than this log-likelihood a value ends a fit.
    ///
    /// The log-likelihood of values in a unit of their own size is of the order of their number,
    /// so this is the relative gain, but one that does not depend on the unit of the data.
    public var tolerance: Double
    /// Passes over the data before a fit gives up and says that it has not converged.
    public var maximumIterations: Int

    /// - Precondition: a non-negative tolerance, at least one iteration.
    public init(tolerance: Double = 1e-10, maximumIterations: Int = 2000) {
        precondition(tolerance >= 0, "tolerance \(tolerance)")
        precondition(maximumIterations >= 1, "\(maximumIterations) iterations")
        self.tolerance = tolerance
        self.maximumIterations = maximumIterations
    }
}

/// The maximum-likelihood estimate of a mixture.
public struct MixtureFit<Mixture: Sendable & Equatable>: Sendable, Equatable {
    /// The estimate, in the unit of the values.
    public var mixture: Mixture
    /// Σ ln f(x) over the values, in nats; of densities in the unit of the values.
    public var logLikelihood: Double
    /// Schwarz's criterion, −2 L + p ln n for p parameters and n values; less is better.
    public var bic: Double
    /// Passes over the data of the run that won.
    public var iterations: Int
    /// Whether the steps became as small as asked for.
    public var converged: Bool
    /// The bounds that keep the likelihood finite and on which the estimate lies; empty for a
    /// proper maximum.
    public var boundsReached: [MixtureBound]
}

/// A bound of the parameters.
///
/// Without bounds the likelihood of a mixture grows without limit as a
/// component shrinks onto a single value; an estimate on one of them describes a coincidence or a
/// tie among the values, not a population.
public enum MixtureBound: Sendable, Hashable {
    /// A component's weight is the least possible, two values' worth.
    case leastWeight(component: Int)
    /// The normal's standard deviation is the least possible, 1/1000 of that of all values.
    case leastDeviation
    /// A gamma is as narrow as possible.
    case largestShape(component: Int)
    /// A gamma is as spread out as possible.
    case leastShape(component: Int)
}

/// Why there is no fit.
public enum MixtureFailure: Error, Hashable {
    /// Fewer values than the model needs: more than its parameters.
    case tooFewValues(needed: Int, got: Int)
    /// All values are equal.
    case constant
}

/// Schwarz's criterion, −2 L + p ln n (Schwarz 1978).
func bic(logLikelihood: Double, parameters: Int, count: Int) -> Double {
    -2 * logLikelihood + Double(parameters) * log(Double(count))
}
