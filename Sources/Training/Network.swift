public import LinearAlgebra

/// A chain of layers with their parameters; a value: copies are independent.
public struct Network<Scalar: NetworkScalar>: Sendable {
    /// From the inputs to the outputs.
    public private(set) var layers: [any NetworkLayer]
    private(set) var layout: ParameterLayout
    /// All parameters in one row, in the order of ``layout``.
    var parameters: Matrix<Scalar>

    /// A network whose parameters are drawn from a generator seeded with `seed`.
    ///
    /// - Precondition: each layer reads what the one before writes.
    public init(
        _ layers: [any NetworkLayer], initialization: Initialization = .uniform, seed: UInt64
    ) {
        self.init(zeroed: layers)
        var generator = SeededGenerator(seed: seed, stream: RandomStream.parameters.rawValue)
        let layout = layout
        parameters.withMutableElements { all in
            for (index, layer) in layers.enumerated() {
                let entries = layout.entries.filter { $0.layer == index }
                for (slot, entry) in entries.enumerated() {
                    let range = entry.offset..<entry.offset + entry.slot.count
                    layer.initialize(
                        slot: slot, UnsafeMutableBufferPointer(rebasing: all[range]),
                        by: initialization, using: &generator)
                }
            }
        }
    }

    /// A network whose parameters are all zero.
    init(zeroed layers: [any NetworkLayer]) {
        precondition(!layers.isEmpty, "a network needs a layer")
        for (layer, next) in zip(layers, layers.dropFirst()) {
            precondition(
                layer.outputs == next.inputs,
                "a layer of \(next.inputs) inputs cannot follow one of \(layer.outputs) outputs")
        }
        self.layers = layers
        layout = ParameterLayout(layers)
        parameters = Matrix(rows: 1, columns: layout.count)
    }

    /// A multilayer perceptron: dense layers of the given `widths` behind `inputs` inputs, then
    /// `outputs` outputs without nonlinearity.
    public init(
        inputs: Int, hidden widths: [Int], outputs: Int, activation: Activation = .relu,
        initialization: Initialization = .uniform, seed: UInt64
    ) {
        self.init(
            perceptron(inputs: inputs, hidden: widths, outputs: outputs, activation: activation),
            initialization: initialization, seed: seed)
    }

    /// Values the first layer reads for each sample.
    public var inputs: Int { layers[0].inputs }
    /// Values the last layer writes for each sample.
    public var outputs: Int { layers[layers.count - 1].outputs }
    /// Number of parameters.
    public var parameterCount: Int { layout.count }

    /// The parameter `name` of a layer, shape as in its slot: a weight (neurons, inputs), a bias
    /// (neurons, 1).
    ///
    /// - Precondition: the layer has such a parameter; a new value has the same shape.
    public subscript(layer: Int, name: String) -> Matrix<Scalar> {
        get {
            let entry = entry(layer, name)
            return parameters.withElements { all in
                Matrix(
                    rows: entry.slot.rows, columns: entry.slot.columns,
                    elements: all[entry.offset..<entry.offset + entry.slot.count])
            }
        }
        set {
            let entry = entry(layer, name)
            precondition(
                newValue.rows == entry.slot.rows && newValue.columns == entry.slot.columns,
                "\(name) is \(entry.slot.rows) x \(entry.slot.columns)")
            newValue.withElements { new in
                parameters.withMutableElements { all in
                    for i in new.indices { all[entry.offset + i] = new[i] }
                }
            }
        }
    }

    private func entry(_ layer: Int, _ name: String) -> ParameterLayout.Entry {
        guard let entry = layout.entry(layer: layer, name: name) else {
            preconditionFailure("layer \(layer) has no parameter \(name)")
        }
        return entry
    }

    /// Removes all neurons of a layer but `kept`, and what the next layer takes from them.
    ///
    /// An elementwise layer loses its neurons together with the layer before, whichever is named.
    /// Nothing changes in the output if the removed neurons' post-activations are always 0.
    ///
    /// - Parameters:
    ///   - kept: indices of neurons, ascending, at least one.
    ///   - layer: any but the last, whose neurons are the network's outputs.
    public mutating func keep(neurons kept: [Int], ofLayer layer: Int) {
        _ = keepReturningPositions(kept, layer)
    }

    /// As ``keep(neurons:ofLayer:)``; returns the old positions of the parameters that stayed.
    mutating func keepReturningPositions(_ kept: [Int], _ layer: Int) -> [Int] {
        // Elementwise layers go with the layer whose neurons they pass on.
        var group = layer...layer
        while group.lowerBound > 0 && layers[group.lowerBound].isElementwise {
            group = group.lowerBound - 1...group.upperBound
        }
        while group.upperBound + 1 < layers.count && layers[group.upperBound + 1].isElementwise {
            group = group.lowerBound...group.upperBound + 1
        }
        precondition(
            layer >= 0 && group.upperBound < layers.count - 1,
            "the neurons of layer \(layer) are the network's outputs")
        let neurons = layers[layer].neurons
        precondition(
            !kept.isEmpty && kept[0] >= 0 && kept[kept.count - 1] < neurons
                && zip(kept, kept.dropFirst()).allSatisfy { $0 < $1 },
            "kept neurons must be ascending indices below \(neurons), at least one")
        let positions = layout.positions(keeping: kept, of: neurons, inLayers: group)
        for index in group {
            layers[index] = layers[index].resized(toNeurons: kept.count)
            layers[index + 1] = layers[index + 1].resized(toInputs: layers[index].outputs)
        }
        layout = ParameterLayout(layers)
        parameters = parameters.selectingColumns(positions)
        return positions
    }
}

/// The layers of a multilayer perceptron.
func perceptron(
    inputs: Int, hidden widths: [Int], outputs: Int, activation: Activation
) -> [DenseLayer] {
    let sizes = [inputs] + widths + [outputs]
    return zip(sizes, sizes.dropFirst()).enumerated().map { index, size in
        DenseLayer(
            inputs: size.0, neurons: size.1,
            activation: index < widths.count ? activation : .identity)
    }
}

/// What the generators of one seed are for; a stream each, so that a change to one use leaves the
/// others' numbers alone.
enum RandomStream: UInt64 {
    case parameters, order, split
}

extension Matrix {
    /// The columns at `positions`, of every row.
    func selectingColumns(_ positions: [Int]) -> Matrix {
        withElements { source in
            Matrix(rows: rows, columns: positions.count) { target in
                for row in 0..<rows {
                    for (i, position) in positions.enumerated() {
                        target.initializeElement(
                            at: row * positions.count + i, to: source[row * columns + position])
                    }
                }
            }
        }
    }
}
