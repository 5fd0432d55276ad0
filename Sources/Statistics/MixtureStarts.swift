/// Shares of the values at which a sample is cut in two for a start.
let startingCuts = [0.03, 0.08, 0.15, 0.25, 0.35, 0.5, 0.65, 0.75, 0.85, 0.92, 0.97]

/// Ranges of consecutive ranks that stand out by `score`, as places for one component while the
/// other has the rest.
///
/// Sizes grow geometrically from one value (1/512 of a large sample) to nearly all; windows of a
/// size move by a quarter of it; of each size the best and the best that does not touch it are
/// taken. A component that is narrow, or lies within the other, has its window among them, which
/// cutting the sample in two would miss.
///
/// - Parameters:
///   - count: number of values.
///   - score: the larger, the better; asked for at most some thousands of windows.
/// - Returns: windows by size, the best of each size first.
func outstandingWindows(
    count: Int, score: (Range<Int>) -> Double
) -> [Range<Int>] {
    var found: [Range<Int>] = []
    var size = max(1, count / 512)
    while size <= count - 2 {
        let step = max(1, size / 4)
        let candidates = stride(from: 0, through: count - size, by: step).map { start in
            (window: start..<start + size, score: score(start..<start + size))
        }
        var best: (window: Range<Int>, score: Double)?
        for candidate in candidates where candidate.score > best?.score ?? -.infinity {
            best = candidate
        }
        if let best {
            found.append(best.window)
            var second: (window: Range<Int>, score: Double)?
            for candidate in candidates
            where !candidate.window.overlaps(best.window)
                && candidate.score > second?.score ?? -.infinity
            {
                second = candidate
            }
            if let second { found.append(second.window) }
        }
        size = max(size + 1, size * 3 / 2)
    }
    return found
}

/// Ranks below the share `cut` of `count` values, at least two and leaving two.
func lowerWindow(count: Int, cut: Double) -> Range<Int> {
    0..<min(max(2, Int((cut * Double(count)).rounded())), count - 2)
}

/// What keeps a weight away from 0 and 1: two values' worth.
struct WeightBounds {
    let least: Double

    init(count: Int) { least = 2 / Double(count) }

    func clamped(_ weight: Double) -> Double { min(max(weight, least), 1 - least) }

    /// Which component's weight is the least, if any; `weight` is that of the first.
    func reached(by weight: Double) -> MixtureBound? {
        if weight <= least { return .leastWeight(component: 0) }
        if weight >= 1 - least { return .leastWeight(component: 1) }
        return nil
    }
}

extension SortedSample {
    /// The ranks of a sample for telling good starts from bad ones, at equal steps of probability
    /// where there are very many values; `nil` if all values serve, or if they are so tied that the
    /// thinned ones would be all equal.
    var ranksForSearch: [Int]? {
        guard count > 700 else { return nil }
        let ranks = (0..<512).map { (2 * $0 + 1) * count / (2 * 512) }
        return values[ranks[0]] == values[ranks[511]] ? nil : ranks
    }
}
