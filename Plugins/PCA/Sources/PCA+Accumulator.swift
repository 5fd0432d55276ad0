internal import LinearAlgebra
public import MetricCore
internal import Statistics

extension PCA {
    /// What the samples leave behind: their covariance, the samples themselves where there are
    /// fewer than neurons, or products of the covariance with random vectors.
    public struct Accumulator: NonFiniteCounting {
        /// Which of them, and how.
        public struct Options: Hashable, Sendable {
            /// How the covariance is computed.
            public var precision: CovarianceAccumulator.Precision
            /// For the randomized solver.
            public var sketch: Sketch?

            /// The covariance, or the samples where that takes less.
            public init(precision: CovarianceAccumulator.Precision, sketch: Sketch? = nil) {
                self.precision = precision
                self.sketch = sketch
            }
        }

        /// The random vectors of the randomized solver.
        public struct Sketch: Hashable, Sendable {
            /// Components asked for.
            public var components: Int
            /// Vectors beside them.
            public var oversampling: Int
            /// Of the generator of the vectors.
            public var seed: Int

            /// Number of vectors for that many neurons, which it cannot exceed.
            func vectors(neurons: Int) -> Int {
                min(neurons, min(components, neurons) + min(oversampling, neurons))
            }

            /// Independent standard normal vectors, one row each.
            func draw(neurons: Int) -> Matrix<Double> {
                var generator = SeededGenerator(seed: UInt64(seed))
                return Matrix(rows: vectors(neurons: neurons), columns: neurons) { elements in
                    for index in elements.indices {
                        elements.initializeElement(at: index, to: generator.normal())
                    }
                }
            }
        }

        let options: Options
        private let layer: Layer
        // One of the three.
        private var covariance: CovarianceAccumulator?
        private var rows: SampleRows?
        private(set) var sketch: ScatterSketch?

        /// Starts from no samples.
        public init(for layer: Layer, options: Options) {
            self.options = options
            self.layer = layer
            if let sketch = options.sketch {
                self.sketch = ScatterSketch(vectors: sketch.draw(neurons: layer.neurons))
            } else if layer.samples < layer.neurons {
                rows = SampleRows(columns: layer.neurons)
            } else {
                covariance = CovarianceAccumulator(for: layer, options: options.precision)
            }
        }

        /// The vectors, their products, the basis that follows from them, its products, as much again
        /// while that is computed, and the rows that wait for theirs, at least 64; for fewer samples
        /// than neurons, the samples, a centred copy, their inner products and the copy that is
        /// solved; else those of the covariance.
        public static func memory(for layer: Layer, options: Options) -> Double {
            let (samples, neurons) = (Double(layer.samples), Double(layer.neurons))
            if let sketch = options.sketch {
                let vectors = Double(sketch.vectors(neurons: layer.neurons))
                return 64 * neurons * vectors + 256 * neurons + max(67e6, 512 * neurons)
            }
            return layer.samples < layer.neurons
                ? 16 * samples * (neurons + samples)
                : CovarianceAccumulator.memory(for: layer, options: options.precision)
        }

        /// Adds the samples of `block`.
        public mutating func update(with block: ActivationBlock) {
            covariance?.update(with: block)
            rows?.insert(block.values)
            sketch?.insert(block.values)
            leaveRowsIfMany()
        }

        /// Adds the samples that `other` has seen.
        public mutating func merge(_ other: Accumulator) {
            if let others = other.sketch { sketch?.merge(others) }
            if let others = other.covariance {
                turnIntoCovariance()
                covariance?.merge(others)
            }
            if let others = other.rows {
                rows?.merge(others)
                for block in others.blocks { covariance?.update(with: ActivationBlock(block)) }
                leaveRowsIfMany()
            }
        }

        /// Adds products of matrices, as the sums that it keeps.
        public static var multipliesMatrices: Bool { CovarianceAccumulator.multipliesMatrices }

        /// Computes what waits for more samples.
        public mutating func finish() { covariance?.finish() }

        /// More samples than were announced must not take more memory than their covariance.
        private mutating func leaveRowsIfMany() {
            if let rows, rows.count > layer.neurons { turnIntoCovariance() }
        }

        private mutating func turnIntoCovariance() {
            guard let kept = rows else { return }
            rows = nil
            var covariance = CovarianceAccumulator(for: layer, options: options.precision)
            for block in kept.blocks { covariance.update(with: ActivationBlock(block)) }
            self.covariance = covariance
        }

        /// Samples seen.
        var count: Int { covariance?.covariance.count ?? rows?.count ?? sketch?.count ?? 0 }

        /// Neurons of the layer.
        var columns: Int { layer.neurons }

        /// Means of the neurons; meaningless for those with a non-finite entry.
        var mean: [Double] {
            covariance?.covariance.mean ?? rows?.moments.mean ?? sketch?.moments.mean ?? []
        }

        /// Entries that are NaN or infinite, one count a neuron.
        public var nonFiniteCounts: [Int] {
            covariance?.nonFiniteCounts ?? rows?.moments.nonFiniteCounts
                ?? sketch?.moments.nonFiniteCounts ?? []
        }

        /// Neurons without NaN or infinite entries, ascending.
        var finiteNeurons: [Int] {
            let counts = nonFiniteCounts
            return counts.indices.filter { counts[$0] == 0 }
        }

        /// The spectrum of the covariance of the finite neurons.
        struct Eigen {
            /// Descending, one a finite neuron, divided by 4^`exponent`.
            var values: [Double]
            /// One row an eigenvector, one column a finite neuron.
            var vectors: Matrix<Double>
            var exponent: Int
            var usedSinglePrecision: Bool
            /// Products in each sum, and sums along one side of their matrix.
            var summed: Int
            var dimensions: Int
        }

        /// Eigenvalues and the first `count` eigenvectors, all if there are fewer.
        ///
        /// - Throws: `LinearAlgebraError` if the iteration fails.
        /// - Precondition: it is not a sketch, and has seen at least two samples.
        func eigen(vectors count: Int) throws -> Eigen {
            let finite = finiteNeurons
            if let rows {
                // The sums are over neurons, as many as samples squared.
                let arithmetic: Covariance.Arithmetic =
                    switch options.precision {
                    case .automatic: Covariance.automatic(rows: columns, columns: rows.count)
                    case .single: .single
                    case .double: .double
                    }
                let found = try rows.eigen(of: finite, vectors: count, arithmetic: arithmetic)
                return Eigen(
                    values: found.values, vectors: found.vectors, exponent: found.exponent,
                    usedSinglePrecision: found.usedSinglePrecision, summed: finite.count,
                    dimensions: rows.count)
            }
            guard let covariance = covariance?.covariance else {
                preconditionFailure("a sketch has no spectrum of its own")
            }
            let found = try Self.spectrum(of: covariance, finite, vectors: count)
            return Eigen(
                values: found.values, vectors: found.vectors, exponent: found.exponent,
                usedSinglePrecision: covariance.usedSinglePrecision, summed: covariance.count,
                dimensions: finite.count)
        }

        private static func spectrum(
            of covariance: Covariance, _ neurons: [Int], vectors count: Int
        ) throws -> (values: [Double], vectors: Matrix<Double>, exponent: Int) {
            guard count > 0 else {
                let (values, exponent) = try covariance.sampleEigenvalues(of: neurons)
                return (values, Matrix(rows: 0, columns: neurons.count), exponent)
            }
            let (matrix, exponent) = covariance.sample(of: neurons)
            // Given away, as the solver works in place.
            let found = try (consume matrix).symmetricEigen(vectors: count)
            return (found.values, found.vectors, exponent)
        }
    }
}
