import ArgumentParser
import Datasets
import Executable
import Training

/// `train mlp`: one network.
struct MLP: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "mlp",
        abstract: "Train a multilayer perceptron and write its run file.",
        discussion: """
            Every ten seconds, and when it is interrupted, the training is kept in OUTPUT.checkpoint; \
            the run file appears once it is complete. With --resume a training that was stopped goes \
            on and ends with the same bits.

            EXAMPLE
              train mlp --dataset mnist --hidden 512 --epochs 10 --seed 1 --output run.h5
            """)

    @OptionGroup(title: "Data") var data: DataOptions
    @Option(help: "Neurons of a hidden layer; repeat it for more layers.")
    var hidden: [Int]
    @OptionGroup(title: "Training") var training: TrainingOptions
    @Option(help: "Seed of the first weights and of the order of samples.")
    var seed: UInt64 = 0
    @OptionGroup(title: "Recording") var recording: RecordOptions
    @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointOptions
    @Flag(help: "Go on from the checkpoint of an earlier call.")
    var resume = false
    @Option(help: "The run file.")
    var output: String

    func run() throws {
        Program.useBestCore()
        let loaded = try data.load()
        var job = TrainingJob(
            dataSeed: data.dataSeed, hidden: hidden, activation: training.activation,
            initialization: training.initialization,
            configuration: training.configuration(seed: seed, for: loaded.dataset),
            recordedPart: recording.record, recording: recording.options,
            snapshotEvery: recording.snapshotEvery, output: output)
        checkpoints.apply(to: &job)
        try carryOut(job, on: loaded, resuming: resume)
    }
}
