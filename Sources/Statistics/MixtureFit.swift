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

/// The likeliest interior maximum of a mixture's likelihood.
public struct MixtureFit<Mixture: Sendable & Equatable>: Sendable, Equatable {
    /// The estimate, in the unit of the values.
    public var mixture: Mixture
    /// Σ ln f(x) over the values, in nats; of densities in the unit of the values.
    public var logLikelihood: Double
    /// Schwarz's criterion, −2 L + p ln n for p parameters and n values; less is better.
    public var bic: Double
    /// Bozdogan's criterion with a fixed price, −2 L + 3 p; less is better.
    public var aic3: Double
    /// Passes over the data of the run that won.
    public var iterations: Int
    /// Whether the steps became as small as asked for.
    public var converged: Bool
    /// The likeliest spike that was met, if it is likelier than the estimate.
    public var spike: MixtureSpike?
}

/// A place where a mixture's likelihood is large because one component has shrunk onto few or
/// nearly equal values: a coincidence or a tie among the values, not a population.
public struct MixtureSpike: Sendable, Hashable {
    /// How many values the spike sits on: those for which its component is the likelier one.
    public var count: Int
    /// The least of these values.
    public var least: Double
    /// The largest of these values.
    public var largest: Double
    /// The log-likelihood of all values there, in nats.
    ///
    /// Where the values are equal it has no bound; this is then a value on the way up.
    public var logLikelihood: Double
    /// Schwarz's criterion of the mixture there.
    public var bic: Double
}

/// Why there is no fit.
public enum MixtureFailure: Error, Hashable {
    /// Fewer values than two components need.
    case tooFewValues(needed: Int, got: Int)
    /// All values are equal, or differ by less than a millionth.
    case constant
    /// No start led to an interior maximum; the likeliest of the spikes that were met instead.
    case onlySpikes(MixtureSpike)
}

/// Schwarz's criterion, −2 L + p ln n (Schwarz 1978).
func bic(logLikelihood: Double, parameters: Int, count: Int) -> Double {
    -2 * logLikelihood + Double(parameters) * log(Double(count))
}

/// Bozdogan's criterion, −2 L + 3 p (Bozdogan 1994).
func aic3(logLikelihood: Double, parameters: Int) -> Double {
    -2 * logLikelihood + 3 * Double(parameters)
}

/// The sample of a mixture of two components, if it has enough different values.
func preparedSample(_ values: [Double]) throws(MixtureFailure) -> SortedSample {
    guard values.count >= MixtureInterior.leastCount else {
        throw .tooFewValues(needed: MixtureInterior.leastCount, got: values.count)
    }
    let sample = SortedSample(values)
    guard !sample.isConstant else { throw .constant }
    return sample
}

extension MixtureFit {
    init<Problem: MixtureProblem>(
        _ mixture: Mixture, _ run: EMRun<Problem>, _ spike: MixtureSpike?, parameters: Int,
        sample: SortedSample
    ) {
        self.mixture = mixture
        logLikelihood = run.logLikelihood + sample.logJacobian
        bic = Statistics.bic(
            logLikelihood: logLikelihood, parameters: parameters, count: sample.count)
        aic3 = Statistics.aic3(logLikelihood: logLikelihood, parameters: parameters)
        iterations = run.iterations
        converged = run.converged
        self.spike = spike
    }
}
