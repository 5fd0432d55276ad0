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
        let network = RunNetwork(of: run, memoryLimit: MemoryShare.ofThisProcess)
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
                case .read(var job):
                    while computing > 0, memory + job.memory > Self.sharedMemory {
                        try await collect()
                    }
                    let before = bytesDone
                    bytesDone += job.rows * job.bytesPerRow
                    let refused = await job.lookUp(in: network, run: run.path)
                    guard !job.metrics.isEmpty else {
                        results[index] = refused.map(\.result)
                        onProgress(bytesDone, bytes)
                        continue
                    }
                    do {
                        let bytesPerRow = job.bytesPerRow
                        let seen = try await read(job, of: run, network) { rows in
                            onProgress(before + rows * bytesPerRow, bytes)
                        }
                        group.addTask { [job] in
                            Guard.computing {
                                let found = self.results(
                                    of: seen.pass, and: seen.second, for: job, run: run.path)
                                return (index, found.including(refused))
                            }
                        }
                        memories[index] = job.memory
                        memory += job.memory
                        computing += 1
                    } catch let error as RunError {
                        analysis.failures.append(error)
                        let failed = job.metrics.indices.map {
                            job.result(
                                of: $0, run: run.path, status: .failed, reason: error.description)
                        }
                        results[index] = failed.including(refused)
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
    }

    private func read(
        _ job: MatrixJob, of run: RunFile, _ network: RunNetwork,
        onRows: @escaping @Sendable (Int) -> Void
    ) async throws -> Seen {
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
            let companions = try await companions(of: job, in: run, network) { job.reads($0) }
            try await forEachBlock(of: reader, with: companions) { block, rows in
                Guard.computing { pass.update(with: block) }
                onRows(rows)
            }
        }
        Guard.computing { pass.finish() }
        let second = try await secondPass(after: pass, over: job, of: run, network)
        return Seen(pass: pass, second: second)
    }

    /// What is summarized on its own, side by side, and merged; none where that would take much
    /// memory or save no time.
    private func parts(of reader: BlockReader, for job: MatrixJob) -> [BlockPart] {
        job.reads(.labels) || job.reads(.targets)
            ? [] : reader.parts(atMost: job.askedMemory > 8e6 ? 1 : 8)
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

    /// The samples as often again as metrics ask for them.
    private func secondPass(
        after pass: LayerPass, over job: MatrixJob, of run: RunFile, _ network: RunNetwork
    ) async throws -> LayerSecondPass {
        guard pass.needsSecondPass else { return LayerSecondPass() }
        var second = pass.secondPass()
        while second.isNeeded {
            for source in second.sources {
                let reader: BlockReader
                var companions = Companions()
                switch source {
                case .layer:
                    reader = try job.open(run)
                    let wanted = second
                    companions = try await self.companions(of: job, in: run, network) {
                        wanted.wants($0) && job.layer.context.refusal(of: $0) == nil
                    }
                case .layerInputs:
                    let inputs = try await network.layerInputs(at: job.place).get()
                    reader = try run.blocks(of: inputs, as: .activations)
                }
                try await forEachBlock(of: reader, with: companions) { block, _ in
                    Guard.computing { second.update(with: block, from: source) }
                }
            }
            Guard.computing { second.endPass() }
        }
        return second
    }

    /// What comes along with the rows of a matrix.
    private struct Companions {
        var labels: LabelReader?
        var targets: RowQueue?
    }

    private func companions(
        of job: MatrixJob, in run: RunFile, _ network: RunNetwork, _ isRead: (MetricInput) -> Bool
    ) async throws -> Companions {
        var companions = Companions()
        if isRead(.labels) {
            companions.labels = try run.labels(of: job.array, snapshot: job.snapshot)
        }
        if isRead(.targets) {
            let targets = try await network.targets(at: job.place).get()
            companions.targets = RowQueue(try run.blocks(of: targets, as: .activations))
        }
        return companions
    }

    /// Calls `body` with the blocks of a matrix in order, the next one being read meanwhile, and
    /// with the number of rows up to its end.
    private func forEachBlock(
        of reader: BlockReader, with companions: Companions,
        _ body: (ActivationBlock, Int) -> Void
    ) async throws {
        var companions = companions
        var upcoming = Task { try await reader.next() }
        defer { upcoming.cancel() }
        while let (values, firstRow) = try await upcoming.value {
            upcoming = Task { try await reader.next() }
            try Task.checkCancellation()
            let rows = firstRow..<firstRow + values.rows
            let classes = try companions.labels?.labels(
                rows: rows, rowsPerSample: reader.rowsPerSample)
            let targets = try await companions.targets?.next(rows.count)
            let block = ActivationBlock(
                values, firstSample: firstRow, labels: classes, targets: targets)
            body(block, rows.upperBound)
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

extension [LayerResult] {
    /// These results with the others at their positions among all.
    fileprivate func including(_ others: [(position: Int, result: LayerResult)]) -> [LayerResult] {
        var all = self
        for (position, result) in others { all.insert(result, at: position) }
        return all
    }
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
