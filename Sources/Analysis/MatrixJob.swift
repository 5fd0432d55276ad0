import Isolation
import LinearAlgebra
import MetricCore
import RunFormat

/// One matrix to read, and the metrics that it feeds.
struct MatrixJob: Sendable {
    let layer: Layer
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

    /// Whether blocks should carry labels.
    var usesLabels: Bool {
        layer.site != .weight && metrics.contains { $0.descriptor.usesLabels }
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

    /// What the network does after this matrix, as far as it is stored: the layers after this one
    /// in the order of execution.
    ///
    /// - Throws: ``RunError`` if stored weights cannot be read.
    func followingLayers(
        in run: RunFile
    ) async throws(RunError) -> Result<FollowingLayers, SecondPassRefusal> {
        func refusal(_ reason: String) -> Result<FollowingLayers, SecondPassRefusal> {
            .failure(SecondPassRefusal(reason))
        }
        guard let entry, layer.site == .pre else {
            return refusal("accuracy after reconstruction needs pre-activations of a layer")
        }
        guard let labels = try run.labels(of: array, snapshot: snapshot) else {
            return refusal("accuracy after reconstruction needs labels, which are not stored")
        }
        guard array.shape.count == 2 else {
            return refusal("accuracy after reconstruction is known for dense layers only")
        }
        guard let activation = Nonlinearity(storedAs: entry.activation) else {
            return refusal("no accuracy: activation \(entry.activation ?? "") is not known")
        }
        let all = try run.layers(snapshot: snapshot)
        // By bytes: names that are equal only for Unicode are two layers.
        let position =
            all.firstIndex { $0.path.utf8.elementsEqual(entry.path.utf8) } ?? all.count - 1
        var width = layer.neurons
        var layers: [FollowingLayers.Dense] = []
        // The next layer reads post-activations times the gate, which its weights can be multiplied by.
        var gate = try run.gate(of: entry)
        for next in all[(position + 1)...] {
            guard let weight = next.weight, weight.shape.count == 2, weight.shape[1] == width else {
                return refusal("no accuracy: \(next.name) stores no weights for \(width) inputs")
            }
            guard let activation = Nonlinearity(storedAs: next.activation) else {
                return refusal("no accuracy: activation \(next.activation ?? "") is not known")
            }
            var matrix = Matrix<Float>(try await run.matrix(weight, as: .weights))
            if let gate {
                guard gate.count == width else {
                    return refusal("no accuracy: a filter of \(gate.count) gates \(width) neurons")
                }
                matrix.multiplyRows(by: gate)
            }
            gate = try run.gate(of: next)
            let bias = try next.bias.map { array throws(RunError) in try run.vector(array) }
            guard bias?.count ?? matrix.columns == matrix.columns else {
                return refusal("no accuracy: \(next.name) needs \(matrix.columns) biases")
            }
            width = matrix.columns
            layers.append(
                FollowingLayers.Dense(
                    weight: matrix,
                    bias: bias?.map { Float($0) } ?? Array(repeating: 0, count: width),
                    activation: activation))
        }
        guard gate == nil || layers.isEmpty else {
            return refusal("no accuracy: the last layer has a filter")
        }
        if let classes = try labels.extremes(),
            classes.lowerBound < 0 || classes.upperBound >= width
        {
            return refusal(
                "no accuracy: labels go from \(classes.lowerBound) to \(classes.upperBound), but the "
                    + "network's \(width) outputs stand for 0 to \(width - 1); store the number of each "
                    + "sample's output, counted from 0")
        }
        return .success(FollowingLayers(activation: activation, layers: layers))
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

extension RunFile {
    /// What each neuron of a layer is multiplied by behind its nonlinearity; `nil` without a gate.
    fileprivate func gate(of layer: LayerEntry) throws(RunError) -> [Double]? {
        guard let array = layer.others.first(where: { $0.name == Schema.Path.filter }) else {
            return nil
        }
        return try vector(array)
    }
}

extension Matrix<Float> {
    /// Multiplies row i by the i-th factor.
    fileprivate mutating func multiplyRows(by factors: [Double]) {
        let columns = columns
        withMutableElements { elements in
            for index in elements.indices { elements[index] *= Float(factors[index / columns]) }
        }
    }

    /// The elements of `matrix` in single precision.
    init(_ matrix: RealMatrix) {
        switch matrix {
        case .float(let x): self = x
        case .double(let x):
            self.init(
                rows: x.rows, columns: x.columns, elements: x.withElements { $0.map { Float($0) } })
        }
    }
}
