public import Analysis
public import ArgumentParser
public import MetricCore
import RunFormat

/// What to analyze: the arguments that every analyzing command has.
struct SelectionOptions: ParsableArguments {
    @Argument(
        help: ArgumentHelp("HDF5 files, one or several.", valueName: "run.h5"),
        completion: .file(extensions: ["h5", "hdf5", "he5", "keras"]))
    var runs: [String]

    @OptionGroup(title: "What to analyze") var choices: ChoiceOptions

    func validate() throws {
        if runs.isEmpty { throw ValidationError("No run file was given") }
    }

    var sites: [Site] { choices.sites }
    var readOptions: ReadOptions { choices.readOptions }
    var selection: Selection { choices.selection }
}

/// What to analyze in each run.
struct ChoiceOptions: ParsableArguments {
    @Option(
        name: .customLong("layer"), parsing: .singleValue,
        help: ArgumentHelp(
            "Only layers of this name; * and ? stand for any characters. Repeatable.",
            valueName: "name"), completion: Completions.layers)
    var layers: [String] = []

    @Option(
        name: .customLong("site"), parsing: .singleValue,
        help: ArgumentHelp(
            "Where to look: before the nonlinearity, after it, or at the weights. Each metric "
                + "has its own default. Repeatable.", valueName: "pre|post|weight"))
    var sites: [Site] = []

    @Option(
        help: ArgumentHelp(
            "A matrix anywhere in the file (rows are samples, columns neurons) instead of layers.",
            valueName: "path"), completion: Completions.datasets)
    var dataset: String?

    @Option(
        help: ArgumentHelp(
            "Which axis of --dataset holds the neurons if it has more than two: the second "
                + "(first: samples, channels, height, width) or the last.", valueName: "first|last")
    )
    var channelAxis: ChannelAxis = .first

    @Option(
        name: .customLong("snapshot"), parsing: .singleValue,
        help: ArgumentHelp(
            "An earlier step of the same training, or \"all\" of them. Repeatable.",
            valueName: "step"), completion: Completions.snapshots)
    var snapshots: [String] = []

    @Option(
        help: ArgumentHelp(
            "Neurons with NaN or infinite entries: leave them out with a warning, or fail.",
            valueName: "exclude|fail"))
    var nonFinite: NonFinitePolicy = .exclude

    @Option(
        name: .customLong("dtype"),
        help: ArgumentHelp(
            "What words without a type are: bfloat16 stored as uint16 or opaque bytes, float8_e4m3fn as "
                + "uint8, ...; uint16 for whole numbers.", valueName: "type"))
    var elementType: String?

    @Flag(help: "Follow links into other files.")
    var allowExternalLinks = false

    enum ChannelAxis: String, ExpressibleByArgument, CaseIterable { case first, last }

    func validate() throws {
        if let elementType, !ReadOptions.isElementType(elementType) {
            throw ValidationError(
                "--dtype \(elementType) is not known; known: \(ReadOptions.elementTypes)")
        }
        if dataset != nil, !layers.isEmpty || !sites.isEmpty || !snapshots.isEmpty {
            throw ValidationError(
                "--dataset names one matrix; --layer, --site and --snapshot do not go with it")
        }
    }

    var readOptions: ReadOptions {
        ReadOptions(allowsExternalLinks: allowExternalLinks, elementType: elementType)
    }

    var selection: Selection {
        Selection(
            layers: layers, sites: sites, dataset: dataset, channelsAreLast: channelAxis == .last,
            snapshots: snapshots, nonFinite: nonFinite)
    }
}

/// Where results go: the options that every command with results has.
struct OutputOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp("A table for people, or data.", valueName: "table|json|csv"))
    var format: Format = .table

    @Option(
        help: ArgumentHelp(
            "Draw the figures: .svg, .png or .pdf by extension, - draws in the terminal.",
            valueName: "file"), completion: .file(extensions: ["svg", "png", "pdf"]))
    var plot: String?

    @Option(
        name: [.short, .long],
        help: ArgumentHelp("Write the results here instead of printing them.", valueName: "file"),
        completion: .file())
    var output: String?

    @Flag(help: "Show what the libraries said about an error.")
    var verbose = false

    @Flag(help: "No progress bar, no warnings.")
    var quiet = false

    enum Format: String, ExpressibleByArgument, CaseIterable { case table, json, csv }
}

extension Site: ExpressibleByArgument {}
extension NonFinitePolicy: ExpressibleByArgument {}
