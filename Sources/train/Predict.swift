import ArgumentParser
import Datasets
import Executable
import Files
import LinearAlgebra
import Training

/// `train predict`: the values or classes of new rows.
struct Predict: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "predict",
        abstract: "Predict the targets of new rows of a table, as CSV.",
        discussion: """
            The columns are found by the names that they had in the training, in any order, or by \
            their positions where they had none; the target need not be there. One line is printed \
            for each row: the predicted values in their unit, or the class and the probability of each.

            EXAMPLE
              train predict run.h5 new.csv > predictions.csv
            """)

    @Argument(help: ArgumentHelp("The run file.", valueName: "run.h5"))
    var recorded: String
    @Argument(help: ArgumentHelp("The new rows.", valueName: "new.csv"))
    var table: String
    @Option(help: ArgumentHelp("Write here instead of to the terminal.", valueName: "file"))
    var output: String?

    func run() throws {
        Program.useBestCore()
        let model = try RecordedModel(path: recorded)
        let rows = try model.data.rows(of: table, needsOutcome: false)
        try checkStandardOutput()
        var text = record(
            model.data.classes.map { ["class"] + $0.map { "p(\($0))" } } ?? model.data.outputs)
        model.forEachBatch(of: rows) { _, outputs in
            let values = model.predictions(of: outputs)
            for row in 0..<values.rows {
                let numbers = (0..<values.columns).map { values[row, $0] }
                var fields = numbers.map { "\($0)" }
                if let classes = model.data.classes,
                    let best = numbers.indices.max(by: { numbers[$0] < numbers[$1] })
                {
                    fields.insert(classes[best], at: 0)
                }
                text += record(fields)
            }
        }
        try write(text)
    }

    private func write(_ text: String) throws(FileError) {
        guard let output else { return try write(Array(text.utf8), to: 1, "standard output") }
        let file = try ReplacedFile(output)
        try write(Array(text.utf8), to: file.descriptor, output)
        try file.commit()
    }

    private func write(
        _ bytes: [UInt8], to descriptor: Int32, _ name: String
    ) throws(FileError) {
        let code = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
        guard code == 0 else { throw FileError(.write, name, code: code) }
    }
}

/// A line of a table, quoted as in RFC 4180.
private func record(_ fields: [String]) -> String {
    fields.map { field in
        field.utf8.contains(where: { "\",\r\n".utf8.contains($0) })
            ? "\""
                + field.split(separator: "\"", omittingEmptySubsequences: false)
                .joined(separator: "\"\"") + "\"" : field
    }.joined(separator: ",") + "\n"
}
