import Analysis
import ArgumentParser
import MetricCore
import Report
import Text

/// `analyze <metric> run.h5...`: one metric, with its own options.
struct MetricCommand<M: Metric>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        let metric = M.descriptor
        return CommandConfiguration(
            commandName: metric.id, abstract: metric.abstract,
            discussion: """
                Answers: \(metric.question)
                \(metric.isOnRequest ? "It takes extra time: analyze all leaves it out unless --metrics names it.\n" : "")
                Example:
                  analyze \(metric.id) run.h5\(metric.draws ? " --plot \(metric.id).svg" : "")
                """)
    }

    @OptionGroup(title: "Metric") var arguments: M.Arguments
    @OptionGroup(title: "What to analyze") var selection: SelectionOptions
    @OptionGroup(title: "Results") var output: OutputOptions

    func validate() throws {
        do { _ = try arguments.configuration() } catch let error as InvalidOption {
            throw ValidationError(error.description)
        }
        for site in selection.sites where !M.descriptor.sites.contains(site) {
            let sites = M.descriptor.sites.map(\.rawValue).joined(separator: " or ")
            throw ValidationError(
                "--site \(site.rawValue) does not suit \(M.descriptor.id), which needs \(sites)")
        }
    }

    func run() async throws {
        let metric = ConfiguredMetric(M(configuration: try arguments.configuration()))
        try await AnalysisRun(metrics: [metric], selection: selection, output: output).perform()
    }
}

/// `analyze all run.h5...`: every metric with its default settings, in one pass.
struct All<Metrics: MetricList>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "all",
            abstract: "Every metric that applies and costs little, in one pass over the file.",
            discussion: """
                Examples:
                  analyze all run.h5
                  analyze all runs/*.h5 --format json --output results.json
                  analyze all run.h5 --metrics pca,dead
                """)
    }

    @OptionGroup(title: "Metrics") var metrics: MetricsOption<Metrics>
    @OptionGroup(title: "What to analyze") var selection: SelectionOptions
    @OptionGroup(title: "Results") var output: OutputOptions

    func run() async throws {
        try await AnalysisRun(
            metrics: try await metrics.configured(), selection: selection, output: output
        ).perform()
    }
}

/// Which metrics: all of them that take no extra time, unless told otherwise.
struct MetricsOption<Metrics: MetricList>: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Only these, separated by commas.", discussion: onRequest, valueName: "a,b"),
        completion: Completions.list(of: Metrics.metrics.map { $0.descriptor.id }),
        transform: { $0.split(separator: ",").map(String.init) })
    var metrics: [String]?

    /// Which metrics have to be named; "" if there are none.
    static var onRequest: String {
        let ids = Metrics.metrics.map { $0.descriptor }.filter(\.isOnRequest).map(\.id)
        return ids.isEmpty
            ? "" : "Default: all but \(ids.joined(separator: ", ")), which take extra time."
    }

    func validate() throws {
        let known = Metrics.metrics.map { $0.descriptor.id }
        if let unknown = metrics?.first(where: { !known.contains($0) }) {
            throw ValidationError(
                "There is no metric '\(unknown)'; there are: \(known.joined(separator: ", "))")
        }
    }

    /// The metrics with their default settings.
    func configured() async throws -> [ConfiguredMetric] {
        let chosen = Metrics.metrics.filter {
            metrics?.contains($0.descriptor.id) ?? !$0.descriptor.isOnRequest
        }
        // Parsing no options at all takes half a millisecond.
        return try await withThrowingTaskGroup(of: (Int, ConfiguredMetric).self) { group in
            for (index, metric) in chosen.enumerated() {
                group.addTask { (index, try Self.withDefaults(metric)) }
            }
            var configured = [ConfiguredMetric?](repeating: nil, count: chosen.count)
            for try await (index, metric) in group { configured[index] = metric }
            return configured.compactMap { $0 }
        }
    }

    /// The metric as it is when no option is given.
    static func withDefaults<M: Metric>(_: M.Type) throws -> ConfiguredMetric {
        ConfiguredMetric(M(configuration: try M.Arguments.parse([]).configuration()))
    }
}

/// `analyze list`: which metrics there are and what they answer.
struct List<Metrics: MetricList>: ParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "list", abstract: "The metrics: what they read and what they answer.",
            discussion: """
                Example:
                  analyze list
                """)
    }

    func run() throws {
        let metrics = try Metrics.metrics.map { try MetricsOption<Metrics>.withDefaults($0) }
        let width = metrics.map(\.descriptor.id.count).max() ?? 0
        let output = TextOutput(descriptor: 1, name: "standard output")
        let indent = String(repeating: " ", count: width)
        for configured in metrics {
            let metric = configured.descriptor
            let id = metric.id + indent.dropFirst(metric.id.count)
            let sites = metric.sites.map(\.rawValue).joined(separator: ", ")
            let beside = configured.inputs.union(configured.secondPassInputs)
            let others = MetricInput.allCases.filter(beside.contains).map(\.title)
            let note =
                (others.isEmpty ? "" : "; beside: \(others.joined(separator: ", "))")
                + (metric.isOnRequest ? "; not in all, unless named" : "")
            output.write("\(id)  \(metric.question)\n\(indent)  reads \(sites)\(note)\n")
        }
        let taken = Set(AnalyzeCommand<Metrics>.subcommandNames)
        let programs = ExternalProgram.all().filter { !taken.contains($0.name) }
        if !programs.isEmpty {
            output.write("\nprograms on PATH\n")
            for program in programs {
                output.write(line: "\(program.name)  \(program.path)")
            }
        }
        do { try output.finish() } catch { throw Failure(error) }
    }
}
