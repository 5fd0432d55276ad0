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
            /// Eigenvectors that will be asked for, which decides on the memory.
            public var vectors: Int

            /// The covariance, or the samples where that takes less.
            public init(
                precision: CovarianceAccumulator.Precision, sketch: Sketch? = nil,
                vectors: Int = 0
            ) {
                self.precision = precision
                self.sketch = sketch
                self.vectors = vectors
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
        private var state: State

        /// Starts from no samples.
        public init(for layer: Layer, options: Options) {
            self.options = options
            self.layer = layer
            if let sketch = options.sketch {
                state = .sketch(ScatterSketch(vectors: sketch.draw(neurons: layer.neurons)))
            } else if layer.samples < layer.neurons {
                state = .rows(SampleRows(columns: layer.neurons))
            } else {
                state = .covariance(
                    CovarianceAccumulator(for: layer, options: options.precision))
            }
        }

        /// About how many bytes the samples leave behind, and what is computed of them takes.
        ///
        /// For the randomized solver the vectors, their products, the basis that follows from them, its
        /// products, as much again while that is computed, and the rows that wait for theirs, at least 64.
        /// For fewer samples than neurons the samples, a centred copy, their inner products and the copy
        /// that is solved; else what the covariance takes. Beside either the eigenvectors, three times,
        /// and LAPACK's workspace where more than a quarter of them are asked for.
        public static func memory(for layer: Layer, options: Options) -> Double {
            let (samples, neurons) = (Double(layer.samples), Double(layer.neurons))
            if let sketch = options.sketch {
                let vectors = Double(sketch.vectors(neurons: layer.neurons))
                return 64 * neurons * vectors + 256 * neurons + max(67e6, 512 * neurons)
            }
            let vectors = min(Double(options.vectors), neurons)
            let size = min(samples, neurons)
            let isAlone = SymmetricEigen.findsLeadingAlone(
                Int(min(vectors, size)), of: Int(size))
            let workspace = vectors == 0 || isAlone ? 0 : 16 * size * size
            let sums =
                layer.samples < layer.neurons
                ? 16 * samples * (neurons + samples)
                : CovarianceAccumulator.memory(for: layer, options: options.precision)
            return sums + 24 * vectors * neurons + workspace
        }

        /// Adds the samples of `block`.
        public mutating func update(with block: ActivationBlock) {
            let (layer, precision) = (layer, options.precision)
            state.update(with: block, from: CovarianceAccumulator(for: layer, options: precision))
        }

        /// Adds the samples that `other` has seen.
        public mutating func merge(_ other: Accumulator) {
            let (layer, precision) = (layer, options.precision)
            state.merge(other.state, from: CovarianceAccumulator(for: layer, options: precision))
        }

        /// Adds products of matrices, as the sums that it keeps.
        public static var multipliesMatrices: Bool { CovarianceAccumulator.multipliesMatrices }

        /// Computes what waits for more samples.
        public mutating func finish() { state.finish() }

        /// The products of the randomized solver's first pass.
        var sketch: ScatterSketch? {
            guard case .sketch(let sketch) = state else { return nil }
            return sketch
        }

        /// Samples seen.
        var count: Int {
            switch state {
            case .covariance(let sums): sums.covariance.count
            case .rows(let rows): rows.count
            case .sketch(let sketch): sketch.count
            }
        }

        /// Neurons of the layer.
        var columns: Int { layer.neurons }

        /// Means of the neurons; meaningless for those with an excluded entry.
        var mean: [Double] {
            switch state {
            case .covariance(let sums): sums.covariance.mean
            case .rows(let rows): rows.moments.mean
            case .sketch(let sketch): sketch.moments.mean
            }
        }

        /// Entries outside `ValueDomain`, one count a neuron.
        public var nonFiniteCounts: [Int] {
            switch state {
            case .covariance(let sums): sums.nonFiniteCounts
            case .rows(let rows): rows.moments.nonFiniteCounts
            case .sketch(let sketch): sketch.moments.nonFiniteCounts
            }
        }

        /// Those of ``nonFiniteCounts`` that are finite, one count a neuron.
        public var excessiveCounts: [Int] {
            switch state {
            case .covariance(let sums): sums.excessiveCounts
            case .rows(let rows): rows.moments.excessiveCounts
            case .sketch(let sketch): sketch.moments.excessiveCounts
            }
        }

        /// Neurons without excluded entries, ascending.
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
            switch state {
            case .rows(let rows):
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
            case .covariance(let sums):
                let covariance = sums.covariance
                let found = try Self.spectrum(of: covariance, finite, vectors: count)
                return Eigen(
                    values: found.values, vectors: found.vectors, exponent: found.exponent,
                    usedSinglePrecision: covariance.usedSinglePrecision, summed: covariance.count,
                    dimensions: finite.count)
            case .sketch: preconditionFailure("a sketch has no spectrum of its own")
            }
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

/// What is kept of the samples: one of three, which is taken out while it changes, lest it is copied.
private enum State {
    case covariance(CovarianceAccumulator)
    case rows(SampleRows)
    case sketch(ScatterSketch)

    mutating func update(
        with block: ActivationBlock, from empty: @autoclosure () -> CovarianceAccumulator
    ) {
        switch consume self {
        case .covariance(var covariance):
            covariance.update(with: block)
            self = .covariance(covariance)
        case .rows(var rows):
            rows.insert(block.values)
            self = Self.kept(rows, from: empty())
        case .sketch(var sketch):
            sketch.insert(block.values)
            self = .sketch(sketch)
        }
    }

    /// - Precondition: both are sketches or neither is.
    mutating func merge(
        _ other: State, from empty: @autoclosure () -> CovarianceAccumulator
    ) {
        switch (consume self, other) {
        case (.covariance(var covariance), .covariance(let others)):
            covariance.merge(others)
            self = .covariance(covariance)
        case (.covariance(var covariance), .rows(let others)):
            covariance.add(others)
            self = .covariance(covariance)
        case (.rows(let rows), .covariance(let others)):
            var covariance = empty()
            covariance.add(rows)
            covariance.merge(others)
            self = .covariance(covariance)
        case (.rows(var rows), .rows(let others)):
            rows.merge(others)
            self = Self.kept(rows, from: empty())
        case (.sketch(var sketch), .sketch(let others)):
            sketch.merge(others)
            self = .sketch(sketch)
        case (.sketch, _), (_, .sketch):
            preconditionFailure("accumulators with different options")
        }
    }

    mutating func finish() {
        switch consume self {
        case .covariance(var covariance):
            covariance.finish()
            self = .covariance(covariance)
        case let other: self = other
        }
    }

    /// More samples than were announced must not take more memory than their covariance.
    private static func kept(
        _ rows: SampleRows, from empty: @autoclosure () -> CovarianceAccumulator
    ) -> State {
        guard rows.count > rows.columns else { return .rows(rows) }
        var covariance = empty()
        covariance.add(rows)
        return .covariance(covariance)
    }
}

extension CovarianceAccumulator {
    fileprivate mutating func add(_ rows: SampleRows) {
        for block in rows.blocks { update(with: ActivationBlock(block)) }
    }
}
