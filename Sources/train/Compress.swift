import ArgumentParser
import Datasets
import Executable
import Networks
import Training

/// `train compress`: a network that loses units while it trains.
struct Compress: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "compress",
        abstract: "Train a network that is too large, and remove units while it trains.",
        discussion: """
            Each hidden neuron is multiplied by a filter, which the penalty draws to 0; neurons whose \
            filter stays at 0 are removed, and later epochs are cheaper. The recorded network is \
            that of the last epoch or, with --validation-fraction, the best one since sizes changed \
            last, without the neurons whose filter is 0. Like `train mlp` it goes on from a checkpoint \
            with --resume.

            EXAMPLES
              train compress --dataset mnist --hidden 1000 --penalty-share 0.03 \\
                --epochs 30 --validation-fraction 0.1 --output small.h5
              train twin small.h5 --output plain.h5     the same sizes from the start
              train compress --dataset mnist --hidden 1000 --penalty 0.001 \\
                --rule subgradient --schedule constant --output journal.h5
            """)

    @Option(help: "Neurons of a hidden layer at the start; repeat it for more layers.")
    var hidden: [Int]
    @OptionGroup(title: "Size") var size: CompressOptions
    @OptionGroup var common: JobOptions

    func run() throws {
        Program.useBestCore()
        let loaded = try common.data.load()
        var configuration = common.configuration(for: loaded.dataset)
        size.apply(to: &configuration)
        var job = common.job(hidden: hidden, configuration)
        job.gate = size.gate
        job.filtersInputs = size.inputFilter
        try carryOut(job, on: loaded, resuming: common.resume)
    }
}

/// How a network is made smaller.
struct CompressOptions: ParsableArguments {
    enum Rule: String, CaseIterable, ExpressibleByArgument {
        case subgradient, proximal
        case groupLasso = "group-lasso"
    }

    @Option(
        help: ArgumentHelp(
            "Strength of the penalty on the sum of all filters.", valueName: "lambda"))
    var penalty: Double?

    @Option(
        help: ArgumentHelp(
            "The same as a share of the strength above which no filter would leave 0; one pass over the "
                + "data finds that.", valueName: "share"))
    var penaltyShare: Double?

    @Option(
        help: """
            How the penalty acts: after each step (proximal), by its gradient (subgradient), or on the \
            norms of the neurons' weights, without filters (group-lasso).
            """)
    var rule = Rule.proximal

    @Option(help: ArgumentHelp("What a neuron counts in the penalty.", valueName: "cost"))
    var penaltyCost = Penalty.Cost.units

    @Flag(
        help: """
            Give each input a filter as well, with the same penalty, or the same share of the strength above \
            which no input would be used.
            """)
    var inputFilter = false

    @Option(help: ArgumentHelp("Factor on the penalty after each epoch.", valueName: "factor"))
    var penaltyDecay = 1.0

    @Option(
        help: ArgumentHelp(
            "Share of the training over which the penalty grows from 0.", valueName: "share"))
    var penaltyWarmUp = 0.0

    @Option(
        help: ArgumentHelp(
            "When dead neurons are removed: epoch, never, or every so many steps.",
            valueName: "when"))
    var remove = Removal(interval: .epoch)

    @Option(
        help: ArgumentHelp(
            """
            Which neurons are dead: non-positive, threshold:E, zero-for:STEPS, sign-variance:DECAY. \
            Default: zero-for an epoch; with subgradient non-positive.
            """, valueName: "rule"))
    var deadRule: DeadRule?

    @Option(
        help: ArgumentHelp(
            "Train what is left without penalty for the last so many epochs.", valueName: "epochs"))
    var settle: Int?

    @Option(
        help: ArgumentHelp(
            "End the training after so many multiplications and additions.", valueName: "x"))
    var budgetMultiplyAdds: Double?

    func validate() throws {
        guard !inputFilter || rule != .groupLasso else {
            throw ValidationError(
                "--input-filter needs filters, which --rule group-lasso has none of")
        }
        guard (penalty == nil) != (penaltyShare == nil) else {
            throw ValidationError(
                "expected one of --penalty and --penalty-share; --penalty-share 0.03 is a good start"
            )
        }
    }

    var gate: Gate {
        if rule == .groupLasso { return .none }
        // The sign of a filter can vary only where either sign has a meaning.
        if case .signVariance? = deadRule?.rule {
            return .filter(start: 0, spread: 1, isSigned: true)
        }
        return .filter()
    }

    func apply(to configuration: inout TrainingConfiguration) {
        let form: Penalty.Form =
            switch rule {
            case .subgradient: .subgradient
            case .proximal: .proximal
            case .groupLasso: .groupLasso
            }
        let strength: Penalty.Strength =
            penalty.map { .value($0) } ?? .share(penaltyShare ?? 0)
        configuration.penalties = [Penalty(form, strength, cost: penaltyCost)]
        if inputFilter {
            configuration.penalties.append(Penalty(form, strength, of: .inputs, cost: penaltyCost))
        }
        if form == .proximal && !gate.isSigned {
            configuration.optimizer.groups[Gate.Name.filter] = .init(lower: 0)
        }
        var controllers: [AnyController] = []
        if penaltyDecay != 1 || penaltyWarmUp != 0 {
            controllers.append(
                .penaltySchedule(PenaltySchedule(factor: penaltyDecay, warmUp: penaltyWarmUp)))
        }
        let standard: Prune.Rule = form == .subgradient ? .nonPositive : .zeroFor(steps: nil)
        controllers.append(.prune(Prune(deadRule?.rule ?? standard, every: remove.interval)))
        if let settle { controllers.append(.settle(Settle(epochs: settle))) }
        if let budgetMultiplyAdds {
            controllers.append(.budget(Budget(multiplyAdds: budgetMultiplyAdds)))
        }
        configuration.controllers = controllers
    }
}

/// `epoch`, `never`, or a number of steps.
struct Removal: ExpressibleByArgument {
    var interval: Prune.Interval

    init(interval: Prune.Interval) { self.interval = interval }

    init?(argument: String) {
        switch argument {
        case "epoch": interval = .epoch
        case "never": interval = .never
        default:
            guard let steps = Int(argument), steps > 0 else { return nil }
            interval = .steps(steps)
        }
    }

    var defaultValueDescription: String { "epoch" }
}

/// A rule with its number: `threshold:1e-5`.
struct DeadRule: ExpressibleByArgument {
    var rule: Prune.Rule

    init?(argument: String) {
        let parts = argument.split(separator: ":", maxSplits: 1).map(String.init)
        switch (parts.first, parts.count > 1 ? parts[1] : nil) {
        case ("non-positive", nil): rule = .nonPositive
        case ("threshold", let text?):
            guard let value = Double(text) else { return nil }
            rule = .threshold(value)
        case ("zero-for", let text?):
            guard let steps = Int(text), steps > 0 else { return nil }
            rule = .zeroFor(steps: steps)
        case ("sign-variance", let text?):
            guard let decay = Double(text) else { return nil }
            rule = .signVariance(decay: decay, threshold: 0.5)
        default: return nil
        }
    }
}
