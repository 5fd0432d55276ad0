public import Datasets
import Files
import FoundationEssentials
import Networks

/// A recorded network in a form that other programs read.
public enum NetworkExport {
    /// What PyTorch needs beside the weights to build the network.
    private struct Layer: Encodable {
        var name: String
        var kind: String
        var shape: [Int]
        var activation: String
    }

    /// How inputs are normalised; entries are one an input, of images one a channel.
    private struct Scaling: Encodable {
        var names: [String]?
        var mean: [Double]
        var deviation: [Double]
    }

    /// Writes a network as a safetensors file, gates folded into the weights that read them.
    ///
    /// Tensors are called as in the `state_dict` of a PyTorch module that keeps its layers in a
    /// `ModuleList` called `layers`: `layers.0.weight`, `layers.0.bias`, ... The metadata hold
    /// `architecture` (a list of kind, shape and activation of each layer), and where known `inputs`
    /// and `outputs` (mean and deviation) and `classes`, as JSON.
    ///
    /// - Parameters:
    ///   - network: as recorded.
    ///   - data: what is known of its data.
    ///   - path: the file.
    /// - Throws: `RunError` if a gate cannot be folded, `FileError` if the file cannot be written.
    public static func write(
        _ network: RecordedNetwork, _ data: DataDescription?, to path: String
    ) throws {
        let folded = try network.folded()
        var tensors: [SafetensorsWriter.Tensor] = []
        for (index, layer) in folded.layers.enumerated() {
            tensors.append(
                .init(
                    name: "layers.\(index).weight", shape: layer.shape,
                    elements: layer.weight.map { Float($0) }))
            tensors.append(
                .init(
                    name: "layers.\(index).bias", shape: [layer.neurons],
                    elements: layer.bias.map { Float($0) }))
        }
        var metadata = ["format": "pt"]
        metadata["architecture"] = try json(
            folded.layers.map {
                Layer(
                    name: $0.name, kind: $0.kind, shape: $0.shape,
                    activation: $0.activation.rawValue)
            })
        if let data {
            metadata["dataset"] = data.dataset
            metadata["inputs"] = try json(scaling(of: data.inputs))
            if let classes = data.classes { metadata["classes"] = try json(classes) }
            if let targets = data.targetScaling {
                metadata["outputs"] = try json(
                    Scaling(names: data.outputs, mean: targets.mean, deviation: targets.deviation))
            }
        }
        let bytes = try SafetensorsWriter.bytes(of: tensors, metadata: metadata)
        let file = try ReplacedFile(path)
        let descriptor = file.descriptor
        let code = bytes.withUnsafeBytes { writeAll($0, to: descriptor) }
        guard code == 0 else { throw FileError(.write, path, code: code) }
        try file.commit()
    }

    private static func scaling(of inputs: DataDescription.Inputs) -> Scaling {
        switch inputs {
        case .images(_, let pixels):
            Scaling(
                mean: pixels.mean.map(Double.init), deviation: pixels.deviation.map(Double.init))
        case .numbers(let scaling): Scaling(mean: scaling.mean, deviation: scaling.deviation)
        case .columns(let inputs):
            Scaling(
                names: inputs.map(\.name), mean: inputs.map(\.mean),
                deviation: inputs.map(\.deviation))
        }
    }

    private static func json(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }
}
