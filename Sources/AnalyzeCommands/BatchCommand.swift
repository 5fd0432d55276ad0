import Analysis
import ArgumentParser
import Batch
import Comparison
import Executable
import Files
import Glibc
import Isolation
import MetricCore
import Report
import ResultStore
import RunFormat
import Text

/// `analyze batch RUNS... --out DIR`: many runs, a result file each.
struct BatchCommand<Metrics: MetricList>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "batch",
            abstract: "Analyze many runs, each into a result file; resumes where it stopped.",
            discussion: """
                Each run gets one file in the folder of --out. A second call does what is missing: \
                new and changed runs, further metrics, runs that failed. Runs that cannot be read \
                are named at the end and do not stop the others (exit code 1).

                Examples:
                  analyze batch runs --out results
                  analyze batch runs --out results --metrics pca,dead --jobs 8
                  analyze batch runs --out results --shard 1/4      one of four machines
                  analyze collect results --to results.sqlite       one table of all
                """)
    }

    @Argument(
        help: ArgumentHelp(
            "HDF5 files, patterns, and folders that are searched for *.h5 and *.hdf5.",
            valueName: "runs"),
        completion: .file(extensions: ["h5", "hdf5"]))
    var runs: [String]

    @Option(
        name: .customLong("out"),
        help: ArgumentHelp("The folder of the result files; made if need be.", valueName: "dir"),
        completion: .directory)
    var folder: String

    @Option(
        help: ArgumentHelp(
            "Runs analyzed at the same time; as many as there are cores unless told otherwise.",
            valueName: "k"))
    var jobs: Int?

    @Option(
        help: ArgumentHelp(
            "Only a share of the runs, by the hash of their paths: i of n (1/4 ... 4/4), or slurm "
                + "for that of this task of a job array.", valueName: "i/n|slurm"))
    var shard: ShardChoice?

    @OptionGroup(title: "Metrics") var metrics: MetricsOption<Metrics>
    @OptionGroup(title: "What to analyze") var choices: ChoiceOptions

    @Flag(help: "No progress display, no summary.")
    var quiet = false

    func validate() throws {
        if runs.isEmpty { throw ValidationError("No run was given") }
        // An unset variable of a shell script would name the root folder.
        if folder.isEmpty { throw ValidationError("--out is empty; name a folder") }
        if runs.contains("") {
            throw ValidationError("A run's name is empty; name a file or folder")
        }
        if let jobs, jobs < 1 {
            throw ValidationError("--jobs is \(jobs); expected a number from 1")
        }
    }

    func run() async throws {
        Program.useBestCore()
        keepFreedMemory()
        if let worker = Worker.current {
            let batch = try await batch(jobs: worker.jobs)
            await worker.serve { (run: ListedRun) in
                Guard.allowTime(for: run.path)
                return await answer(run, in: batch)
            }
        }
        let share = try share()
        let listed = listRuns(runs)
        guard !listed.isEmpty else {
            throw Failure(
                message: runs.map(visible).joined(separator: ", ")
                    + ": no runs there; files must end in .h5 or .hdf5",
                code: Failure.badData)
        }
        for run in listed { InputFiles.add(run.path) }
        let mine = share.map { share in listed.filter { share.contains($0.key) } } ?? listed
        let wanted = jobs ?? max(1, sysconf(Int32(_SC_NPROCESSORS_ONLN)))
        let batch = try await batch(
            jobs: max(1, min(wanted, mine.count, Batch.mostJobs)))
        try note(share, of: listed, isComplete: false)
        let summary = try await perform(batch, on: mine)
        try note(share, of: listed, isComplete: true)
        for failure in summary.failures {
            Messages.say(error: "\(visible(failure.run)): \(visible(failure.reason))")
        }
        if !quiet {
            Messages.say(
                "\(mine.count) runs: \(summary.done) done, \(summary.skipped) there already, "
                    + "\(summary.failures.count) failed; results in \(visible(folder))")
        }
        if !summary.failures.isEmpty { throw Ended(code: Failure.partly) }
    }

    /// Leaves word in the folder of results of what this share is, for `collect` to add them up.
    private func note(_ share: Shard?, of runs: [ListedRun], isComplete: Bool) throws {
        do {
            do { try makeFolder(folder) } catch { throw OutputError(error) }
            if let share {
                try ShareFile(
                    index: share.index, of: share.count, names: runs.map(\.key),
                    isComplete: isComplete
                ).write(to: folder)
            } else if isComplete {
                ShareFile.removeAll(in: folder, ofAtMost: runs.count)
            }
        } catch let error as OutputError { throw Failure(error) }
    }

    private func batch(jobs: Int) async throws -> Batch {
        Batch(
            metrics: try await metrics.configured(), settings: choices.settings, folder: folder,
            jobs: jobs, followsLinks: choices.reading.allowExternalLinks)
    }

    /// Does what is missing for one run, in a worker.
    private func answer(_ run: ListedRun, in batch: Batch) async -> BatchAnswer {
        let selection = choices.selection
        let options = choices.reading.options
        do {
            return .outcome(
                try await batch.outcome(of: run) { run, metrics in
                    do {
                        let file = try Guard.readingStructure(of: run.name) {
                            () throws(RunError) in
                            try RunFile(path: run.name, options: options)
                        }
                        let analyzer = Analyzer(metrics: metrics, selection: selection)
                        var analysis = try await analyzer.analyze(file)
                        analysis.noteWidth(file.attributes)
                        return Batch.Analyzed(
                            attributes: JSONNode(file.attributes), results: analysis.results)
                    } catch let error as RunError {
                        throw UnreadableRun(error)
                    }
                })
        } catch let error as OutputError {
            return .refusal(Failure(error))
        } catch {
            return .refusal(Failure(message: "\(error)", code: Failure.bug))
        }
    }

    private func share() throws -> Shard? {
        switch shard {
        case nil: return nil
        case .one(let shard): return shard
        case .slurm:
            do { return try Shard.slurm() } catch {
                throw Failure(message: error.description, code: Failure.usage)
            }
        }
    }

    private func perform(_ batch: Batch, on runs: [ListedRun]) async throws -> Batch.Summary {
        let bar = quiet ? nil : ProgressBar("batch", total: runs.count, unit: .items("runs"))
        defer { bar?.finish() }
        let pool = WorkerPool(jobs: batch.jobs)
        defer { pool.end() }
        let clock = ContinuousClock()
        let start = clock.now
        var lastLine = start
        let writesLines = !quiet && !Terminal.isTerminal(2)
        var (done, skipped, failed) = (0, 0, 0)
        do {
            return try await batch.run(runs) { run in
                let answer: BatchAnswer
                do throws(Loss) { answer = try await pool.awaitAnswer(to: run) } catch {
                    return try batch.lose(run, reason: error.sentence)
                }
                return try answer.outcome()
            } onOutcome: { _, outcome in
                switch outcome {
                case .done: done += 1
                case .skipped: skipped += 1
                case .failed, .lost: failed += 1
                }
                let seconds = (clock.now - start) / .seconds(1)
                let rate = (Double(done + failed) / max(seconds, 1e-3) * 10).rounded() / 10
                let counts =
                    "\(done) done, \(failed) failed, \(skipped) there already, \(rate)/s"
                bar?.advance(by: 1, title: counts)
                // For the log of a job that runs for hours.
                if writesLines, clock.now - lastLine >= .seconds(60) {
                    lastLine = clock.now
                    Messages.say("\(done + failed + skipped) of \(runs.count) runs: \(counts)")
                }
            }
        } catch let error as OutputError {
            bar?.finish()
            throw Failure(error)
        }
    }
}

/// Why a run cannot be read, without its name, which stands in front of the reason anyway.
private struct UnreadableRun: Error, CustomStringConvertible {
    let description: String

    init(_ error: RunError) {
        description = [error.object, error.message].compactMap { $0 }.joined(separator: ": ")
    }
}

/// The value of `--shard`.
enum ShardChoice: ExpressibleByArgument {
    case one(Shard)
    case slurm

    init?(argument: String) {
        if argument == "slurm" {
            self = .slurm
        } else if let shard = Shard(argument) {
            self = .one(shard)
        } else {
            return nil
        }
    }
}

extension ChoiceOptions {
    /// All that shapes results beside the metrics' own settings, as result files keep it.
    var settings: JSONNode {
        let selection = selection
        let sites = Site.allCases.filter(selection.sites.contains).map(\.rawValue)
        func texts(_ texts: [String]) -> JSONNode { .list(texts.map { .text($0) }) }
        func text(_ text: String?) -> JSONNode { text.map { .text($0) } ?? .null }
        var settings: [JSONNode.Field] = [
            .init("layers", texts(selection.layers)),
            // One text, so that batches from before there could be several go on.
            .init("site", sites.isEmpty ? .null : .text(sites.joined(separator: ","))),
            .init(
                "dataset",
                selection.datasets.count > 1
                    ? texts(selection.datasets) : text(selection.datasets.first)),
            .init("channelsAreLast", .flag(selection.channelsAreLast)),
            .init("snapshots", texts(selection.snapshots)),
            .init("nonFinite", .text(selection.nonFinite.rawValue)),
        ]
        if let elementType = reading.elementType {
            settings.append(.init("dtype", .text(elementType)))
        }
        if let axes = selection.axes { settings.append(.init("axes", .text(axes.text))) }
        return .object(settings)
    }
}
