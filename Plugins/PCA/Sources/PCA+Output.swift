public import MetricCore

extension PCA {
    /// The spectrum of one layer and what follows from it.
    public struct Output: MetricOutput {
        /// Variances of the components, descending, in the square of the activations' unit;
        /// they divide by the number of samples less one.
        public let explainedVariance: [Double]
        /// Their shares of the total variance; `nil` if there is none.
        public let explainedVarianceRatio: [Double]?
        /// Mean over samples of the squared distance between the centred sample and its projection
        /// on the first k components, at index k from 0 to the number of neurons, or that of
        /// components of the randomized solver.
        public let reconstructionError: [Double]
        /// Shares of the variance, and how many components reach each; `nil` if those known do not.
        public let componentsFor: [(share: String, count: Int?)]
        /// (Σ λ)² / Σ λ²; `nil` for the randomized solver, as the next.
        public let participationRatio: Double?
        /// Exponential of the entropy of the shares.
        public let effectiveRank: Double?
        /// Σ λ / max λ.
        public let stableRank: Double?
        /// One row a component, one column a neuron of the layer; `nil` unless asked for.
        ///
        /// NaN, in files null, where the neuron is excluded.
        public let components: [[Double]]?

        /// How far the randomized solver may be off; `nil` for the exact one.
        public let residual: Residual?

        /// What the components of the randomized solver leave open.
        public struct Residual: Equatable, Sendable {
            /// The share of the variance outside of the components.
            public let share: Double
            /// |C v − λ v| / λ₁ for each component v of variance λ, with the covariance C: some
            /// eigenvalue of C differs from λ by no more than that share of the largest.
            public let norms: [Double]
            /// The same bounds divided by λ itself: NaN, in files null, where λ is 0.
            public let bounds: [Double]
            /// Components for which the bound is more than a hundredth of λ, and more than rounding.
            let uncertain: Int

            /// `nil` without variance.
            ///
            /// - Parameters:
            ///   - spectrum: of the components.
            ///   - norms: of C v − λ v, divided by the largest λ.
            ///   - neurons: dimensions of C.
            init?(spectrum: Spectrum, relativeNorms norms: [Double], neurons: Int) {
                guard let largest = spectrum.values.first, largest > 0,
                    let rest = spectrum.tails.last
                else { return nil }
                share = rest / spectrum.total
                self.norms = norms
                let shares = spectrum.values.map { $0 / largest }
                bounds = zip(norms, shares).map { $1 > 0 ? $0 / $1 : .nan }
                // A direction without variance keeps a λ and a bound that are both rounding, which no
                // further pass makes smaller.
                let rounding = 64 * Double.ulpOfOne * Double(neurons).squareRoot()
                uncertain = zip(norms, shares).count { norm, share in
                    norm > 0.01 * share && max(norm, share) > rounding
                }
            }
        }

        /// The accuracy of the network after reconstruction; `nil` unless asked for and possible.
        public internal(set) var accuracy: ReconstructionAccuracy?

        let layerName: String
        let samples: Int
        /// Neurons without NaN or infinite entries.
        let neurons: Int
        let unresolved: Int
        /// Whether the whole spectrum is known.
        let isComplete: Bool

        private static let shares = [("0.9", 0.9), ("0.95", 0.95), ("0.99", 0.99)]

        /// What follows from `spectrum`, whose unit is the square of `scale`.
        init(
            layer: Layer, samples: Int, neurons: Int, spectrum: Spectrum, scale: Double,
            components: [[Double]]?, residual: Residual? = nil
        ) {
            explainedVariance = spectrum.values.map { $0 * scale * scale }
            explainedVarianceRatio = spectrum.shares
            // Distances are averaged over the samples, variances over one less.
            let correction = Double(samples - 1) / Double(samples)
            reconstructionError = spectrum.tails.map { $0 * correction * scale * scale }
            componentsFor = Self.shares.map { ($0.0, spectrum.componentsFor($0.1)) }
            participationRatio = spectrum.participationRatio
            effectiveRank = spectrum.effectiveRank
            stableRank = spectrum.stableRank
            self.components = components
            self.residual = residual
            isComplete = spectrum.isComplete
            layerName = layer.name
            self.samples = samples
            self.neurons = neurons
            unresolved = spectrum.unresolved
        }

        /// The output of a layer without a covariance.
        init(layer: Layer, samples: Int, neurons: Int, isComplete: Bool) {
            explainedVariance = []
            explainedVarianceRatio = nil
            reconstructionError = []
            componentsFor = Self.shares.map { ($0.0, nil) }
            participationRatio = nil
            effectiveRank = nil
            stableRank = nil
            components = nil
            residual = nil
            self.isComplete = isComplete
            layerName = layer.name
            self.samples = samples
            self.neurons = neurons
            unresolved = 0
        }

        /// Everything computed, under the contract's names.
        public var values: Object {
            var values: Object = [
                "explainedVariance": exists ? .numbers(explainedVariance) : .null,
                "explainedVarianceRatio": explainedVarianceRatio.map { .numbers($0) } ?? .null,
                "reconstructionError": exists ? .numbers(reconstructionError) : .null,
                "componentsFor": .object(
                    Object(componentsFor.map { (name: $0.share, value: .integer($0.count)) })),
                "participationRatio": .number(participationRatio),
                "effectiveRank": .number(effectiveRank),
                "stableRank": .number(stableRank),
            ]
            if let components { values.append("components", .matrix(rows: components)) }
            if !isComplete {
                values.append(
                    "residual",
                    residual.map {
                        .object([
                            "share": .number($0.share), "norms": .numbers($0.norms),
                            "bounds": .numbers($0.bounds),
                        ])
                    } ?? .null)
            }
            if let accuracy {
                values.append(
                    "reconstructionAccuracy",
                    .object([
                        "components": .integers(accuracy.steps),
                        "accuracy": .numbers(accuracy.accuracy),
                    ]))
            }
            return values
        }

        private var exists: Bool { !explainedVariance.isEmpty }

        /// Insufficient below two samples, degenerate without variance.
        public var verdict: Verdict {
            if samples < 2 {
                .insufficient(
                    "a covariance needs 2 samples; there \(samples == 1 ? "is 1" : "are none")")
            } else if neurons == 0 {
                .degenerate("no neuron has finite values only")
            } else if explainedVarianceRatio == nil {
                .degenerate("the neurons have no variance")
            } else {
                .ok
            }
        }

        /// Too few samples for the dimensions, digits lost to single precision.
        public var warnings: [String] {
            var warnings: [String] = []
            if exists && samples <= neurons {
                warnings.append(
                    "\(samples) samples of \(neurons) neurons: at most \(samples - 1) components "
                        + "can have variance, and the dimensions are those of the samples")
            }
            if unresolved > 0 {
                warnings.append(
                    "\(unresolved) small eigenvalues may have fewer than five correct digits in "
                        + "single precision; --precision double gives them all")
            }
            if let residual, residual.uncertain > 0 {
                warnings.append(
                    "the bounds of \(residual.uncertain) of \(residual.norms.count) eigenvalues exceed "
                        + "1 %; more --power-iterations or --oversampling narrow them")
            }
            return warnings
        }

        /// Components for shares of the variance, and effective dimensions.
        public var quantities: [Quantity] {
            func count(_ share: String, title: String, headline: Bool) -> Quantity {
                let value = componentsFor.first { $0.share == share }?.count
                return Quantity(
                    "componentsFor.\(share)", title: title, value.map(Double.init), in: .count,
                    headline: headline)
            }
            var quantities = [
                count("0.9", title: "components for 90 %", headline: true),
                count("0.95", title: "components for 95 %", headline: false),
                count("0.99", title: "components for 99 %", headline: true),
                Quantity(
                    "participationRatio", title: "participation ratio", participationRatio,
                    in: .dimensions),
                Quantity("effectiveRank", title: "effective rank", effectiveRank, in: .dimensions),
                Quantity(
                    "stableRank", title: "stable rank", stableRank, in: .dimensions,
                    headline: false),
            ]
            if !isComplete {
                quantities.append(
                    Quantity(
                        "residual.share", title: "variance outside", residual?.share,
                        in: .fraction))
            }
            return quantities
        }

        /// How many components carry 90 % of the variance.
        public var summary: String {
            // The dimensions of few samples are not those of the layer.
            let limit =
                samples <= neurons
                ? " (\(samples) samples show at most \(samples - 1) components)" : ""
            guard let count = componentsFor.first?.count else {
                return residual.map {
                    "\(explainedVariance.count) of \(neurons) components carry "
                        + "\(((1 - $0.share) * 1000).rounded() / 10) % of the variance" + limit
                } ?? ""
            }
            return "\(count) of \(neurons) components \(count == 1 ? "carries" : "carry") "
                + "90 % of the variance" + limit + (accuracy.flatMap(describe) ?? "")
        }

        /// How many components the network needs to classify almost as well as with all.
        private func describe(_ accuracy: ReconstructionAccuracy) -> String? {
            guard let full = accuracy.accuracy.last, !full.isNaN,
                let enough = accuracy.accuracy.firstIndex(where: { $0 >= full - 0.01 })
            else { return nil }
            func percent(_ share: Double) -> String { "\((share * 1000).rounded() / 10) %" }
            return "; \(accuracy.steps[enough]) give an accuracy of "
                + "\(percent(accuracy.accuracy[enough])), all \(percent(full))"
        }

        /// The spectrum and the reconstruction error.
        public var figures: [Figure] {
            guard explainedVarianceRatio != nil else { return [] }
            var figures = [
                Figure(
                    title: "Explained variance",
                    x: .init("component", scale: .logarithmic),
                    y: .init("variance", scale: .logarithmic),
                    series: [
                        .init(
                            name: layerName, mark: .line,
                            x: explainedVariance.indices.map { Double($0 + 1) },
                            y: explainedVariance)
                    ], overlays: true),
                Figure(
                    title: "Reconstruction error", x: .init("components kept"),
                    y: .init("mean squared distance"),
                    series: [
                        .init(
                            name: layerName, mark: .line,
                            x: reconstructionError.indices.map(Double.init),
                            y: reconstructionError)
                    ], overlays: true),
            ]
            if let accuracy {
                figures.append(
                    Figure(
                        title: "Accuracy after reconstruction",
                        x: .init("components kept", scale: .binaryLogarithmic),
                        y: .init("accuracy"),
                        series: [
                            .init(
                                name: layerName, mark: .line, x: accuracy.steps.map(Double.init),
                                y: accuracy.accuracy)
                        ], overlays: true))
            }
            return figures
        }

        /// Whether both say the same.
        public static func == (a: Output, b: Output) -> Bool {
            a.values == b.values && a.samples == b.samples && a.neurons == b.neurons
                && a.layerName == b.layerName
        }
    }
}
