public import ArgumentParser
import Dispatch
import Executable
import Files
import Glibc
import HDF5
import Isolation
public import MetricCore
import Report
import RunFormat
import Text

/// The command `analyze` over a list of metrics.
///
/// The list is a type so that a package of its own can offer the same command with metrics added:
/// `AnalyzeCommand<MyMetrics>`.
public struct AnalyzeCommand<Metrics: MetricList>: AsyncParsableCommand {
    /// Name, help and subcommands.
    public static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "analyze",
            abstract: "Tell what the layers of stored training runs actually use.",
            discussion: """
                Examples:
                  analyze pca run.h5                  how many dimensions does each layer use?
                  analyze all run.h5 --format json    every metric, for scripts
                  analyze inspect run.h5              what is in the file?
                  analyze batch runs --out results    many runs; then collect results
                  analyze --version --verbose         which libraries, for which processor
                """,
            version: Program.version,
            groupedSubcommands: [
                CommandGroup(name: "Metrics", subcommands: metricCommands + [All<Metrics>.self]),
                CommandGroup(
                    name: "Runs",
                    subcommands: [Inspect.self, History.self, Validate.self, List<Metrics>.self]),
                CommandGroup(
                    name: "Many runs",
                    subcommands: [
                        BatchCommand<Metrics>.self, Collect.self, Compare<Metrics>.self,
                        MakeReport<Metrics>.self,
                    ]),
            ])
    }

    private static var metricCommands: [any ParsableCommand.Type] {
        func command<M: Metric>(_: M.Type) -> any ParsableCommand.Type { MetricCommand<M>.self }
        return Metrics.metrics.map { command($0) }
    }

    /// A command without arguments.
    public init() {}

    /// The names that programs on PATH cannot have.
    static var subcommandNames: [String] {
        configuration.subcommands.map { $0._commandName }
    }

    /// What runs if the first word is no subcommand but a program `analyze-<word>` on PATH.
    ///
    /// - Throws: ``Failure`` if it is neither.
    private static func externalCall(_ words: [String]) throws -> ExternalCall? {
        guard let name = words.first, !name.hasPrefix("-"), name != "help",
            !subcommandNames.contains(name)
        else { return nil }
        guard let program = try ExternalProgram.named(name) else {
            throw Failure(
                message: "there is no metric or command \(visible(name)); there are: "
                    + subcommandNames.joined(separator: ", "),
                code: Failure.usage)
        }
        return try ExternalCall(program, Array(words.dropFirst()))
    }

    /// Without a subcommand there is only help.
    public func run() throws { throw CleanExit.helpRequest(self) }

    /// Parses `arguments` (those of the process if `nil`), runs what they ask for, and ends the
    /// process with the exit code of the contract.
    ///
    /// To be called on the main thread, from a `main()` that is not asynchronous: help then needs
    /// neither threads nor queues. A command on several files starts this program again, with the
    /// same words, for processes that read them: `main()` should do nothing else that matters.
    public static func runAndExit(_ arguments: [String]? = nil) -> Never {
        beginCommand()
        let words = arguments ?? Array(processArguments().dropFirst())
        // What the parser would print, without setting up what it needs for other words.
        if words.isEmpty || words == ["--help"] || words == ["-h"] {
            Messages.printHelp(helpMessage(), isError: false)
            Glibc.exit(0)
        }
        if Set(words) == ["--version", "--verbose"] {
            Program.useBestCore()
            let details = Program.details(hdf5Version: HDF5File.libraryVersion)
            Messages.printHelp(details, isError: false)
            Glibc.exit(0)
        }
        if let worker = Worker.current { worker.start() } else { Guard.start() }
        do {
            if let call = try externalCall(words) {
                try call.perform()
                Glibc.exit(0)
            }
            var command = try parseAsRoot(words)
            if let command = command as? any AsyncParsableCommand { runAndExit(command) }
            try command.run()
            Glibc.exit(0)
        } catch {
            exit(for: error)
        }
    }

    private static func runAndExit(_ command: sending any AsyncParsableCommand) -> Never {
        Task {
            do {
                var command = command
                try await command.run()
                Glibc.exit(0)
            } catch {
                exit(for: error)
            }
        }
        dispatchMain()
    }

    private static func exit(for error: any Error) -> Never {
        switch error {
        case let failure as Failure:
            Messages.say(error: failure.message, frames: failure.frames)
            Glibc.exit(failure.code)
        case let ended as Ended:
            Glibc.exit(ended.code)
        case let error as RunError: exit(for: Failure(error))
        case let error as OutputError: exit(for: Failure(error))
        case let code as ExitCode: Glibc.exit(code.rawValue)
        default:
            let code = exitCode(for: error)
            // The parser's word for errors that it does not know.
            if code == .failure {
                let words = "\(error)".split(whereSeparator: \.isNewline).joined(separator: " ")
                exit(for: Failure(message: visible(words), code: Failure.bug))
            }
            guard code == .validationFailure else {
                Messages.printHelp(fullMessage(for: error), isError: !code.isSuccess)
                Glibc.exit(code.rawValue)
            }
            let sentence = message(for: error).split(separator: "\n").joined(separator: " ")
            Messages.say(error: sentence)
            Glibc.exit(code.rawValue)
        }
    }
}

/// How a command ends when it cannot do what was asked.
struct Failure: Error {
    /// One sentence naming what, on what, why, and what to do.
    var message: String
    var code: Int32
    /// What libraries said, from the outermost call inwards; for `--verbose`.
    var frames: [String] = []

    /// Some input failed, the results of the others were printed.
    static let partly: Int32 = 1
    /// The command line is wrong.
    static let usage: Int32 = 64
    /// The data are not what they should be.
    static let badData: Int32 = 65
    /// A mistake of this program.
    static let bug: Int32 = 70
    /// The system refused to read or write.
    static let inputOutput: Int32 = 74
}
