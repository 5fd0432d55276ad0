import Glibc

/// Spearman's rank correlation of two samples.
public struct RankCorrelation: Sendable, Hashable {
    /// ρ: Pearson's correlation of the ranks, between -1 and 1; equal values share the mean of their
    /// ranks.
    public let coefficient: Double
    /// Number of pairs.
    public let count: Int

    /// The correlation of `x` and `y`, which are paired by position.
    ///
    /// - Returns: `nil` for fewer than 3 pairs (two say nothing: their correlation is 1 or -1), where one of the samples is constant (its ranks have
    ///   no variance), and where a value is NaN.
    /// - Precondition: both have the same length.
    /// - Complexity: O(n log n) time, O(n) memory.
    /// - Note: C. Spearman, The proof and measurement of association between two things, American
    ///   Journal of Psychology 15 (1904) 72.
    public init?(_ x: [Double], _ y: [Double]) {
        precondition(x.count == y.count, "\(x.count) values paired with \(y.count)")
        guard x.count >= 3, !x.contains(where: \.isNaN), !y.contains(where: \.isNaN) else {
            return nil
        }
        let middle = Double(x.count + 1) / 2
        var (xx, yy, xy) = (0.0, 0.0, 0.0)
        // Ranks are multiples of ½ around a known mean: these sums are exact.
        for (a, b) in zip(midRanks(of: x), midRanks(of: y)) {
            xx += (a - middle) * (a - middle)
            yy += (b - middle) * (b - middle)
            xy += (a - middle) * (b - middle)
        }
        guard xx > 0, yy > 0 else { return nil }
        // The root of a square is exact, so that equal and opposite ranks give exactly 1 and -1.
        coefficient = min(1, max(-1, xy / (xx * yy).squareRoot()))
        count = x.count
    }

    /// The confidence interval of ρ by Fisher's transformation, atanh ρ being taken for normal with
    /// the variance (1 + ρ²/2) / (n - 3).
    ///
    /// The pairs are supposed to be independent.
    ///
    /// - Parameter level: the probability with which the interval covers ρ, between 0 and 1.
    /// - Returns: `nil` for fewer than 4 pairs and for ρ = ±1, where the approximation says nothing.
    /// - Note: D. G. Bonett, T. A. Wright, Sample size requirements for estimating Pearson, Kendall
    ///   and Spearman correlations, Psychometrika 65 (2000) 23.
    public func interval(level: Double = 0.95) -> ClosedRange<Double>? {
        guard count > 3, abs(coefficient) < 1 else { return nil }
        let deviation = ((1 + coefficient * coefficient / 2) / Double(count - 3)).squareRoot()
        let reach = StandardNormal.quantile(at: (1 + level) / 2) * deviation
        let centre = atanh(coefficient)
        return tanh(centre - reach)...tanh(centre + reach)
    }
}

/// The rank of each value among all, from 1; equal values share the mean of their ranks.
///
/// - Precondition: no value is NaN.
/// - Complexity: O(n log n).
public func midRanks(of values: [Double]) -> [Double] {
    let order = values.indices.sorted { values[$0] < values[$1] }
    var ranks = [Double](repeating: 0, count: values.count)
    var start = 0
    while start < order.count {
        var end = start + 1
        while end < order.count, values[order[end]] == values[order[start]] { end += 1 }
        // The ranks start + 1 ... end have this mean.
        for place in order[start..<end] { ranks[place] = Double(start + 1 + end) / 2 }
        start = end
    }
    return ranks
}
