import Isolation
import LinearAlgebra
public import MetricCore
public import RunFormat
import Statistics
import Synchronization

/// Metrics at work on stored runs, one pass over each matrix.
public struct Analyzer: Sendable {
    /// What is computed.
    public let metrics: [ConfiguredMetric]
    /// On what.
    public let selection: Selection

    /// An analyzer of `metrics` over what `selection` names.
    public init(metrics: [ConfiguredMetric], selection: Selection = Selection()) {
        self.metrics = metrics
        self.selection = selection
    }

    /// Analyzes one run.
    ///
    /// Every block of every matrix is read once, one block ahead of the computation, and feeds all
    /// metrics; what follows from a matrix is computed while the next ones are read, unless together they
    /// take much memory. Memory is bounded by a few blocks and the accumulators, whatever the number of
    /// samples. The same file gives the same bits on any number of cores.
    ///
    /// - Parameters:
    ///   - run: an open run.
    ///   - onProgress: called after every block with the bytes of values read so far and in all.
    /// - Returns: a result for every metric and chosen layer, with the reason where there are no
    ///   values: a matrix that cannot be read fails alone.
    /// - Throws: ``RunError`` if what was selected does not exist in the run.
    public func analyze(
        _ run: RunFile,
        onProgress: @escaping @Sendable (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) async throws -> RunAnalysis {
        let plan = try Guard.readingStructure(of: run.path) { () throws(RunError) in
            try AnalysisPlan(of: run, metrics: metrics, selection: selection)
        }
        var analysis = RunAnalysis(run: run.path)
        analysis.notes = plan.notes
        analysis.firstLayerNeurons = plan.firstLayerNeurons ?? run.firstLayer()?.neurons
        var results = [[LayerResult]](repeating: [], count: plan.steps.count)
        let bytes = plan.bytes
        var bytesDone = 0
        try await withThrowingTaskGroup(of: (step: Int, results: [LayerResult]).self) { group in
            // Memory of the matrices whose results are computed while further ones are read.
            var memories = [Double](repeating: 0, count: plan.steps.count)
            var (computing, memory) = (0, 0.0)
            func collect() async throws {
                guard let ended = try await group.next() else { return }
                results[ended.step] = ended.results
                computing -= 1
                // Sums of many numbers, taken in another order, do not end at 0.
                memory = computing == 0 ? 0 : memory - memories[ended.step]
            }
            for (index, step) in plan.steps.enumerated() {
                switch step {
                case .skip(let result): results[index] = [result]
                case .fail(let failed, let error):
                    results[index] = failed
                    analysis.failures.append(error)
                case .read(let job):
                    while computing > 0, memory + job.memory > Self.sharedMemory {
                        try await collect()
                    }
                    let before = bytesDone
                    bytesDone += job.rows * job.bytesPerRow
                    do {
                        let seen = try await read(job, of: run) { rows in
                            onProgress(before + rows * job.bytesPerRow, bytes)
                        }
                        group.addTask {
                            Guard.computing {
                                (index, self.results(of: seen, for: job, run: run.path))
                            }
                        }
                        memories[index] = job.memory
                        memory += job.memory
                        computing += 1
                    } catch let error as RunError {
                        analysis.failures.append(error)
                        results[index] = job.metrics.indices.map {
                            job.result(
                                of: $0, run: run.path, status: .failed, reason: error.description)
                        }
                    }
                }
            }
            while computing > 0 { try await collect() }
        }
        analysis.results = results.flatMap { $0 }
        return analysis
    }

    /// Memory beyond which a matrix waits for the results of those before it.
    private static let sharedMemory = 512e6

    /// What a matrix left behind once all of its samples were seen.
    private struct Seen {
        var pass: LayerPass
        var second: LayerSecondPass
        /// Why there were no labels, where metrics read them.
        var labelProblem: RunError?
    }

    private func read(
        _ job: MatrixJob, of run: RunFile, onRows: @escaping @Sendable (Int) -> Void
    ) async throws -> Seen {
        // Labels that do not fit fail the metrics that read them, not the others.
        var labels: LabelReader?
        var problem: RunError?
        do {
            labels = job.usesLabels ? try run.labels(of: job.array, snapshot: job.snapshot) : nil
        } catch {
            problem = error
        }
        let reader = try job.open(run)
        var pass = LayerPass(job.metrics, on: job.layer)
        let parts = parts(of: reader, for: job)
        if parts.count == 1 {
            try read(parts[0], into: &pass) { pass, block in
                Guard.computing { pass.update(with: block) }
                onRows(block.firstSample + block.sampleCount)
            }
        } else if !parts.isEmpty {
            try await read(parts, into: &pass, onRows: onRows)
        } else {
            try await forEachBlock(of: reader, labels: labels) { block, rows in
                Guard.computing { pass.update(with: block) }
                onRows(rows)
            }
        }
        Guard.computing { pass.finish() }
        let second = try await secondPass(after: pass, over: job, of: run)
        return Seen(pass: pass, second: second, labelProblem: problem)
    }

    /// What is summarized on its own, side by side, and merged; none where that would take much
    /// memory or save no time.
    private func parts(of reader: BlockReader, for job: MatrixJob) -> [BlockPart] {
        job.usesLabels ? [] : reader.parts(atMost: job.askedMemory > 8e6 ? 1 : 8)
    }

    private func read(
        _ part: BlockPart, into pass: inout LayerPass,
        update: (inout LayerPass, ActivationBlock) -> Void
    ) throws {
        var part = part
        while let (values, firstRow) = try part.next() {
            try Task.checkCancellation()
            update(&pass, ActivationBlock(values, firstSample: firstRow))
        }
    }

    private func read(
        _ parts: [BlockPart], into pass: inout LayerPass, onRows: @escaping @Sendable (Int) -> Void
    ) async throws {
        let empty = pass
        let rowsDone = RowCount()
        try await withThrowingTaskGroup(of: (part: Int, pass: LayerPass).self) { group in
            for (index, part) in parts.enumerated() {
                group.addTask {
                    try await onOneCore {
                        var pass = empty
                        try read(part, into: &pass) { pass, block in
                            Guard.computing { pass.update(with: block) }
                            onRows(rowsDone.adding(block.sampleCount))
                        }
                        return (index, pass)
                    }
                }
            }
            var passes = [LayerPass?](repeating: nil, count: parts.count)
            for try await (index, pass) in group { passes[index] = pass }
            for case let part? in passes { pass.merge(part) }
        }
    }

    private func results(of seen: Seen, for job: MatrixJob, run: String) -> [LayerResult] {
        var results = results(of: seen.pass, and: seen.second, for: job, run: run)
        if let problem = seen.labelProblem {
            for index in results.indices where results[index].metric.usesLabels {
                results[index].status = .failed
                results[index].reason = problem.description
                results[index].values = Object()
            }
        }
        return results
    }

    /// The samples as often again as metrics ask for them.
    private func secondPass(
        after pass: LayerPass, over job: MatrixJob, of run: RunFile
    ) async throws -> LayerSecondPass {
        guard pass.needsSecondPass else { return LayerSecondPass() }
        var network: Result<FollowingLayers, SecondPassRefusal> = .failure(.notAskedFor)
        if pass.needsFollowingLayers { network = try await job.followingLayers(in: run) }
        var second = pass.secondPass(followedBy: network)
        while second.isNeeded {
            // Where the layers after this one are known, so are labels that fit.
            let labels =
                (try? network.get()) == nil
                ? nil : try run.labels(of: job.array, snapshot: job.snapshot)
            try await forEachBlock(of: try job.open(run), labels: labels) { block, _ in
                Guard.computing { second.update(with: block) }
            }
            Guard.computing { second.endPass() }
        }
        return second
    }

    /// Calls `body` with the blocks of a matrix in order, the next one being read meanwhile, and
    /// with the number of rows up to its end.
    private func forEachBlock(
        of reader: BlockReader, labels: LabelReader?, _ body: (ActivationBlock, Int) -> Void
    ) async throws {
        var upcoming = Task { try await reader.next() }
        defer { upcoming.cancel() }
        while let (values, firstRow) = try await upcoming.value {
            upcoming = Task { try await reader.next() }
            try Task.checkCancellation()
            let rows = firstRow..<firstRow + values.rows
            let classes = try labels?.labels(rows: rows, rowsPerSample: reader.rowsPerSample)
            body(ActivationBlock(values, firstSample: firstRow, labels: classes), rows.upperBound)
        }
    }

    private func results(
        of pass: LayerPass, and second: LayerSecondPass, for job: MatrixJob, run: String
    ) -> [LayerResult] {
        let counts = pass.nonFiniteCounts
        let affected = counts.indices.filter { counts[$0] > 0 }
        let total = counts.reduce(0, +)
        let note =
            affected.isEmpty
            ? nil
            : describe(
                excluded: total, excessive: pass.excessiveCounts.reduce(0, +), in: affected)
        return pass.outputs(secondPass: second).enumerated().map { index, outcome in
            var result = job.result(of: index, run: run, status: .ok, nonFinite: total)
            if let note {
                guard selection.nonFinite == .exclude else {
                    result.status = .failed
                    result.reason = note + "; --non-finite exclude leaves them out"
                    return result
                }
                result.warnings.append(note + "; they are left out")
            }
            if let refusal = second.refusals[index] { result.warnings.append(refusal) }
            switch outcome {
            case .success(let output): result.adopt(output)
            case .failure(let error):
                result.status = .failed
                result.reason = "\(error)"
            }
            return result
        }
    }

    private func describe(excluded total: Int, excessive: Int, in neurons: [Int]) -> String {
        let shown = neurons.prefix(8).map(String.init).joined(separator: ", ")
        let more = neurons.count > 8 ? " and \(neurons.count - 8) more" : ""
        func entries(_ count: Int) -> String {
            count == 1 ? "1 entry is" : "\(count) entries are"
        }
        let kinds = [
            (total - excessive, "NaN or infinite"),
            (excessive, "beyond \(ValueDomain.largestMagnitude) in magnitude"),
        ]
        let what = kinds.filter { $0.0 > 0 }.map { "\(entries($0.0)) \($0.1)" }
        return "\(what.joined(separator: " and ")), in "
            + "\(neurons.count == 1 ? "neuron" : "neurons") " + shown + more
    }
}

/// Rows that several tasks have read together.
private final class RowCount: Sendable {
    private let rows = Mutex(0)

    func adding(_ more: Int) -> Int {
        rows.withLock { rows in
            rows += more
            return rows
        }
    }
}

/// Everything found in one run.
public struct RunAnalysis: Sendable {
    /// The file, as the user named it.
    public var run: String
    /// One a metric and matrix, in the order of layers, then metrics.
    public var results: [LayerResult] = []
    /// Why matrices could not be read; their results have the status `failed`.
    public var failures: [RunError] = []
    /// Neurons of the run's first layer, whatever of the run was selected; `nil` where there is none.
    public var firstLayerNeurons: Int?
    /// What a reader of all of the results should know: what was left out.
    public var notes: [String] = []

    /// Whether some result is missing that should exist.
    public var isComplete: Bool { !results.contains { $0.status == .failed } }
}

extension LayerResult {
    /// Takes over what a metric found.
    mutating func adopt(_ output: any MetricOutput) {
        switch output.verdict {
        case .ok: status = .ok
        case .degenerate(let why): (status, reason) = (.degenerate, why)
        case .insufficient(let why): (status, reason) = (.insufficient, why)
        case .failed(let why): (status, reason) = (.failed, why)
        }
        warnings += output.warnings
        values = output.values
        quantities = output.quantities
        if status == .ok {
            summary = output.summary
            figures = output.figures
        }
    }
}
