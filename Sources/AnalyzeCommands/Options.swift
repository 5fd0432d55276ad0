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
        if runs.contains("") { throw ValidationError("A run file's name is empty") }
    }

    var sites: [Site] { choices.sites }
    var readOptions: ReadOptions { choices.reading.options }
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

    @OptionGroup var matrices: MatrixOptions

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

    @OptionGroup var reading: ReadingOptions

    func validate() throws {
        if !matrices.datasets.isEmpty, !layers.isEmpty || !sites.isEmpty || !snapshots.isEmpty {
            throw ValidationError(
                "--dataset names matrices; --layer, --site and --snapshot do not go with it")
        }
    }

    var selection: Selection {
        Selection(
            layers: layers, sites: sites, datasets: matrices.datasets, axes: matrices.axes,
            channelsAreLast: matrices.channelsAreLast, snapshots: snapshots, nonFinite: nonFinite)
    }
}

/// How files are read: the options of every command that opens runs.
struct ReadingOptions: ParsableArguments {
    @Option(
        name: .customLong("dtype"),
        help: ArgumentHelp(
            "What words without a type are: bfloat16 stored as uint16 or opaque bytes, float8_e4m3fn as "
                + "uint8, ...; uint16 for whole numbers.", valueName: "type"))
    var elementType: String?

    @Flag(help: "Follow links into other files; batch then computes every run again.")
    var allowExternalLinks = false

    func validate() throws {
        if let elementType, !ReadOptions.isElementType(elementType) {
            throw ValidationError(
                "--dtype \(elementType) is not known; known: \(ReadOptions.elementTypes)")
        }
    }

    var options: ReadOptions {
        ReadOptions(allowsExternalLinks: allowExternalLinks, elementType: elementType)
    }
}

/// Matrices outside the layout of a run.
struct MatrixOptions: ParsableArguments {
    @Option(
        name: .customLong("dataset"), parsing: .singleValue,
        help: ArgumentHelp(
            "Matrices anywhere in the file instead of layers, rows samples and columns neurons: a "
                + "dataset, a group (all below it), or a pattern with * and ?. Repeatable.",
            valueName: "path"), completion: Completions.datasets)
    var datasets: [String] = []

    @Option(
        help: ArgumentHelp(
            "Which axis of --dataset holds the neurons if it has more than two: the second "
                + "(first: samples, channels, height, width) or the last.", valueName: "first|last")
    )
    var channelAxis: ChannelAxis?

    @Option(
        help: ArgumentHelp(
            "What the axes of --dataset are: unit is the neurons, layer splits it into layers, "
                + "others are rows.", valueName: "sample,layer,unit"),
        transform: { text in
            guard let axes = AxisNames(text) else {
                throw ValidationError(
                    "expected different names separated by commas, unit and at least one for rows "
                        + "among them, as in sample,layer,unit")
            }
            return axes
        })
    var axes: AxisNames?

    enum ChannelAxis: String, ExpressibleByArgument, CaseIterable { case first, last }

    var channelsAreLast: Bool { channelAxis == .last }

    func validate() throws {
        if axes != nil, channelAxis != nil {
            throw ValidationError("--axes says where the neurons are; leave out --channel-axis")
        }
        if datasets.isEmpty, axes != nil || channelAxis != nil {
            throw ValidationError(
                "\(axes == nil ? "--channel-axis" : "--axes") is about --dataset, which is missing")
        }
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
