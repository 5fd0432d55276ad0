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

    /// The likeliest interior maximum of the likelihood, by expectation-maximization.
    ///
    /// Dempster, Laird and Rubin (1977); M-step of Minka (2002); eight deterministic starts. In the
    /// interior each component holds at least max(5, n/50) values and is at most about as many times
    /// narrower than all values, by coefficients of variation, as it holds values.
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
    ) throws(MixtureFailure) -> MixtureFit<GammaGammaMixture> {
        let problem = GammaGammaProblem(try preparedSample(values))
        let (run, spike) = try EMSearch(problem: problem, options: options).run()
        return MixtureFit(
            problem.mixture(run.parameters), run, spike, parameters: parameterCount,
            sample: problem.sample)
    }
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
    let interior: MixtureInterior
    static let parameterCount = GammaGammaMixture.parameterCount
    /// Of the values of the sample.
    private let logarithms: [Double]
    /// Down to a coefficient of variation that no component in the interior has.
    private let shapes: ClosedRange<Double>
    /// Over all values, with logarithms for features.
    private let all: WeightedSums

    init(_ sample: SortedSample) {
        self.init(sample, logarithms: sample.logarithms(), MixtureInterior(sample))
    }

    private init(_ sample: SortedSample, logarithms: [Double], _ interior: MixtureInterior) {
        self.sample = sample
        self.logarithms = logarithms
        self.interior = interior
        all = WeightedSums(of: sample.values, 0..<sample.count) { logarithms[$0] }
        shapes = 1e-4...1 / (interior.leastVariation * interior.leastVariation)
    }

    func step(_ parameters: Parameters) -> (logLikelihood: Double, next: Parameters) {
        let sums = responsibilitySums(
            of: sample.values, forms(of: parameters), .logarithms(logarithms))
        let next = Parameters(
            weight: interior.clamped(sums.first.weight / all.weight),
            first: component(sums.first, before: parameters.first),
            second: component(sums.second, before: parameters.second))
        return (sums.logDensity - all.feature, next)
    }

    private func forms(of parameters: Parameters) -> (LogDensityForm, LogDensityForm) {
        (
            parameters.first.form(weight: parameters.weight),
            parameters.second.form(weight: 1 - parameters.weight)
        )
    }

    func logDensities(_ parameters: Parameters, at rank: Int) -> (Double, Double) {
        let forms = forms(of: parameters)
        let (x, logarithm) = (sample.values[rank], logarithms[rank])
        return (forms.0.value(x, logarithm), forms.1.value(x, logarithm))
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
            weight: interior.clamped(1 / (1 + exp(-coordinates[0]))),
            first: component(coordinates[1], coordinates[2]),
            second: component(coordinates[3], coordinates[4]))
    }

    func thinned() -> GammaGammaProblem? {
        sample.ranksForSearch.map { ranks in
            GammaGammaProblem(
                sample.values(ofRanks: ranks), logarithms: ranks.map { logarithms[$0] }, interior)
        }
    }

    /// One component on the lowest values or on the middle half, the other on the rest; nine tenths
    /// of it, as a component on equal values alone would never leave them.
    func starts() -> [Parameters] {
        let whole = Component(mean: sample.mean, shape: 1)
        let lowest = [0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95].map { 0..<sample.rank(at: $0) }
        return (lowest + [sample.rank(at: 0.25)..<sample.rank(at: 0.75)]).map { ranks in
            let group = WeightedSums(of: sample.values, ranks) { logarithms[$0] }
            let (first, second) = group.softened(in: all)
            return Parameters(
                weight: interior.clamped(first.weight / all.weight),
                first: component(first, before: whole), second: component(second, before: whole))
        }
    }

    func components(of parameters: Parameters) -> [(share: Double, variation: Double)] {
        [
            (parameters.weight, 1 / parameters.first.shape.squareRoot()),
            (1 - parameters.weight, 1 / parameters.second.shape.squareRoot()),
        ]
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
        return parameters.first.mean <= parameters.second.mean
            ? GammaGammaMixture(weight: parameters.weight, lower: first, upper: second)
            : GammaGammaMixture(weight: 1 - parameters.weight, lower: second, upper: first)
    }
}
