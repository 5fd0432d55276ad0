public import LinearAlgebra

/// Count, mean, sum of squared deviations and range of every column of a matrix that arrives in
/// blocks of rows.
///
/// Values are widened to `Double` before anything else. Rows are taken in short tiles; inside a
/// tile deviations are from the tile's first row, a member of the column, so that the squares
/// cancel by a factor of at most the tile's length however large the mean is; tiles and
/// accumulators merge by the pairwise update of Chan, Golub and LeVeque (1983). Means are kept as
/// the distance from the first sample, which loses nothing where the mean is many deviations away
/// from zero. Squares are kept with an exponent of their own, so that columns around 1e-200 or
/// 1e200 neither vanish nor overflow.
///
/// A column with a NaN or infinite entry has no moments: its statistics are NaN, its entries are
/// counted in ``nonFiniteCounts``, and other columns are unaffected. A constant column has a
/// variance of exactly 0. The result does not depend on the number of cores.
///
/// - Complexity: O(rows · columns) time, O(columns) memory.
/// - Note: T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance",
///   The American Statistician 37 (1983).
public struct ColumnMoments: Sendable, Equatable {
    /// Number of rows seen.
    public private(set) var count = 0
    /// NaN and infinite entries, one count a column.
    public private(set) var nonFiniteCounts: [Int]

    private var states: [State]

    /// The moments of no rows: the identity of ``merge(_:)``.
    public init(columns: Int) {
        nonFiniteCounts = Array(repeating: 0, count: columns)
        states = Array(repeating: State(), count: columns)
    }

    /// Number of columns.
    public var columns: Int { states.count }

    /// Adds the rows of `block`.
    ///
    /// - Precondition: `block` has ``columns`` columns.
    public mutating func insert(_ block: RealMatrix) {
        precondition(
            block.columns == columns, "\(block.columns) columns cannot join \(columns)")
        let rows = block.rows
        states.withUnsafeMutableBufferPointer { states in
            nonFiniteCounts.withUnsafeMutableBufferPointer { nonFinite in
                let seen = count
                switch block {
                case .float(let x):
                    x.withElements { elements in
                        Self.forEachStripe(rows: rows, columns: x.columns) { columns in
                            insertStripe(
                                elements, rows: rows, stride: x.columns, columns: columns,
                                after: seen, into: states, nonFinite: nonFinite)
                        }
                    }
                case .double(let x):
                    x.withElements { elements in
                        Self.forEachStripe(rows: rows, columns: x.columns) { columns in
                            insertStripe(
                                elements, rows: rows, stride: x.columns, columns: columns,
                                after: seen, into: states, nonFinite: nonFinite)
                        }
                    }
                }
            }
        }
        count += rows
    }

    /// Calls `body` for stripes of columns, concurrently where there is enough to do.
    ///
    /// The stripes
    /// depend on the shape alone, and columns do not influence each other.
    private static func forEachStripe(rows: Int, columns: Int, _ body: (Range<Int>) -> Void) {
        let width = momentsStripe
        let stripes = (columns + width - 1) / width
        let stripe = { (index: Int) in
            body(index * width..<min(columns, (index + 1) * width))
        }
        if rows * columns < 1 << 16 {
            (0..<stripes).forEach(stripe)
        } else {
            concurrently(stripes, stripe)
        }
    }

    /// Adds the rows that `other` has seen.
    ///
    /// - Precondition: both have the same number of columns.
    public mutating func merge(_ other: ColumnMoments) {
        precondition(
            other.columns == columns, "\(other.columns) columns cannot join \(columns)")
        for column in states.indices {
            states[column].merge(
                other.states[column], count: count, otherCount: other.count)
            nonFiniteCounts[column] += other.nonFiniteCounts[column]
        }
        count += other.count
    }

    /// Means; NaN for a column without finite moments.
    public var mean: [Double] { values { $0.shift + $0.offset } }

    /// Sums of squared deviations divided by the number of rows; NaN for a column without finite
    /// moments, infinite where the variance exceeds the range of `Double`.
    public var populationVariances: [Double] {
        values { ($0.squares / Double(count)) * $0.scale * $0.scale }
    }

    /// Roots of ``populationVariances``, in the unit of the values; finite even where the variance
    /// is not.
    public var standardDeviations: [Double] {
        values { ($0.squares / Double(count)).squareRoot() * $0.scale }
    }

    /// Smallest values; NaN for a column without finite moments.
    public var minimum: [Double] { values { $0.minimum } }

    /// Largest values; NaN for a column without finite moments.
    public var maximum: [Double] { values { $0.maximum } }

    /// First values, 0 in columns without finite moments.
    var shifts: [Double] { finite { $0.shift } }

    /// Distances of the means from ``shifts``, 0 in columns without finite moments.
    var offsets: [Double] { finite { $0.offset } }

    private func finite(_ part: (State) -> Double) -> [Double] {
        states.indices.map { nonFiniteCounts[$0] > 0 ? 0 : part(states[$0]) }
    }

    /// The binary exponent of the largest range of a column; `nil` if all are constant.
    var rangeExponent: Int? {
        // A half keeps differences of the largest numbers finite.
        let half = states.indices.reduce(0) { largest, column in
            let (state, isFinite) = (states[column], nonFiniteCounts[column] == 0)
            return isFinite && count > 0
                ? max(largest, state.maximum / 2 - state.minimum / 2) : largest
        }
        return half > 0 ? Int(half.exponent) + 1 : nil
    }

    private func values(_ value: (State) -> Double) -> [Double] {
        guard count > 0 else { return Array(repeating: .nan, count: columns) }
        return columns == 0
            ? []
            : (0..<columns).map { nonFiniteCounts[$0] > 0 ? .nan : value(states[$0]) }
    }
}

extension ColumnMoments {
    /// The moments of the finite values of one column.
    struct State: Sendable, Equatable {
        /// The first value seen.
        var shift = 0.0
        /// The mean less `shift`.
        var offset = 0.0
        /// Sum of squared deviations from the mean, divided by 4^`exponent`.
        var squares = 0.0
        var exponent = 0
        var minimum = Double.infinity
        var maximum = -Double.infinity

        /// 2^`exponent`.
        var scale: Double { Double(sign: .plus, exponent: exponent, significand: 1) }

        /// Adds a part of `otherCount` values to one of `count` values.
        mutating func merge(_ other: State, count: Int, otherCount: Int) {
            guard otherCount > 0 else { return }
            guard count > 0 else {
                self = other
                return
            }
            let share = Double(otherCount) / Double(count + otherCount)
            let distance = (other.shift - shift) + (other.offset - offset)
            let between = distance * distance * (Double(count) * share)
            let sum = squares + other.squares + between
            minimum = other.minimum < minimum ? other.minimum : minimum
            maximum = other.maximum > maximum ? other.maximum : maximum
            // Below the first bound a square may have lost digits to underflow.
            let isSafe = sum > 1e-250 && sum < .infinity || maximum == minimum
            if exponent == 0 && other.exponent == 0 && isSafe {
                offset += distance * share
                squares = sum
            } else {
                mergeScaled(other, count: Double(count), share: share)
            }
        }

        /// The same update for values whose squares leave the range of `Double`.
        private mutating func mergeScaled(_ other: State, count: Double, share: Double) {
            // A quarter keeps differences of the largest numbers finite.
            let quarter =
                (other.shift / 4 - shift / 4) + (other.offset / 4 - offset / 4)
            var common = Int.min
            if squares > 0 { common = max(common, exponent) }
            if other.squares > 0 { common = max(common, other.exponent) }
            if quarter != 0 { common = max(common, Int(quarter.exponent)) }
            guard common > Int.min else { return }
            let distance = ldexp(quarter, 2 - common)
            let between = distance * distance * (count * share)
            squares =
                ldexp(squares, 2 * (exponent - common))
                + ldexp(other.squares, 2 * (other.exponent - common)) + between
            exponent = common
            offset += quarter * share * 4
        }
    }
}

/// `value` times 2^`exponent`, for exponents beyond those of a `Double`.
func ldexp(_ value: Double, _ exponent: Int) -> Double {
    guard value != 0, value.isFinite else { return value }
    let sum = Int(value.exponent) + exponent
    if sum > Int(Double.greatestFiniteMagnitude.exponent) { return value * .infinity }
    if sum < -1080 { return 0 }
    return Double(
        sign: value.sign, exponent: sum, significand: value.significand)
}
