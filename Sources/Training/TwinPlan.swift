public import Datasets
import HDF5
import Networks
public import RunFormat

/// The plain network of a run that resized itself: its final sizes from the start, without gates,
/// penalties or controllers, on the same data with the same seed.
public struct TwinPlan: Sendable {
    /// What the two trainings have in common beside data and settings.
    public enum Equality: String, Sendable, CaseIterable {
        case epochs
        /// Multiplications and additions of all passes, to the nearest whole epoch.
        case multiplyAdds = "multiply-adds"
    }

    /// The training, but for its epochs under ``Equality/multiplyAdds``: see ``job(on:)``.
    private let planned: TrainingJob
    /// Arithmetic to be spent, if that is what is equal.
    private let multiplyAdds: Double?
    /// The run's data, how they were divided and normalised.
    public let data: DataDescription
    private let dataDigest: String?
    private let parent: String

    /// The plan of a run's twin.
    ///
    /// - Parameters:
    ///   - run: that `train` wrote.
    ///   - equality: what the twin has as much of as the run.
    ///   - output: the twin's run file.
    /// - Throws: `RunError` if the run does not hold its settings, sizes and history.
    public init(
        of run: RunFile, equal equality: Equality, output: String
    ) throws(RunError) {
        func refuse(_ reason: String) -> RunError { RunError(.badData, file: run.path, reason) }
        guard let text = run.attributes.parameters, let recipe = try? TrainingRecipe(text: text)
        else { throw refuse("it does not hold the settings of a training of this version") }
        guard let sizes = run.attributes[Schema.Attribute.finalSizes]?.integerList,
            !sizes.isEmpty, sizes.allSatisfy({ $0 > 0 })
        else {
            throw refuse(
                "it has no attribute \(Schema.Attribute.finalSizes), as runs of networks have that "
                    + "resized themselves")
        }
        let history = try run.history()
        let epochs = history.first { $0.name == "size" }?.values.count ?? 0
        guard epochs > 0 else { throw refuse("it holds no history") }
        var configuration = recipe.configuration
        configuration.penalties = []
        // Blocks are trained with a rate that falls to 0; so is the plain network, over all epochs.
        let grew = configuration.controllers.contains { if case .grow = $0 { true } else { false } }
        if grew { configuration.schedule = .cosine }
        configuration.controllers = []
        configuration.epochs = epochs
        configuration.optimizer.groups = configuration.optimizer.groups.filter {
            ["weight", "bias"].contains($0.key) && !($0.value.isFrozen ?? false)
        }
        var job = TrainingJob(
            dataSeed: recipe.dataSeed, hidden: sizes, activation: recipe.activation,
            initialization: recipe.initialization, configuration: configuration,
            recordedPart: recipe.record,
            recording: RecordingOptions(
                samples: recipe.recordSamples, layers: recipe.recordLayers,
                storage: RunStorage(
                    element: recipe.recordType == "float16" ? .float16 : .float32,
                    compressionLevel: recipe.compression == 0 ? nil : recipe.compression)),
            output: output)
        job.parent = run.path
        planned = job
        switch equality {
        case .epochs: multiplyAdds = nil
        case .multiplyAdds:
            let spent = history.first { $0.name == "training_multiply_adds" }?.values.last
            guard let spent, spent > 0, spent.isFinite else {
                throw refuse("its history lacks training_multiply_adds")
            }
            multiplyAdds = spent
        }
        guard let data = try run.dataDescription() else {
            throw refuse("it does not say how its inputs were made (there is no /data)")
        }
        self.data = data
        dataDigest = recipe.dataDigest
        parent = run.path
    }

    /// The training on the run's data.
    ///
    /// - Throws: ``TrainingError`` if the data are not those of the run.
    public func job(on data: LoadedDataset) throws(TrainingError) -> TrainingJob {
        if let dataDigest, dataDigest != data.digest.description {
            throw .otherData(of: parent)
        }
        guard let multiplyAdds else { return planned }
        let network = Network<Float>(
            inputs: data.train.inputCount, hidden: planned.hidden,
            outputs: data.train.outputCount, seed: 0)
        let epoch = Double(network.trainingMultiplyAdds) * Double(data.train.count)
        var job = planned
        job.configuration.epochs = max(1, Int(min((multiplyAdds / epoch).rounded(), 1e9)))
        return job
    }
}

extension AttributeValue {
    /// The whole numbers, if these are some or one.
    fileprivate var integerList: [Int]? {
        switch self {
        case .integer(let value): [value]
        case .integers(let values): values
        default: nil
        }
    }
}
