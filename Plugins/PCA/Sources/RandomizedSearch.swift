internal import LinearAlgebra
public import MetricCore
internal import Statistics

/// The leading eigenvectors of a covariance that is never formed.
///
/// The first pass over the samples multiplies the covariance C with random vectors. An orthonormal
/// basis Q of the products holds nearly all that is in the leading eigenvectors; every further pass
/// multiplies C with Q, which gives a better basis, and at the end the matrix QᵀCQ, whose
/// eigenvalues and eigenvectors stand for the leading ones of C (Rayleigh and Ritz): each value is
/// at most the eigenvalue of C of the same rank.
///
/// Where the first pass met NaN or infinite entries, whose neurons have spoiled its products, it is
/// repeated without them, so that the result is that of the other neurons alone.
///
/// - Complexity: O(samples · neurons · vectors) time a pass, O(neurons · vectors) memory.
/// - Note: N. Halko, P. G. Martinsson, J. A. Tropp, "Finding structure with randomness:
///   probabilistic algorithms for constructing approximate matrix decompositions", SIAM Review 53
///   (2011), algorithms 4.4 and 5.3.
public struct RandomizedSearch: SecondPassAccumulator {
    /// Neurons that take part, of how many.
    let finite: [Int]
    private let neurons: Int
    /// One row a vector, one column a finite neuron; orthonormal in the last pass.
    private var basis: Matrix<Double>
    /// What the running pass makes of the basis.
    private var sketch: ScatterSketch
    /// Passes after the running one.
    private var passesLeft: Int

    /// Goes on from a first pass.
    ///
    /// - Throws: `LinearAlgebraError` if its products are not finite.
    /// - Precondition: at least two samples were seen, and some neuron is finite.
    init(
        after first: ScatterSketch, of neurons: [Int], settings: PCA.Accumulator.Sketch,
        powerIterations: Int
    ) throws {
        finite = neurons
        self.neurons = first.columns
        if neurons.count == first.columns {
            basis = try first.products(of: neurons).orthonormalRows()
            passesLeft = powerIterations
        } else {
            basis = settings.draw(neurons: neurons.count)
            passesLeft = powerIterations + 1
        }
        sketch = ScatterSketch(vectors: Self.spread(basis, over: finite, of: first.columns))
    }

    /// The vectors with zeros for the neurons that take no part.
    private static func spread(
        _ basis: Matrix<Double>, over finite: [Int], of neurons: Int
    ) -> Matrix<Double> {
        guard finite.count < neurons else { return basis }
        var spread = Matrix<Double>(rows: basis.rows, columns: neurons)
        spread.withMutableElements { target in
            basis.withElements { source in
                for row in 0..<basis.rows {
                    for (position, neuron) in finite.enumerated() {
                        target[row * neurons + neuron] = source[row * finite.count + position]
                    }
                }
            }
        }
        return spread
    }

    /// Multiplies the basis with more samples.
    public mutating func update(with block: ActivationBlock) { sketch.insert(block.values) }

    /// Makes a basis of the products for the next pass, if there is one.
    ///
    /// - Throws: `LinearAlgebraError` if the products are not finite.
    public mutating func endPass() throws -> Bool {
        guard passesLeft > 0 else { return false }
        passesLeft -= 1
        basis = try sketch.products(of: finite).orthonormalRows()
        sketch = ScatterSketch(vectors: Self.spread(basis, over: finite, of: neurons))
        return true
    }

    /// Approximations of leading eigenvalues and eigenvectors.
    struct Ritz {
        /// Descending, divided by 4^`exponent` as the other two.
        var values: [Double]
        /// The sum of all eigenvalues.
        var total: Double
        /// |C v − λ v| for each vector, divided by the largest λ; zeros without variance.
        ///
        /// Some eigenvalue of C is within that share of the largest from λ.
        var residuals: [Double]
        /// One row each, orthonormal, one column a finite neuron.
        var vectors: Matrix<Double>
        var exponent: Int
    }

    /// The first `count`, as far as the basis goes.
    ///
    /// - Throws: `LinearAlgebraError` if the iteration fails.
    func ritz(_ count: Int) throws -> Ritz {
        let products = sketch.products(of: finite)
        // Symmetric but for rounding.
        let small = products.times(basis, transposingOther: true)
        let symmetric = Matrix<Double>(
            rows: small.rows, columns: small.rows,
            elements: (0..<small.count).map { index in
                let (row, column) = (index / small.rows, index % small.rows)
                return small[row, column] / 2 + small[column, row] / 2
            })
        let eigen = try symmetric.symmetricEigen(vectors: count)
        var vectors = eigen.vectors.times(basis)
        let images = eigen.vectors.times(products)
        // Divided first: squares of the largest variances would overflow.
        let largest = eigen.values.first.flatMap { $0 > 0 ? $0 : nil } ?? .infinity
        let residuals = (0..<vectors.rows).map { index in
            zip(images.row(index), vectors.row(index)).reduce(0) { sum, pair in
                let rest = (pair.0 - eigen.values[index] * pair.1) / largest
                return sum + rest * rest
            }.squareRoot()
        }
        vectors.fixSignsOfRows()
        return Ritz(
            values: Array(eigen.values.prefix(count)), total: sketch.totalVariance(of: finite),
            residuals: residuals, vectors: vectors, exponent: sketch.exponent)
    }
}
