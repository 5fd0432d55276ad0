public import Datasets
import FoundationEssentials
import Glibc
import HDF5
import LinearAlgebra
import RunFormat

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

    /// Where the state after the last epoch is kept while the job is unfinished.
    public var checkpointPath: String { "\(output).checkpoint" }

    private func snapshotPath(_ epoch: Int) -> String { "\(output).snapshot-\(epoch)" }

    /// All settings, which must agree for a stored state or run to be one of this job; a JSON text.
    private func description(of data: LoadedDataset) -> String {
        struct Settings: Encodable {
            var dataset: String
            var dataSeed: UInt64
            var samples: [Part.RawValue: Int]
            var hidden: [Int]
            var activation: Activation
            var initialization: Initialization
            var configuration: TrainingConfiguration
            var record: Part
            var recordSamples: Int?
            var recordLayers: [String]
            var recordType: String
            var compression: Int
            var snapshotEvery: Int?
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let settings = Settings(
            dataset: data.dataset.id, dataSeed: dataSeed,
            samples: [
                "train": data.train.count, "validation": data.validation?.count ?? 0,
                "test": data.test.count,
            ],
            hidden: hidden, activation: activation, initialization: initialization,
            configuration: configuration, record: recordedPart, recordSamples: recording.samples,
            recordLayers: recording.layers, recordType: recording.storage.element.rawValue,
            compression: recording.storage.compressionLevel ?? 0, snapshotEvery: snapshotEvery)
        guard let text = try? encoder.encode(settings) else { return "" }
        return String(decoding: text, as: UTF8.self)
    }

    /// Trains, keeping a checkpoint after each epoch, and writes the run file.
    ///
    /// A job that was killed at any moment and is resumed ends with the same file as one that was
    /// not.
    ///
    /// - Parameters:
    ///   - data: the data set.
    ///   - resuming: whether to go on from a checkpoint if there is one, and to leave a run file
    ///     that is there as it is.
    ///   - progress: called after each batch; returns whether to go on.
    /// - Returns: how it ended.
    /// - Throws: ``TrainingError``, ``StateFileError``, `RunError`.
    public func run(
        on data: LoadedDataset, resuming: Bool = false,
        progress: (TrainingProgress) -> Bool = { _ in true }
    ) throws -> Outcome {
        let hasCheckpoint = resuming && access(checkpointPath, F_OK) == 0
        let origin = description(of: data)
        if resuming && !hasCheckpoint && access(output, F_OK) == 0 {
            guard try RunFile(path: output).attributes.parameters == origin else {
                throw StateFileError(
                    path: output,
                    "it is of a training with other settings; give the same, "
                        + "another name, or start anew without --resume")
            }
            // Killed after the run file had its name, before its states were gone.
            removeStates()
            return .alreadyComplete
        }
        if let snapshotEvery, snapshotEvery < 1 {
            throw TrainingError.setting(
                name: "snapshot-every", value: "\(snapshotEvery)", expected: "1 or more")
        }
        if let width = hidden.first(where: { $0 < 1 }) {
            throw TrainingError.setting(name: "hidden", value: "\(width)", expected: "1 or more")
        }
        // Before hours of training: the data to record, and a folder that can be written.
        let recorded = try recordedData(data)
        _ = try RunRecorder(path: output)
        removeLeftovers()

        let trainer = try trainer(on: data, from: hasCheckpoint ? checkpointPath : nil, origin)
        try trainer.run(progress: progress) { trainer in
            var state = trainer.state
            state.origin = origin
            if isSnapshot(trainer.epoch) { try state.write(to: snapshotPath(trainer.epoch)) }
            try state.write(to: checkpointPath)
        }

        let recorder = try RunRecorder(path: output, options: recording)
        try recorder.set(Schema.Attribute.framework, .text("Lamina"))
        try recorder.set(Schema.Attribute.dataset, .text(data.dataset.id))
        let sizes = ([data.train.inputCount] + hidden + [data.train.outputCount])
            .map { "\($0)" }.joined(separator: "-")
        try recorder.set(Schema.Attribute.model, .text("\(sizes) \(activation.rawValue)"))
        try recorder.set(Schema.Attribute.seed, .integer(Int(clamping: configuration.seed)))
        try recorder.set(Schema.Attribute.parameters, .text(origin))
        try recorder.record(trainer.history, epoch: trainer.resultEpoch)
        try recorder.record(trainer.result, on: recorded)
        for epoch in snapshotEpochs where epoch <= trainer.epoch {
            let state = try TrainerState<Float>(readingFrom: snapshotPath(epoch))
            try recorder.record(
                Network(trainer.network.layers, slots: state.slots, parameters: state.parameters),
                on: recorded, snapshot: "\(epoch)")
        }
        try recorder.commit()
        removeStates()
        return .trained(
            trainer.history, epoch: trainer.resultEpoch, overflowCount: recorder.overflowCount)
    }

    /// Removes what a killed process of this job left half written; its name is hidden.
    private func removeLeftovers() {
        let slash = output.lastIndex(of: "/")
        let folder = slash.map { String(output[...$0]) } ?? "./"
        let name = slash.map { output[output.index(after: $0)...] } ?? output[...]
        guard let entries = opendir(folder) else { return }
        defer { closedir(entries) }
        while let entry = readdir(entries) {
            let found = withUnsafeBytes(of: entry.pointee.d_name) {
                String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self)
            }
            if found.hasPrefix(".\(name).partial-") { unlink(folder + found) }
        }
    }

    /// Removes the states of a job whose run file is complete.
    private func removeStates() {
        unlink(checkpointPath)
        for epoch in snapshotEpochs { unlink(snapshotPath(epoch)) }
    }

    private func isSnapshot(_ epoch: Int) -> Bool {
        snapshotEvery.map { epoch % $0 == 0 && epoch < configuration.epochs } ?? false
    }

    private var snapshotEpochs: [Int] {
        snapshotEvery.map { Array(stride(from: $0, to: configuration.epochs, by: $0)) } ?? []
    }

    private func recordedData(_ data: LoadedDataset) throws -> TrainingData<Float> {
        switch recordedPart {
        case .train: return try TrainingData(data.train)
        case .test: return try TrainingData(data.test)
        case .validation:
            guard let validation = data.validation else {
                throw TrainingError.setting(
                    name: "record", value: "validation",
                    expected: "train or test, as no samples are held out for validation")
            }
            return try TrainingData(validation)
        }
    }

    private func trainer(
        on data: LoadedDataset, from checkpoint: String?, _ origin: String
    ) throws -> Trainer<Float> {
        let network = Network<Float>(
            inputs: data.train.inputCount, hidden: hidden, outputs: data.train.outputCount,
            activation: activation, initialization: initialization, seed: configuration.seed)
        let training = try TrainingData(data.train)
        let validation = try data.validation.map { try TrainingData($0) }
        let test = try TrainingData(data.test)
        guard let checkpoint else {
            return try Trainer(
                network, configuration, training: training, validation: validation, test: test)
        }
        let state = try TrainerState<Float>(readingFrom: checkpoint)
        guard state.origin == origin else {
            throw StateFileError(
                path: checkpoint,
                "it is of a training with other settings; give the same, "
                    + "or start anew without --resume")
        }
        return try Trainer(
            resuming: state, layers: network.layers, training: training, validation: validation,
            test: test)
    }
}
