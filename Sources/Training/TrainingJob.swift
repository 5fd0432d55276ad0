import Files
public import Networks

/// One training of a multilayer perceptron, from a data set to a run file.
public struct TrainingJob: Sendable {
    /// A part of a data set.
    public enum Part: String, Sendable, CaseIterable, Codable {
        case train, validation, test
    }

    /// The seed with which the data set was loaded; kept with the other settings.
    public var dataSeed: UInt64
    /// Neurons of each hidden layer, from the inputs on.
    public var hidden: [Int]
    /// Of the hidden layers.
    public var activation: Activation
    /// Of the hidden layers.
    public var gate = Gate.none
    /// Whether each input has a filter as well.
    public var filtersInputs = false
    /// The run whose final sizes these are, if the job is the plain network of one that resized itself.
    public var parent: String?
    /// What the training is a candidate of; see ``PenaltyPath``.
    var choice: String?
    /// Where the first weights come from instead of being drawn.
    public var pretrained: PretrainedNetwork?
    /// How the first weights are drawn, with the configuration's seed.
    public var initialization: Initialization
    /// How the network is trained.
    public var configuration: TrainingConfiguration
    /// The samples whose activations are recorded.
    public var recordedPart: Part
    /// What is recorded of them.
    public var recording: RecordingOptions
    /// Epochs between recorded snapshots; `nil` for none.
    public var snapshotEvery: Int?
    /// The run file.
    public var output: String
    /// Time between checkpoints; they do not change the run file.
    public var checkpointEvery = Duration.seconds(10)
    /// Whether the last state stays beside the complete run, so that it can be trained longer.
    public var keepsCheckpoint = false

    /// A job; see the properties.
    public init(
        dataSeed: UInt64 = 0, hidden: [Int], activation: Activation = .relu,
        initialization: Initialization = .uniform,
        configuration: TrainingConfiguration, recordedPart: Part = .test,
        recording: RecordingOptions = RecordingOptions(), snapshotEvery: Int? = nil,
        output: String
    ) {
        self.dataSeed = dataSeed
        self.hidden = hidden
        self.activation = activation
        self.initialization = initialization
        self.configuration = configuration
        self.recordedPart = recordedPart
        self.recording = recording
        self.snapshotEvery = snapshotEvery
        self.output = output
    }

    /// Units that a network which grows has at most; `nil` of others.
    var mostUnits: Int? {
        for controller in configuration.controllers {
            if case .grow(let grow) = controller { return grow.most }
        }
        return nil
    }

    /// Units of a block whose weights come from the data, of a network that grows so; `nil` of others.
    var blockFromData: Int? {
        for controller in configuration.controllers {
            if case .grow(let grow) = controller, grow.method == .corrective { return grow.block }
        }
        return nil
    }

    /// Units of each hidden layer that pass anything on at the start: of a ramp its x₀.
    var startSizes: [Int] {
        guard case .ramp(let start, _) = gate else { return hidden }
        return hidden.map { Int(min(max(start, 0), Double($0)).rounded()) }
    }

    /// Parameters that the network has at most, at any time.
    func mostParameters(of start: Network<Float>) -> Int {
        guard let mostUnits, let first = start.layers.first else { return start.parameterCount }
        // A unit's weights, bias, filter and outgoing weights.
        return start.parameterCount
            + max(0, mostUnits - first.units) * (first.inputs + 2 + start.outputs)
    }

    /// What came of a training.
    public struct Result: Sendable {
        /// Of all epochs.
        public var history: History
        /// The epoch, from 1, whose network was recorded.
        public var epoch: Int
        /// Activations too large for the type they are stored in.
        public var overflowCount: Int
        /// How a training of a network that resizes itself ended; `nil` of others.
        public var outcome: TrainingOutcome?
        /// Units of the hidden layers at the start.
        public var startSizes: [Int]
        /// Units of the hidden layers of the recorded network.
        public var finalSizes: [Int]
        /// Positions of the inputs that pass anything on, ascending; `nil` where inputs have no filters.
        public var finalInputs: [Int]?
        /// Of the recorded network, gates included.
        public var parameters: Int
        /// Where the training diverged, if it did and the epoch before was recorded.
        public var divergence: Divergence?
        /// The largest strength of the penalty that makes a difference, where it was needed.
        public var largestStrength: Double?
    }

    /// How a job ended.
    public enum Outcome: Sendable {
        case trained(Result)
        /// The run file was there already, and resuming was asked for.
        case alreadyComplete
    }

    /// Where the state after an epoch is kept while the job is unfinished.
    public var checkpointPath: String { "\(output).checkpoint" }

    func snapshotPath(_ epoch: Int) -> String { "\(output).snapshot-\(epoch)" }

    /// Held while the job is worked on, whichever link leads to the output.
    var lockPath: String {
        let (folder, name) = divided(outputFile(of: output))
        return joined(folder, ".\(name).lock")
    }
}
