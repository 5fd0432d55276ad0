import HDF5
import Text

/// Everything in a run file, described.
public struct RunDescription: Sendable {
    /// Path of the file.
    public var path: String
    /// Bytes of the file.
    public var fileSize: Int
    /// The root's attributes.
    public var attributes: RunMetadata
    /// The layers, in the order of execution; empty if the file is no run.
    public var layers: [LayerEntry]
    /// Steps at which the layers were stored as well.
    public var snapshots: [String]
    /// What a user should know of the names of layers; one sentence each.
    public var remarks: [String]
    /// The datasets that belong to no layer: labels, targets, history, and any others.
    public var others: [ArrayInfo]
}

extension ArrayInfo {
    /// What can be done with the dataset, in a few words.
    public var usability: String {
        if let refusal { return "cannot be read: \(refusal.message)" }
        guard let layout = RowLayout(shape, as: .bare(.first)) else {
            return RowLayout(shape, as: .bare(.last)) == nil
                ? "not a matrix" : "a matrix if the neurons lie along the last axis"
        }
        guard layout.rows > 0, layout.columns > 0 else { return "holds no values" }
        if isUntyped {
            return "words of 16 bits whose type is not said: --dtype bfloat16 or uint16"
        }
        return "\(layout.rows) rows of \(layout.columns) neurons"
    }

    /// The shape for people: "60000 x 512", "scalar".
    public var shapeDescription: String { shapeText(shape) }
}

extension RunFile {
    /// Describes everything in the file without reading values.
    public func describe(snapshot: String? = nil) throws(RunError) -> RunDescription {
        let base = try base(snapshot)
        let scan = scanLayers(base)
        let ofLayers = Set(scan.layers.map { ExactName($0.path) })
        let others = datasets().filter { array in
            !ofLayers.contains(ExactName(String(array.path.dropLast(array.name.count + 1))))
                && isBelow(array.path, base)
                && (!base.isEmpty || !isBelow(array.path, "/\(Schema.Path.snapshots)"))
        }
        let size = try reading(path) { () throws(HDF5Error) in try file.size() }
        return RunDescription(
            path: path, fileSize: size, attributes: attributes, layers: scan.layers,
            snapshots: snapshots, remarks: scan.remarks, others: others)
    }
}
