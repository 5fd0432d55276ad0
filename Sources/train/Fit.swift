public import ArgumentParser
public import Datasets
import Executable
import Files
import Glibc
import HDF5
import RunFormat
import Text
import Training

extension TableOptions.Task: ExpressibleByArgument {}

/// `train fit`: a network for a table.
struct Fit: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fit",
        abstract: "Learn to predict columns of a table from the others.",
        discussion: """
            Separator, header and kinds of columns are inferred and printed. Numbers are brought to \
            mean 0 and deviation 1, categories to inputs of 0 and 1, missing values are told to the \
            network. The network begins large; a penalty on its size removes neurons and inputs while it \
            is trained. Four strengths of the penalty are tried, and none, and the smallest network is kept \
            that does as well as the best on rows held out at random; other rows judge it. Then: \
            train predict RUN new.csv.

            EXAMPLE
              train fit houses.csv --target price
              train fit hands.data --target 11 --category 1 --category 3 --class-weights
            """)

    @Argument(help: ArgumentHelp("A text file, gzipped or not.", valueName: "data.csv"))
    var table: String
    @Option(
        help: ArgumentHelp(
            "What is learned: a column by name, or number from 1; several numbers with commas.",
            valueName: "column[,column]"))
    var target: String
    @OptionGroup(title: "Columns") var columns: ColumnOptions
    @OptionGroup(title: "Training") var training: FitOptions
    @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointOptions
    @Flag(help: "Go on from what an earlier call left.")
    var resume = false
    @Option(
        help: ArgumentHelp(
            "The run file; by default named after the table, in the working folder.",
            valueName: "run.h5"))
    var output: String?

    func validate() throws {
        guard !checkpoints.keepCheckpoint || !training.compress || training.penaltyShare.count == 1
        else {
            throw ValidationError(
                "--keep-checkpoint needs one --penalty-share: of several trainings one is kept")
        }
    }

    func run() throws {
        Program.useBestCore()
        let table = try CSVTable(path: table, hasHeader: columns.header)
        let encoding = try TableEncoding(
            inferredFrom: table,
            TableOptions(
                targets: targets(in: table), ignored: columns.ignore,
                categories: columns.category, task: columns.task))
        let dataset = try Dataset.table(table, encoding)
        let loaded = try dataset.load(options: training.loadOptions)
        printColumns(of: table, encoding)
        for note in loaded.notes { report(note) }
        let validation = loaded.validation?.count ?? 0
        report(
            "\(loaded.train.count) rows to learn from, \(validation) to choose by, "
                + "\(loaded.test.count) to judge by; \(loaded.train.inputCount) inputs")
        // Seen before the training begins, and whatever ends it.
        fflush(nil)
        guard loaded.train.count > 0, validation > 0, loaded.test.count > 0 else {
            throw DatasetError.malformed(
                path: table.path, line: nil, column: nil,
                reason:
                    "it has too few rows to hold some out for validation and test; give more, or "
                    + "other shares with --validation-fraction and --test-fraction")
        }
        let path = output ?? "\(dataset.id).h5"
        try train(loaded, output: path)
        try printSummary(of: path, loaded)
    }

    private func train(_ loaded: LoadedDataset, output path: String) throws {
        let trainings = trainings(of: loaded, training, checkpoints, output: path)
        let choice = try trainings.run(on: loaded, resuming: resume) { candidate, resuming in
            if trainings.shares.count > 1 {
                tell("training with \(name(ofShare: candidate.share))")
            }
            do {
                guard
                    case .trained(let result) = try runJob(
                        candidate.job, on: loaded, resuming: resuming),
                    let divergence = result.divergence
                else { return }
                throw TrainingFailure(
                    path: candidate.job.output, error: .diverged(divergence),
                    recorded: result.epoch)
            } catch let failure as TrainingFailure {
                guard trainings.shares.count > 1, case .diverged = failure.error else {
                    throw failure
                }
                tell("warning: \(name(ofShare: candidate.share)): \(failure.error)")
            }
        }
        // One that came after the last training.
        if Interruption.came { Interruption.end() }
        for line in choice.map(lines(about:)) ?? [] { report(line) }
    }

    /// The columns that --target names: one name that may hold commas, else a list.
    private func targets(in table: CSVTable) -> [String] {
        table.names.contains(target)
            ? [target]
            : target.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
    }

    private static let mostLines = 40

    private func printColumns(of table: CSVTable, _ encoding: TableEncoding) {
        report(table.summary)
        let all = encoding.description(of: table).map { row in
            (
                name: visible(shortened(row.name, to: 40)), use: row.use,
                content: visible(row.content)
            )
        }
        let rows = all.prefix(Self.mostLines)
        let widths = (
            rows.map { displayWidth($0.name) }.max() ?? 0, rows.map { $0.use.count }.max() ?? 0
        )
        for row in rows {
            report(
                "  " + padded(row.name, to: widths.0) + "  " + padded(row.use, to: widths.1)
                    + "  " + shortened(row.content, to: 100))
        }
        if all.count > rows.count { report("  and \(all.count - rows.count) more columns") }
    }

    private func padded(_ text: String, to width: Int) -> String {
        text + String(repeating: " ", count: max(0, width - displayWidth(text)))
    }

    private func printSummary(of path: String, _ loaded: LoadedDataset) throws {
        let model = try RecordedModel(path: path)
        let sizes = ([model.network.inputs] + model.network.layers.map(\.neurons))
            .map { "\($0)" }.joined(separator: "-")
        let attributes = try RunFile.reading(path) { run throws(RunError) in run.attributes }
        var line = "\(visible(path))  network \(sizes)"
        if case .integer(let epoch)? = attributes[Schema.Attribute.epoch] {
            line += ", epoch \(epoch)"
        }
        report(line)
        for line in usedInputs(of: model) { report("  \(line)") }
        for (part, samples) in [("validation", loaded.validation), ("test", loaded.test)] {
            guard let samples else { continue }
            let isTest = part == "test"
            let quality = model.quality(on: samples)
            let names = isTest && quality.classes.count <= 20 ? model.data.classes ?? [] : []
            for line in lines(about: quality, classNames: names) {
                report("  \(part) \(line)")
            }
        }
    }
}

/// What the columns of a table are.
struct ColumnOptions: ParsableArguments {
    @Flag(inversion: .prefixedNo, help: "Whether the first line names the columns; else inferred.")
    var header: Bool?
    @Option(
        help: ArgumentHelp("Leave this column out; may be repeated.", valueName: "column"))
    var ignore: [String] = []
    @Option(
        help: ArgumentHelp(
            "The numbers in this column are names of categories; may be repeated.",
            valueName: "column"))
    var category: [String] = []
    @Option(help: "What the target is; else inferred.")
    var task: TableOptions.Task?
}
