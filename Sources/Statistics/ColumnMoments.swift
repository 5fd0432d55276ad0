public import LinearAlgebra

/// Count, mean, sum of squared deviations and range of every column of a matrix that arrives in
/// blocks of rows.
///
/// Values are widened to `Double` before anything else. Rows are taken in short tiles; inside a
/// tile deviations are from the tile's first row, a member of the column, so that the squares
/// cancel by a factor of at most the tile's length however large the mean is; tiles and
/// accumulators merge by the pairwise update of Chan, Golub and LeVeque (1983). Means are kept as
/// the distance from the first sample, which loses nothing where the mean is many deviations away
/// from zero. Deviations are right down to the smallest numbers: where the range of a column is so small
/// that its squares would vanish, they are kept in a unit of their own.
///
/// A column with an entry outside ``ValueDomain`` (NaN, infinite, or beyond 1e150 in magnitude) has no
/// moments: its statistics are NaN, such entries are counted in ``nonFiniteCounts``, and other columns are
/// unaffected. A constant column has a variance of exactly 0. The result does not depend on the number
/// of cores.
///
/// - Complexity: O(rows · columns) time, O(columns) memory.
/// - Note: T. F. Chan, G. H. Golub, R. J. LeVeque, "Algorithms for computing the sample variance",
///   The American Statistician 37 (1983).
public struct ColumnMoments: Sendable, Equatable {
    /// Number of rows seen.
    public private(set) var count = 0
    /// Entries outside ``ValueDomain``, one count a column.
    public private(set) var nonFiniteCounts: [Int]
    /// Those of ``nonFiniteCounts`` that are finite, one count a column.
    public private(set) var excessiveCounts: [Int]

    private var states: [State]

    /// The moments of no rows: the identity of ``merge(_:)``.
    public init(columns: Int) {
        nonFiniteCounts = Array(repeating: 0, count: columns)
        excessiveCounts = nonFiniteCounts
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
                excessiveCounts.withUnsafeMutableBufferPointer { excessive in
                    let target = MomentsTarget(
                        states: states, nonFinite: nonFinite, excessive: excessive)
                    let seen = count
                    switch block {
                    case .float(let x):
                        x.withElements { elements in
                            Self.forEachStripe(rows: rows, columns: x.columns) { columns in
                                insertStripe(
                                    elements, rows: rows, stride: x.columns, columns: columns,
                                    after: seen, into: target)
                            }
                        }
                    case .double(let x):
                        x.withElements { elements in
                            Self.forEachStripe(rows: rows, columns: x.columns) { columns in
                                insertStripe(
                                    elements, rows: rows, stride: x.columns, columns: columns,
                                    after: seen, into: target)
                            }
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
            excessiveCounts[column] += other.excessiveCounts[column]
        }
        count += other.count
    }

    /// Means; NaN for a column without finite moments.
    public var mean: [Double] { values { $0.shift + $0.offset } }

    /// Sums of squared deviations divided by the number of rows; NaN for a column without finite
    /// moments.
    public var populationVariances: [Double] {
        values { $0.squares(isTiny: false) / Double(count) }
    }

    /// The same in the unit of tiny deviations, if `isTiny`; 0 in columns without finite moments.
    func variances(isTiny: Bool) -> [Double] {
        count > 0 ? finite { $0.squares(isTiny: isTiny) / Double(count) } : finite { _ in 0 }
    }

    /// Roots of ``populationVariances``, in the unit of the values; right even where the variance is too
    /// small for a `Double`.
    public var standardDeviations: [Double] {
        values {
            let deviation = ($0.squares / Double(count)).squareRoot()
            return $0.isTiny ? deviation / TinyUnit.scale : deviation
        }
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

    /// The largest difference between two entries of a column; 0 if all are constant.
    var largestRange: Double {
        count > 0 ? finite { $0.maximum - $0.minimum }.max() ?? 0 : 0
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
        /// Sum of squared deviations from the mean, in the unit that ``isTiny`` names.
        var squares = 0.0
        var minimum = Double.infinity
        var maximum = -Double.infinity

        /// Whether ``squares`` has the unit of ``TinyUnit``.
        var isTiny: Bool { maximum - minimum < TinyUnit.bound }

        /// Sum of squared deviations in the given unit.
        func squares(isTiny wanted: Bool) -> Double {
            if isTiny == wanted { return squares }
            return wanted
                ? squares * TinyUnit.scale * TinyUnit.scale : TinyUnit.ordinary(squares)
        }

        /// Adds a part of `otherCount` values to one of `count` values.
        mutating func merge(_ other: State, count: Int, otherCount: Int) {
            guard otherCount > 0 else { return }
            guard count > 0 else {
                self = other
                return
            }
            let share = Double(otherCount) / Double(count + otherCount)
            let distance = (other.shift - shift) + (other.offset - offset)
            var union = self
            union.minimum = other.minimum < minimum ? other.minimum : minimum
            union.maximum = other.maximum > maximum ? other.maximum : maximum
            let isTiny = union.isTiny
            let scaled = isTiny ? distance * TinyUnit.scale : distance
            union.squares =
                squares(isTiny: isTiny) + other.squares(isTiny: isTiny)
                + scaled * scaled * (Double(count) * share)
            union.offset += distance * share
            self = union
        }
    }
}
