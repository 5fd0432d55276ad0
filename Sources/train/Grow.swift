import ArgumentParser
import Datasets
import Executable
import Networks
import Training

/// `train grow`: a hidden layer that grows block by block.
struct Grow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grow",
        abstract: "Train a network whose hidden layer grows as long as it gains.",
        discussion: """
            It begins with one block of neurons. After --epochs the loss on samples held out says whether \
            the last block gained more than one standard error; if so another is added, else the network \
            without it is the result. By default all neurons go on learning, and new ones are taken from \
            the data: those that would lower the loss fastest. With --method frozen a block learns what \
            the ones before miss, which stay as they are; its penalty is raised tenfold as long as nothing \
            is lost, and lowered tenfold if the block does not gain.

            EXAMPLES
              train grow --dataset add10 --block 10 --output grown.h5
              train grow --dataset add10 --block 50 --method frozen --penalty 1 --output blocks.h5
            """)

    @OptionGroup(title: "Size") var size: GrowOptions
    @OptionGroup var common: JobOptions

    func run() throws {
        Program.useBestCore()
        let loaded = try common.data.load(holding: 0.1)
        var configuration = common.configuration(for: loaded.dataset)
        try size.apply(to: &configuration)
        var job = common.job(hidden: [size.block], configuration)
        if size.method == .frozen { job.gate = .filter() }
        try carryOut(job, on: loaded, resuming: common.resume)
    }
}

/// How a network grows.
struct GrowOptions: ParsableArguments {
    @Option(help: ArgumentHelp("Neurons of a block.", valueName: "m"))
    var block: Int
    @Option(help: ArgumentHelp("Neurons at most; by default those of 20 blocks.", valueName: "n"))
    var most: Int?
    @Option(help: "Whether earlier blocks go on learning, or are frozen as in the journal.")
    var method = Training.Grow.Method.corrective
    @Option(
        help: ArgumentHelp(
            "With frozen: strength of the penalty on a new block's filters. Default: 1.",
            valueName: "lambda"))
    var penalty: Double?
    @Option(
        help: ArgumentHelp(
            "Trainings of a block, with any strength, at most.", valueName: "n"))
    var attempts = 50

    func validate() throws {
        guard block > 0 else { throw ValidationError("--block is \(block); expected 1 or more") }
        guard attempts > 0 else {
            throw ValidationError("--attempts is \(attempts); expected 1 or more")
        }
        if let penalty, !(penalty >= 1e-7 && penalty.isFinite) {
            throw ValidationError("--penalty is \(penalty); expected 1e-7 or more")
        }
        guard method == .frozen || penalty == nil else {
            throw ValidationError("--penalty is of use with --method frozen only")
        }
    }

    /// Makes the epochs of `configuration` those of a block.
    func apply(to configuration: inout TrainingConfiguration) throws {
        guard configuration.patience == nil else {
            throw ValidationError("--patience is of no use in a network that grows")
        }
        let (most, overflows) = block.multipliedReportingOverflow(by: 20)
        let growth = Training.Grow(
            method, block: block, most: self.most ?? (overflows ? .max : most),
            epochs: configuration.epochs)
        configuration.controllers = [.grow(growth)]
        configuration.schedule = .constant
        let (epochs, isTooMany) = configuration.epochs.multipliedReportingOverflow(by: attempts)
        guard !isTooMany else {
            throw ValidationError("--attempts is \(attempts); expected fewer")
        }
        configuration.epochs = epochs
        guard method == .frozen else { return }
        configuration.penalties = [Penalty(.proximal, .value(penalty ?? 1))]
        configuration.optimizer.groups[Gate.Name.filter] = .init(lower: 0)
    }
}
