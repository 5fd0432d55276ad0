public import ArgumentParser
public import Datasets
import Files
import HDF5
public import Networks
import RunFormat
public import Training

extension Activation: ExpressibleByArgument {}
extension Initialization: ExpressibleByArgument {}
extension Schedule: ExpressibleByArgument {}
extension TrainingJob.Part: ExpressibleByArgument {}
extension OptimizerConfiguration.DecayKind: ExpressibleByArgument {}
extension Penalty.Cost: ExpressibleByArgument {}
extension Training.Grow.Method: ExpressibleByArgument {}
extension Training.Sort.Key: ExpressibleByArgument {}
extension TwinPlan.Equality: ExpressibleByArgument {}
extension LoadOptions.Normalization: ExpressibleByArgument {}

/// Which samples.
struct DataOptions: ParsableArguments {
    @Option(help: "Name of the data set; `train datasets` lists them.")
    var dataset: String

    @Option(help: "Folder of the data sets; else the environment's LAMINA_DATA, else ./data.")
    var data: String?

    @Option(help: ArgumentHelp("Train on this many samples at most.", valueName: "n"))
    var trainSamples: Int?

    @Option(help: ArgumentHelp("Test on this many samples at most.", valueName: "n"))
    var testSamples: Int?

    @Option(help: ArgumentHelp("Share of the training part held out.", valueName: "share"))
    var validationFraction: Double?

    @Option(
        help: ArgumentHelp(
            "Test on this share of the training file instead of the published test part.",
            valueName: "share"))
    var testFraction: Double?

    @Option(
        help: "Mean 0 and deviation 1, or plain: pixels divided by 255, columns as stored.")
    var normalization = LoadOptions.Normalization.standard

    @Option(help: ArgumentHelp("Seed of the division into parts.", valueName: "n"))
    var dataSeed: UInt64 = 0

    @Option(
        help: ArgumentHelp(
            "Of poker: train on this many generated hands instead of the published ones.",
            valueName: "n"))
    var generated: Int?

    @Option(
        help: ArgumentHelp(
            "Of noise-relabelled: the run whose network labels the noise.", valueName: "run.h5"))
    var teacher: String?

    /// Loads the data set and tells what was decided in reading it.
    ///
    /// - Parameter standard: share of the training part held out unless the user names one.
    /// - Returns: its parts.
    /// - Throws: `DatasetError`, or `RunError` of a teacher that cannot be read.
    func load(holding standard: Double = 0) throws -> LoadedDataset {
        let loaded = try namedDataset(dataset, teacher: teacher).load(
            from: data,
            options: LoadOptions(
                trainSamples: trainSamples, testSamples: testSamples,
                validationFraction: validationFraction ?? standard, testFraction: testFraction,
                generatedSamples: generated, seed: dataSeed, normalization: normalization))
        for note in loaded.notes { tell("note: \(note)") }
        return loaded
    }
}

/// The data set called `name`, with the run that labels it where it is relabelled noise.
///
/// - Throws: `DatasetError` for an unknown name, or a teacher that is missing or of no use; `RunError` if
///   the teacher cannot be read.
func namedDataset(_ name: String, teacher: String?) throws -> Dataset {
    guard name == Dataset.noiseRelabelledID else {
        if let teacher {
            throw DatasetError.invalidOption(
                name: "--teacher", value: teacher,
                expected: "none, as only \(Dataset.noiseRelabelledID) has one")
        }
        return try .named(name)
    }
    guard let teacher else {
        throw DatasetError.invalidOption(
            name: "--teacher", value: "missing",
            expected: "a run file, whose network labels the noise")
    }
    let network = try RunFile.reading(teacher) { run throws(RunError) in
        try RecordedNetwork(readingFrom: run)
    }
    try network.checkIsPerceptron()
    return network.noiseRelabelled
}

/// The data set that a run was trained on.
///
/// - Parameters:
///   - description: what the run says of it.
///   - folder: of the data sets, as the user named it; of a table the file itself, if it is elsewhere now.
/// - Returns: the data set, not read yet but for a table.
/// - Throws: `ValidationError` if a folder was named for a table, and what reading it or its teacher throws.
func recordedDataset(_ description: DataDescription, in folder: String?) throws -> Dataset {
    guard let source = description.source, let encoding = description.encoding else {
        return try namedDataset(description.dataset, teacher: description.source)
    }
    if let folder, !isFile(folder) {
        throw ValidationError("--data is \(folder); expected a table in a file")
    }
    let table = try CSVTable(
        path: folder ?? source, hasHeader: encoding.hasHeader ? true : nil)
    return try .table(table, encoding)
}

/// How a network is trained.
struct TrainingOptions: ParsableArguments {
    enum Rule: String, CaseIterable, ExpressibleByArgument {
        case adam, adamax, sgd
    }

    @Option(help: "Passes over the training samples.")
    var epochs = 10

    @Option(help: "Samples of a minibatch.")
    var batch = 128

    @Option(help: "How weights follow their gradients.")
    var optimizer = Rule.adam

    @Option(help: "Size of the steps.")
    var learningRate = 0.001

    @Option(help: "How the steps shrink: not, or to 0 along a cosine.")
    var schedule = Schedule.cosine

    @Option(help: "Added to what adam and adamax divide a step by; larger values damp rare jumps.")
    var epsilon = 1e-8

    @Option(help: "Momentum of sgd; by default 0.")
    var momentum: Double?

    @Option(help: "Factor of the weights that is added to their gradient.")
    var weightDecay = 0.0

    @Option(help: "The same for biases alone; by default that of the weights.")
    var biasDecay: Double?

    @Option(
        help: ArgumentHelp(
            "Whether decay goes through the optimizer's rule (coupled) or shrinks the weights beside it "
                + "(decoupled).", valueName: "kind"))
    var decayKind: OptimizerConfiguration.DecayKind?

    @Option(help: "Nonlinearity of the hidden layers.")
    var activation = Activation.relu

    // Not PyTorch's uniform ±1/√in: of 16 neurons on 784 inputs it leaves some without a start.
    @Option(help: "How first weights are drawn; uniform is PyTorch's way.")
    var initialization = Initialization.glorot

    @Option(
        help: ArgumentHelp(
            "Stop after this many epochs without a lower validation loss; keep the best.",
            valueName: "epochs"))
    var patience: Int?

    @Flag(help: "Weigh samples by 1 / the number of their class, so that all classes count alike.")
    var classWeights = false

    func validate() throws {
        if let momentum, optimizer != .sgd {
            throw ValidationError(
                "--momentum is \(momentum); expected none, as only --optimizer sgd has one")
        }
    }

    /// The settings.
    ///
    /// - Parameters:
    ///   - seed: of the first weights and the order of samples.
    ///   - dataset: decides the loss.
    ///   - standard: kind of decay, unless the user names one.
    /// - Returns: settings, not yet checked.
    func configuration(
        seed: UInt64, for dataset: Dataset,
        decayKind standard: OptimizerConfiguration.DecayKind = .coupled
    ) -> TrainingConfiguration {
        let rule: OptimizerRule =
            switch optimizer {
            case .adam: .adam(epsilon: epsilon)
            case .adamax: .adaMax(epsilon: epsilon)
            case .sgd: .sgd(momentum: momentum ?? 0)
            }
        var groups: [String: OptimizerConfiguration.Group] = [:]
        // Not named where it is the default, so that recipes are as ever.
        let kind = decayKind ?? standard
        let named = kind == .coupled || weightDecay == 0 && biasDecay == nil ? nil : kind
        if let biasDecay {
            groups["bias"] = .init(weightDecay: biasDecay, decayKind: named)
        }
        let loss: Loss =
            switch dataset.task {
            case .classification: .crossEntropy
            case .regression: .squaredError
            }
        var optimizer = OptimizerConfiguration(
            rule, learningRate: learningRate, weightDecay: weightDecay, groups: groups)
        optimizer.standard.decayKind = named
        return TrainingConfiguration(
            epochs: epochs, batch: batch, seed: seed, loss: loss, optimizer: optimizer,
            schedule: schedule, patience: patience,
            classWeights: classWeights ? .balanced : nil)
    }
}

/// When states of the training are kept.
struct CheckpointOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Time between checkpoints.", valueName: "seconds"))
    var checkpointEvery = 10.0

    @Flag(help: "Keep the last checkpoint, so that --resume --epochs can train longer.")
    var keepCheckpoint = false

    func validate() throws {
        guard checkpointEvery >= 0 && checkpointEvery <= 1e9 else {
            throw ValidationError(
                "--checkpoint-every is \(checkpointEvery); expected 0 seconds or more")
        }
    }

    func apply(to job: inout TrainingJob) {
        job.checkpointEvery = .seconds(checkpointEvery)
        job.keepsCheckpoint = keepCheckpoint
    }
}

/// What goes into the run file.
struct RecordOptions: ParsableArguments {
    enum Element: String, CaseIterable, ExpressibleByArgument {
        case float16, float32
    }

    @Option(help: "The part whose activations are recorded.")
    var record = TrainingJob.Part.test

    @Option(help: ArgumentHelp("Record this many samples at most.", valueName: "n"))
    var recordSamples: Int?

    @Option(
        help: ArgumentHelp(
            "Record only layers whose names match; may be repeated.", valueName: "glob"))
    var recordLayers: [String] = []

    @Option(help: "Type of the stored activations.")
    var recordType = Element.float32

    @Option(help: ArgumentHelp("gzip level from 1 to 9, or 0 for none.", valueName: "level"))
    var compression = 4

    @Option(help: ArgumentHelp("Record a snapshot every so many epochs.", valueName: "epochs"))
    var snapshotEvery: Int?

    func validate() throws {
        guard (0...9).contains(compression) else {
            throw ValidationError("--compression is \(compression); expected 0 to 9")
        }
        if let recordSamples, recordSamples < 1 {
            throw ValidationError("--record-samples is \(recordSamples); expected 1 or more")
        }
    }

    var options: RecordingOptions {
        RecordingOptions(
            samples: recordSamples, layers: recordLayers,
            storage: RunStorage(
                element: recordType == .float16 ? .float16 : .float32,
                compressionLevel: compression == 0 ? nil : compression))
    }
}
