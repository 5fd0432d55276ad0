import Files

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

    /// How a job ended.
    public enum Outcome: Sendable {
        /// With the epoch, from 1, whose network was recorded, and the number of activations too
        /// large for the type they are stored in.
        case trained(History, epoch: Int, overflowCount: Int)
        /// The run file was there already, and resuming was asked for.
        case alreadyComplete
    }

    /// Where the state after an epoch is kept while the job is unfinished.
    public var checkpointPath: String { "\(output).checkpoint" }

    func snapshotPath(_ epoch: Int) -> String { "\(output).snapshot-\(epoch)" }

    /// Held while the job is worked on.
    var lockPath: String {
        let (folder, name) = divided(output)
        return joined(folder, ".\(name).lock")
    }
}
