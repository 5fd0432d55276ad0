internal import LinearAlgebra
public import MetricCore
internal import Statistics

/// Principal components of a layer: how many directions its neurons use.
///
/// The eigenvalues of the sample covariance of the neurons give the variance that each component
/// explains, the error of reconstructing the samples from the first k components for every k, and
/// several counts of effective dimensions. Eigenvectors are computed only if asked for.
///
/// Neurons with entries that are NaN, infinite or beyond 1e150 in magnitude take no part.
///
/// - Complexity: with n samples and d neurons O(n d²) time while streaming, then O(d³), and O(d²)
///   memory; where n < d, O(n² d) time and O(n d) memory. The randomized solver for k components
///   takes O(n d k) time a pass and O(d k) memory.
/// - Note: K. Pearson, "On lines and planes of closest fit to systems of points in space",
///   Philosophical Magazine 2 (1901).
public struct PCA: Metric {
    /// What it is, for people.
    public static let descriptor = MetricDescriptor(
        id: "pca", title: "Principal components",
        abstract: "Explained variance and reconstruction error of the neurons' components.",
        question: "How many directions does the layer use?", version: 3,
        sites: [.pre, .post, .weight], keyQuantities: ["participationRatio"],
        references: [
            "K. Pearson, On lines and planes of closest fit to systems of points in space, "
                + "Philosophical Magazine 2 (1901)",
            "N. Halko, P. G. Martinsson, J. A. Tropp, Finding structure with randomness: probabilistic "
                + "algorithms for constructing approximate matrix decompositions, SIAM Review 53 (2011)",
            "O. Roy, M. Vetterli, The effective rank: a measure of effective dimensionality, "
                + "EUSIPCO (2007)",
            "P. Gao, S. Ganguli, On simplicity and complexity in the brave new world of "
                + "large-scale neuroscience, Current Opinion in Neurobiology 32 (2015)",
        ])

    /// What was asked for.
    public let configuration: Configuration

    /// Computes what `configuration` asks for.
    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// Metrics that need the same sums share them.
    public var accumulatorOptions: Accumulator.Options {
        var options = Accumulator.Options(
            precision: configuration.precision,
            vectors: configuration.accuracy != .none ? .max : configuration.components ?? 0)
        if case .randomized(let search) = configuration.solver {
            options.sketch = Accumulator.Sketch(
                components: configuration.components ?? 1, oversampling: search.oversampling,
                seed: search.seed)
        }
        return options
    }

    /// The solver whose memory grows with the neurons, not with their square.
    public var memoryRemedy: String? {
        configuration.solver == .exact
            ? "analyze \(Self.descriptor.id) --solver randomized --components COUNT" : nil
    }

    /// The spectrum and what follows from it.
    ///
    /// - Throws: `LinearAlgebraError` if the eigenvalues do not converge,
    ///   ``IndefiniteCovariance`` if they are not those of a covariance, ``SecondPassMissing`` for
    ///   the randomized solver.
    public func output(of accumulator: Accumulator, for layer: Layer) throws -> Output {
        guard accumulator.count >= 2, !accumulator.finiteNeurons.isEmpty else {
            return withoutCovariance(accumulator, layer)
        }
        guard configuration.solver == .exact else { throw SecondPassMissing() }
        return try output(
            of: accumulator,
            eigen: accumulator.eigen(vectors: configuration.components ?? 0), for: layer)
    }

    /// The output where there are too few samples or no neurons.
    func withoutCovariance(_ accumulator: Accumulator, _ layer: Layer) -> Output {
        Output(
            layer: layer, samples: accumulator.count, neurons: accumulator.finiteNeurons.count,
            isComplete: configuration.solver == .exact)
    }

    /// What follows from eigenvalues, and from the first eigenvectors those asked for.
    func output(
        of accumulator: Accumulator, eigen: Accumulator.Eigen, for layer: Layer
    ) throws -> Output {
        Output(
            layer: layer, samples: accumulator.count,
            neurons: accumulator.finiteNeurons.count,
            spectrum: try Spectrum(
                eigenvalues: eigen.values,
                summed: SumRounding(
                    isSingle: eigen.usedSinglePrecision, terms: eigen.summed,
                    dimensions: eigen.dimensions)),
            scale: Double(sign: .plus, exponent: eigen.exponent, significand: 1),
            components: configuration.components.map { count in
                rows(
                    of: eigen.vectors, count: count, at: accumulator.finiteNeurons,
                    width: accumulator.columns)
            })
    }

    /// The first `count` vectors, a column a neuron of the layer: NaN but for those of `finite`.
    func rows(
        of vectors: Matrix<Double>, count: Int, at finite: [Int], width: Int
    ) -> [[Double]] {
        (0..<min(count, vectors.rows)).map { index in
            var row = [Double](repeating: .nan, count: width)
            for (position, neuron) in finite.enumerated() {
                row[neuron] = vectors[index, position]
            }
            return row
        }
    }
}

/// The randomized solver was asked for a result before the samples had passed by again.
public struct SecondPassMissing: Error, Hashable, CustomStringConvertible {
    /// One sentence.
    public var description: String {
        "the randomized solver needs the samples more than once, and they passed by once"
    }
}

/// A covariance with an eigenvalue more negative than rounding explains.
public struct IndefiniteCovariance: Error, Hashable, CustomStringConvertible {
    /// The most negative eigenvalue.
    public var smallest: Double
    /// The largest eigenvalue.
    public var largest: Double
    /// Whether products were computed in single precision.
    public var isSingle: Bool

    /// One sentence with the remedy.
    public var description: String {
        "the covariance has the eigenvalue \(smallest) beside \(largest), "
            + "more negative than rounding explains; "
            + (isSingle
                ? "try --precision double" : "no activations have that, please report the file")
    }
}
