public import LinearAlgebra

/// The rows of a matrix that has fewer rows than columns, whose covariance has its spectrum from
/// their inner products.
///
/// With the centred rows X, of shape (n, d), XᵀX and XXᵀ have the same positive eigenvalues, at most
/// n − 1 of them. The rows are kept as they came, n · d values instead of the d² sums of a
/// ``Covariance``, and centred in double precision at the mean of all of them.
///
/// A column with an entry outside ``ValueDomain`` is counted in ``moments``; ``eigen(of:vectors:arithmetic:)``
/// must not be asked for it.
///
/// - Complexity: O(rows · columns) memory; it grows with the number of rows.
public struct SampleRows: Sendable {
    /// Count, means and variances of the columns.
    public private(set) var moments: ColumnMoments
    /// The rows, in order.
    public private(set) var blocks: [RealMatrix] = []

    /// No rows: the identity of ``merge(_:)``.
    public init(columns: Int) { moments = ColumnMoments(columns: columns) }

    /// Number of rows.
    public var count: Int { moments.count }
    /// Number of columns.
    public var columns: Int { moments.columns }

    /// Adds the rows of `block`.
    ///
    /// - Precondition: `block` has ``columns`` columns.
    public mutating func insert(_ block: RealMatrix) {
        moments.insert(block)
        if block.rows > 0 { blocks.append(block) }
    }

    /// Adds the rows of `other` behind these.
    ///
    /// - Precondition: both have the same number of columns.
    public mutating func merge(_ other: SampleRows) {
        moments.merge(other.moments)
        blocks += other.blocks
    }

    /// Eigenvalues and eigenvectors of a sample covariance.
    public struct Eigen: Sendable {
        /// One a column, descending, divided by 4^`exponent`.
        public var values: [Double]
        /// One row an eigenvector, of length 1, in the order of ``values``.
        public var vectors: Matrix<Double>
        /// 0 unless all deviations are so small that their squares would vanish.
        public var exponent = 0
        /// Whether products were computed in single precision.
        public var usedSinglePrecision = false
    }

    /// Eigenvalues and the first eigenvectors of the sample covariance of the columns `chosen`,
    /// which divides by the number of rows less one.
    ///
    /// The eigenvalues are those of the matrix of inner products of the centred rows; those beyond
    /// the number of rows less one are exactly 0. A vector is v = Xᵀu / |Xᵀu|, made orthogonal to
    /// those before it, which changes it only where its eigenvalue is so small that rounding has a
    /// share in it; vectors beyond the rank complete the others to an orthonormal set. The sign of
    /// a vector is fixed: its entry of largest magnitude, the first one among equals, is positive.
    ///
    /// - Parameters:
    ///   - chosen: ascending; none has a non-finite entry.
    ///   - count: number of vectors; one for every chosen column if it exceeds their number.
    ///   - arithmetic: what products of values that were stored in single precision are computed
    ///     in; single over 512 columns, then double.
    /// - Returns: one value a chosen column, and the vectors.
    /// - Throws: `LinearAlgebraError` if the iteration fails.
    /// - Precondition: at least two rows were seen.
    /// - Complexity: O(rows² · columns + rows³) time, and O(vectors² · columns) for vectors; one
    ///   copy of the rows in double.
    public func eigen(
        of chosen: [Int], vectors count: Int, arithmetic: Covariance.Arithmetic
    ) throws(LinearAlgebraError) -> Eigen {
        precondition(self.count > 1, "a covariance of \(self.count) rows")
        let range = moments.largestRange
        let isSingle =
            arithmetic == .single && (range == 0 || Covariance.singlePrecision.contains(range))
            && blocks.allSatisfy { if case .float = $0 { true } else { false } }
        let isTiny = range > 0 && range < TinyUnit.bound
        var eigen: Eigen
        if isSingle {
            let centred: Matrix<Float> = centred(chosen, isTiny: isTiny)
            eigen = try solve(centred, vectors: count) { $0.addGram(of: $1, rows: $2) }
        } else {
            let centred: Matrix<Double> = centred(chosen, isTiny: isTiny)
            eigen = try solve(centred, vectors: count) { $0.addGram(of: $1, rows: $2) }
        }
        eigen.exponent = isTiny ? TinyUnit.exponent : 0
        eigen.usedSinglePrecision = isSingle && range > 0
        return eigen
    }

    /// The centred rows, one line a chosen column.
    private func centred<Scalar: BLASScalar>(_ chosen: [Int], isTiny: Bool) -> Matrix<Scalar> {
        var centred = Matrix<Scalar>(rows: chosen.count, columns: count)
        let centring = Deviations(from: moments, isTiny: isTiny)
        var first = 0
        for block in blocks {
            centred.withMutableElements { target in
                centring.writeTransposed(
                    block, columns: chosen, first: first, stride: count, into: target)
            }
            first += block.rows
        }
        return centred
    }

    /// Eigenvalues, one a line of `centred`, and vectors of its product with its transpose.
    private func solve<Scalar: BLASScalar>(
        _ centred: Matrix<Scalar>, vectors wanted: Int,
        sum: (inout Matrix<Double>, UnsafePointer<Scalar>, Int) -> Void
    ) throws(LinearAlgebraError) -> Eigen {
        let width = centred.rows
        var products = Matrix<Double>(rows: count, columns: count)
        centred.withElements { elements in
            guard let base = elements.baseAddress, width > 0 else { return }
            sum(&products, base, width)
        }
        products.mirrorLowerTriangle()
        let kept = min(wanted, width)
        let rank = min(count - 1, width)
        let inner = try (consume products).symmetricEigen(vectors: min(kept, count))
        var values = [Double](repeating: 0, count: width)
        for index in 0..<rank { values[index] = inner.values[index] / Double(count - 1) }
        guard kept > 0 else {
            return Eigen(values: values, vectors: Matrix(rows: 0, columns: width))
        }
        var vectors = Matrix<Double>(rows: kept, columns: width)
        vectors.withMutableElements { target in
            centred.withElements { centred in
                inner.vectors.withElements { inner in
                    project(
                        centred, width, on: inner, rows: min(kept, rank), into: target)
                }
            }
        }
        vectors = try vectors.orthonormalRows()
        vectors.fixSignsOfRows()
        return Eigen(values: values, vectors: vectors)
    }

    /// The products of `rows` vectors over the rows with the lines of `centred`.
    private func project<Scalar: BLASScalar>(
        _ centred: UnsafeBufferPointer<Scalar>, _ width: Int,
        on vectors: UnsafeBufferPointer<Double>, rows: Int,
        into target: UnsafeMutableBufferPointer<Double>
    ) {
        let count = count
        forEachPart(of: width, in: 256, weight: count) { lines in
            let part = centred[lines.lowerBound * count..<lines.upperBound * count]
            let x = part.map { Double($0) }
            x.withUnsafeBufferPointer { x in
                guard let a = vectors.baseAddress, let b = x.baseAddress,
                    let c = target.baseAddress
                else { return }
                Double.multiply(
                    a, stride: count, transposed: false, b, stride: count, transposed: true,
                    into: c + lines.lowerBound, stride: width, rows: rows, columns: lines.count,
                    inner: count, alpha: 1, beta: 0)
            }
        }
    }
}

extension Matrix<Double> {
    fileprivate mutating func addGram(of x: UnsafePointer<some GramScalar>, rows: Int) {
        var scratch = GramPanels()
        addGram(of: x, rows: rows, times: 1, plus: [], reusing: &scratch)
    }
}
