public import LinearAlgebra

/// The product of the covariance of the columns of a matrix, which arrives in blocks of rows, with
/// a few vectors: all that a randomized search for its leading eigenvectors reads of it.
///
/// With rows x, mean m and vectors b, the sums Σ (x − m)(x − m)ᵀ b are taken in double precision
/// from blocks that are centred at their own means, which merge by the update of Chan, Golub and
/// LeVeque (1983): the distance δ between two means adds w δ (δᵀb), as one more row √w δ would.
/// Rows wait until there are enough of them to make little of going over the vectors. Nothing of
/// the size of the covariance exists at any time.
///
/// Columns with an entry outside ``ValueDomain`` are counted in ``moments``. What they added to the products
/// before that entry stays in them, unless the vectors are zero there.
///
/// - Complexity: O(rows · columns · vectors) time, O(columns · vectors) memory. The result does not
///   depend on the number of cores.
/// - Note: N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with randomness", SIAM
///   Review 53 (2011).
public struct ScatterSketch: Sendable {
    /// The vectors: one row each, one column a column of the rows.
    public let vectors: Matrix<Double>
    /// Count, means and variances of the columns.
    public private(set) var moments: ColumnMoments
    /// In the shape of ``vectors``.
    private var sums: Matrix<Double>
    /// Whether no deviation so far was beyond ``TinyUnit``, in which pending rows and sums are.
    private var isTiny = true
    /// Whether any deviation so far was not zero.
    private var hasSpread = false
    /// Centred rows whose products are still to be summed: the first `pending` of these.
    private var deviations: Matrix<Double>
    private var pending = 0

    /// The products of no rows: the identity of ``merge(_:)``.
    public init(vectors: Matrix<Double>) {
        self.vectors = vectors
        moments = ColumnMoments(columns: vectors.columns)
        sums = Matrix(rows: vectors.rows, columns: vectors.columns)
        deviations = Matrix(rows: 0, columns: vectors.columns)
    }

    /// Number of rows seen.
    public var count: Int { moments.count }
    /// Number of columns.
    public var columns: Int { vectors.columns }

    /// Rows that are multiplied together: of all but the widest matrices some for each vector, at
    /// most 64 MiB.
    private var pendingLimit: Int { max(64, min(2048, (8 << 20) / max(1, columns))) }

    /// Adds the rows of `block`.
    ///
    /// - Precondition: `block` has ``columns`` columns.
    public mutating func insert(_ block: RealMatrix) {
        precondition(
            block.columns == columns, "\(block.columns) columns cannot join \(columns)")
        let limit = pendingLimit - 1
        for first in stride(from: 0, to: block.rows, by: limit) {
            let rows = first..<min(first + limit, block.rows)
            let isWhole = rows.count == block.rows
            var part = ColumnMoments(columns: columns)
            part.insert(isWhole ? block : block.rows(rows))
            // And the row of the distance between the means.
            makeRoom(for: rows.count + 1)
            advance(by: part)
            if part.largestRange > 0 { append(block, rows: rows, around: part) }
        }
    }

    /// Adds the rows that `other` has seen.
    ///
    /// - Precondition: both have the same vectors.
    public mutating func merge(_ other: ScatterSketch) {
        precondition(vectors == other.vectors, "sketches with different vectors")
        var other = other
        other.sumPending()
        makeRoom(for: 1)
        advance(by: other.moments)
        guard other.hasSpread else { return }
        if !other.isTiny { leaveTinyUnit() }
        hasSpread = true
        let isOtherUnit = other.isTiny && !isTiny
        other.sums.withElements { source in
            sums.withMutableElements { target in
                for index in target.indices {
                    target[index] +=
                        isOtherUnit ? TinyUnit.ordinary(source[index]) : source[index]
                }
            }
        }
    }

    /// Joins the moments of more rows, and appends what follows from the distance between the means.
    private mutating func advance(by part: ColumnMoments) {
        let (before, added) = (moments.count, part.count)
        var distance = [Double](repeating: 0, count: before > 0 && added > 0 ? columns : 0)
        let (shifts, offsets) = (moments.shifts, moments.offsets)
        let (partShifts, partOffsets) = (part.shifts, part.offsets)
        moments.merge(part)
        for column in distance.indices where moments.nonFiniteCounts[column] == 0 {
            distance[column] =
                (partShifts[column] - shifts[column]) + (partOffsets[column] - offsets[column])
        }
        let largest = distance.reduce(0) { max($0, abs($1)) }
        let spread = max(largest, part.largestRange)
        if spread >= TinyUnit.bound { leaveTinyUnit() }
        if spread > 0 { hasSpread = true }
        guard largest > 0 else { return }
        let root = (Double(before) * (Double(added) / Double(before + added))).squareRoot()
        let unit = isTiny ? TinyUnit.scale : 1
        let first = pending * columns
        deviations.withMutableElements { rows in
            for column in distance.indices { rows[first + column] = distance[column] * unit * root }
        }
        pending += 1
    }

    /// Makes `more` rows after the pending ones writable.
    private mutating func makeRoom(for more: Int) {
        if pending + more > pendingLimit { sumPending() }
        if pending == 0 { deviations.reuse(rows: pendingLimit) }
    }

    /// Appends the centred rows `rows` of `block`.
    private mutating func append(_ block: RealMatrix, rows: Range<Int>, around part: ColumnMoments)
    {
        let centring = Deviations(from: part, isTiny: isTiny)
        let elements = pending * columns..<(pending + rows.count) * columns
        deviations.withMutableElements {
            centring.write(block, rows: rows, into: .init(rebasing: $0[elements]))
        }
        pending += rows.count
    }

    /// sums += (D vectorsᵀ)ᵀ D for the pending rows D.
    private mutating func sumPending() {
        let (count, width, height) = (pending, columns, vectors.rows)
        pending = 0
        guard count > 0, width > 0, height > 0 else { return }
        // In stretches of columns, each of which adds a part of the scores D vectorsᵀ.
        let stretch = 2048
        let parts = (width + stretch - 1) / stretch
        var scores = Matrix<Double>(rows: parts * count, columns: height)
        let (rows, vectors) = (deviations, vectors)
        scores.withMutableElements { scores in
            vectors.withElements { vectors in
                rows.withElements { rows in
                    sums.withMutableElements { sums in
                        guard let d = rows.baseAddress, let b = vectors.baseAddress,
                            let s = scores.baseAddress, let y = sums.baseAddress
                        else { return }
                        let size = count * height
                        forEachPart(of: width, in: stretch, weight: count) { part in
                            Double.multiply(
                                d + part.lowerBound, stride: width, transposed: false,
                                b + part.lowerBound, stride: width, transposed: true,
                                into: s + part.lowerBound / stretch * size, stride: height,
                                rows: count, columns: height, inner: part.count, alpha: 1, beta: 0)
                        }
                        for index in size..<parts * size { s[index % size] += s[index] }
                        forEachPart(of: width, in: 256, weight: count) { part in
                            Double.multiply(
                                s, stride: height, transposed: true,
                                d + part.lowerBound, stride: width, transposed: false,
                                into: y + part.lowerBound, stride: width,
                                rows: height, columns: part.count, inner: count, alpha: 1, beta: 1)
                        }
                    }
                }
            }
        }
    }

    /// The sums of all rows.
    private var allSums: Matrix<Double> {
        var complete = self
        complete.sumPending()
        return complete.sums
    }

    /// Turns to the ordinary unit, in which everything follows.
    private mutating func leaveTinyUnit() {
        guard isTiny else { return }
        if hasSpread {
            sumPending()
            sums.withMutableElements { elements in
                for index in elements.indices {
                    elements[index] = TinyUnit.ordinary(elements[index])
                }
            }
        }
        isTiny = false
    }

    /// The power of two, applied twice, by which ``products(of:)`` and ``totalVariance(of:)``
    /// divide; 0 unless all deviations are so small that their squares would vanish.
    public var exponent: Int { isTiny && hasSpread ? TinyUnit.exponent : 0 }

    /// The products of the sample covariance, which divides by the number of rows less one, with
    /// the vectors.
    ///
    /// - Parameter chosen: ascending columns; others are left out.
    /// - Returns: shape (vectors, chosen columns), divided by 4^``exponent``.
    /// - Precondition: at least two rows were seen.
    public func products(of chosen: [Int]) -> Matrix<Double> {
        precondition(count > 1, "a covariance of \(count) rows")
        let divisor = Double(count - 1)
        let sums = allSums
        return sums.withElements { source in
            Matrix(rows: sums.rows, columns: chosen.count) { target in
                for row in 0..<sums.rows {
                    for (position, column) in chosen.enumerated() {
                        target.initializeElement(
                            at: row * chosen.count + position,
                            to: source[row * columns + column] / divisor)
                    }
                }
            }
        }
    }

    /// The sum of the sample variances of the columns `chosen`, which is that of the eigenvalues of
    /// their covariance, divided by 4^``exponent``.
    ///
    /// - Precondition: at least two rows were seen.
    public func totalVariance(of chosen: [Int]) -> Double {
        precondition(count > 1, "a variance of \(count) rows")
        let variances = moments.variances(isTiny: isTiny && hasSpread)
        let sum = chosen.reduce(0) { $0 + variances[$1] }
        return sum * (Double(count) / Double(count - 1))
    }
}
