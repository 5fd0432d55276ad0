import ArgumentParser
import Comparison
import Executable
import HTMLReport
import Isolation
import MetricCore
import Report

/// `analyze report runs... -o report.html`: one page about many runs.
struct MakeReport<Metrics: MetricList>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "report",
            abstract: "One self-contained HTML page about many runs, with all figures.",
            discussion: """
                The page needs no network and no other file. It has a table of all runs and layers \
                to sort and filter, the comparison of the runs, a section a run with its figures \
                and the data behind them, the warnings, and what each metric means.

                Examples:
                  analyze report runs/ -o report.html
                  analyze report results/ --by dataset,width -o report.html
                """)
    }

    @OptionGroup(title: "What to report") var runs: ComparedRuns

    @Option(
        help: ArgumentHelp(
            "Compare by these, the last being the axis; as in analyze compare.", valueName: "a,b"),
        transform: { $0.split(separator: ",").map(String.init) })
    var by: [String] = []

    @Option(help: ArgumentHelp("The page's title.", valueName: "text"))
    var title = "Lamina report"

    @Option(
        name: [.short, .long], help: ArgumentHelp("Where to write the page.", valueName: "file"),
        completion: .file(extensions: ["html"]))
    var output: String

    @Flag(help: "Show what the libraries said about an error.") var verbose = false
    @Flag(help: "No progress bar, no warnings.") var quiet = false

    func run() async throws {
        Program.useBestCore()
        var gathering = try RunGathering(
            runs, messages: RunMessages(isVerbose: verbose, isQuiet: quiet), known: Metrics.metrics,
            showsFigures: true)
        if let worker = Worker.current { await gathering.serve(worker) }
        gathering.protect(runs.inputs)
        do { try checkWritable(output) } catch { throw Failure(error) }
        let states = await gathering.states(in: runs.inputs)
        guard !states.isEmpty else { throw gathering.nothingFound(in: runs.inputs) }
        let report = RunReport(
            of: states, comparison: try comparison(of: states),
            failures: gathering.failures.map(\.message), title: title,
            manual: { Metrics.manual(of: $0) })
        do {
            try writeFile(at: output) { try report.write(to: $0) }
        } catch let error as OutputError {
            throw Failure(error)
        }
        if !gathering.failures.isEmpty { throw Ended(code: Failure.partly) }
    }

    /// Runs that do not compare have a report all the same, unless the comparison was asked for.
    private func comparison(of states: [RunState]) throws -> Comparison? {
        let options = ComparisonOptions(by: by, layers: runs.layers)
        guard by.isEmpty else {
            do { return try Comparison(states, options: options) } catch {
                throw Failure(message: error.description, code: Failure.usage)
            }
        }
        return states.count > 1 ? try? Comparison(states, options: options) : nil
    }
}
