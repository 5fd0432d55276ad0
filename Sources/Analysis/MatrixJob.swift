import Isolation
import LinearAlgebra
import MetricCore
import RunFormat

/// One matrix to read, and the metrics that it feeds.
struct MatrixJob: Sendable {
    private(set) var layer: Layer
    let snapshot: String?
    private(set) var metrics: [ConfiguredMetric]
    /// What to say beside each metric's result; one entry a metric.
    private(set) var warnings: [String?]
    let bytesPerRow: Int
    /// About how many bytes all metrics that were asked for take.
    ///
    /// What depends on it, and with it the last bits of results, is the same where some metrics are
    /// refused or have a pass of their own.
    let askedMemory: Double
    /// The layer in the run; `nil` for a bare matrix.
    private let entry: LayerEntry?
    let array: ArrayInfo
    private let presentation: Presentation

    var rows: Int { layer.samples }

    /// A matrix of a layer.
    ///
    /// - Throws: ``RunError`` if it is not a matrix of numbers.
    init(
        _ array: ArrayInfo, layer: LayerEntry, site: Site, snapshot: String?,
        metrics: [ConfiguredMetric], warnings: [String?]
    ) throws(RunError) {
        try self.init(
            array, as: site == .weight ? .weights : .activations, name: layer.name, entry: layer,
            site: site, snapshot: snapshot, metrics: metrics, warnings: warnings)
    }

    /// A matrix outside the layout of a run.
    ///
    /// - Throws: ``RunError`` if it is not a matrix of numbers.
    init(_ matrix: BareMatrix, metrics: [ConfiguredMetric]) throws(RunError) {
        try self.init(
            matrix.array, as: matrix.presentation, name: matrix.name, entry: nil, site: nil,
            snapshot: nil, metrics: metrics,
            warnings: Array(repeating: matrix.note, count: metrics.count))
    }

    private init(
        _ array: ArrayInfo, as presentation: Presentation, name: String, entry: LayerEntry?,
        site: Site?, snapshot: String?, metrics: [ConfiguredMetric], warnings: [String?]
    ) throws(RunError) {
        let shape = try array.matrixShape(as: presentation)
        self.array = array
        self.entry = entry
        self.presentation = presentation
        self.snapshot = snapshot
        self.metrics = metrics
        self.warnings = warnings
        bytesPerRow = shape.columns * array.elementSize
        let layer = Layer(
            name: name, site: site, neurons: shape.columns, samples: shape.rows,
            activation: entry?.activation)
        self.layer = layer
        askedMemory = metrics.reduce(0) { $0 + $1.memory(layer) }
    }

    /// About how many bytes all of its metrics take.
    var memory: Double { metrics.reduce(0) { $0 + $1.memory(layer) } }

    /// About how many bytes the blocks of rows take: three as stored, one decoded.
    private var blockMemory: Double { 32 * Double(layer.neurons) }

    /// The job in passes that take at most `limit` bytes.
    ///
    /// It is one pass where that suffices. Each metric alone must fit.
    func passes(within limit: Double) -> [MatrixJob] {
        var passes: [MatrixJob] = []
        for (metric, warning) in zip(metrics, warnings) {
            if let last = passes.last,
                LayerPass.memory(of: last.metrics + [metric], on: layer) + blockMemory <= limit
            {
                passes[passes.count - 1].metrics.append(metric)
                passes[passes.count - 1].warnings.append(warning)
            } else {
                var pass = self
                pass.metrics = [metric]
                pass.warnings = [warning]
                passes.append(pass)
            }
        }
        return passes
    }

    /// Whether blocks of the first pass should carry `input`, and the run has it.
    func reads(_ input: MetricInput) -> Bool {
        metrics.contains { $0.inputs.contains(input) } && layer.context.refusal(of: input) == nil
    }

    /// Takes out the metrics for which there is not enough memory.
    ///
    /// A file of a few kilobytes can claim a row of a million neurons, whose covariance would
    /// take terabytes.
    ///
    /// - Returns: the results that say so, and the error for the first of the metrics.
    mutating func refuseMetrics(
        beyond limit: Double, run: String
    ) -> (results: [LayerResult], error: RunError)? {
        var refused: [(index: Int, error: RunError)] = []
        for (index, metric) in metrics.enumerated() {
            let needed = metric.memory(layer) + blockMemory
            guard needed > limit else { continue }
            refused.append(
                (
                    index,
                    RunError(
                        .badData, file: run, object: array.path,
                        "its \(layer.neurons) neurons need \(gigabytes(needed)) of memory for "
                            + "\(metric.descriptor.id), and there is \(gigabytes(limit)); "
                            + "choose other metrics or layers"
                            + (Worker.current.map { $0.jobs > 1 } ?? false ? ", or --jobs 1" : "")
                            + (metric.memoryRemedy.map { ", or \($0)" } ?? ""))
                ))
        }
        guard let first = refused.first else { return nil }
        let results = refused.map {
            result(of: $0.index, run: run, status: .failed, reason: $0.error.description)
        }
        for (index, _) in refused.reversed() {
            metrics.remove(at: index)
            warnings.remove(at: index)
        }
        return (results, first.error)
    }

    private func gigabytes(_ bytes: Double) -> String {
        "\(Int(clamping: Int64(min(bytes / 1e9, 1e15).rounded(.up)))) GB"
    }

    /// The rows, in blocks.
    func open(_ run: RunFile) throws(RunError) -> BlockReader {
        try run.blocks(of: array, as: presentation)
    }

    /// What some of its metrics read beside the matrix, in whichever pass.
    private var inputs: Set<MetricInput> {
        metrics.reduce(into: []) {
            $0.formUnion($1.inputs)
            $0.formUnion($1.secondPassInputs)
        }
    }

    /// Where in the run metrics look for what they read beside the matrix.
    var place: RunNetwork.Place {
        RunNetwork.Place(array: array, site: layer.site, entry: entry, snapshot: snapshot)
    }

    /// Looks up what metrics read beside the matrix, and takes out those that do not get what they need.
    ///
    /// - Returns: the results of the metrics taken out, by their position among all, ascending.
    mutating func lookUp(
        in network: RunNetwork, run: String
    ) async -> [(position: Int, result: LayerResult)] {
        let context = await network.context(inputs, at: place)
        layer.context = context
        var refused: [(position: Int, result: LayerResult)] = []
        for (index, metric) in metrics.enumerated() {
            // What is stored and cannot be used is not passed over.
            let faults = MetricInput.allCases.filter(metric.inputs.contains).lazy
                .compactMap { context.refusal(of: $0) }.filter(\.isFault)
            guard let refusal = faults.first ?? metric.refusal(layer) else { continue }
            refused.append(
                (
                    index,
                    result(
                        of: index, run: run, status: refusal.isFault ? .failed : .skipped,
                        reason: refusal.reason)
                ))
        }
        for (index, _) in refused.reversed() {
            metrics.remove(at: index)
            warnings.remove(at: index)
        }
        return refused
    }

    /// A result without values for the metric at `index`.
    func result(
        of index: Int, run: String, status: LayerResult.Status, reason: String? = nil,
        nonFinite: Int = 0
    ) -> LayerResult {
        LayerResult(
            run: run, layer: layer.name, site: layer.site, snapshot: snapshot,
            metric: metrics[index].descriptor, status: status, reason: reason,
            warnings: warnings[index].map { [$0] } ?? [], samples: layer.samples,
            neurons: layer.neurons, nonFinite: nonFinite,
            configuration: metrics[index].configuration)
    }
}
