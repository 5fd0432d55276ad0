public import LinearAlgebra

/// The covariance of the columns of a matrix that arrives in blocks of rows.
///
/// Each block of up to 2,048 rows is centred at its own mean in double precision; products are
/// summed as ``Arithmetic`` says and always added up in double, and blocks and parts merge by the
/// update of Chan, Golub and LeVeque (1983): no cancellation however far from zero the data are. A
/// constant column centres to zeros and leaves the others untouched. Where all deviations are so small
/// that their products would vanish, sums are kept in a unit of their own.
///
/// A column with an entry outside ``ValueDomain``, counted in ``nonFiniteCounts``, spoils only its own row
/// and column, which ``sample(of:)`` leaves out. The result does not depend on the number of cores.
///
/// - Complexity: O(rows · columns²) time, O(columns²) memory.
public struct Covariance: Sendable {
    /// What products are computed in.
    public enum Arithmetic: Sendable, Hashable {
        /// Single precision over 512 rows, then double. Eigenvalues are within about
        /// 1e-4 / √rows of the mean variance.
        case single
        /// Double precision throughout, at half the speed.
        case double
    }

    /// Magnitudes of the largest deviation of a block for which single precision is used: its products, and
    /// those of deviations a millionth of it, are far inside of what a `Float` holds.
    static let singlePrecision = 0x1p-30...0x1p30

    /// Double where that takes a second or two, else single.
    ///
    /// It covers 60,000 samples of 1,800 neurons, so that small eigenvalues of all but the widest
    /// layers keep their digits. The bound is on the shape alone, so that every machine decides alike.
    public static func automatic(rows: Int, columns: Int) -> Arithmetic {
        Double(rows) * Double(columns) * Double(columns) <= 2e11 ? .double : .single
    }

    /// Number of rows seen.
    public private(set) var count = 0
    /// Entries outside ``ValueDomain``, one count a column.
    public private(set) var nonFiniteCounts: [Int]
    /// Those of ``nonFiniteCounts`` that are finite, one count a column.
    public private(set) var excessiveCounts: [Int]
    /// What products of single-precision values are computed in; double ones always in double, and all that
    /// follow a block whose deviations are too large or too small for single precision.
    public let arithmetic: Arithmetic
    /// Whether any product so far was computed in single precision.
    public private(set) var usedSinglePrecision = false

    /// First values; means are kept as the distance from them, as ``ColumnMoments`` does.
    private var shift: [Double]
    private var offset: [Double]
    /// Sums of products of deviations; the lower triangle.
    private var comoment: ColumnSums
    /// Whether no deviation so far was beyond ``TinyUnit``, in which pending rows and sums are.
    private var isTiny = true
    /// Whether any deviation so far was not zero.
    private var hasSpread = false
    /// Whether a block was outside of ``singlePrecision``.
    private var hasLeftSingle = false
    /// Corrections still to be added to the sums, in their unit: many together, as each addition
    /// goes over all sums.
    private var corrections: [RankOneTerm] = []
    /// Centred rows whose products are still to be summed, the first of one of these.
    private var singleRows: CentredRows<Float>
    private var doubleRows: CentredRows<Double>
    private var pending = PendingRows()

    /// The covariance of no rows: the identity of ``merge(_:)``.
    public init(columns: Int, arithmetic: Arithmetic) {
        self.arithmetic = arithmetic
        nonFiniteCounts = Array(repeating: 0, count: columns)
        excessiveCounts = nonFiniteCounts
        shift = Array(repeating: 0, count: columns)
        offset = shift
        comoment = ColumnSums(columns: columns)
        singleRows = CentredRows(columns: columns)
        doubleRows = CentredRows(columns: columns)
    }

    /// Number of columns.
    public var columns: Int { shift.count }

    /// Means of the columns; meaningless for those with an excluded entry.
    public var mean: [Double] { zip(shift, offset).map { $0 + $1 } }

    /// Adds the rows of `block`.
    ///
    /// - Precondition: `block` has ``columns`` columns.
    public mutating func insert(_ block: RealMatrix) {
        precondition(
            block.columns == columns, "\(block.columns) columns cannot join \(columns)")
        guard columns > 0 else {
            count += block.rows
            return
        }
        let limit = pendingLimit
        for first in stride(from: 0, to: block.rows, by: limit) {
            let rows = first..<min(first + limit, block.rows)
            switch block {
            case .float(let x): insert(x, rows: rows)
            case .double(let x): insert(x, rows: rows)
            }
        }
    }

    /// Rows that wait for their products: long enough to keep all cores busy and to make little of
    /// adding up the sums, at most 16 MiB in single precision; fewer of narrow layers, whose rows
    /// then stay in the cache.
    private var pendingLimit: Int {
        max(64, min(columns <= 512 ? 512 : 2048, (4 << 20) / max(1, columns)))
    }

    private mutating func insert(_ x: Matrix<Float>, rows: Range<Int>) {
        let (count, width) = (rows.count, columns)
        x.withElements { elements in
            guard let base = elements.baseAddress else { return }
            let start = base + rows.lowerBound * width
            if arithmetic == .single && !hasLeftSingle {
                makeRoom(for: count, isDouble: false)
                let block = singleRows.centre(rows: count, behind: pending.rows) {
                    centreStripes(start, rows: count, $0, into: $1)
                } toPanels: {
                    centreStripes(
                        start, rows: count, columns: width, $0, into: $1, as: Float.self)
                }
                if block.largest == 0 || Self.singlePrecision.contains(block.largest) {
                    if block.largest > 0 { leaveTinyUnit() }
                    pending.isDouble = false
                    return add(block, rows: count, distance: distance(to: block))
                }
                hasLeftSingle = true
            }
            addInDouble(rows: count) { rows, first in
                rows.centre(rows: count, behind: first) {
                    centreStripes(start, rows: count, $0, into: $1)
                } toPanels: {
                    centreStripes(
                        start, rows: count, columns: width, $0, into: $1, as: Double.self)
                }
            }
        }
    }

    private mutating func insert(_ x: Matrix<Double>, rows: Range<Int>) {
        let width = columns
        x.withElements { elements in
            guard let base = elements.baseAddress else { return }
            let start = base + rows.lowerBound * width
            addInDouble(start, rows: rows.count)
        }
    }

    private mutating func addInDouble(_ start: UnsafePointer<Double>, rows count: Int) {
        let width = columns
        addInDouble(rows: count) { rows, first in
            rows.centre(rows: count, behind: first) {
                centreStripes(start, rows: count, $0, into: $1)
            } toPanels: {
                centreStripes(start, rows: count, columns: width, $0, into: $1, as: Double.self)
            }
        } scaledUp: { excluded in
            scaledUp(start, rows: count, columns: width, excluding: excluded)
        }
    }

    /// Centres and adds a block in double precision.
    ///
    /// - Parameters:
    ///   - count: rows of the block.
    ///   - centre: centres them behind the given number of rows.
    ///   - scaledUp: the differences of the rows from the first of them, in the unit of tiny deviations;
    ///     zeros in columns where the counts given are not 0.
    private mutating func addInDouble(
        rows count: Int, centre: (inout CentredRows<Double>, Int) -> CentredBlock,
        scaledUp: ([Int]) -> Matrix<Double> = { _ in preconditionFailure("floats are not so small")
        }
    ) {
        makeRoom(for: count, isDouble: true)
        var block = centre(&doubleRows, pending.rows)
        let distance = distance(to: block)
        let largest = max(block.largest, distance.largest)
        if isTiny && largest >= TinyUnit.bound {
            let before = pending.rows
            leaveTinyUnit()
            pending.isDouble = true
            // The rows before are summed, and their place is free.
            if before > 0 { block = centre(&doubleRows, 0) }
        } else if isTiny && block.largest > 0 {
            let (width, first) = (columns, pending.rows)
            let scaled = scaledUp(block.nonFinite)
            scaled.withElements { elements in
                guard let start = elements.baseAddress else { return }
                let found = doubleRows.centre(rows: count, behind: first) {
                    centreStripes(start, rows: count, $0, into: $1)
                } toPanels: {
                    centreStripes(
                        start, rows: count, columns: width, $0, into: $1, as: Double.self)
                }
                block.residual = found.residual
                block.magnitudes = found.magnitudes
            }
        }
        add(block, rows: count, distance: distance)
    }

    /// Makes the next `rows` rows of the pending ones writable.
    private mutating func makeRoom(for rows: Int, isDouble: Bool) {
        if pending.isFull(with: rows, isDouble: isDouble, limit: pendingLimit) { sumPending() }
        pending.isDouble = isDouble
        guard pending.rows == 0 else { return }
        if isDouble {
            doubleRows.reuse(rows: pendingLimit)
        } else {
            singleRows.reuse(rows: pendingLimit)
        }
    }

    /// Takes note of a block that was centred behind the pending rows.
    private mutating func add(_ block: CentredBlock, rows: Int, distance: MeanDistance) {
        for column in shift.indices {
            nonFiniteCounts[column] += block.nonFinite[column]
            excessiveCounts[column] += block.excessive[column]
        }
        advanceMean(to: block.shift, block.offset, rows: rows, distance)
        guard block.largest > 0 else { return }
        pending.append(block, rows: rows)
        if !pending.isDouble { usedSinglePrecision = true }
    }

    /// Adds the products of the pending rows to the sums, and corrections where there are many or
    /// `all` of them are asked for.
    private mutating func sumPending(all: Bool = false) {
        let batch = pending
        pending = PendingRows()
        if !batch.isEmpty { hasSpread = true }
        guard hasSpread else { return }
        corrections += batch.terms(isTiny: isTiny)
        let terms = all || corrections.count >= 48 ? corrections : []
        if !terms.isEmpty { corrections = [] }
        guard batch.rows > 0 || !terms.isEmpty else { return }
        if batch.isDouble {
            doubleRows.addProducts(
                rows: batch.rows, varying: batch.varying, to: &comoment, plus: terms)
        } else {
            singleRows.addProducts(
                rows: batch.rows, varying: batch.varying, to: &comoment, plus: terms)
        }
    }

    /// Sums what waits, in the order of the columns.
    private mutating func sumAll() {
        sumPending(all: true)
        comoment.restoreOrder()
    }

    /// Sums what waits and gives back the memory in which it waited; more rows may follow.
    ///
    /// ``sample(of:)`` does not need it, but would have to copy the sums for what waits.
    public mutating func finish() {
        sumAll()
        singleRows.release()
        doubleRows.release()
    }

    /// Adds the rows that `other` has seen.
    ///
    /// - Precondition: both have the same number of columns.
    public mutating func merge(_ other: Covariance) {
        precondition(
            other.columns == columns, "\(other.columns) columns cannot join \(columns)")
        guard other.count > 0 else { return }
        usedSinglePrecision = usedSinglePrecision || other.usedSinglePrecision
        hasLeftSingle = hasLeftSingle || other.hasLeftSingle
        sumAll()
        var other = other
        other.sumAll()
        for column in shift.indices {
            nonFiniteCounts[column] += other.nonFiniteCounts[column]
            excessiveCounts[column] += other.excessiveCounts[column]
        }
        let distance = distance(
            to: other.shift, other.offset, excluding: other.nonFiniteCounts)
        if !other.isTiny || distance.largest >= TinyUnit.bound { leaveTinyUnit() }
        if other.hasSpread {
            hasSpread = true
            let isOtherUnit = other.isTiny && !isTiny
            other.comoment.lower.withElements { source in
                comoment.lower.withMutableElements { target in
                    for index in target.indices {
                        target[index] +=
                            isOtherUnit ? TinyUnit.ordinary(source[index]) : source[index]
                    }
                }
            }
        }
        advanceMean(to: other.shift, other.offset, rows: other.count, distance)
        pending.isDouble = true
        sumPending(all: true)
    }

    private func distance(to block: CentredBlock) -> MeanDistance {
        distance(to: block.shift, block.offset, excluding: block.nonFinite)
    }

    /// How far the means of more rows are from those of the rows so far; none before the first row.
    private func distance(
        to shift: [Double], _ offset: [Double], excluding excluded: [Int]
    ) -> MeanDistance {
        guard count > 0 else { return MeanDistance(values: []) }
        var values = [Double](repeating: 0, count: columns)
        for column in values.indices
        where nonFiniteCounts[column] == 0 && excluded[column] == 0 {
            values[column] =
                (shift[column] - self.shift[column]) + (offset[column] - self.offset[column])
        }
        return MeanDistance(values: values)
    }

    /// Moves the means towards those of `rows` more rows, `distance` away.
    private mutating func advanceMean(
        to shift: [Double], _ offset: [Double], rows: Int, _ distance: MeanDistance
    ) {
        defer { count += rows }
        guard count > 0 else {
            self.shift = shift
            self.offset = offset
            return
        }
        let share = Double(rows) / Double(count + rows)
        for column in distance.values.indices {
            self.offset[column] += distance.values[column] * share
        }
        if distance.largest > 0 {
            pending.steps.append((distance.values, weight: Double(count) * share))
        }
    }

    /// Turns to the ordinary unit, in which everything follows.
    private mutating func leaveTinyUnit() {
        guard isTiny else { return }
        sumPending()
        if hasSpread {
            comoment.lower.withMutableElements { elements in
                for index in elements.indices {
                    elements[index] = TinyUnit.ordinary(elements[index])
                }
            }
            corrections = corrections.map { $0.scaled(by: 1 / TinyUnit.scale) }
        }
        isTiny = false
    }

    /// The sample covariance of the given columns, which divides by the number of rows less one.
    ///
    /// - Parameter columns: ascending; those with excluded entries have no covariance.
    /// - Returns: the symmetric matrix divided by 4^exponent. The exponent is 0 unless all deviations are
    ///   so small that their squares would vanish.
    /// - Precondition: at least two rows were seen.
    public func sample(of columns: [Int]) -> (matrix: Matrix<Double>, exponent: Int) {
        let (sums, exponent) = allSums()
        return (sums.symmetric(of: columns, over: Double(count - 1)), exponent)
    }

    /// The eigenvalues of that matrix, for which no copy of it is needed.
    ///
    /// - Returns: descending.
    /// - Throws: if the iteration fails.
    /// - Precondition: at least two rows were seen.
    public func sampleEigenvalues(
        of columns: [Int]
    ) throws(LinearAlgebraError) -> (values: [Double], exponent: Int) {
        let (sums, exponent) = allSums()
        let values = try sums.lowerTriangleEigenvalues(of: columns)
        return (values.map { $0 / Double(count - 1) }, exponent)
    }

    /// The lower triangle of the sums of products of all rows, and their exponent.
    private func allSums() -> (lower: Matrix<Double>, exponent: Int) {
        precondition(count > 1, "a covariance of \(count) rows")
        guard pending.isEmpty && corrections.isEmpty && comoment.isInOrder else {
            var complete = self
            complete.sumAll()
            return complete.allSums()
        }
        return (comoment.lower, isTiny && hasSpread ? TinyUnit.exponent : 0)
    }
}
