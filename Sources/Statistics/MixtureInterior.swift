/// What tells a component that describes a population from a spike.
///
/// The likelihood of a mixture has no bound: it grows as a component shrinks onto one value, and
/// it has maxima wherever a few values happen to lie close together. The estimate is therefore the
/// likeliest maximum in the interior of the parameters (Day 1969; McLachlan and Peel 2000, 3.10),
/// which is the set of mixtures whose components each
///
/// - hold m ≥ max(5, n / 50) of the n values, and
/// - have a coefficient of variation of at least 1.5 min(1, c) / m, where c is that of all values:
///   a component of m values is at most about 2 m / 3 times narrower than the whole.
///
/// The second bound comes from the spacings of n values without any structure. On average
/// n tᵐ⁻¹ / (m − 1)! groups of m neighbours among n uniform values lie within t mean spacings. This
/// is 1 for m = 5 of n = 128 at t = 0.66, so the narrowest five are typically 160 times narrower than
/// the whole, the narrowest ten 50 times and the narrowest twenty 20 times. Such groups are outside;
/// from some twenty on, the gain in likelihood is weighed by a criterion.
struct MixtureInterior {
    /// The least share of a component.
    let leastShare: Double
    /// A component's share times its coefficient of variation is at least this.
    let leastShareTimesVariation: Double
    /// No run goes below this coefficient of variation, a quarter of the least in the interior.
    let leastVariation: Double

    /// Two components need at least this number of values.
    static let leastCount = 10

    /// - Parameter sample: all values, not equal.
    init(_ sample: SortedSample) {
        let count = Double(sample.count)
        let variation = min(1, sample.variance.squareRoot() / sample.mean)
        leastShare = max(5 / count, 0.02)
        leastShareTimesVariation = 1.5 * variation / count
        // From 1e-7 on the terms of a gamma's logarithm have no digits left.
        leastVariation = max(0.25 * variation / count, 1e-7)
    }

    /// Whether a component with this share and coefficient of variation is inside.
    func contains(share: Double, variation: Double) -> Bool {
        share >= leastShare && share * variation >= leastShareTimesVariation
            && variation > leastVariation
    }

    /// A share that keeps both components in play.
    func clamped(_ share: Double) -> Double {
        let least = 0.1 * leastShare
        return min(max(share, least), 1 - least)
    }
}
