import ArgumentParser
import Datasets
import Executable
import Networks
import RunFormat
import Training

/// `train flexible`: a network whose layers learn how many of their units they use.
struct Flexible: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "flexible",
        abstract: "Train a network whose size is a parameter, learned by gradient descent.",
        discussion: """
            Neuron i of a hidden layer is multiplied by 1 / (1 + exp(-K (x0 - i))): about the first x0 \
            neurons take part, 9.2 / K of them with a factor between 0.01 and 0.99, and x0 is learned \
            with the weights, from its own step size and without decay.

            EXAMPLES
              train flexible --dataset mnist --hidden 500 --start 0 --slope 0.4 \\
                --schedule constant --output grown.h5
              train flexible --dataset mnist --hidden 500 --start 250 --slope 1 \\
                --size-penalty 0.001 --output smaller.h5
              train flexible --dataset mnist --hidden 500 --start 0 --from trained.h5 \\
                --only-size --output size.h5
            """)

    @Option(help: "Neurons that a hidden layer has at most; repeat it for more layers.")
    var hidden: [Int]
    @Option(help: ArgumentHelp("Size of each hidden layer at first.", valueName: "x0"))
    var start = 0.0
    @Option(
        help: ArgumentHelp(
            "Strength of the penalty on the size: the loss grows by this with each neuron.",
            valueName: "lambda"))
    var sizePenalty = 0.0
    @Option(
        help: ArgumentHelp(
            """
            K, or two: then it is drawn for each batch, so that the number of neurons between on and \
            off, 9.2 / K, is uniform; 0.46..9.19 is 1 to 20 neurons.
            """, valueName: "K|MIN..MAX"))
    var slope = SlopeArgument(low: 1, high: 1)
    @Flag(help: "Learn K as well, beginning with --slope.")
    var learnSlope = false
    @Option(help: ArgumentHelp("Size of the steps of x0.", valueName: "rate"))
    var sizeRate = 1.0
    @Option(help: ArgumentHelp("Begin with the weights of a recorded network.", valueName: "run"))
    var from: String?
    @Flag(help: "Learn the size alone; weights stay as they are.")
    var onlySize = false
    @Option(
        help: ArgumentHelp(
            """
            Sort the neurons in each epoch, so that a small layer has the best: importance, by the \
            first-order change of the loss when a neuron is silenced, or scale, by its factor times the \
            norm of its outgoing weights.
            """, valueName: "key"))
    var sort: Sort.Key?
    @OptionGroup var common: JobOptions

    func validate() throws {
        guard sizePenalty >= 0 && sizePenalty.isFinite else {
            throw ValidationError("--size-penalty is \(sizePenalty); expected 0 or more")
        }
        guard sizeRate > 0 && sizeRate.isFinite else {
            throw ValidationError("--size-rate is \(sizeRate); expected a positive number")
        }
        if learnSlope && slope.low != slope.high {
            throw ValidationError("--learn-slope begins with one --slope; there are two")
        }
    }

    func run() throws {
        Program.useBestCore()
        let loaded = try common.data.load()
        var job = common.job(hidden: hidden, configuration(for: loaded.dataset))
        job.gate = .ramp(start: start, slope: gateSlope)
        if let from { job.pretrained = try pretrained(from, loaded) }
        try carryOut(job, on: loaded, resuming: common.resume)
    }

    private var gateSlope: Gate.Slope {
        learnSlope
            ? .learned(start: slope.low)
            : slope.low == slope.high
                ? .fixed(slope.low) : .uniform(low: slope.low, high: slope.high)
    }

    private func configuration(for dataset: Dataset) -> TrainingConfiguration {
        var configuration = common.configuration(for: dataset)
        configuration.penalties = [Penalty(.rampIntegral, .value(sizePenalty))]
        if let sort { configuration.controllers = [.sort(Sort(by: sort))] }
        let names = (0..<hidden.count).map {
            hidden.count == 1 ? "hidden" : "hidden\($0 + 1)"
        }
        for (name, units) in zip(names, hidden) {
            configuration.optimizer.groups["\(name)/\(Gate.Name.size)"] = .init(
                rate: sizeRate, lower: 0, upper: Double(units))
        }
        if learnSlope {
            // Flatter, the window would be wider than any layer; steeper, narrower than a neuron.
            configuration.optimizer.groups[Gate.Name.slope] = .init(lower: 0.01, upper: 50)
        }
        if onlySize {
            for role in ["weight", "bias"] {
                configuration.optimizer.groups[role] = .init(isFrozen: true)
            }
        }
        return configuration
    }

    private func pretrained(_ path: String, _ data: LoadedDataset) throws -> PretrainedNetwork {
        let network = try RunFile.reading(path) { run throws(RunError) in
            try PretrainedNetwork(
                run, inputs: data.train.inputCount, outputs: data.train.outputCount)
        }
        guard network.hidden == hidden else {
            let widths = network.hidden.map { "--hidden \($0)" }.joined(separator: " ")
            throw ValidationError("--from \(path) has other layers; expected \(widths)")
        }
        return network
    }
}

/// A number, or two with ".." between them.
struct SlopeArgument: ExpressibleByArgument {
    var low: Double
    var high: Double

    init(low: Double, high: Double) {
        self.low = low
        self.high = high
    }

    init?(argument: String) {
        if let value = Double(argument) {
            self.init(low: value, high: value)
            return
        }
        guard let dots = argument.firstRange(of: ".."),
            let low = Double(argument[..<dots.lowerBound]),
            let high = Double(argument[dots.upperBound...])
        else { return nil }
        self.init(low: low, high: high)
    }

    var defaultValueDescription: String { low == high ? "\(low)" : "\(low)..\(high)" }
}
