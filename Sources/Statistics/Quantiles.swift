/// The `probability` quantile of `sorted`, linear between order statistics.
///
/// Position (n - 1) p between the ranks 0 ... n - 1: type 7 of Hyndman and Fan (1996), the default
/// of R's `quantile` and of `numpy.quantile`.
///
/// - Parameters:
///   - sorted: ascending, finite.
///   - probability: between 0 and 1.
/// - Returns: the quantile, in the unit of the values; `nil` if there are none.
public func quantile(ofSorted sorted: [Double], at probability: Double) -> Double? {
    quantile(of: sorted.count, at: probability) { sorted[$0] }
}

/// The same quantile of values that are known by their rank.
///
/// - Parameters:
///   - count: number of values.
///   - probability: between 0 and 1.
///   - value: the value of a rank, from 0 for the smallest.
/// - Returns: the quantile, in the unit of the values; `nil` if there are none.
public func quantile(
    of count: Int, at probability: Double, valueOfRank value: (Int) -> Double
) -> Double? {
    precondition(probability >= 0 && probability <= 1, "probability \(probability)")
    guard count > 0 else { return nil }
    let position = Double(count - 1) * probability
    let below = Int(position)
    let low = value(below)
    guard below + 1 < count else { return low }
    return low + (position - Double(below)) * (value(below + 1) - low)
}
