import Glibc

/// Counts of values in bins of equal width.
public struct Histogram: Sendable, Equatable {
    /// Borders of the bins, ascending, one more than there are bins; in the unit of the values.
    public let edges: [Double]
    /// Values in each bin; a bin holds its lower edge, the last one also its upper edge.
    public let counts: [Int]

    /// The most bins a histogram gets unless told otherwise.
    public static let defaultMaximumBins = 256

    /// Counts `sorted`, choosing the bins.
    ///
    /// The bins are those of `numpy.histogram(values, bins="auto")`: their width is that of
    /// Freedman and Diaconis, 2 IQR / n^(1/3), but at least range / (2 √n), so that a heavy tail
    /// does not ask for millions of bins, and at most that of Sturges, range / (log₂ n + 1). Up to
    /// 16,384 values that makes 256 bins or fewer; there the limit begins to bind.
    ///
    /// Values that are all equal, c, lie in one bin from c - |c|/2 to c + |c|/2, from -1/2 to 1/2
    /// if c is 0. Values so close that bins would have no width get fewer bins. Without values
    /// there are neither edges nor counts.
    ///
    /// - Parameters:
    ///   - sorted: ascending and finite.
    ///   - maximumBins: at least 1.
    /// - Complexity: O(n).
    /// - Note: D. Freedman, P. Diaconis, Z. Wahrscheinlichkeitstheorie 57 (1981) 453;
    ///   H. A. Sturges, J. Amer. Statist. Assoc. 21 (1926) 65.
    public init(ofSorted sorted: [Double], maximumBins: Int = defaultMaximumBins) {
        precondition(maximumBins >= 1, "\(maximumBins) bins")
        guard let first = sorted.first, let last = sorted.last else {
            (edges, counts) = ([], [])
            return
        }
        guard first < last else {
            let half = first == 0 ? 0.5 : first.magnitude / 2
            (edges, counts) = ([first - half, first + half], [sorted.count])
            return
        }
        var bins = min(maximumBins, Self.binCount(ofSorted: sorted, range: last - first))
        var edges = Self.edges(from: first, to: last, bins: bins)
        while bins > 1, !zip(edges, edges.dropFirst()).allSatisfy(<) {
            bins /= 2
            edges = Self.edges(from: first, to: last, bins: bins)
        }
        var counts = Array(repeating: 0, count: bins)
        var bin = 0
        for value in sorted {
            while bin + 1 < bins, value >= edges[bin + 1] { bin += 1 }
            counts[bin] += 1
        }
        (self.edges, self.counts) = (edges, counts)
    }

    private static func binCount(ofSorted sorted: [Double], range: Double) -> Int {
        let n = Double(sorted.count)
        // A range that overflows asks for few bins rather than for none.
        guard range.isFinite else { return Int(log2(n) + 1) }
        let quartiles = [0.25, 0.75].map { quantile(ofSorted: sorted, at: $0) ?? 0 }
        let freedmanDiaconis = 2 * (quartiles[1] - quartiles[0]) * pow(n, -1.0 / 3)
        let width = min(
            max(freedmanDiaconis, range / n.squareRoot() / 2), range / (log2(n) + 1))
        // A subnormal range can make a width of 0.
        guard width > 0 else { return 1 }
        return max(1, Int((range / width).rounded(.up)))
    }

    private static func edges(from first: Double, to last: Double, bins: Int) -> [Double] {
        let range = last - first
        let inner = (0..<bins).map { bin in
            guard range.isFinite else {
                let share = Double(bin) / Double(bins)
                return (1 - share) * first + share * last
            }
            return first + Double(bin) * (range / Double(bins))
        }
        return inner + [last]
    }
}
