import ArgumentParser
import Datasets
import Networks
import Training

/// How a table's network is trained.
struct FitOptions: ParsableArguments {
    @Option(help: "Neurons of a hidden layer; repeat it for more. Default: two layers of 64.")
    var hidden: [Int] = []
    @Option(help: "Passes over the rows at most.")
    var epochs = 300
    @Option(
        help: ArgumentHelp(
            "Stop after this many epochs without a lower validation loss; the best network counts.",
            valueName: "epochs"))
    var patience = 25
    @Option(help: "Rows of a minibatch.")
    var batch = 128
    @Option(help: "Size of the steps of Adam.")
    var learningRate = 0.001
    @Option(
        help: ArgumentHelp(
            "Share of the other rows that stop the training in time.", valueName: "share"))
    var validationFraction = 0.15
    @Option(
        help: ArgumentHelp("Share of the rows that judge the network.", valueName: "share"))
    var testFraction = 0.2
    @Flag(help: "Weigh rows by 1 / the number of their class, so that all classes count alike.")
    var classWeights = false
    @Option(help: "Seed of the first weights, the order of rows and their division.")
    var seed: UInt64 = 0

    var loadOptions: LoadOptions {
        LoadOptions(
            validationFraction: validationFraction, testFraction: testFraction, seed: seed)
    }
}

/// Trains a network on a table and writes its run file: the one place that decides which network a table
/// gets.
///
/// - Returns: the epoch, from 1, whose network was recorded.
/// - Throws: what the training throws.
func trainOnTable(
    _ loaded: LoadedDataset, _ options: FitOptions, output: String
) throws -> Int {
    let loss: Loss =
        switch loaded.dataset.task {
        case .classification: .crossEntropy
        case .regression: .squaredError
        }
    let job = TrainingJob(
        dataSeed: options.seed, hidden: options.hidden.isEmpty ? [64, 64] : options.hidden,
        initialization: .glorot,
        configuration: TrainingConfiguration(
            epochs: options.epochs, batch: options.batch, seed: options.seed, loss: loss,
            optimizer: OptimizerConfiguration(.adam(), learningRate: options.learningRate),
            schedule: .constant, patience: options.patience,
            classWeights: options.classWeights ? .balanced : nil),
        recordedPart: .test, output: output)
    switch try runJob(job, on: loaded, resuming: false) {
    case .trained(let result): return result.epoch
    case .alreadyComplete: preconditionFailure("only a job that resumes may be complete")
    }
}
