public import HDF5
import LinearAlgebra
public import RunFormat

/// What of a training goes into its run file.
public struct RecordingOptions: Sendable, Hashable {
    /// Samples recorded at most; `nil` for all.
    public var samples: Int?
    /// Patterns of layer names, as of a shell; empty for all layers.
    public var layers: [String]
    /// How activations are stored.
    public var storage: RunStorage
    /// Samples that pass through the network together; bounds the memory.
    public var batch: Int

    /// Options; by default everything, in float32, compressed.
    public init(
        samples: Int? = nil, layers: [String] = [], storage: RunStorage = RunStorage(),
        batch: Int = 256
    ) {
        self.samples = samples
        self.layers = layers
        self.storage = storage
        self.batch = batch
    }
}

/// Writes trained networks to a run file: activations, weights, labels, history.
///
/// The file appears under its name only with ``commit()``.
public final class RunRecorder {
    /// The attribute `framework` of the runs that this program trains.
    public static let framework = "Lamina"
    private let writer: RunWriter
    private let options: RecordingOptions
    /// Finite activations that became infinite because the stored type is too narrow.
    public private(set) var overflowCount = 0

    /// Begins a run that will replace an older run of this program at `path`.
    ///
    /// - Throws: `RunError` if the file cannot be created, or what is there must not be replaced.
    public init(path: String, options: RecordingOptions = RecordingOptions()) throws(RunError) {
        writer = try RunWriter(path: path, replacingRunsOf: Self.framework)
        self.options = options
    }

    /// The names of a network's layers in run files.
    ///
    /// "hidden", numbered from 1 if there are several, then "output".
    public static func layerNames<Scalar>(of network: Network<Scalar>) -> [String] {
        layerNames(hidden: network.layers.count - 1)
    }

    /// The same of a network with `hidden` layers before its outputs.
    static func layerNames(hidden: Int) -> [String] {
        (0...hidden).map { index in
            index == hidden ? "output" : hidden == 1 ? "hidden" : "hidden\(index + 1)"
        }
    }

    /// Sets an attribute of the run.
    ///
    /// - Throws: `RunError` if writing fails.
    public func set(_ name: String, _ value: AttributeValue) throws(RunError) {
        try writer.set(name, value)
    }

    /// Records a history and, as attributes, the losses and accuracies of the recorded network.
    ///
    /// - Parameters:
    ///   - history: of all epochs.
    ///   - epoch: the one, counted from 1, whose network is recorded.
    /// - Throws: `RunError` if writing fails.
    public func record(_ history: History, epoch: Int) throws(RunError) {
        try writer.set(Schema.Attribute.epoch, .integer(epoch))
        let summarized = [
            Schema.Attribute.trainLoss, Schema.Attribute.trainAccuracy,
            Schema.Attribute.testLoss, Schema.Attribute.testAccuracy,
        ]
        for series in history.series {
            try writer.addHistory(series.name, series.values)
            if summarized.contains(series.name), series.values.indices.contains(epoch - 1) {
                try writer.set(series.name, .number(series.values[epoch - 1]))
            }
        }
    }

    /// Records a network: its parameters, and its activations on `data` with the labels or targets.
    ///
    /// - Parameters:
    ///   - network: any state of the training.
    ///   - data: the samples whose activations are recorded; the first ones, if not all.
    ///   - snapshot: the step, if it is not the final state.
    ///   - isWanted: asked before each batch whether to go on.
    /// - Throws: `RunError` if writing fails, ``TrainingError/cancelled`` if `isWanted` said no.
    public func record(
        _ network: Network<Float>, on data: TrainingData<Float>, snapshot: String? = nil,
        isWanted: () -> Bool = { true }
    ) throws {
        let names = Self.layerNames(of: network)
        let samples = min(options.samples ?? data.count, data.count)
        let part = samples < data.count ? data.part(0..<samples) : data
        var recorded: [(layer: Int, pre: RowWriter, post: RowWriter)] = []
        for (index, layer) in network.layers.enumerated() {
            let writer = try writer.addLayer(
                names[index], index: index, kind: layer.kind,
                activation: layer.activation.rawValue, snapshot: snapshot)
            for slot in layer.slots {
                let values = network[index, slot.name].elements
                try writer.set(
                    slot.name, values,
                    shape: slot.columns == 1 && slot.inputAxis == nil
                        ? [slot.rows] : [slot.rows, slot.columns])
            }
            guard
                options.layers.isEmpty
                    || options.layers.contains(where: { matches(names[index], pattern: $0) })
            else { continue }
            recorded.append(
                (
                    index,
                    try writer.addActivations(
                        .pre, sampleShape: [layer.outputs], sampleCount: samples,
                        storage: options.storage),
                    try writer.addActivations(
                        .post, sampleShape: [layer.outputs], sampleCount: samples,
                        storage: options.storage)
                ))
        }
        try recordTargets(of: part, snapshot: snapshot)
        try network.forEachBatch(of: part, batch: options.batch) {
            (_, activations: [(pre: Matrix<Float>, post: Matrix<Float>)]) throws in
            guard isWanted() else { throw TrainingError.cancelled }
            for (layer, pre, post) in recorded {
                try pre.append(activations[layer].pre)
                try post.append(activations[layer].post)
            }
        }
        overflowCount += recorded.reduce(0) { $0 + $1.pre.overflowCount + $1.post.overflowCount }
    }

    private func recordTargets(
        of data: TrainingData<Float>, snapshot: String?
    ) throws(RunError) {
        if let labels = data.labels {
            try writer.addLabels(snapshot: snapshot).append(labels: labels)
        } else if let targets = data.targetValues {
            try writer.addTargets(outputs: targets.columns, snapshot: snapshot).append(targets)
        }
    }

    /// Finishes the file and gives it its name.
    ///
    /// - Throws: `RunError` if writing fails; then there is no file, or the earlier one.
    public func commit() throws(RunError) { try writer.commit() }
}
