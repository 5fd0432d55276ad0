internal import LinearAlgebra
public import MetricCore
internal import Statistics

/// How much the loss rises when a neuron is silenced, exactly, beside estimates that cost less.
///
/// The layers after the layer are computed again from its recorded values with the column of one neuron at a
/// time set to zero. A change of one column changes the next layer's sums by a matrix of rank one, so that
/// only the layers behind that one are computed anew for each neuron.
///
/// - Complexity: O(samples · neurons · (m₁ + m₁ m₂ + m₂ m₃ + ...)) for following layers of m₁, m₂, ...
///   neurons, samples on which a neuron is 0 being left out for that neuron; memory does not grow with the
///   samples.
/// - Note: M. C. Mozer and P. Smolensky, "Skeletonization", NIPS 1 (1988), for the first-order estimate;
///   P. Molchanov et al., "Pruning convolutional neural networks for resource efficient inference", ICLR
///   2017, for its comparison with the exact change by rank correlation.
public struct Importance: Metric {
    /// What the metric is.
    public static let descriptor = MetricDescriptor(
        id: "importance", title: "Importance of the neurons",
        abstract: "Change of the loss when a neuron is silenced, exactly and by estimates.",
        question: "Which neurons does the loss need?", sites: [.post, .pre],
        keyQuantities: ["harmless", "correlations.firstOrder"], isOnRequest: true,
        references: ["Mozer and Smolensky 1988", "Molchanov et al. 2017"])

    /// How many samples are used.
    public let configuration: Configuration

    /// A metric with these settings.
    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// What was asked for.
    public struct Configuration: MetricConfiguration {
        /// Samples that are used at most; `nil` for as many as ``SilencedLosses/budget`` allows.
        public let samples: Int?
        /// Of the choice of samples.
        public let seed: Int

        /// As many samples as are computed in seconds, chosen with seed 0.
        public init() { (samples, seed) = (nil, 0) }

        /// - Throws: `InvalidOption` if `samples` is not positive or `seed` negative.
        public init(samples: Int?, seed: Int = 0) throws(InvalidOption) {
            if let samples, samples < 1 {
                throw InvalidOption("samples", samples, expected: "a positive number")
            }
            guard seed >= 0 else {
                throw InvalidOption("seed", seed, expected: "a number not below 0")
            }
            self.samples = samples
            self.seed = seed
        }

        /// As stored with every result.
        public var values: Object { ["samples": .integer(samples), "seed": .integer(seed)] }
    }

    /// The layers up to the output.
    public var inputs: [MetricInput] { [.followingLayers] }

    /// What the loss compares the outputs with, and the gate.
    public var optionalInputs: [MetricInput] { [.labels, .targets, .gate] }

    /// Why there is no loss to compute, if so.
    public func refusal(for layer: Layer) -> Refusal? {
        let network: FollowingLayers
        switch layer.context.followingLayers {
        case .failure(let refusal): return refusal
        case .success(let following): network = following
        }
        guard let last = network.layers.last else {
            return Refusal("the layer's values are the outputs: no layer follows")
        }
        if layer.context.refusal(of: .labels) == nil {
            guard last.activation != .sigmoid else {
                return Refusal(
                    "the loss of labels is the cross-entropy of a softmax, but the activation of "
                        + "\(last.name) is sigmoid")
            }
            return nil
        }
        let outputs: Int
        switch (layer.context.labels, layer.context.targets) {
        case (_, .success(let count)): outputs = count
        case (.failure(let labels), .failure(let targets)):
            return Refusal(
                "a loss needs labels or targets, but \(labels.reason), and \(targets.reason)")
        case (.success, _): return nil
        }
        guard outputs == last.weight.columns else {
            return Refusal(
                "there are \(outputs) targets a sample, but \(last.weight.columns) outputs",
                isFault: true)
        }
        return nil
    }

    /// The number of samples and the seed.
    public var accumulatorOptions: Configuration { configuration }

    /// The changes of the loss and what estimates them.
    public func output(of accumulator: SilencedLosses, for layer: Layer) -> Output {
        Output(accumulator, layer: layer)
    }
}
