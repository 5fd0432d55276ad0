import Glibc

/// A mixture of an exponential and a normal distribution.
///
/// The normal lives on the whole real line, as in the published model, though the values are
/// positive: where its mean is few deviations above zero, some of its mass lies below.
public struct ExponentialNormalMixture: Sendable, Equatable {
    /// Share of the exponential.
    public var weight: Double
    /// Mean of the exponential, in the unit of the values.
    public var scale: Double
    /// Mean of the normal, in the unit of the values; positive.
    public var mean: Double
    /// Standard deviation of the normal, in the unit of the values.
    public var standardDeviation: Double

    /// Free parameters, for criteria that count them.
    public static let parameterCount = 4

    /// The density at `x`, per unit of the values, of each component times its weight.
    public func weightedDensities(at x: Double) -> (exponential: Double, normal: Double) {
        let deviate = (x - mean) / standardDeviation
        return (
            x < 0 ? 0 : weight * exp(-x / scale) / scale,
            (1 - weight) * exp(-0.5 * deviate * deviate)
                / (standardDeviation * (2 * Double.pi).squareRoot())
        )
    }

    /// The likeliest interior maximum of the likelihood, by expectation-maximization.
    ///
    /// Dempster, Laird and Rubin (1977); eight deterministic starts. In the interior each component
    /// holds at least max(5, n/50) values, and the normal is at most about as many times narrower
    /// than all values, by coefficients of variation, as it holds values.
    ///
    /// - Parameters:
    ///   - values: positive and finite, in any order.
    ///   - options: when to stop.
    /// - Returns: the estimate, and the likeliest spike that was met if it is likelier.
    /// - Throws: for fewer than 10 values, values that are all equal to within 1e-6, or if every
    ///   start led to a spike.
    /// - Complexity: O(n log n) for sorting, O(n) for each of some tens of passes.
    public static func fit(
        to values: [Double], options: EMOptions = EMOptions()
    ) throws(MixtureFailure) -> MixtureFit<ExponentialNormalMixture> {
        let problem = ExponentialNormalProblem(try preparedSample(values))
        let (run, spike) = try EMSearch(problem: problem, options: options).run()
        return MixtureFit(
            problem.mixture(run.parameters), run, spike, parameters: parameterCount,
            sample: problem.sample)
    }
}

/// The likelihood of an exponential and a normal on one sample.
struct ExponentialNormalProblem: MixtureProblem {
    struct Parameters {
        /// Of the exponential.
        var weight: Double
        var scale: Double
        /// Of the normal; positive, as that of any positive values.
        var mean: Double
        var deviation: Double
    }

    let sample: SortedSample
    let interior: MixtureInterior
    static let parameterCount = ExponentialNormalMixture.parameterCount
    /// Over all values, with squared deviations from their mean for features.
    private let all: WeightedSums

    init(_ sample: SortedSample) { self.init(sample, MixtureInterior(sample)) }

    private init(_ sample: SortedSample, _ interior: MixtureInterior) {
        self.sample = sample
        self.interior = interior
        let count = Double(sample.count)
        all = WeightedSums(
            weight: count, value: count * sample.mean, feature: count * sample.variance)
    }

    func step(_ parameters: Parameters) -> (logLikelihood: Double, next: Parameters) {
        let sums = responsibilitySums(
            of: sample.values, forms(of: parameters),
            .squaredDeviations(center: parameters.mean))
        var next = parameters
        next.weight = interior.clamped(sums.first.weight / Double(count))
        if sums.first.weight > 1e-200 { next.scale = scale(of: sums.first) }
        if sums.second.weight > 1e-200 {
            (next.mean, next.deviation) = normal(of: sums.second, center: parameters.mean)
        }
        return (sums.logDensity, next)
    }

    private func forms(of parameters: Parameters) -> (LogDensityForm, LogDensityForm) {
        let variance = parameters.deviation * parameters.deviation
        return (
            LogDensityForm(
                constant: log(parameters.weight / parameters.scale),
                valueFactor: -1 / parameters.scale, featureFactor: 0),
            LogDensityForm(
                constant: log((1 - parameters.weight) / parameters.deviation)
                    - 0.5 * log(2 * Double.pi),
                valueFactor: 0, featureFactor: -0.5 / variance)
        )
    }

    func logDensities(_ parameters: Parameters, at rank: Int) -> (Double, Double) {
        let forms = forms(of: parameters)
        let x = sample.values[rank]
        let square = (x - parameters.mean) * (x - parameters.mean)
        return (forms.0.value(x, square), forms.1.value(x, square))
    }

    /// Of an exponential on values with these sums.
    private func scale(of sums: WeightedSums) -> Double { max(sums.value / sums.weight, 1e-300) }

    /// Mean and deviation of a normal on values with these sums, the features being squared
    /// deviations from `center`.
    private func normal(of sums: WeightedSums, center: Double) -> (Double, Double) {
        let mean = max(sums.value / sums.weight, 1e-300)
        let move = mean - center
        let variance = max(sums.feature / sums.weight - move * move, 0)
        return (mean, max(variance.squareRoot(), leastDeviation(mean)))
    }

    private func leastDeviation(_ mean: Double) -> Double {
        // Its square must not vanish.
        max(interior.leastVariation * mean, 1e-150)
    }

    func coordinates(of parameters: Parameters) -> SIMD8<Double> {
        SIMD8(
            log(parameters.weight / (1 - parameters.weight)), log(parameters.scale),
            log(parameters.mean), log(parameters.deviation), 0, 0, 0, 0)
    }

    func parameters(at coordinates: SIMD8<Double>) -> Parameters {
        // Means beyond all values are never better than the largest, which is at most 1.
        func length(_ logarithm: Double) -> Double { exp(min(max(logarithm, -690), 0)) }
        let mean = length(coordinates[2])
        return Parameters(
            weight: interior.clamped(1 / (1 + exp(-coordinates[0]))),
            scale: length(coordinates[1]), mean: mean,
            deviation: max(length(coordinates[3]), leastDeviation(mean)))
    }

    func thinned() -> ExponentialNormalProblem? {
        sample.ranksForSearch.map {
            ExponentialNormalProblem(sample.values(ofRanks: $0), interior)
        }
    }

    /// The normal on the highest values, on the lowest, on the middle half or on all but these, the
    /// exponential on the rest; nine tenths of it, as a normal on equal values alone would never
    /// leave them.
    func starts() -> [Parameters] {
        let quarters = [0.25, 0.5, 0.75].map { sample.rank(at: $0) }
        let groups = quarters.map { $0..<count } + quarters.map { 0..<$0 }
        let pairs = groups.map(softened)
        let (inner, outer) = softened(quarters[0]..<quarters[2])
        return (pairs + [(inner, outer), (outer, inner)]).map { inside, outside in
            let (mean, deviation) = normal(of: inside, center: sample.mean)
            return Parameters(
                weight: interior.clamped(outside.weight / all.weight), scale: scale(of: outside),
                mean: mean, deviation: deviation)
        }
    }

    private func softened(_ ranks: Range<Int>) -> (WeightedSums, WeightedSums) {
        WeightedSums(of: sample.values, ranks) { rank in
            let deviation = sample.values[rank] - sample.mean
            return deviation * deviation
        }.softened(in: all)
    }

    func components(of parameters: Parameters) -> [(share: Double, variation: Double)] {
        [(parameters.weight, 1), (1 - parameters.weight, parameters.deviation / parameters.mean)]
    }

    /// The mixture in the unit of the values.
    func mixture(_ parameters: Parameters) -> ExponentialNormalMixture {
        ExponentialNormalMixture(
            weight: parameters.weight, scale: sample.unscaled(parameters.scale),
            mean: sample.unscaled(parameters.mean),
            standardDeviation: sample.unscaled(parameters.deviation))
    }
}
