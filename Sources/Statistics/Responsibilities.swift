import CKernels

/// What an M-step needs of one component: the responsibilities summed, alone and times features.
struct WeightedSums {
    /// Σ r.
    var weight = 0.0
    /// Σ r x.
    var value = 0.0
    /// Σ r g, with g the second feature of the model: ln x, or a squared deviation.
    var feature = 0.0

    /// Nine tenths of these sums with one tenth of the rest of `all`, and what is then left of `all`.
    func softened(in all: WeightedSums) -> (WeightedSums, WeightedSums) {
        func mixed(_ part: Double, _ whole: Double) -> WeightedSums {
            WeightedSums(
                weight: part * weight + whole * all.weight,
                value: part * value + whole * all.value,
                feature: part * feature + whole * all.feature)
        }
        return (mixed(0.8, 0.1), mixed(-0.8, 0.9))
    }
}

extension WeightedSums {
    /// Over the values at `ranks`, each with weight 1.
    init(of values: [Double], _ ranks: Range<Int>, feature: (Int) -> Double) {
        self.init(
            weight: Double(ranks.count), value: sum(ranks) { values[$0] },
            feature: sum(ranks, feature))
    }
}

/// The sufficient statistics of one E-step of a mixture of two components.
struct ResponsibilitySums {
    var first: WeightedSums
    var second: WeightedSums
    /// Σ ln(π₁ f₁ + π₂ f₂).
    var logDensity: Double
}

/// The second feature of the values, besides the values themselves.
enum MixtureFeature {
    /// The logarithms of the values, computed once a fit; as many as there are values.
    case logarithms([Double])
    /// The squared deviations from a center.
    case squaredDeviations(center: Double)
}

/// The logarithm of a component's weighted density as a function of the features,
/// ln(π f) = constant + valueFactor x + featureFactor g.
struct LogDensityForm {
    var constant: Double
    var valueFactor: Double
    var featureFactor: Double

    func value(_ x: Double, _ feature: Double) -> Double {
        constant + valueFactor * x + featureFactor * feature
    }
}

/// The instruction set that kernels use: the best that this processor has.
let instructionSet = ckernels_best_set()

/// One E-step: responsibilities r₁ = π₁ f₁ / (π₁ f₁ + π₂ f₂), r₂ = 1 − r₁, summed against the
/// features.
///
/// One exponential a value and no logarithm: ln(π₁ f₁ + π₂ f₂) is the larger logarithm plus
/// ln(1 + e^−|d|), d being the difference of the two. The factors 1 + e^−|d| are multiplied
/// together; each lies between 1 and 2, so that some hundreds of them cannot overflow. The larger
/// logarithm is taken value by value because either component alone may be hopeless for most
/// values, and both components are summed, not one subtracted from the total, so that a small one
/// keeps its digits.
///
/// The sums have four lanes, added in a fixed order. They differ between instruction sets in the
/// last digits, as fused operations round less often, and are the same bits on one.
///
/// - Parameters:
///   - values: n values, at least four.
///   - forms: finite coefficients of the two components.
///   - feature: the model's second feature.
///   - instructionSet: one that the processor has.
/// - Returns: the sufficient statistics, and the log-likelihood.
/// - Complexity: O(n) time, no allocation.
func responsibilitySums(
    of values: [Double], _ forms: (LogDensityForm, LogDensityForm), _ feature: MixtureFeature,
    instructionSet: ckernels_set = instructionSet
) -> ResponsibilitySums {
    precondition(values.count >= 4, "\(values.count) values are too few for a mixture")
    let (first, second) = (ckernels_form(forms.0), ckernels_form(forms.1))
    switch feature {
    case .logarithms(let logarithms):
        precondition(logarithms.count == values.count, "a logarithm for each value")
        return ResponsibilitySums(
            ckernels_mixture_with_features(
                instructionSet, values, logarithms, values.count, first, second))
    case .squaredDeviations(let center):
        return ResponsibilitySums(
            ckernels_mixture_with_squares(
                instructionSet, values, center, values.count, first, second))
    }
}

extension ckernels_form {
    fileprivate init(_ form: LogDensityForm) {
        self.init(
            constant: form.constant, value_factor: form.valueFactor,
            feature_factor: form.featureFactor)
    }
}

extension ResponsibilitySums {
    fileprivate init(_ kernel: ckernels_mixture) {
        func sums(_ sums: ckernels_sums) -> WeightedSums {
            WeightedSums(weight: sums.weight, value: sums.value, feature: sums.feature)
        }
        self.init(
            first: sums(kernel.first), second: sums(kernel.second),
            logDensity: kernel.log_density)
    }
}
