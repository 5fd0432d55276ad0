import ArgumentParser
import Comparison
import Files
import Isolation
import Report
import RunFormat
import Text

/// `analyze history run.h5`: what the training recorded each epoch.
struct History: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "history",
        abstract: "What the training recorded each epoch: losses, accuracies, sizes.",
        discussion: """
            The table has losses, accuracies and sizes; CSV and JSON have every quantity.

            Examples:
              analyze history run.h5
              analyze history run.h5 --plot curves.svg
            """)

    @Argument(
        help: ArgumentHelp("A run file.", valueName: "run.h5"),
        completion: .file(extensions: ["h5", "hdf5", "he5"]))
    var file: String
    @OptionGroup(title: "Output") var output: OutputOptions

    func run() throws {
        InputFiles.add(file)
        try output.checkTargets()
        guardReading(file)
        do {
            let history = try Guard.readingStructure(of: file) { () throws(RunError) in
                try TrainingHistory(of: RunFile(path: file))
            }
            guard history.epochs > 0 else {
                throw Failure(
                    message: "\(visible(file)): it records nothing by epoch (no /history)",
                    code: Failure.badData)
            }
            try output.write(
                table: history.writeTable, csv: history.writeCSV, json: history.json(run: file))
            if let plot = output.plot { try output.draw(history.figures, to: plot) }
        } catch let error as RunError {
            throw Failure(error)
        } catch let error as OutputError {
            throw Failure(error)
        }
    }
}
