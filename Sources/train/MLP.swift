import ArgumentParser
import Datasets
import Executable
import Text
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
        let display = ProgressDisplay()
        Interruption.wait()
        let outcome: TrainingJob.Outcome
        do {
            defer { display.finish() }
            outcome = try job.run(on: loaded, resuming: resume) { progress in
                display.show(progress)
                return !Interruption.came
            } isWanted: {
                !Interruption.came
            }
        } catch TrainingError.cancelled {
            Interruption.end()
        } catch let error as TrainingError {
            if case .setting = error { throw error }
            throw TrainingFailure(path: output, error: error)
        }
        switch outcome {
        case .alreadyComplete: print("\(visible(output)) is complete")
        case .trained(let history, let epoch, let overflowCount):
            if overflowCount > 0 {
                writeToStandardError(
                    "warning: \(overflowCount) activations are infinite as float16; "
                        + "record float32\n")
            }
            print("\(visible(output))  \(summary(of: history, epoch))")
        }
    }
}

/// The values of an epoch, counted from 1, in one line.
func summary(of history: History, _ epoch: Int) -> String {
    func value(_ name: String) -> Double? {
        let values = history[name]
        return values.indices.contains(epoch - 1) ? values[epoch - 1] : nil
    }
    var parts = ["epoch \(epoch)"]
    if let loss = value("train_loss") { parts.append("train loss \(significant(loss))") }
    if let loss = value("validation_loss") {
        parts.append("validation loss \(significant(loss))")
    }
    if let loss = value("test_loss") { parts.append("test loss \(significant(loss))") }
    if let accuracy = value("test_accuracy") {
        parts.append("test accuracy \(percent(accuracy))")
    }
    return parts.joined(separator: ", ")
}
