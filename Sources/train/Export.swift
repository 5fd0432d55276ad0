import ArgumentParser
import RunFormat
import Training

/// `train export`: a network for other programs.
struct Export: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "export",
        abstract: "Write the network of a run for other programs, as safetensors.",
        discussion: """
            Tensors have the names of PyTorch's state_dict of a ModuleList `layers`: \
            layers.0.weight, layers.0.bias, ... Gates of neurons are folded into the weights. The \
            metadata hold the architecture and the scaling of inputs and outputs as JSON; \
            Examples/pytorch/load_export.py reads both.

            EXAMPLE
              train export run.h5 --to network.safetensors
            """)

    @Argument(help: ArgumentHelp("The run file.", valueName: "run.h5"))
    var recorded: String
    @Option(help: ArgumentHelp("The file to write.", valueName: "file.safetensors"))
    var to: String
    @Option(help: ArgumentHelp("An earlier step of the training.", valueName: "step"))
    var snapshot: String?

    func validate() throws {
        guard to.hasSuffix(".safetensors") else {
            throw ValidationError("--to is \(to); expected a name that ends in .safetensors")
        }
    }

    func run() throws {
        let (network, data) = try RunFile.reading(recorded) { run throws(RunError) in
            (
                try RecordedNetwork(readingFrom: run, snapshot: snapshot),
                try run.dataDescription()
            )
        }
        try NetworkExport.write(network, data, to: to)
        let parameters = network.layers.reduce(0) { $0 + $1.weight.count + $1.bias.count }
        report("\(to)  \(network.layers.count) layers, \(parameters) parameters")
    }
}
