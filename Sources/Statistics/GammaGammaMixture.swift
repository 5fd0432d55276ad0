import Glibc

/// A mixture of two gamma distributions, ordered by mean.
public struct GammaGammaMixture: Sendable, Equatable {
    /// Share of the component with the lower mean.
    public var weight: Double
    /// The component with the lower mean.
    public var lower: GammaDistribution
    /// The component with the higher mean.
    public var upper: GammaDistribution

    /// Free parameters, for criteria that count them.
    public static let parameterCount = 5

    /// The density at `x`, per unit of the values, of each component times its weight.
    public func weightedDensities(at x: Double) -> (lower: Double, upper: Double) {
        (weight * lower.density(at: x), (1 - weight) * upper.density(at: x))
    }

    /// The maximum-likelihood estimate by expectation-maximization from many starts.
    ///
    /// Dempster, Laird and Rubin (1977); M-step of Minka (2002). Each weight is at least 2/n, each
    /// shape at least 1/1000 and at most 10,000 times the larger of 1 and the shape of one gamma
    /// for all values.
    ///
    /// - Parameters:
    ///   - values: positive and finite, in any order.
    ///   - options: when to stop.
    /// - Returns: the most likely mixture found; on a bound if that is where it lies.
    /// - Throws: for fewer than 6 values or values that are all equal.
    /// - Complexity: O(n log n) for sorting, O(n) for each of some hundreds of passes.
    public static func fit(
        to values: [Double], options: EMOptions = EMOptions()
    ) throws(MixtureFailure) -> MixtureFit<GammaGammaMixture> {
        let sample = try preparedSample(values, parameterCount: parameterCount)
        let problem = GammaGammaProblem(sample)
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

/// The sample of a mixture with `parameterCount` parameters, if it has enough different values.
func preparedSample(
    _ values: [Double], parameterCount: Int
) throws(MixtureFailure) -> SortedSample {
    guard values.count > parameterCount else {
        throw .tooFewValues(needed: parameterCount + 1, got: values.count)
    }
    let sample = SortedSample(values)
    guard !sample.isConstant else { throw .constant }
    return sample
}

/// The likelihood of two gammas on one sample; components in no particular order.
struct GammaGammaProblem: MixtureProblem {
    /// One component, by mean and shape, which are orthogonal.
    struct Component {
        var mean: Double
        var shape: Double
        /// ln of the density at the mean, plus ln x.
        var remainder: Double

        init(mean: Double, shape: Double) {
            self.mean = mean
            self.shape = shape
            remainder = stirlingRemainder(shape)
        }

        /// ln(weight f(x)) + ln x as a function of x and ln x:
        /// k (ln(x / m) − x / m + 1) + k ln k − k − ln Γ(k).
        func form(weight: Double) -> LogDensityForm {
            LogDensityForm(
                constant: log(weight) + remainder + shape * (1 - log(mean)),
                valueFactor: -shape / mean, featureFactor: shape)
        }
    }

    struct Parameters {
        /// Of the first component.
        var weight: Double
        var first: Component
        var second: Component
    }

    let sample: SortedSample
    /// Of the values of the sample.
    private let logarithms: [Double]
    let weights: WeightBounds
    let shapes: ClosedRange<Double>
    /// Over all values, with logarithms for features.
    private let all: WeightedSums

    var count: Int { sample.count }

    init(_ sample: SortedSample) { self.init(sample, logarithms: sample.logarithms()) }

    private init(_ sample: SortedSample, logarithms: [Double]) {
        self.sample = sample
        self.logarithms = logarithms
        weights = WeightBounds(count: sample.count)
        let count = Double(sample.count)
        all = WeightedSums(
            weight: count, value: count * sample.mean, feature: sum(of: logarithms) { $0 })
        let single = maximumLikelihoodShape(
            logMeanExcess: log(sample.mean) - all.feature / count, 1e-3...1e3)
        shapes = 1e-3...1e4 * max(1, single)
    }

    func step(_ parameters: Parameters) -> (logLikelihood: Double, next: Parameters) {
        let (first, second) = (parameters.first, parameters.second)
        let forms = (
            first.form(weight: parameters.weight), second.form(weight: 1 - parameters.weight)
        )
        let sums = responsibilitySums(
            of: sample.values, forms, .logarithms(logarithms))
        let next = Parameters(
            weight: weights.clamped(sums.first.weight / all.weight),
            first: component(sums.first, before: first),
            second: component(sums.second, before: second))
        return (sums.logDensity - all.feature, next)
    }

    /// The best gamma for weighted values; that `before` if there is no weight.
    private func component(_ sums: WeightedSums, before: Component) -> Component {
        guard sums.weight > 1e-200 else { return before }
        let mean = max(sums.value / sums.weight, 1e-300)
        return Component(
            mean: mean,
            shape: maximumLikelihoodShape(
                logMeanExcess: log(mean) - sums.feature / sums.weight, shapes,
                near: before.shape))
    }

    func coordinates(of parameters: Parameters) -> SIMD8<Double> {
        SIMD8(
            log(parameters.weight / (1 - parameters.weight)), log(parameters.first.mean),
            log(parameters.first.shape), log(parameters.second.mean),
            log(parameters.second.shape), 0, 0, 0)
    }

    func parameters(at coordinates: SIMD8<Double>) -> Parameters {
        func component(_ logMean: Double, _ logShape: Double) -> Component {
            // A mean beyond all values is never better than the largest.
            let mean = exp(min(max(logMean, -690), 0))
            let shape = min(max(exp(min(logShape, 700)), shapes.lowerBound), shapes.upperBound)
            return Component(mean: mean, shape: shape)
        }
        return Parameters(
            weight: weights.clamped(1 / (1 + exp(-coordinates[0]))),
            first: component(coordinates[1], coordinates[2]),
            second: component(coordinates[3], coordinates[4]))
    }

    func thinned() -> GammaGammaProblem? {
        sample.ranksForSearch.map { ranks in
            GammaGammaProblem(
                sample.values(ofRanks: ranks), logarithms: ranks.map { logarithms[$0] })
        }
    }

    func starts() -> [Parameters] {
        let sums = WindowSums(of: sample.values, features: logarithms)
        let cuts = startingCuts.map { lowerWindow(count: count, cut: $0) }
        let windows = outstandingWindows(count: count) { window in
            let inside = sums.over(window)
            return classificationLogLikelihood(inside)
                + classificationLogLikelihood(all - inside)
        }
        let whole = Component(mean: sample.mean, shape: 1)
        // The first component on the values of a window, the second on the others.
        return (cuts + windows).map { window in
            let inside = sums.over(window)
            return Parameters(
                weight: weights.clamped(inside.weight / all.weight),
                first: component(inside, before: whole),
                second: component(all - inside, before: whole))
        } + overlappingStarts()
    }

    /// Pairs around the one gamma for all values: its mean split, its shape split.
    private func overlappingStarts() -> [Parameters] {
        let single = component(all, before: Component(mean: sample.mean, shape: 1))
        func pair(_ weight: Double, _ means: (Double, Double), _ factors: (Double, Double))
            -> Parameters
        {
            func component(_ mean: Double, _ factor: Double) -> Component {
                let shape = min(
                    max(single.shape * factor, shapes.lowerBound), shapes.upperBound)
                return Component(mean: single.mean * mean, shape: shape)
            }
            return Parameters(
                weight: weights.clamped(weight), first: component(means.0, factors.0),
                second: component(means.1, factors.1))
        }
        return [
            pair(0.5, (0.6, 1.4), (1, 1)), pair(0.5, (1, 1), (0.3, 3)),
            pair(0.2, (0.4, 1.15), (0.5, 2)), pair(0.2, (2, 0.75), (2, 1)),
            pair(0.2, (1, 1), (0.1, 2)), pair(0.8, (0.8, 1.8), (1, 0.5)),
        ]
    }

    /// The log-likelihood of values under the best gamma of their own, with approximations good
    /// enough to rank windows; without their share, which windows of a size have in common.
    private func classificationLogLikelihood(_ sums: WeightedSums) -> Double {
        let mean = max(sums.value / sums.weight, 1e-300)
        let meanLogarithm = sums.feature / sums.weight
        // Not approximate, because a large shape multiplies the difference.
        let s = max(log(mean) - meanLogarithm, 0.5 / shapes.upperBound)
        let shape = max(approximateShape(logMeanExcess: s), shapes.lowerBound)
        return sums.weight * (approximateStirlingRemainder(shape) - shape * s - meanLogarithm)
    }

    /// The mixture in the unit of the values, ordered by mean.
    func mixture(_ parameters: Parameters) -> GammaGammaMixture {
        func gamma(_ component: Component) -> GammaDistribution {
            // At the ends of the range of Double the scale may leave it where the mean does not.
            let scale = sample.unscaled(component.mean / component.shape)
            return GammaDistribution(
                shape: component.shape,
                scale: min(max(scale, .leastNonzeroMagnitude), .greatestFiniteMagnitude))
        }
        let (first, second) = (gamma(parameters.first), gamma(parameters.second))
        return isOrdered(parameters)
            ? GammaGammaMixture(weight: parameters.weight, lower: first, upper: second)
            : GammaGammaMixture(weight: 1 - parameters.weight, lower: second, upper: first)
    }

    private func isOrdered(_ parameters: Parameters) -> Bool {
        parameters.first.mean <= parameters.second.mean
    }

    /// Components counted from 0 in the order by mean.
    func boundsReached(by parameters: Parameters) -> [MixtureBound] {
        let ordered = isOrdered(parameters)
        var bounds: [MixtureBound] = []
        if let weight = weights.reached(by: ordered ? parameters.weight : 1 - parameters.weight) {
            bounds.append(weight)
        }
        let components =
            ordered
            ? [parameters.first, parameters.second] : [parameters.second, parameters.first]
        for (index, component) in components.enumerated() {
            if component.shape >= shapes.upperBound {
                bounds.append(.largestShape(component: index))
            }
            if component.shape <= shapes.lowerBound {
                bounds.append(.leastShape(component: index))
            }
        }
        return bounds
    }
}
