public import Analysis
import Files
import Glibc
import LinearAlgebra
public import MetricCore
public import Report
import ResultStore

/// Many runs through the same metrics, a result file each, resumable at any point.
///
/// A result file appears when it is complete, under a name made from that of the run. A later batch
/// into the same folder does what is missing: runs without a file or whose content changed, metrics
/// that are not in the file in the same version and configuration, results that failed. A killed
/// batch loses the runs in flight.
public struct Batch: Sendable {
    /// What is computed.
    public let metrics: [ConfiguredMetric]
    /// All that shapes the results beside the metrics' own configurations; runs analyzed with other
    /// settings are done again.
    public let settings: JSONNode
    /// Where the result files go.
    public let folder: String
    /// How many runs are analyzed at the same time.
    public let jobs: Int
    /// Whether runs may be files that refer to others, so that an unchanged file says nothing about its
    /// results: all are computed again.
    public let followsLinks: Bool
    /// More than this many runs at a time gain nothing, and each takes a process.
    public static let mostJobs = 256

    /// Prepares a batch; nothing is read or written yet.
    ///
    /// - Precondition: `jobs` is positive.
    public init(
        metrics: [ConfiguredMetric], settings: JSONNode = .object([]), folder: String, jobs: Int,
        followsLinks: Bool = false
    ) {
        precondition(jobs > 0, "\(jobs) jobs")
        self.metrics = metrics
        self.settings = settings
        self.folder = folder
        self.jobs = jobs
        self.followsLinks = followsLinks
    }

    /// What an analysis of one run gives.
    public struct Analyzed: Sendable {
        /// The attributes of the run's root.
        public var attributes: JSONNode
        /// One for every metric and chosen layer.
        public var results: [LayerResult]

        /// An analysis from its parts.
        public init(attributes: JSONNode = .object([]), results: [LayerResult]) {
            self.attributes = attributes
            self.results = results
        }
    }

    /// How a run ended.
    public enum Outcome: Sendable, Hashable {
        case done
        /// All was there already.
        case skipped
        /// There are no results, or some are missing; the others are stored.
        case failed(reason: String)
        /// The process that was to analyze the run ended instead.
        case lost(reason: String)
    }

    /// How all runs ended.
    public struct Summary: Sendable, Hashable {
        /// Runs whose results were computed.
        public var done = 0
        /// Runs whose results were there already.
        public var skipped = 0
        /// In the order in which the runs were listed.
        public var failures: [Failure] = []

        /// A run without results, or with some missing.
        public struct Failure: Sendable, Hashable {
            /// The run's name.
            public var run: String
            /// What is wrong, in one sentence.
            public var reason: String
        }
    }

    /// Whether each run has at most one core for itself.
    private var sharesCores: Bool {
        jobs > 1 && jobs > sysconf(Int32(_SC_NPROCESSORS_ONLN)) / 2
    }

    /// Analyzes what is missing, in this process.
    ///
    /// - Parameters:
    ///   - runs: the runs; results appear as they end, in whatever order.
    ///   - analyze: analyzes one run with the given metrics; called for at most ``jobs`` runs at a
    ///     time. What it throws is the reason why the run failed.
    ///   - onOutcome: called after each run, in the order in which they end.
    /// - Returns: how the runs ended. A run that fails does not stop the others.
    /// - Throws: `OutputError` if results cannot be written, which concerns all runs;
    ///   `CancellationError`.
    public func run(
        _ runs: [ListedRun], analyze: @escaping Analysis,
        onOutcome: (ListedRun, Outcome) -> Void = { _, _ in }
    ) async throws -> Summary {
        try await run(runs, outcome: { try await outcome(of: $0, analyze) }, onOutcome: onOutcome)
    }

    /// Analyzes one run with the given metrics.
    public typealias Analysis =
        @Sendable (ListedRun, [ConfiguredMetric]) async throws -> Analyzed

    /// Does what is missing for one run, in this process.
    ///
    /// - Returns: how the run ended.
    /// - Throws: `OutputError` if results cannot be written; `CancellationError`.
    public func outcome(of run: ListedRun, _ analyze: @escaping Analysis) async throws -> Outcome {
        try await sharesCores
            ? onOneCore { try await process(run, analyze) } : process(run, analyze)
    }

    /// Has `outcome` do what is missing, run by run.
    ///
    /// The runs that were at hand when an earlier batch died come last.
    ///
    /// - Parameters:
    ///   - runs: the runs.
    ///   - outcome: does what is missing for a run, here or elsewhere; called for at most ``jobs``
    ///     runs at a time.
    ///   - onOutcome: called after each run, in the order in which they end.
    /// - Returns: how the runs ended.
    /// - Throws: what `outcome` throws, which ends the batch; `OutputError` if results cannot be
    ///   written.
    public func run(
        _ runs: [ListedRun], outcome: @escaping @Sendable (ListedRun) async throws -> Outcome,
        onOutcome: (ListedRun, Outcome) -> Void = { _, _ in }
    ) async throws -> Summary {
        do { try makeFolder(folder) } catch { throw OutputError(error) }
        try checkWritable(folder + "/results.json")
        removeAbandonedFiles(in: folder)
        let inFlight = try RunsInFlight(in: folder)
        let names = runs.map { inFlightName(of: $0) }
        let order =
            runs.indices.filter { !inFlight.contains(names[$0]) }
            + runs.indices.filter { inFlight.contains(names[$0]) }
        var outcomes = [Outcome?](repeating: nil, count: runs.count)
        do {
            try await withThrowingTaskGroup(of: (Int, Outcome).self) { group in
                var next = 0
                func start() {
                    guard next < order.count else { return }
                    let index = order[next]
                    next += 1
                    inFlight.begin(names[index])
                    group.addTask { (index, try await outcome(runs[index])) }
                }
                for _ in 0..<min(jobs, runs.count) { start() }
                while let (index, outcome) = try await group.next() {
                    outcomes[index] = outcome
                    if case .lost = outcome {
                        inFlight.lose(names[index])
                    } else {
                        inFlight.end(names[index])
                    }
                    onOutcome(runs[index], outcome)
                    try Task.checkCancellation()
                    start()
                }
            }
        } catch {
            inFlight.endAll()
            throw error
        }
        // Once for all: the results of each run carry a checksum and can be computed again.
        do { try synchronizeFolder(folder) } catch { throw OutputError(error) }
        var summary = Summary()
        for (run, outcome) in zip(runs, outcomes) {
            switch outcome {
            case .done: summary.done += 1
            case .skipped: summary.skipped += 1
            case .failed(let reason), .lost(let reason):
                summary.failures.append(Summary.Failure(run: run.name, reason: reason))
            case nil: break
            }
        }
        return summary
    }

    private func inFlightName(of run: ListedRun) -> String {
        divided(resultFile(of: run)).name
    }

    /// The result file of a run: readable by its beginning, unique by its end.
    public func resultFile(of run: ListedRun) -> String {
        let name = divided(run.path).name
        let stem = ListedRun.stem(of: name) ?? name
        let safe = stem.unicodeScalars.prefix(100).map { scalar in
            scalar.isASCII
                && (scalar.properties.isAlphabetic || scalar.properties.numericType != nil)
                || "-_.".unicodeScalars.contains(scalar) ? Character(scalar) : "_"
        }
        return folder + "/" + String(safe) + "-" + hexadecimal(stableHash(of: Array(run.path.utf8)))
            + ".json"
    }
}
