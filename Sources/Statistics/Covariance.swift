public import LinearAlgebra

/// The covariance of the columns of a matrix that arrives in blocks of rows.
///
/// Each block of up to 2,048 rows is centred at its own mean in double precision; products are
/// summed as ``Arithmetic`` says and always added up in double, and blocks and parts merge by the
/// update of Chan, Golub and LeVeque (1983): no cancellation however far from zero the data are. A
/// constant column centres to zeros and leaves the others untouched. Values are scaled by a power
/// of two where their squares would leave the range of the arithmetic.
///
/// A column with a NaN or infinite entry, counted in ``nonFiniteCounts``, spoils only its own row
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

    /// Double where that takes a second or two, else single.
    ///
    /// It covers 60,000 samples of 1,800 neurons, so that small eigenvalues of all but the widest
    /// layers keep their digits. The bound is on the shape alone, so that every machine decides alike.
    public static func automatic(rows: Int, columns: Int) -> Arithmetic {
        Double(rows) * Double(columns) * Double(columns) <= 2e11 ? .double : .single
    }

    /// Number of rows seen.
    public private(set) var count = 0
    /// NaN and infinite entries, one count a column.
    public private(set) var nonFiniteCounts: [Int]
    /// What products of single-precision values are computed in; double ones always in double.
    public let arithmetic: Arithmetic
    /// Whether any product so far was computed in single precision.
    public private(set) var usedSinglePrecision = false

    /// First values; means are kept as the distance from them, as ``ColumnMoments`` does.
    private var shift: [Double]
    private var offset: [Double]
    /// Sums of products of deviations divided by 4^`sumExponent`; the lower triangle.
    private var comoment: ColumnSums
    private var sumExponent = 0
    /// Whether any deviation so far was not zero.
    private var hasSpread = false
    /// The power of two by which the last block was divided.
    private var blockExponent = 0
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
        shift = Array(repeating: 0, count: columns)
        offset = shift
        comoment = ColumnSums(columns: columns)
        singleRows = CentredRows(columns: columns)
        doubleRows = CentredRows(columns: columns)
    }

    /// Number of columns.
    public var columns: Int { shift.count }

    /// Means of the columns; meaningless for those with a non-finite entry.
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
        let isDouble = arithmetic == .double
        makeRoom(for: rows.count, isDouble: isDouble)
        let (first, count, width, guess) = (pending.rows, rows.count, columns, blockExponent)
        x.withElements { elements in
            guard let base = elements.baseAddress else { return }
            let start = base + rows.lowerBound * width
            let block =
                isDouble
                ? doubleRows.centre(start, rows: count, behind: first, guess: guess) {
                    centreStripes(start, rows: count, exponent: $0, $1, into: $2)
                } toPanels: {
                    centreStripes(
                        start, rows: count, columns: width, $0, into: $1, as: Double.self)
                }
                : singleRows.centre(start, rows: count, behind: first, guess: guess) {
                    centreStripes(start, rows: count, exponent: $0, $1, into: $2)
                } toPanels: {
                    centreStripes(
                        start, rows: count, columns: width, $0, into: $1, as: Float.self)
                }
            add(block, rows: count)
        }
    }

    private mutating func insert(_ x: Matrix<Double>, rows: Range<Int>) {
        makeRoom(for: rows.count, isDouble: true)
        let (first, count, width, guess) = (pending.rows, rows.count, columns, blockExponent)
        x.withElements { elements in
            guard let base = elements.baseAddress else { return }
            let start = base + rows.lowerBound * width
            let block = doubleRows.centre(start, rows: count, behind: first, guess: guess) {
                centreStripes(start, rows: count, exponent: $0, $1, into: $2)
            } toPanels: {
                centreStripes(start, rows: count, columns: width, $0, into: $1, as: Double.self)
            }
            add(block, rows: count)
        }
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
    private mutating func add(_ block: CentredBlock, rows: Int) {
        blockExponent = block.exponent
        for column in shift.indices { nonFiniteCounts[column] += block.nonFinite[column] }
        let step = advanceMean(shift: block.shift, offset: block.offset, rows: rows)
        if step.exponent != nil { pending.steps.append(step) }
        guard block.largest > 0 else { return }
        if pending.rows > 0, pending.exponent != block.exponent {
            // Rows of another magnitude: on their own.
            moveLastRows(rows, behind: pending.rows)
        }
        pending.append(block, rows: rows)
        if !pending.isDouble { usedSinglePrecision = true }
    }

    /// Sums the rows before the last centred ones, which become the first.
    private mutating func moveLastRows(_ rows: Int, behind before: Int) {
        let isDouble = pending.isDouble
        sumPending()
        pending.isDouble = isDouble
        if isDouble {
            doubleRows.moveToBeginning(rows: rows, from: before)
        } else {
            singleRows.moveToBeginning(rows: rows, from: before)
        }
    }

    /// Adds the products of the pending rows to the sums, and corrections where there are many or
    /// `all` of them are asked for.
    private mutating func sumPending(all: Bool = false) {
        let batch = pending
        pending = PendingRows()
        reserve(exponents: batch.exponents)
        guard hasSpread else { return }
        corrections += batch.terms(exponent: sumExponent)
        let terms = all || corrections.count >= 48 ? corrections : []
        if !terms.isEmpty { corrections = [] }
        guard batch.rows > 0 || !terms.isEmpty else { return }
        let factor = batch.rows > 0 ? ldexp(1, 2 * (batch.exponent - sumExponent)) : 0
        let count = factor > 0 ? batch.rows : 0
        if batch.isDouble {
            doubleRows.addProducts(
                rows: count, varying: batch.varying, times: factor, to: &comoment, plus: terms)
        } else {
            singleRows.addProducts(
                rows: count, varying: batch.varying, times: factor, to: &comoment, plus: terms)
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
        for column in shift.indices { nonFiniteCounts[column] += other.nonFiniteCounts[column] }
        guard other.count > 0 else { return }
        usedSinglePrecision = usedSinglePrecision || other.usedSinglePrecision
        sumAll()
        var other = other
        other.sumAll()
        let step = advanceMean(shift: other.shift, offset: other.offset, rows: other.count)
        let spread = other.hasSpread ? other.sumExponent : nil
        reserve(exponents: [spread, step.exponent].compactMap { $0 })
        guard hasSpread else { return }
        if other.hasSpread {
            let factor = ldexp(1, 2 * (other.sumExponent - sumExponent))
            other.comoment.lower.withElements { source in
                comoment.lower.withMutableElements { target in
                    for index in target.indices { target[index] += factor * source[index] }
                }
            }
        }
        if step.exponent != nil { pending.steps.append(step) }
        pending.isDouble = true
        sumPending(all: true)
    }

    /// Moves the means towards those of `rows` more rows.
    private mutating func advanceMean(shift: [Double], offset: [Double], rows: Int) -> MeanStep {
        guard count > 0 else {
            self.shift = shift
            self.offset = offset
            count = rows
            return MeanStep(quarter: [], weight: 0)
        }
        let share = Double(rows) / Double(count + rows)
        var quarter = [Double](repeating: 0, count: columns)
        for column in quarter.indices where nonFiniteCounts[column] == 0 {
            // A quarter keeps differences of the largest numbers finite.
            let distance =
                (shift[column] / 4 - self.shift[column] / 4)
                + (offset[column] / 4 - self.offset[column] / 4)
            quarter[column] = distance
            self.offset[column] += distance * share * 4
        }
        defer { count += rows }
        return MeanStep(quarter: quarter, weight: Double(count) * share)
    }

    /// The power of two, applied twice, by which ``sample(of:)`` divides; 0 unless values are
    /// beyond 2^±200.
    public var exponent: Int { sumExponent(reserving: pending.exponents) }

    /// The exponent of the sums with which deviations of the given exponents fit.
    private func sumExponent(reserving exponents: [Int]) -> Int {
        guard let needed = exponents.max() else { return sumExponent }
        guard hasSpread else { return abs(needed) > 200 ? needed : 0 }
        return needed > sumExponent + 200 ? needed : sumExponent
    }

    /// Rescales the sums where deviations of the given exponents need it.
    private mutating func reserve(exponents: [Int]) {
        guard !exponents.isEmpty else { return }
        let needed = sumExponent(reserving: exponents)
        if hasSpread, needed != sumExponent {
            let factor = ldexp(1, 2 * (sumExponent - needed))
            comoment.lower.withMutableElements { elements in
                for index in elements.indices { elements[index] *= factor }
            }
            corrections = corrections.map { $0.scaled(by: ldexp(1, sumExponent - needed)) }
        }
        hasSpread = true
        sumExponent = needed
    }

    /// The sample covariance of the given columns, which divides by the number of rows less one.
    ///
    /// - Parameter columns: ascending; those with non-finite entries have no covariance.
    /// - Returns: the symmetric matrix divided by 4^exponent. The exponent is 0 unless values are
    ///   beyond 2^±200.
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
        return (comoment.lower, sumExponent)
    }
}
