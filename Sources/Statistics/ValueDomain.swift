/// The numbers that statistics are computed of.
///
/// Magnitudes up to 1e150: a hundred million squares of those add up to a `Double`. A larger one in a file
/// is damage or an overflow, and is excluded with its column as NaN and infinity are.
public enum ValueDomain {
    /// The largest magnitude that takes part.
    public static let largestMagnitude = 1e150

    /// Whether `value` takes part: neither NaN nor infinite nor of a larger magnitude.
    public static func contains(_ value: Double) -> Bool { abs(value) <= largestMagnitude }
}

/// Entries of a column that ``ValueDomain`` excludes.
struct ExcludedEntries: Sendable, Equatable {
    /// All of them.
    var count = 0
    /// Those that are finite.
    var excessive = 0

    /// Counts those among `count` values, `stride` scalars apart.
    init<Scalar: BinaryFloatingPoint>(
        in values: UnsafePointer<Scalar>, count rows: Int, stride: Int
    ) {
        for row in 0..<rows {
            let value = Double(values[row * stride])
            guard !ValueDomain.contains(value) else { continue }
            count += 1
            if value.isFinite { excessive += 1 }
        }
    }
}

/// The unit of deviations whose squares would vanish.
///
/// Squares and sums of products of deviations that are all below ``bound`` are kept multiplied by
/// ``scale`` twice. That covers every `Double`: the smallest deviation, 2^-1074, becomes 2^-474, and the
/// largest 2^400. One deviation from ``bound`` on is enough to make the others' squares in this unit
/// count for nothing beside its own once they are below 2^-1022 in the ordinary unit.
enum TinyUnit {
    /// Deviations below it are tiny.
    static let bound = 0x1p-200
    /// The power of two by which tiny deviations are divided.
    static let exponent = -600
    /// What tiny deviations are multiplied by.
    static let scale = 0x1p600

    /// A sum of tiny squares in the ordinary unit.
    static func ordinary(_ squares: Double) -> Double { squares / scale / scale }
}
