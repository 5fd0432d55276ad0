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
    /// Mean of the normal, in the unit of the values; may be negative.
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

    /// The maximum-likelihood estimate by expectation-maximization from many starts.
    ///
    /// Dempster, Laird and Rubin (1977). Each weight is at least 2/n; the normal's standard
    /// deviation is at least 1/1000 of that of all values.
    ///
    /// - Parameters:
    ///   - values: positive and finite, in any order.
    ///   - options: when to stop.
    /// - Returns: the most likely mixture found; on a bound if that is where it lies.
    /// - Throws: for fewer than 5 values or values that are all equal.
    /// - Complexity: O(n log n) for sorting, O(n) for each of some hundreds of passes.
    public static func fit(
        to values: [Double], options: EMOptions = EMOptions()
    ) throws(MixtureFailure) -> MixtureFit<ExponentialNormalMixture> {
        let sample = try preparedSample(values, parameterCount: parameterCount)
        let problem = ExponentialNormalProblem(sample)
        let run = EMSearch(problem: problem, options: options).best()
        let logLikelihood = run.logLikelihood + sample.logJacobian
        return MixtureFit(
            mixture: problem.mixture(run.parameters), logLikelihood: logLikelihood,
            bic: bic(
                logLikelihood: logLikelihood, parameters: parameterCount, count: sample.count),
            iterations: run.iterations, converged: run.converged,
            boundsReached: problem.boundsReached(by: run.parameters))
    }
}

/// The likelihood of an exponential and a normal on one sample.
struct ExponentialNormalProblem: MixtureProblem {
    struct Parameters {
        /// Of the exponential.
        var weight: Double
        var scale: Double
        var mean: Double
        var deviation: Double
    }

    let sample: SortedSample
    let weights: WeightBounds
    let leastDeviation: Double

    var count: Int { sample.count }

    init(_ sample: SortedSample) {
        self.sample = sample
        weights = WeightBounds(count: sample.count)
        leastDeviation = 1e-3 * sample.variance.squareRoot()
    }

    func step(_ parameters: Parameters) -> (logLikelihood: Double, next: Parameters) {
        let variance = parameters.deviation * parameters.deviation
        let exponential = LogDensityForm(
            constant: log(parameters.weight / parameters.scale),
            valueFactor: -1 / parameters.scale, featureFactor: 0)
        let normal = LogDensityForm(
            constant: log((1 - parameters.weight) / parameters.deviation)
                - 0.5 * log(2 * Double.pi),
            valueFactor: 0, featureFactor: -0.5 / variance)
        let sums = responsibilitySums(
            of: sample.values, (exponential, normal),
            .squaredDeviations(center: parameters.mean))
        var next = parameters
        next.weight = weights.clamped(sums.first.weight / Double(count))
        if sums.first.weight > 1e-200 {
            next.scale = max(sums.first.value / sums.first.weight, 1e-300)
        }
        if sums.second.weight > 1e-200 {
            next.mean = sums.second.value / sums.second.weight
            let move = next.mean - parameters.mean
            next.deviation = deviation(sums.second.feature / sums.second.weight - move * move)
        }
        return (sums.logDensity, next)
    }

    private func deviation(_ variance: Double) -> Double {
        max(variance, leastDeviation * leastDeviation).squareRoot()
    }

    func coordinates(of parameters: Parameters) -> SIMD8<Double> {
        SIMD8(
            log(parameters.weight / (1 - parameters.weight)), log(parameters.scale),
            // In deviations of all values, so that steps do not depend on the unit.
            parameters.mean / (1e3 * leastDeviation), log(parameters.deviation), 0, 0, 0, 0)
    }

    func parameters(at coordinates: SIMD8<Double>) -> Parameters {
        Parameters(
            weight: weights.clamped(1 / (1 + exp(-coordinates[0]))),
            scale: exp(min(max(coordinates[1], -690), 0)),
            mean: coordinates[2] * 1e3 * leastDeviation,
            deviation: max(exp(min(coordinates[3], 0)), leastDeviation))
    }

    func thinned() -> ExponentialNormalProblem? {
        sample.ranksForSearch.map { ExponentialNormalProblem(sample.values(ofRanks: $0)) }
    }

    func starts() -> [Parameters] {
        let mean = sample.mean
        let sums = WindowSums(
            of: sample.values, features: sample.values.map { ($0 - mean) * ($0 - mean) })
        let all = sums.over(0..<count)
        let cuts = startingCuts.map { cut in
            lowerWindow(count: count, cut: cut).upperBound..<count
        }
        // The log-likelihood of the values under the component and share of their own, without
        // what all windows of a size have in common.
        let windows = outstandingWindows(count: count) { window in
            let inside = sums.over(window)
            let outside = all - inside
            return -0.5 * inside.weight * approximateLogarithm(variance(of: inside))
                - outside.weight * approximateLogarithm(scale(of: outside))
        }
        return (cuts + windows).map { window in
            let inside = sums.over(window)
            let outside = all - inside
            return Parameters(
                weight: weights.clamped(outside.weight / all.weight), scale: scale(of: outside),
                mean: inside.value / inside.weight, deviation: variance(of: inside).squareRoot())
        } + overlappingStarts()
    }

    /// Of an exponential on values with these sums.
    private func scale(of sums: WeightedSums) -> Double { max(sums.value / sums.weight, 1e-300) }

    /// Of a normal on values with these sums, the features being squared deviations from the mean
    /// of all values.
    private func variance(of sums: WeightedSums) -> Double {
        let shift = sums.value / sums.weight - sample.mean
        return max(sums.feature / sums.weight - shift * shift, leastDeviation * leastDeviation)
    }

    /// Both components on all values, with different shares and scales.
    private func overlappingStarts() -> [Parameters] {
        let deviation = sample.variance.squareRoot()
        return [(0.5, 1, 1, 1), (0.2, 0.3, 1, 1), (0.8, 1, 1, 0.3), (0.8, 1, 0.3, 0.3)].map {
            Parameters(
                weight: weights.clamped($0.0), scale: sample.mean * $0.1,
                mean: sample.mean * $0.2, deviation: deviation * $0.3)
        }
    }

    /// The mixture in the unit of the values.
    func mixture(_ parameters: Parameters) -> ExponentialNormalMixture {
        ExponentialNormalMixture(
            weight: parameters.weight, scale: sample.unscaled(parameters.scale),
            mean: sample.unscaled(parameters.mean),
            standardDeviation: sample.unscaled(parameters.deviation))
    }

    /// Component 0 is the exponential.
    func boundsReached(by parameters: Parameters) -> [MixtureBound] {
        var bounds: [MixtureBound] = []
        if let weight = weights.reached(by: parameters.weight) { bounds.append(weight) }
        if parameters.deviation <= leastDeviation { bounds.append(.leastDeviation) }
        return bounds
    }
}
