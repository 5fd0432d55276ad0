/// How often magnitudes occur: a count for each of 2^18 cells, whose borders are the numbers of at most 11
/// significant bits.
///
/// Every value of float16, bfloat16 and the 8-bit floats is the lower border of a cell, so that its
/// quantiles are exact; of other values they are at most 2^-10 too small, relative to their size.
struct MagnitudeCounts: Sendable, Equatable {
    /// Cells by the leading bits of the magnitude as a Float: 8 of the exponent, 10 of the significand.
    private var counts: [Int] = []
    /// Magnitudes counted.
    private(set) var count = 0
    /// Whether each was the lower border of its cell.
    private(set) var isExact = true

    private static let dropped: UInt32 = 13

    /// Counts one finite value.
    mutating func insert(_ value: Double) {
        if counts.isEmpty { counts = Array(repeating: 0, count: 1 << 18) }
        let magnitude = Float(abs(value))
        let bits = magnitude.bitPattern
        counts[Int(bits &>> Self.dropped)] += 1
        count += 1
        if Double(magnitude) != abs(value) || bits & (1 &<< Self.dropped &- 1) != 0 {
            isExact = false
        }
    }

    /// Adds the counts of other values.
    mutating func merge(_ other: MagnitudeCounts) {
        guard !other.counts.isEmpty else { return }
        if counts.isEmpty {
            counts = other.counts
        } else {
            for cell in counts.indices { counts[cell] += other.counts[cell] }
        }
        count += other.count
        isExact = isExact && other.isExact
    }

    /// The magnitudes of these ranks, which ascend from 0: the lower borders of their cells.
    func values(ofRanks ranks: [Int]) -> [Double] {
        var found: [Double] = []
        var below = 0
        for (cell, number) in counts.enumerated() where number > 0 {
            below += number
            while found.count < ranks.count, ranks[found.count] < below {
                found.append(Self.border(cell))
            }
        }
        return found
    }

    /// How many magnitudes are above `bound`, as far as cells tell.
    func count(above bound: Double) -> Int {
        counts.indices.lazy.filter { Self.border($0) > bound }.reduce(0) { $0 + counts[$1] }
    }

    private static func border(_ cell: Int) -> Double {
        Double(Float(bitPattern: UInt32(cell) &<< dropped))
    }
}
