import ArgumentParser
import Datasets
import Networks
import Training

/// How a table's network is trained.
struct FitOptions: ParsableArguments {
    @Option(
        help: """
            Neurons of a hidden layer at the start; repeat it for more. Default: two layers of 128, with \
            --no-compress of 64.
            """)
    var hidden: [Int] = []
    @Flag(
        inversion: .prefixedNo,
        help: "Whether neurons that are not needed are removed while the network is trained.")
    var compress = true
    @Flag(
        inversion: .prefixedNo,
        help: "Whether inputs that are not needed are removed as well.")
    var inputFilter = true
    @Option(
        help: ArgumentHelp(
            """
            Strength of the penalty on the size, as a share of the strength above which nothing would be \
            learned; may be repeated. Of several the smallest network is kept that does as well as the \
            best on the validation rows, to one standard error. Default: 0.3, 0.1, 0.03, 0.01, and for \
            tables in which there is little to learn a plain network that stops early.
            """, valueName: "share"))
    var penaltyShare: [Double] = []
    @Option(
        help: ArgumentHelp(
            """
            Passes over the rows for each strength. Default: as many as make 10,000 steps, between 15 and \
            400; the last third settles what is left, without penalty. With --no-compress at most 300.
            """))
    var epochs: Int?
    @Option(
        help: ArgumentHelp(
            """
            In the plain network, stop after this many epochs without a lower validation loss.
            """, valueName: "epochs"))
    var patience = 25
    @Option(help: "Rows of a minibatch. Default: 128, of small tables fewer, down to 16.")
    var batch: Int?
    @Option(help: "Size of the steps of Adam.")
    var learningRate = 0.001
    @Option(
        help: ArgumentHelp(
            """
            Factor by which weights shrink beside their gradient, for each unit of the learning rate. \
            Default: 0.1, with --no-compress 0.
            """, valueName: "factor"))
    var weightDecay: Double?
    @Option(
        help: ArgumentHelp(
            "Share of the other rows by which the network is chosen.", valueName: "share"))
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

    func validate() throws {
        for share in penaltyShare where !(share > 0 && share <= 1) {
            throw ValidationError("--penalty-share is \(share); expected above 0 to 1")
        }
        guard Set(penaltyShare).count == penaltyShare.count else {
            throw ValidationError("--penalty-share has the same share twice")
        }
        guard compress || penaltyShare.isEmpty else {
            throw ValidationError("--penalty-share is of no use with --no-compress")
        }
    }
}

/// The trainings that a table gets: the one place that decides which network a table has.
func trainings(
    of loaded: LoadedDataset, _ options: FitOptions, _ checkpoints: CheckpointOptions,
    output: String
) -> PenaltyPath {
    let rows = loaded.train.count
    let batch = options.batch ?? standardBatch(rows: rows)
    let steps = rows / max(1, batch) + 1
    let standardEpochs = options.compress ? min(400, max(15, 10_000 / steps)) : 300
    let standardWidth = options.compress ? 128 : 64
    let loss: Loss =
        switch loaded.dataset.task {
        case .classification: .crossEntropy
        case .regression: .squaredError
        }
    var optimizer = OptimizerConfiguration(
        .adam(), learningRate: options.learningRate,
        weightDecay: options.weightDecay ?? (options.compress ? 0.1 : 0))
    if optimizer.standard.weightDecay != 0 { optimizer.standard.decayKind = .decoupled }
    var configuration = TrainingConfiguration(
        epochs: options.epochs ?? standardEpochs, batch: batch, seed: options.seed, loss: loss,
        optimizer: optimizer, schedule: .constant,
        patience: options.compress ? nil : options.patience,
        classWeights: options.classWeights ? .balanced : nil)
    if options.compress { compress(&configuration, inputs: options.inputFilter) }
    var job = TrainingJob(
        dataSeed: options.seed,
        hidden: options.hidden.isEmpty ? [standardWidth, standardWidth] : options.hidden,
        initialization: .glorot, configuration: configuration, recordedPart: .test, output: output)
    checkpoints.apply(to: &job)
    guard options.compress else { return PenaltyPath(job, shares: []) }
    job.gate = .filter()
    job.filtersInputs = options.inputFilter
    guard options.penaltyShare.isEmpty else {
        return PenaltyPath(job, shares: options.penaltyShare)
    }
    // Where there is little to learn, the best network is one that was stopped early.
    var plain = options
    plain.compress = false
    plain.epochs = configuration.epochs
    return PenaltyPath(
        job, shares: [0.3, 0.1, 0.03, 0.01],
        plain: trainings(of: loaded, plain, checkpoints, output: output).job)
}

/// A power of two, so that there are 30 steps in an epoch or more, but between 16 and 128.
private func standardBatch(rows: Int) -> Int {
    var batch = 16
    while batch < 128, rows / (2 * batch) >= 30 { batch *= 2 }
    return batch
}

/// Proximal filters that are removed each epoch, and a last third of the epochs without penalty.
private func compress(_ configuration: inout TrainingConfiguration, inputs: Bool) {
    configuration.penalties = [Penalty(.proximal, .share(0))]
    if inputs { configuration.penalties.append(Penalty(.proximal, .share(0), of: .inputs)) }
    configuration.optimizer.groups[Gate.Name.filter] = .init(lower: 0)
    configuration.controllers = [.prune(Prune(.zeroFor(steps: nil)))]
    if configuration.epochs > 1 {
        configuration.controllers.append(
            .settle(Settle(epochs: max(1, configuration.epochs / 3))))
    }
}
