public import Datasets
public import HDF5
public import LinearAlgebra
public import Networks
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
    /// "inputs" of a filter on them, which run files fold into the next layer, then "hidden", numbered
    /// from 1 if there are several, then "output".
    public static func layerNames<Scalar>(of network: Network<Scalar>) -> [String] {
        layerNames(of: network.layout)
    }

    static func layerNames(of layout: ParameterLayout) -> [String] {
        (layout.selectsInputs ? ["inputs"] : [])
            + layerNames(hidden: layout.layerCount - (layout.selectsInputs ? 2 : 1))
    }

    /// The same of a network with `hidden` layers before its outputs.
    package static func layerNames(hidden: Int) -> [String] {
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
    ///   - network: any state of the training; a filter on its inputs becomes part of the weights of its
    ///     first hidden layer, and is kept as `/data/inputs/filter`.
    ///   - data: the samples whose activations are recorded; the first ones, if not all.
    ///   - snapshot: the step, if it is not the final state.
    ///   - resizes: whether units may come and go, so that their identities are recorded.
    ///   - isWanted: asked before each batch whether to go on.
    /// - Throws: `RunError` if writing fails, ``TrainingError/cancelled`` if `isWanted` said no.
    public func record(
        _ network: Network<Float>, on data: TrainingData<Float>, snapshot: String? = nil,
        resizes: Bool = false, isWanted: () -> Bool = { true }
    ) throws {
        let folded = network.foldingInputFilter()
        if let folded, snapshot == nil { try record(inputFilter: folded.factors) }
        let network = folded?.network ?? network
        let names = Self.layerNames(of: network)
        let samples = min(options.samples ?? data.count, data.count)
        let part = samples < data.count ? data.part(0..<samples) : data
        var recorded: [(layer: Int, pre: RowWriter, post: RowWriter)] = []
        for (index, layer) in network.layers.enumerated() {
            let writer = try writer.addLayer(
                names[index], index: index, kind: layer.kind,
                activation: layer.activation.rawValue, snapshot: snapshot)
            try recordParameters(of: network, layer: index, to: writer)
            if resizes {
                try writer.set("unit", integers: network.units[index].ids.map { Int($0) })
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

    private func record(inputFilter factors: [Float]) throws(RunError) {
        try writer.addGroup("/\(Schema.Path.data)/inputs")
        try writer.add(
            factors.map(Double.init), at: "/\(Schema.Path.data)/inputs/\(Schema.Path.filter)")
    }

    /// Weights and biases are those of the layer itself, without its gate.
    private func recordParameters(
        of network: Network<Float>, layer index: Int, to layer: LayerWriter
    ) throws(RunError) {
        for slot in network.layers[index].slots where slot.role != .gate {
            let isVector = slot.columns == 1 && slot.inputAxis == nil
            try layer.set(
                slot.name, network[index, slot.name].elements,
                shape: isVector ? [slot.rows] : [slot.rows, slot.columns])
        }
        guard let factors = network.factors(ofLayer: index) else { return }
        try layer.set(Gate.Name.filter, factors, shape: [factors.count])
        if case .ramp = network.layers[index].gate {
            let size = Double(network[index, Gate.Name.size].elements[0])
            try writer.set(Gate.Name.size, .number(size), of: layer.path)
            let slope = network.slope(ofLayer: index)
            try writer.set(Gate.Name.slope, .number(slope), of: layer.path)
        }
    }

    /// Records how a training changed the network's shape.
    ///
    /// - Throws: `RunError` if writing fails.
    public func record(_ events: [TrainingEvent], layers: [String]) throws(RunError) {
        guard !events.isEmpty else { return }
        var reasons: [String] = []
        for event in events where !reasons.contains(event.reason) { reasons.append(event.reason) }
        try writer.addEvents(
            [
                ("epoch", events.map(\.epoch)), ("step", events.map(\.step)),
                ("layer", events.map { layers.firstIndex(of: $0.layer) ?? -1 }),
                ("before", events.map(\.before)), ("after", events.map(\.after)),
                ("reason", events.map { reasons.firstIndex(of: $0.reason) ?? -1 }),
            ],
            legend: [
                ("layer", legend(layers)), ("reason", legend(reasons)),
            ])
    }

    private func legend(_ names: [String]) -> String {
        names.enumerated().map { "\($0.offset): \($0.element)" }.joined(separator: ", ")
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

    /// Records what is known of the data, as the group `/data`.
    ///
    /// - Throws: `RunError` if writing fails.
    public func record(_ data: DataDescription) throws(RunError) { try writer.add(data) }

    /// Records how well the network does on a part of the data, in the target's unit, as attributes:
    /// `PART_rmse`, `PART_r_squared` and `PART_noise_free_rmse` with a value for each output, or
    /// `PART_balanced_accuracy`.
    ///
    /// - Throws: `RunError` if writing fails.
    public func record(_ quality: Quality, of part: String) throws(RunError) {
        func set(_ name: String, _ values: [Double?]) throws(RunError) {
            let known = values.compactMap { $0 }
            guard known.count == values.count, !known.isEmpty else { return }
            try writer.set("\(part)_\(name)", .numbers(known))
        }
        try set("rmse", quality.outputs.map(\.rootMeanSquareError))
        try set("r_squared", quality.outputs.map(\.rSquared))
        try set("noise_free_rmse", quality.outputs.map(\.noiseFreeError))
        if let balanced = quality.balancedAccuracy {
            try writer.set("\(part)_balanced_accuracy", .number(balanced))
        }
    }

    /// Finishes the file and gives it its name.
    ///
    /// - Throws: `RunError` if writing fails; then there is no file, or the earlier one.
    public func commit() throws(RunError) { try writer.commit() }
}
