public import LinearAlgebra

/// What a metric may read of a run beside the values of its layer.
public enum MetricInput: Sendable, Hashable, CaseIterable {
    /// The class of each sample, in ``ActivationBlock/labels``.
    case labels
    /// The regression targets of each sample, in ``ActivationBlock/targets``.
    case targets
    /// The values that the layer reads, those of the layer before it after its nonlinearity and gate; only
    /// for a second pass, whose blocks then hold these values.
    case layerInputs
    /// The layer's own weights and biases.
    case weights
    /// The gate of each neuron.
    case gate
    /// The weights with which the next layer reads this one.
    case nextWeights
    /// The layers from this one to the output.
    case followingLayers

    /// What it is, for a list.
    public var title: String {
        switch self {
        case .labels: "labels"
        case .targets: "targets"
        case .layerInputs: "the layer's recorded inputs"
        case .weights: "weights"
        case .gate: "gates"
        case .nextWeights: "the next layer's weights"
        case .followingLayers: "all following layers"
        }
    }
}

/// Why a metric does not get what it reads, or a computation cannot start: one sentence.
public struct Refusal: Error, Hashable {
    /// What is missing.
    public var reason: String
    /// Whether the run stores the input in a form that cannot be used, so that the result has failed
    /// instead of not applying.
    public var isFault: Bool

    /// A refusal for this reason.
    public init(_ reason: String, isFault: Bool = false) {
        self.reason = reason
        self.isFault = isFault
    }

    /// No metric declared the input.
    public static let notDeclared = Refusal("the input was not declared")
}

/// What a run holds of the network around a layer, as far as metrics declare it in ``Metric/inputs``.
///
/// Each member is the input, or the reason why the run does not give it.
public struct RunContext: Sendable {
    /// The layer's own weights and biases.
    public var weights: Result<LayerWeights, Refusal>
    /// One factor a neuron, by which the values after the nonlinearity were multiplied.
    public var gate: Result<[Double], Refusal>
    /// The weights with which the next layer reads this one.
    public var nextWeights: Result<OutgoingWeights, Refusal>
    /// The layers from this one to the output.
    public var followingLayers: Result<FollowingLayers, Refusal>
    /// Whether blocks carry labels.
    public var labels: Result<Void, Refusal>
    /// Whether blocks carry targets, and how many a sample.
    public var targets: Result<Int, Refusal>
    /// Whether the layer's inputs can be read, and how many a sample.
    public var layerInputs: Result<Int, Refusal>

    /// A context from its parts, each by default not declared.
    public init(
        weights: Result<LayerWeights, Refusal> = .failure(.notDeclared),
        gate: Result<[Double], Refusal> = .failure(.notDeclared),
        nextWeights: Result<OutgoingWeights, Refusal> = .failure(.notDeclared),
        followingLayers: Result<FollowingLayers, Refusal> = .failure(.notDeclared),
        labels: Result<Void, Refusal> = .failure(.notDeclared),
        targets: Result<Int, Refusal> = .failure(.notDeclared),
        layerInputs: Result<Int, Refusal> = .failure(.notDeclared)
    ) {
        self.weights = weights
        self.gate = gate
        self.nextWeights = nextWeights
        self.followingLayers = followingLayers
        self.labels = labels
        self.targets = targets
        self.layerInputs = layerInputs
    }

    /// Why `input` is not there; `nil` if it is.
    public func refusal(of input: MetricInput) -> Refusal? {
        func reason<T>(_ result: Result<T, Refusal>) -> Refusal? {
            guard case .failure(let refusal) = result else { return nil }
            return refusal
        }
        return switch input {
        case .labels: reason(labels)
        case .targets: reason(targets)
        case .layerInputs: reason(layerInputs)
        case .weights: reason(weights)
        case .gate: reason(gate)
        case .nextWeights: reason(nextWeights)
        case .followingLayers: reason(followingLayers)
        }
    }
}

/// The weights and biases of one layer.
public struct LayerWeights: Sendable {
    /// Shape (inputs, neurons); of a convolutional layer the inputs are input channels x height x width.
    public var weight: RealMatrix
    /// One a neuron; `nil` where none are stored.
    public var bias: [Double]?

    /// Weights from their parts.
    public init(weight: RealMatrix, bias: [Double]?) {
        self.weight = weight
        self.bias = bias
    }
}

/// The weights with which the next layer reads a layer.
public struct OutgoingWeights: Sendable {
    /// The next layer's name.
    public var layer: String
    /// Shape (outputs, neurons x ``positions``): one row a neuron of the next layer, or of a convolutional
    /// layer one a channel and kernel position.
    public var weight: RealMatrix
    /// Consecutive columns that read one neuron: 1, or behind a flattened convolutional layer the number of
    /// positions of a channel.
    public var positions: Int

    /// Weights from their parts.
    ///
    /// - Precondition: `positions` divides the number of columns.
    public init(layer: String, weight: RealMatrix, positions: Int = 1) {
        precondition(
            positions > 0 && weight.columns % positions == 0,
            "\(weight.columns) columns of \(positions) positions")
        self.layer = layer
        self.weight = weight
        self.positions = positions
    }

    /// Neurons that are read.
    public var neurons: Int { weight.columns / positions }
    /// Weights that read one neuron.
    public var fanOut: Int { weight.rows * positions }
}
