/// Which of some names several patterns of a command line choose.
public struct NameChoice: Sendable, Hashable {
    /// The positions of the chosen names, ascending; all of them if there are no patterns.
    public let positions: [Int]
    /// The patterns that choose none of the names.
    public let unmatched: [String]

    /// Chooses among `names`, by each pattern as ``positions(of:in:)`` does.
    ///
    /// - Complexity: O(names · patterns).
    public init(among names: [String], patterns: [String]) {
        guard !patterns.isEmpty else {
            (positions, unmatched) = (Array(names.indices), [])
            return
        }
        var chosen: Set<Int> = []
        var unmatched: [String] = []
        for pattern in patterns {
            let found = RunFormat.positions(of: pattern, in: names)
            if found.isEmpty { unmatched.append(pattern) }
            chosen.formUnion(found)
        }
        positions = chosen.sorted()
        self.unmatched = unmatched
    }
}
