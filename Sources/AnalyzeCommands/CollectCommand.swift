import ArgumentParser
import Executable
import Files
import Report
import ResultStore
import Text

/// `analyze collect DIR... --to FILE`: one table of many runs.
struct Collect: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "collect",
            abstract: "Collect the results of a batch into one table: SQLite, CSV or JSON lines.",
            discussion: """
                A row is a quantity of a metric in a layer of a run. Collecting twice changes \
                nothing; a run that was analyzed again replaces its rows. Results of different \
                versions or settings of a metric are not mixed unless asked to.

                Examples:
                  analyze collect results --to results.sqlite
                  analyze collect results --to results.csv
                  sqlite3 results.sqlite 'SELECT * FROM layers'
                """)
    }

    @Argument(
        help: ArgumentHelp("Folders of result files.", valueName: "dir"), completion: .directory)
    var folders: [String]

    @Option(
        help: ArgumentHelp(
            "The table: .sqlite (updated if it exists), .csv or .jsonl (written anew).",
            valueName: "file"), completion: .file(extensions: ["sqlite", "csv", "jsonl"]))
    var to: String

    @Flag(help: "The elements of lists as well: one row for every neuron, eigenvalue, bin.")
    var arrays = false

    @Flag(help: "Let results of different versions or settings of a metric into one table.")
    var allowMixed = false

    @Flag(help: "No summary.")
    var quiet = false

    func validate() throws {
        if folders.isEmpty { throw ValidationError("No folder was given") }
        if Target(path: to) == nil {
            throw ValidationError("--to is \(to); expected a name in .sqlite, .csv or .jsonl")
        }
    }

    private enum Target: String, CaseIterable {
        case sqlite, csv, jsonl

        init?(path: String) {
            guard let target = Self.allCases.first(where: { path.hasSuffix("." + $0.rawValue) })
            else { return nil }
            self = target
        }
    }

    func run() throws {
        do {
            let collection = try ResultCollection(folders: folders, allowsMixed: allowMixed)
            for file in collection.files { InputFiles.add(file.location) }
            let (changes, badBodies) = try write(collection)
            let problems = collection.problems + badBodies
            for problem in problems { Messages.say(error: problem.description) }
            let failures = collection.failures
            if !quiet {
                for twin in collection.twins {
                    Messages.say(
                        warning: "\(visible(twin.run)) and \(visible(twin.other)) are the same "
                            + "file, copied or renamed, and count twice; remove "
                            + "\(visible(twin.location)) unless both are meant")
                }
                let readings = collection.readings
                if readings.count > 1 {
                    let words = readings.prefix(4).map { "\($0.run): \($0.settings)" }
                    Messages.say(
                        warning: "runs were read in \(readings.count) ways; their numbers compare "
                            + "only if each is right for its file ("
                            + visible(words.joined(separator: "; ")) + ")")
                }
                if let first = failures.first {
                    Messages.say(
                        warning: "\(failures.count) runs failed or lack results, the first being "
                            + "\(visible(first.run)): \(visible(first.reason))")
                }
                Messages.say("\(visible(to)): \(collection.files.count) runs" + changes)
            }
            if !problems.isEmpty { throw Ended(code: Failure.partly) }
        } catch let error as StoreError {
            if Interruption.came {
                Messages.say(error: error.description)
                Interruption.end()
            }
            throw Failure(error)
        } catch let error as OutputError {
            throw Failure(error)
        }
    }

    /// Writes the table; what changed, for the summary, and the files that have no rows.
    private func write(
        _ collection: ResultCollection
    ) throws -> (changes: String, problems: [StoreError]) {
        var problems: [StoreError] = []
        switch Target(path: to) {
        case .sqlite:
            try checkWritable(to, isSeekable: true)
            // A signal must not leave SQLite's journal behind.
            Interruption.wait()
            let changes = try ResultDatabase(at: to).update(
                from: collection, includesArrays: arrays, allowsMixed: allowMixed,
                isInterrupted: { Interruption.came })
            return (
                " (\(changes.added) new, \(changes.replaced) changed, \(changes.removed) gone)",
                changes.problems
            )
        case .csv:
            try writeFile(at: to) {
                problems = try collection.writeCSV(includesArrays: arrays, to: $0)
            }
        case .jsonl:
            try writeFile(at: to) {
                problems = try collection.writeJSONLines(includesArrays: arrays, to: $0)
            }
        case nil: break
        }
        return ("", problems)
    }
}

extension Failure {
    init(_ error: StoreError) {
        self.init(
            message: error.description,
            code: error.isInputOutput ? Failure.inputOutput : Failure.badData)
    }
}
