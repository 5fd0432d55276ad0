import ArgumentParser
import Datasets
import Training

/// The options that `mlp`, `compress`, `flexible` and `grow` share: data, settings, seed, recording,
/// checkpoints and the run file.
struct JobOptions: ParsableArguments {
    @OptionGroup(title: "Data") var data: DataOptions
    @OptionGroup(title: "Training") var training: TrainingOptions
    @Option(help: "Seed of the first weights and of the order of samples.")
    var seed: UInt64 = 0
    @OptionGroup(title: "Recording") var recording: RecordOptions
    @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointOptions
    @Flag(help: "Go on from the checkpoint of an earlier call.")
    var resume = false
    @Option(help: "The run file.")
    var output: String

    /// The settings of the training on `dataset`, not yet checked.
    ///
    /// - Parameters:
    ///   - dataset: decides the loss.
    ///   - decayKind: kind of decay, unless the user names one.
    /// - Returns: the settings.
    func configuration(
        for dataset: Dataset, decayKind: OptimizerConfiguration.DecayKind = .decoupled
    ) -> TrainingConfiguration {
        training.configuration(seed: seed, for: dataset, decayKind: decayKind)
    }

    /// The training of a network with these hidden layers.
    func job(hidden: [Int], _ configuration: TrainingConfiguration) -> TrainingJob {
        var job = TrainingJob(
            dataSeed: data.dataSeed, hidden: hidden, activation: training.activation,
            initialization: training.initialization, configuration: configuration,
            recordedPart: recording.record, recording: recording.options,
            snapshotEvery: recording.snapshotEvery, output: output)
        checkpoints.apply(to: &job)
        return job
    }
}
