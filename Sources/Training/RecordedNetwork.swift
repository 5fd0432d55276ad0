public import LinearAlgebra
public import Networks
public import RunFormat

/// A network as a run file holds it: enough to apply it, and to hand it to other programs.
public struct RecordedNetwork: Sendable {
    /// One layer, in the order of execution.
    public struct Layer: Sendable {
        /// As in the run file.
        public var name: String
        /// "linear", "conv2d", ...
        public var kind: String
        /// The nonlinearity.
        public var activation: Activation
        /// (neurons, inputs), or (channels out, channels in, height, width).
        public var shape: [Int]
        /// Row-major.
        public var weight: [Double]
        /// One a neuron.
        public var bias: [Double]
        /// What each neuron's activation is multiplied by; `nil` without a gate.
        public var filter: [Double]?

        /// Neurons or channels.
        public var neurons: Int { shape[0] }
        /// Weights of each neuron.
        public var fanIn: Int { shape.dropFirst().reduce(1, *) }
    }

    /// The run file, for errors.
    public let path: String
    /// From the inputs to the outputs.
    public private(set) var layers: [Layer]

    /// Reads the network of a run.
    ///
    /// - Parameters:
    ///   - run: a run file that holds weights.
    ///   - snapshot: an earlier step of the training, where recorded.
    /// - Throws: `RunError` naming a layer without weights, or whose arrays do not fit together or hold
    ///   what is no number.
    public init(readingFrom run: RunFile, snapshot: String? = nil) throws(RunError) {
        path = run.path
        layers = []
        for entry in try run.layers(snapshot: snapshot) {
            layers.append(try Layer(entry, in: run))
        }
        for (layer, next) in zip(layers, layers.dropFirst())
        // Behind a convolution a flattened image stands for each channel.
        where layer.shape.count == 2
            ? next.fanIn != layer.neurons : next.fanIn % layer.neurons != 0
        {
            throw RunError(
                .badData, file: path, object: next.name,
                "it reads \(next.fanIn) values, which are not those of the \(layer.neurons) neurons "
                    + "of \(layer.name)")
        }
    }

    /// Values that the first layer reads.
    public var inputs: Int { layers[0].fanIn }
    /// Values that the last layer writes.
    public var outputs: Int { layers[layers.count - 1].neurons }

    /// Refuses a network that ``outputs(for:)`` cannot apply.
    ///
    /// - Throws: `RunError` naming a layer that is not fully connected.
    public func checkIsPerceptron() throws(RunError) {
        for (index, layer) in layers.enumerated() {
            guard layer.kind == "linear", layer.shape.count == 2 else {
                throw RunError(
                    .badData, file: path, object: layer.name,
                    "it is a layer of kind \(layer.kind); only networks of linear layers are applied"
                )
            }
            guard index == 0 || layer.fanIn == layers[index - 1].neurons else {
                throw RunError(
                    .badData, file: path, object: layer.name,
                    "it reads \(layer.fanIn) values of the \(layers[index - 1].neurons) neurons of "
                        + "\(layers[index - 1].name)")
            }
        }
    }

    /// The outputs for normalised inputs, in double precision.
    ///
    /// - Parameter inputs: shape (samples, inputs).
    /// - Returns: shape (samples, outputs), before any softmax.
    /// - Precondition: ``checkIsPerceptron()`` does not throw.
    public func outputs(for inputs: Matrix<Double>) -> Matrix<Double> {
        precondition(inputs.columns == self.inputs, "\(inputs.columns) for \(self.inputs) inputs")
        var values = inputs
        for layer in layers {
            let weight = Matrix(rows: layer.neurons, columns: layer.fanIn, elements: layer.weight)
            var next = values.times(weight, transposingOther: true)
            next.withMutableElements { elements in
                for (position, value) in elements.enumerated() {
                    let neuron = position % layer.neurons
                    elements[position] =
                        layer.activation(value + layer.bias[neuron]) * (layer.filter?[neuron] ?? 1)
                }
            }
            values = next
        }
        return values
    }
}

extension RecordedNetwork.Layer {
    /// Reads and checks one layer.
    fileprivate init(_ entry: LayerEntry, in run: RunFile) throws(RunError) {
        func refusal(_ reason: String) -> RunError {
            RunError(.badData, file: run.path, object: entry.path, reason)
        }
        name = entry.name
        kind = entry.kind ?? "linear"
        guard let activation = Activation(rawValue: entry.activation ?? "identity") else {
            throw refusal("its activation is \(entry.activation ?? ""), which is not known")
        }
        self.activation = activation
        guard let weight = entry.weight else {
            throw refusal("it has no weight; record the network's parameters")
        }
        shape = weight.shape
        guard shape.count >= 2, shape.allSatisfy({ $0 > 0 }) else {
            throw refusal("its weight has the shape \(shape); expected (neurons, inputs)")
        }
        self.weight = try run.values(weight)
        let neurons = shape[0]
        func vector(_ array: ArrayInfo) throws(RunError) -> [Double] {
            let values = try run.vector(array)
            guard values.count == neurons else {
                throw refusal("its \(array.name) has \(values.count) values for \(neurons) neurons")
            }
            return values
        }
        bias = try entry.bias.map(vector) ?? Array(repeating: 0, count: neurons)
        filter = try entry.others.first { $0.name == Schema.Path.filter }.map(vector)
        guard (self.weight + bias + (filter ?? [])).allSatisfy(\.isFinite) else {
            throw refusal("it holds what is no number")
        }
    }
}

extension RecordedNetwork {
    /// The same function without gates: each is folded into the weights that read it, V' = V diag(f),
    /// that of the last layer into its own.
    ///
    /// - Throws: `RunError` if the last layer's gate cannot be folded, because its activation is neither
    ///   the identity nor, for gates that are not negative, relu.
    public func folded() throws(RunError) -> RecordedNetwork {
        var folded = self
        for index in layers.indices {
            guard let filter = layers[index].filter else { continue }
            folded.layers[index].filter = nil
            if index + 1 < layers.count {
                // A channel is a block of the next layer's weights: a kernel, or, where images were
                // flattened, an image.
                let next = layers[index + 1]
                let block = next.fanIn / filter.count
                for position in next.weight.indices {
                    folded.layers[index + 1].weight[position] *=
                        filter[position % next.fanIn / block]
                }
                continue
            }
            guard
                layers[index].activation == .identity
                    || layers[index].activation == .relu && filter.allSatisfy({ $0 >= 0 })
            else {
                throw RunError(
                    .badData, file: path, object: layers[index].name,
                    "its gate follows \(layers[index].activation.rawValue) and no layer reads it; such "
                        + "a gate cannot be part of the weights")
            }
            let fanIn = layers[index].fanIn
            for neuron in filter.indices {
                folded.layers[index].bias[neuron] *= filter[neuron]
                for position in neuron * fanIn..<(neuron + 1) * fanIn {
                    folded.layers[index].weight[position] *= filter[neuron]
                }
            }
        }
        return folded
    }
}
