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

    @Option(help: "Neurons of a hidden layer; repeat it for more layers.")
    var hidden: [Int]
    @OptionGroup var common: JobOptions

    func run() throws {
        Program.useBestCore()
        let loaded = try common.data.load()
        let job = common.job(
            hidden: hidden, common.configuration(for: loaded.dataset, decayKind: .coupled))
        try carryOut(job, on: loaded, resuming: common.resume)
    }
}
