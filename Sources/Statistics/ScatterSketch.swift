public import LinearAlgebra

/// The product of the covariance of the columns of a matrix, which arrives in blocks of rows, with
/// a few vectors: all that a randomized search for its leading eigenvectors reads of it.
///
/// With rows x, mean m and vectors b, the sums Σ (x − m)(x − m)ᵀ b are taken in double precision
/// from blocks that are centred at their own means, which merge by the update of Chan, Golub and
/// LeVeque (1983): the distance δ between two means adds w δ (δᵀb). Nothing of the size of the
/// covariance exists at any time.
///
/// Columns with a NaN or infinite entry are counted in ``moments``. What they added to the products
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
    /// Sums divided by 4^`sumExponent`, in the shape of ``vectors``.
    private var sums: Matrix<Double>
    private var sumExponent = 0
    /// Whether any deviation so far was not zero.
    private var hasSpread = false
    /// Room for the deviations of a block.
    private var deviations: Matrix<Double>

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

    /// Rows that are centred together: enough to keep all cores busy, at most 32 MiB.
    private var blockRows: Int { max(64, min(2048, (4 << 20) / max(1, columns))) }

    /// Adds the rows of `block`.
    ///
    /// - Precondition: `block` has ``columns`` columns.
    public mutating func insert(_ block: RealMatrix) {
        precondition(
            block.columns == columns, "\(block.columns) columns cannot join \(columns)")
        for first in stride(from: 0, to: block.rows, by: blockRows) {
            let rows = first..<min(first + blockRows, block.rows)
            let isWhole = rows.count == block.rows
            var part = ColumnMoments(columns: columns)
            part.insert(isWhole ? block : block.rows(rows))
            advance(by: part)
            if part.rangeExponent != nil { addProducts(of: block, rows: rows, around: part) }
        }
    }

    /// Adds the rows that `other` has seen.
    ///
    /// - Precondition: both have the same vectors.
    public mutating func merge(_ other: ScatterSketch) {
        precondition(vectors == other.vectors, "sketches with different vectors")
        advance(by: other.moments)
        guard other.hasSpread else { return }
        if !hasSpread || other.sumExponent > sumExponent { reserve(other.sumExponent) }
        let factor = ldexp(1, 2 * (other.sumExponent - sumExponent))
        other.sums.withElements { source in
            sums.withMutableElements { target in
                for index in target.indices { target[index] += factor * source[index] }
            }
        }
    }

    /// Joins the moments of more rows, and adds what follows from the distance between the means.
    private mutating func advance(by part: ColumnMoments) {
        let (before, added) = (moments.count, part.count)
        // A quarter keeps differences of the largest numbers finite.
        var distance = [Double](repeating: 0, count: before > 0 && added > 0 ? columns : 0)
        let (shifts, offsets) = (moments.shifts, moments.offsets)
        let (partShifts, partOffsets) = (part.shifts, part.offsets)
        moments.merge(part)
        for column in distance.indices where moments.nonFiniteCounts[column] == 0 {
            distance[column] =
                (partShifts[column] / 4 - shifts[column] / 4)
                + (partOffsets[column] / 4 - offsets[column] / 4)
        }
        let largest = distance.reduce(0) { max($0, abs($1)) }
        let exponents =
            [part.rangeExponent, largest > 0 ? Int(largest.exponent) + 2 : nil].compactMap { $0 }
        guard let needed = exponents.max() else { return }
        reserve(needed)
        guard largest > 0 else { return }
        let step = distance.map { ldexp($0, 2 - sumExponent) }
        let weight = Double(before) * (Double(added) / Double(before + added))
        addProducts(count: 1, of: step, times: weight)
    }

    /// Adds the products of the centred rows `rows` of `block`.
    private mutating func addProducts(
        of block: RealMatrix, rows: Range<Int>, around part: ColumnMoments
    ) {
        deviations.reuse(rows: rows.count)
        let centring = Deviations(from: part, exponent: sumExponent)
        deviations.withMutableElements { centring.write(block, rows: rows, into: $0) }
        deviations.withElements { addProducts(count: rows.count, of: $0, times: 1) }
    }

    private mutating func addProducts(count: Int, of rows: [Double], times weight: Double) {
        rows.withUnsafeBufferPointer { addProducts(count: count, of: $0, times: weight) }
    }

    /// sums += weight · (D vectorsᵀ)ᵀ D for the `count` rows D.
    private mutating func addProducts(
        count: Int, of rows: UnsafeBufferPointer<Double>, times weight: Double
    ) {
        let (width, height) = (columns, vectors.rows)
        guard width > 0, height > 0 else { return }
        var scores = Matrix<Double>(rows: count, columns: height)
        let vectors = vectors
        scores.withMutableElements { scores in
            vectors.withElements { vectors in
                sums.withMutableElements { sums in
                    guard let d = rows.baseAddress, let b = vectors.baseAddress,
                        let s = scores.baseAddress, let y = sums.baseAddress
                    else { return }
                    forEachPart(of: count, in: 64, weight: width) { part in
                        Double.multiply(
                            d + part.lowerBound * width, stride: width, transposed: false,
                            b, stride: width, transposed: true,
                            into: s + part.lowerBound * height, stride: height,
                            rows: part.count, columns: height, inner: width, alpha: weight,
                            beta: 0)
                    }
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

    /// Rescales the sums where deviations of this exponent need it: their squares stay in range
    /// between 2^±200, and beyond that for all values within 2^±1000.
    private mutating func reserve(_ exponent: Int) {
        let limited = max(-1000, min(1000, exponent))
        let needed =
            hasSpread
            ? (limited > sumExponent + 200 ? limited : sumExponent)
            : (abs(limited) > 200 ? limited : 0)
        if hasSpread, needed != sumExponent {
            let factor = ldexp(1, 2 * (sumExponent - needed))
            sums.withMutableElements { elements in
                for index in elements.indices { elements[index] *= factor }
            }
        }
        hasSpread = true
        sumExponent = needed
    }

    /// The power of two, applied twice, by which ``products(of:)`` and ``totalVariance(of:)``
    /// divide; 0 unless deviations are beyond 2^±200.
    public var exponent: Int { sumExponent }

    /// The products of the sample covariance, which divides by the number of rows less one, with
    /// the vectors.
    ///
    /// - Parameter chosen: ascending columns; others are left out.
    /// - Returns: shape (vectors, chosen columns), divided by 4^``exponent``.
    /// - Precondition: at least two rows were seen.
    public func products(of chosen: [Int]) -> Matrix<Double> {
        precondition(count > 1, "a covariance of \(count) rows")
        let divisor = Double(count - 1)
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
        let deviations = moments.standardDeviations
        let sum = chosen.reduce(0) { sum, column in
            let scaled = ldexp(deviations[column], -sumExponent)
            return sum + scaled * scaled
        }
        return sum * (Double(count) / Double(count - 1))
    }
}
