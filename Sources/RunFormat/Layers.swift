import HDF5
import Text

/// A layer of a run.
public struct LayerEntry: Sendable, Hashable {
    /// The path below `/layers`, with slashes where groups nest.
    public let name: String
    /// Path of the run file.
    public let file: String
    /// Path of the group in the file.
    public let path: String
    /// Order of execution, where stored.
    public let index: Int?
    /// "linear", "conv2d", ..., where stored.
    public let kind: String?
    /// "relu", "identity", ..., where stored.
    public let activation: String?
    /// The datasets that the schema knows.
    public let arrays: [ArrayRole: ArrayInfo]
    /// Further datasets of the layer: per-neuron vectors such as filters and masks.
    public let others: [ArrayInfo]
    /// All attributes of the layer.
    public let attributes: [RunMetadata.Entry]

    /// Values before the nonlinearity.
    public var pre: ArrayInfo? { arrays[.pre] }
    /// Values after it.
    public var post: ArrayInfo? { arrays[.post] }
    /// Incoming weights.
    public var weight: ArrayInfo? { arrays[.weight] }
    /// One number a neuron.
    public var bias: ArrayInfo? { arrays[.bias] }

    /// The gate of each neuron, which ``post`` contains and ``pre``, ``weight`` and ``bias`` do not.
    public var filter: ArrayInfo? { others.first { $0.name == Schema.Path.filter } }

    /// The number of neurons; `nil` where nothing stored says it.
    public var neurons: Int? {
        // Neurons are on the second axis of activations, on the first of weights and biases.
        let activations = (post ?? pre)?.shape.dropFirst().first
        return activations ?? weight?.shape.first ?? bias?.shape.first
    }

    /// The array in `role`.
    ///
    /// - Throws: ``RunError`` naming the arrays there are if there is none.
    public func array(_ role: ArrayRole) throws(RunError) -> ArrayInfo {
        if let array = arrays[role] { return array }
        let there = ArrayRole.allCases.filter { arrays[$0] != nil }.map(\.rawValue)
        throw RunError(
            .usage, file: file, object: path,
            "the layer has no \(role.rawValue); it has: \(there.joined(separator: ", "))")
    }

    /// The name, safe for a terminal.
    public var displayName: String { visible(name) }
}

extension RunFile {
    /// The layers in the order of execution: by `index`, those without one after, naturally by name.
    ///
    /// - Throws: ``RunError`` if there are none or the snapshot does not exist. Datasets that cannot
    ///   be read are returned with the reason in ``ArrayInfo/refusal``.
    public func layers(snapshot: String? = nil) throws(RunError) -> [LayerEntry] {
        let scan = scanLayers(try base(snapshot))
        try refuseEmpty(scan, snapshot: snapshot)
        return scan.layers
    }

    /// What a user should know of the names below `/layers`, a sentence each.
    ///
    /// Matrices that belong to no layer, and second names of layers.
    public func remarks(snapshot: String? = nil) throws(RunError) -> [String] {
        let scan = scanLayers(try base(snapshot))
        return scan.layers.isEmpty ? [] : scan.remarks
    }

    private func refuseEmpty(_ scan: LayerScan, snapshot: String?) throws(RunError) {
        guard scan.layers.isEmpty else { return }
        if let refusal = scan.refusals.first { throw refusal.error }
        throw RunError(
            .badData, file: path, object: snapshot.map { "/\(Schema.Path.snapshots)/\($0)" },
            "no layers: there is no group below /\(Schema.Path.layers) with pre, post, weight "
                + "or bias; name matrices with --dataset PATH" + matricesThere())
    }

    /// The layer that is executed first; `nil` if there are no layers.
    public func firstLayer() -> LayerEntry? { scanLayers("").layers.first }

    private func matricesThere() -> String {
        let paths = datasets().filter { $0.shape.count > 1 }.map(\.path)
        return paths.isEmpty ? "" : "; there are: " + listed(paths)
    }

    /// The layers that any of `patterns` chooses, in the order of execution; see
    /// ``positions(of:in:)``.
    ///
    /// - Throws: ``RunError`` naming the layers there are if a pattern matches none.
    public func layers(
        matching patterns: [String], snapshot: String? = nil
    ) throws(RunError) -> [LayerEntry] {
        try choose(matching: patterns, snapshot: snapshot).layers
    }

    /// The layers that any of `patterns` chooses, all if there are none, and why others that match
    /// cannot be reached: links that lead out of the file, nowhere, or round in a circle.
    ///
    /// A second name of a layer, made by a soft link, chooses that layer.
    ///
    /// - Throws: ``RunError`` naming the layers there are if a pattern matches none.
    public func choose(
        matching patterns: [String], snapshot: String? = nil
    ) throws(RunError) -> (layers: [LayerEntry], unreachable: [(name: String, error: RunError)]) {
        let scan = scanLayers(try base(snapshot))
        guard !patterns.isEmpty else {
            try refuseEmpty(scan, snapshot: snapshot)
            return (scan.layers, scan.refusals)
        }
        // One list of names, so that an exact one among them is chosen alone.
        let names =
            scan.layers.map(\.name) + scan.aliases.map(\.name) + scan.refusals.map(\.name)
        let firstRefusal = scan.layers.count + scan.aliases.count
        let layerPositions = Dictionary(
            zip(scan.layers.map { ExactName($0.name) }, scan.layers.indices),
            uniquingKeysWith: { first, _ in first })
        var (layers, refusals): (Set<Int>, Set<Int>) = ([], [])
        for pattern in patterns {
            let chosen = positions(of: pattern, in: names)
            if let first = chosen.first, chosen.allSatisfy({ $0 >= firstRefusal }) {
                throw scan.refusals[first - firstRefusal].error
            }
            if chosen.isEmpty {
                try refuseEmpty(scan, snapshot: snapshot)
                let there = scan.layers.prefix(100).map(\.displayName).joined(separator: ", ")
                throw RunError(
                    .usage, file: path,
                    "no such layer: \(pattern); there are: \(there)"
                        + (scan.layers.count > 100 ? " and \(scan.layers.count - 100) more" : ""))
            }
            for position in chosen {
                switch position {
                case ..<scan.layers.count: layers.insert(position)
                case ..<firstRefusal:
                    let target = scan.aliases[position - scan.layers.count].layer
                    if let layer = layerPositions[ExactName(target)] { layers.insert(layer) }
                default: refusals.insert(position - firstRefusal)
                }
            }
        }
        return (
            layers.sorted().map { scan.layers[$0] }, refusals.sorted().map { scan.refusals[$0] }
        )
    }
}
