import Files
import LinearAlgebra
import Networks
public import RunFormat

/// Weights and biases of a recorded network, to begin another training with.
public struct PretrainedNetwork: Sendable {
    /// Of a layer, in the order of execution.
    struct Layer: Sendable {
        var weight: [Float]
        var bias: [Float]
        /// Shape of the weight.
        var units: Int
        var inputs: Int
    }

    let layers: [Layer]
    /// Of all numbers, by which two trainings that begin alike are known.
    let digest: String

    /// Units of the hidden layers.
    public var hidden: [Int] { layers.dropLast().map(\.units) }

    /// Reads the layers of a run.
    ///
    /// - Parameters:
    ///   - run: of a multilayer perceptron.
    ///   - inputs: values of a sample.
    ///   - outputs: of the network.
    /// - Throws: `RunError` if a layer lacks its weight or bias, or the shapes are none of such a
    ///   network.
    public init(_ run: RunFile, inputs: Int, outputs: Int) throws(RunError) {
        var layers: [Layer] = []
        var before = inputs
        for layer in try run.layers() {
            func refuse(_ reason: String) -> RunError {
                RunError(.badData, file: run.path, object: "/layers/\(layer.name)", reason)
            }
            guard let weight = layer.weight, let bias = layer.bias, weight.shape.count == 2 else {
                throw refuse(
                    "it has no weight of two axes and bias, with which to begin a training")
            }
            let biases = try run.vector(bias)
            let (units, columns) = (weight.shape[0], weight.shape[1])
            guard columns == before, biases.count == units else {
                throw refuse(
                    "its weight is \(units) x \(columns) and its bias has \(biases.count) values, "
                        + "behind a layer of \(before)")
            }
            layers.append(
                Layer(
                    weight: try run.values(weight).map { Float($0) },
                    bias: biases.map { Float($0) }, units: units, inputs: columns))
            before = units
        }
        guard let last = layers.last, last.units == outputs else {
            throw RunError(
                .badData, file: run.path,
                "its last layer has \(layers.last?.units ?? 0) units; the data have \(outputs) "
                    + "outputs")
        }
        self.layers = layers
        var digest = Digest()
        for layer in layers {
            layer.weight.withUnsafeBytes { digest.update($0) }
            layer.bias.withUnsafeBytes { digest.update($0) }
        }
        self.digest = String(digest.value, radix: 16)
    }

    /// Writes the weights and biases into a network of the same widths.
    func fill(_ network: inout Network<Float>) {
        for (index, layer) in layers.enumerated() {
            network[index, "weight"] = Matrix(
                rows: layer.units, columns: layer.inputs, elements: layer.weight)
            network[index, "bias"] = Matrix(rows: layer.units, columns: 1, elements: layer.bias)
        }
    }
}
