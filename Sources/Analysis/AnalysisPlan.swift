import Isolation
import MetricCore
import RunFormat

/// Which matrices of a run are read for which metrics.
struct AnalysisPlan {
    enum Step {
        case read(MatrixJob)
        /// Nothing to read; the result says why.
        case skip(LayerResult)
        /// Something that cannot be read where there should be a matrix.
        case fail([LayerResult], RunError)
    }

    var steps: [Step] = []
    /// What a reader of the whole run's results should know.
    var notes: [String] = []
    /// Neurons of the run's first layer, where all layers were looked at anyway.
    private(set) var firstLayerNeurons: Int?

    /// Bytes of values that the whole plan reads.
    var bytes: Int {
        steps.reduce(0) { sum, step in
            guard case .read(let job) = step else { return sum }
            return sum + job.rows * job.bytesPerRow
        }
    }

    private let run: RunFile
    private let metrics: [ConfiguredMetric]
    private let memoryLimit: Double

    /// Plans to read what `selection` names of `run`, each matrix once, and leaves out the metrics
    /// that would take more than `memoryLimit` bytes.
    ///
    /// - Throws: ``RunError`` if a layer, snapshot, site or dataset that was asked for is nowhere
    ///   in the run.
    init(
        of run: RunFile, metrics: [ConfiguredMetric], selection: Selection,
        memoryLimit: Double = MemoryShare.ofThisProcess
    ) throws(RunError) {
        self.run = run
        self.metrics = metrics
        self.memoryLimit = memoryLimit
        guard selection.datasets.isEmpty else {
            try addMatrices(selection)
            return
        }
        let sites = Site.allCases.filter(selection.sites.contains)
        var snapshots: [String?] = selection.snapshots.map { $0 }
        if selection.snapshots.contains("all") { snapshots = run.snapshots.map { $0 } + [nil] }
        for snapshot in snapshots.isEmpty ? [nil] : snapshots {
            let (layers, unreachable) = try run.choose(
                matching: selection.layers, snapshot: snapshot)
            for site in sites where !layers.contains(where: { $0.array(at: site) != nil }) {
                throw RunError(
                    .usage, file: run.path,
                    "no layer stores \(site.rawValue); see analyze inspect for what is there")
            }
            if selection.layers.isEmpty, snapshot == nil {
                firstLayerNeurons = layers.first?.neurons
            }
            for layer in layers { add(layer, snapshot: snapshot, sites: sites) }
            for (name, error) in unreachable {
                fail(
                    metrics, name, nil, snapshot: snapshot, sites.count == 1 ? sites[0] : nil, error
                )
            }
            checkLabels(beside: layers, snapshot: snapshot)
        }
    }

    /// Adds the matrices outside the layout of a run; one that cannot be read fails alone unless it
    /// is the only one.
    private mutating func addMatrices(_ selection: Selection) throws(RunError) {
        let (matrices, leftOut) = try run.matrices(
            named: selection.datasets, axes: selection.axes,
            channelsAreLast: selection.channelsAreLast)
        for matrix in matrices {
            do throws(RunError) {
                add(try MatrixJob(matrix, metrics: metrics))
            } catch {
                guard matrices.count > 1 else { throw error }
                fail(metrics, matrix.name, matrix.array, snapshot: nil, nil, error)
            }
        }
        guard let first = leftOut.first else { return }
        let count = leftOut.count
        notes.append(
            "\(count) \(count == 1 ? "dataset has" : "datasets have") fewer than two axes and "
                + "\(count == 1 ? "is" : "are") left out, \(count == 1 ? "" : "the first being ")"
                + first)
    }

    /// Adds the matrices of one layer, each once, with the metrics that use it.
    private mutating func add(_ layer: LayerEntry, snapshot: String?, sites: [Site]) {
        var choices: [Site: [(metric: ConfiguredMetric, warning: String?)]] = [:]
        for metric in metrics {
            // Weights stand in for activations only when asked to.
            let suited = metric.descriptor.sites
            let preferred = suited.filter { $0 != .weight || suited == [.weight] }
            for wanted in sites.isEmpty ? [preferred] : sites.map({ [$0] }) {
                let found = wanted.first { suited.contains($0) && layer.array(at: $0) != nil }
                guard let found else {
                    let site = sites.isEmpty ? nil : wanted[0]
                    steps.append(.skip(skipped(metric, layer, snapshot, wanted: wanted, site)))
                    continue
                }
                let warning =
                    found == wanted[0]
                    ? nil : "\(wanted[0].rawValue) is not stored; \(found.rawValue) was used"
                choices[found, default: []].append((metric, warning))
            }
        }
        for site in Site.allCases {
            guard let chosen = choices[site], let array = layer.array(at: site) else { continue }
            do throws(RunError) {
                if site != .weight, let mismatch = layer.mismatch { throw mismatch }
                add(
                    try MatrixJob(
                        array, layer: layer, site: site, snapshot: snapshot,
                        metrics: chosen.map(\.metric), warnings: chosen.map(\.warning)))
            } catch {
                fail(chosen.map(\.metric), layer.name, array, snapshot: snapshot, site, error)
            }
        }
    }

    private mutating func add(_ job: MatrixJob) {
        var job = job
        if let (results, error) = job.refuseMetrics(beyond: memoryLimit, run: run.path) {
            steps.append(.fail(results, error))
        }
        steps += job.passes(within: memoryLimit).map { .read($0) }
    }

    private mutating func fail(
        _ metrics: [ConfiguredMetric], _ layer: String, _ array: ArrayInfo?, snapshot: String?,
        _ site: Site?, _ error: RunError
    ) {
        let results = metrics.map { metric in
            LayerResult(
                run: run.path, layer: layer, site: site, snapshot: snapshot,
                metric: metric.descriptor, status: .failed, reason: error.description,
                samples: array?.rows ?? 0, neurons: array?.neurons ?? 0,
                configuration: metric.configuration)
        }
        steps.append(.fail(results, error))
    }

    /// Says so if the labels cannot be those of the samples; metrics that read none go on.
    private mutating func checkLabels(beside layers: [LayerEntry], snapshot: String?) {
        let arrays = layers.flatMap { [$0.pre, $0.post] }.compactMap { $0 }
        guard let array = arrays.first(where: { $0.refusal == nil && $0.rows > 0 }) else { return }
        do { _ = try run.labels(of: array, snapshot: snapshot) } catch {
            steps.append(.fail([], error))
        }
    }

    private func skipped(
        _ metric: ConfiguredMetric, _ layer: LayerEntry, _ snapshot: String?,
        wanted: [Site], _ site: Site?
    ) -> LayerResult {
        let names = wanted.map(\.rawValue).joined(separator: " nor ")
        let reason =
            site.map { metric.descriptor.sites.contains($0) } ?? true
            ? "the layer stores no \(names)" : "\(metric.descriptor.id) does not read \(names)"
        return LayerResult(
            run: run.path, layer: layer.name, site: site, snapshot: snapshot,
            metric: metric.descriptor, status: .skipped, reason: reason, samples: 0, neurons: 0,
            configuration: metric.configuration)
    }
}

extension LayerEntry {
    /// Why the values before and after the nonlinearity cannot belong together.
    var mismatch: RunError? {
        guard let pre, let post, pre.refusal == nil, post.refusal == nil, pre.shape != post.shape
        else { return nil }
        return RunError(
            .badData, file: post.file, object: post.path,
            "its shape is \(post.shapeDescription), but that of pre is \(pre.shapeDescription); "
                + "record both of the same layer and samples, or name one with --dataset")
    }

    /// The stored matrix at `site`, if there is one.
    func array(at site: Site) -> ArrayInfo? {
        switch site {
        case .pre: pre
        case .post: post
        case .weight: weight
        }
    }
}
