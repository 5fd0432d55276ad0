import Analysis
import ArgumentParser
import Batch
import Comparison
import Files
import Glibc
import Isolation
import MetricCore
import Report
import ResultStore
import RunFormat
import Text

/// Many runs, from whatever holds them: the options of the commands that look at several at once.
struct ComparedRuns: ParsableArguments {
    @Argument(
        help: ArgumentHelp(
            "Run files, folders of them, results of a batch (.json or their folder), or a "
                + "collected store (.sqlite).", valueName: "runs"),
        completion: .file(extensions: ["h5", "hdf5", "json", "sqlite"]))
    var inputs: [String]

    @Option(
        name: .customLong("layer"), parsing: .singleValue,
        help: ArgumentHelp(
            "Only layers of this name; * and ? stand for any characters. Repeatable.",
            valueName: "name"))
    var layers: [String] = []

    @Option(
        help: ArgumentHelp(
            "Compute only these metrics, separated by commas. Default: those of analyze all.",
            valueName: "a,b"),
        transform: { $0.split(separator: ",").map(String.init) })
    var metrics: [String]?

    @Option(
        name: .customLong("snapshot"), parsing: .singleValue,
        help: ArgumentHelp(
            "An earlier step of the same training, \"final\" for its end, or \"all\". Repeatable.",
            valueName: "step"))
    var snapshots: [String] = []

    @OptionGroup var matrices: MatrixOptions

    @OptionGroup var reading: ReadingOptions

    func validate() throws {
        if inputs.isEmpty { throw ValidationError("No runs were given") }
        if inputs.contains("") {
            throw ValidationError("A run's name is empty; name a file or folder")
        }
        if !matrices.datasets.isEmpty, !layers.isEmpty || !snapshots.isEmpty {
            throw ValidationError(
                "--dataset names matrices; --layer and --snapshot do not go with it")
        }
    }
}

/// How much is said on standard error.
struct RunMessages: Sendable {
    let isVerbose: Bool
    let isQuiet: Bool

    func say(_ failure: Failure) {
        Messages.say(error: failure.message, frames: isVerbose ? failure.frames : [])
    }
}

/// Reads and analyzes runs for comparison; what fails is told and counted, and the rest goes on.
struct RunGathering: Sendable {
    /// The metrics that there are.
    private let metrics: [ConfiguredMetric]
    /// Those that were asked for; all that take no extra time, and those in `named`, if `nil`.
    private let ids: [String]?
    private let named: [String]
    private let layers: [String]
    private let matrices: MatrixOptions
    private let snapshots: [String]
    private let reading: ReadOptions
    private let messages: RunMessages
    /// Whether the figures of results are shown, which take memory.
    private let showsFigures: Bool
    private(set) var failures: [Failure] = []

    /// Checks which metrics were asked for among those `known`, by their options or because a condition on
    /// one of them, in `named`, is to be checked.
    init(
        _ options: ComparedRuns, messages: RunMessages, known: [any Metric.Type],
        named: [String] = [], showsFigures: Bool
    ) throws {
        self.showsFigures = showsFigures
        self.named = named
        ids = options.metrics
        layers = options.layers
        matrices = options.matrices
        snapshots = options.snapshots
        reading = options.reading.options
        self.messages = messages
        let names = known.map { $0.descriptor.id }
        if let unknown = options.metrics?.first(where: { !names.contains($0) }) {
            throw Failure(
                message: "there is no metric '\(visible(unknown))'; there are: "
                    + names.joined(separator: ", "), code: Failure.usage)
        }
        metrics = try known.map { try Self.withDefaults($0) }
    }

    /// The metric as it is when no option is given.
    private static func withDefaults<M: Metric>(_: M.Type) throws -> ConfiguredMetric {
        ConfiguredMetric(M(configuration: try M.Arguments.parse([]).configuration()))
    }

    /// The states in all `inputs`, in their order; a few files are read at a time.
    mutating func states(in inputs: [String]) async -> [RunState] {
        let files = inputs.flatMap(files(of:))
        let bar =
            messages.isQuiet || files.count < 2
            ? nil : ProgressBar("analyzing", total: files.count, unit: .items("runs"))
        let work = self
        let width = max(1, min(files.count, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN)))))
        // A single file is read here, several by workers, so that none takes the others with it.
        if let only = files.first, files.count == 1 { guardReading(only) }
        let pool = files.count == 1 ? nil : WorkerPool(jobs: width)
        defer { pool?.end() }
        var found = [Gathered](repeating: Gathered(), count: files.count)
        await withTaskGroup(of: (Int, Gathered).self) { group in
            var (started, done) = (0, 0)
            while done < files.count {
                while started < files.count, started < done + width {
                    let index = started
                    group.addTask { (index, await work.gather(files[index], with: pool)) }
                    started += 1
                }
                guard let (index, gathered) = await group.next() else { break }
                found[index] = gathered
                done += 1
                bar?.update(done: done, of: files.count)
            }
        }
        bar?.finish()
        // Told in the order of the files, whichever was read first.
        if !messages.isQuiet { found.flatMap(\.notes).forEach { Messages.say(warning: $0) } }
        for failure in found.flatMap(\.failures) {
            messages.say(failure)
            failures.append(failure)
        }
        return found.flatMap(\.states)
    }

    /// Why there are no states in `inputs`; what could not be read was told already.
    func nothingFound(in inputs: [String]) -> any Error {
        guard let first = failures.first else {
            return Failure(
                message: inputs.map(visible).joined(separator: ", ") + ": there are no results",
                code: Failure.badData)
        }
        return Ended(code: first.code)
    }

    /// Keeps outputs from replacing any of the files in `inputs`.
    func protect(_ inputs: [String]) {
        for file in inputs.flatMap(files(of:)) { InputFiles.add(file) }
    }

    /// What was found in one file.
    private struct Gathered: Sendable, WireCodable {
        var states: [RunState] = []
        var failures: [Failure] = []
        var notes: [String] = []

        init(states: [RunState] = [], failures: [Failure] = []) {
            self.states = states
            self.failures = failures
        }

        func write(to writer: inout WireWriter) {
            writer.write(states) { $0.write($1) }
            writer.write(failures) { $0.write($1) }
            writer.write(notes) { $0.write($1) }
        }

        init(from reader: inout WireReader) throws(WireReader.Mismatch) {
            states = try reader.list { (reader) throws(WireReader.Mismatch) in try reader.value() }
            failures = try reader.list { (reader) throws(WireReader.Mismatch) in
                try reader.value()
            }
            notes = try reader.list { (reader) throws(WireReader.Mismatch) in try reader.text() }
        }
    }

    private func gather(_ file: String, with pool: WorkerPool?) async -> Gathered {
        guard let pool else { return await gather(file) }
        do { return try await pool.awaitAnswer(to: file) } catch {
            return Gathered(failures: [Failure(error, name: visible(file))])
        }
    }

    /// Gathers from the files that another process names, until it ends.
    func serve(_ worker: Worker) async -> Never {
        await worker.serve { (file: String) in
            Guard.allowTime(for: file)
            return await gather(file)
        }
    }

    /// What is in `file`, without the lists that nobody will look at.
    private func gather(_ file: String) async -> Gathered {
        var gathered = await gatherAll(file)
        for state in gathered.states.indices {
            for index in gathered.states[state].results.indices {
                gathered.states[state].results[index].values.removeLists()
                if !showsFigures { gathered.states[state].results[index].figures = [] }
            }
        }
        return gathered
    }

    private func gatherAll(_ file: String) async -> Gathered {
        do { return try await states(inFile: file) } catch let failure as Failure {
            return Gathered(failures: [failure])
        } catch {
            let failure = Failure(message: "\(visible(file)): \(error)", code: Failure.bug)
            return Gathered(failures: [failure])
        }
    }

    private func addCurves(
        of run: RunFile, to states: inout [RunState], _ failures: inout [Failure]
    ) {
        do {
            let history = try Guard.readingStructure(of: run.path) { () throws(RunError) in
                try TrainingHistory(of: run)
            }
            for index in states.indices where states[index].snapshot == nil {
                states[index].learningCurves = history.figures
            }
        } catch { failures.append(Failure(error)) }
    }

    /// A folder's run files, or if it has none its result files.
    private func files(of input: String) -> [String] {
        let runs = listRuns([input]).map(\.name).sorted(by: naturallyPrecedes)
        guard runs.isEmpty else { return runs }
        let results = resultFiles(in: input)
        // An empty folder is named like anything that cannot be read.
        return results.isEmpty ? [input] : results
    }

    private func states(inFile path: String) async throws -> Gathered {
        let start: [UInt8]
        do { start = try readStart(of: path, 16) } catch { throw Self.refusal(error) }
        let metrics = metrics
        let describe: (String) -> MetricDescriptor? = { id in
            metrics.lazy.map(\.descriptor).first { $0.id == id }
        }
        if start.starts(with: Array("SQLite format 3\0".utf8)) {
            do {
                return wanted(
                    try RunState.states(in: ResultDatabase(readingAt: path), descriptor: describe))
            } catch { throw Failure(error) }
        }
        if start.first(where: { !" \t\r\n".utf8.contains($0) }) == UInt8(ascii: "{") {
            let bytes: [UInt8]
            do { bytes = try readFile(path) } catch { throw Self.refusal(error) }
            if ResultFile.isDamaged(bytes) {
                let error = StoreError(path, .damaged("its checksum is wrong"))
                throw Failure(error)
            }
            do {
                return wanted(try RunState.states(in: bytes, descriptor: describe))
            } catch {
                throw Failure(
                    message: "\(visible(path)): \(error.description)", code: Failure.badData)
            }
        }
        return try await analyze(path)
    }

    private func analyze(_ path: String) async throws -> Gathered {
        do {
            let run = try Guard.readingStructure(of: path) { () throws(RunError) in
                try RunFile(path: path, options: reading)
            }
            let chosen = metrics.filter { metric in
                let (id, isOnRequest) = (metric.descriptor.id, metric.descriptor.isOnRequest)
                return ids?.contains(id) ?? (!isOnRequest || named.contains(id))
            }
            let steps = snapshots.filter { $0 != "final" }
            var gathered = Gathered()
            func add(_ snapshots: [String]) async throws {
                let selection = Selection(
                    layers: layers, datasets: matrices.datasets, axes: matrices.axes,
                    channelsAreLast: matrices.channelsAreLast, snapshots: snapshots)
                let analysis = try await Analyzer(metrics: chosen, selection: selection)
                    .analyze(run)
                gathered.failures += analysis.failures.map { Failure($0) }
                gathered.failures += Remark.failures(
                    in: analysis.results, told: analysis.failures)
                gathered.notes += analysis.notes.map { "\(visible(path)): \(visible($0))" }
                var states = RunState.states(of: analysis, run: run)
                if showsFigures { addCurves(of: run, to: &states, &gathered.failures) }
                gathered.states += states
            }
            if !steps.isEmpty { try await add(steps) }
            if steps.count < snapshots.count || steps.isEmpty, !steps.contains("all") {
                try await add([])
            }
            return gathered
        } catch let error as RunError {
            throw Failure(error)
        }
    }

    /// Of stored states those that were asked for.
    private func wanted(_ states: [RunState]) -> Gathered {
        let steps = snapshots
        let chosen = states.filter {
            steps.contains("all") || steps.contains($0.snapshot ?? "final")
                || steps.isEmpty && $0.snapshot == nil
        }
        let places = Dictionary(
            metrics.enumerated().map { ($1.descriptor.id, $0) }, uniquingKeysWith: { a, _ in a })
        let selection = StoredSelection(layers: layers, datasets: matrices.datasets)
        var gathered = Gathered()
        for var state in chosen {
            if state.results.isEmpty, let reason = state.reason {
                gathered.failures.append(
                    Failure(
                        message: "\(visible(state.run)): \(visible(reason))", code: Failure.badData)
                )
            }
            do throws(ComparisonError) {
                state.results = try selection.chosen(of: state.results)
            } catch {
                gathered.failures.append(
                    Failure(
                        message: "\(visible(state.run)): \(error.description)",
                        code: Failure.usage))
                continue
            }
            if let ids {
                state.results.removeAll { !ids.contains($0.metric.id) }
            }
            // A store sorts by name; tables and pages list metrics in one order.
            var layers: [ExactName: Int] = [:]
            for result in state.results where layers[ExactName(result.layer)] == nil {
                layers[ExactName(result.layer)] = layers.count
            }
            let keys = state.results.enumerated().map { position, result in
                (
                    layers[ExactName(result.layer)] ?? 0, places[result.metric.id] ?? places.count,
                    position
                )
            }
            let order = keys.indices.sorted { keys[$0] < keys[$1] }
            state.results = order.map { state.results[$0] }
            gathered.failures += Remark.failures(in: state.results)
            gathered.states.append(state)
        }
        return gathered
    }

    private static func refusal(_ error: FileError) -> Failure {
        if error.cause == .isFolder {
            return Failure(
                message: "\(visible(error.path)): there are no runs (.h5, .hdf5) and no results "
                    + "(.json) in this folder", code: Failure.usage)
        }
        return Failure(message: visible(error.description), code: Failure.inputOutput)
    }

    private func resultFiles(in folder: String) -> [String] {
        let names = ((try? entries(of: folder)) ?? []).map(\.name)
        return names.filter { $0.hasSuffix(".json") && !$0.hasPrefix(".") }
            .sorted(by: naturallyPrecedes).map { joined(folder, $0) }
    }
}

extension Object {
    /// Takes out all that is no single value.
    mutating func removeLists() {
        fields = fields.compactMap { field in
            switch field.value {
            case .numbers, .integers, .matrix: return nil
            case .object(var object):
                object.removeLists()
                return (name: field.name, value: .object(object))
            case .null, .number, .integer, .text, .flag: return field
            }
        }
    }
}
