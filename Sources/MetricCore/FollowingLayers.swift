public import LinearAlgebra

/// What a network does with the values of one layer, up to its output.
public struct FollowingLayers: Sendable {
    /// The nonlinearity of the layer itself.
    public var activation: Nonlinearity
    /// The gate of the layer itself: one factor a neuron behind the nonlinearity; `nil` for none.
    public var gate: [Double]?
    /// The dense layers after it, in the order of execution.
    public var layers: [Dense]

    /// Makes the network that begins behind a layer with this nonlinearity and gate.
    public init(activation: Nonlinearity, gate: [Double]? = nil, layers: [Dense]) {
        self.activation = activation
        self.gate = gate
        self.layers = layers
    }

    /// A dense layer with a gate g: y = g · f(x W + b).
    public struct Dense: Sendable {
        /// As the run names it; "" where no run does.
        public var name: String
        /// W, shape (inputs, neurons).
        public var weight: RealMatrix
        /// b, one a neuron.
        public var bias: [Double]
        /// f.
        public var activation: Nonlinearity
        /// g, one factor a neuron; `nil` for none.
        public var gate: [Double]?

        /// Makes a dense layer; without `gate` its values are not multiplied.
        public init(
            name: String = "", weight: RealMatrix, bias: [Double], activation: Nonlinearity,
            gate: [Double]? = nil
        ) {
            precondition(bias.count == weight.columns, "\(bias.count) biases")
            precondition(gate?.count ?? weight.columns == weight.columns, "a gate of another size")
            self.name = name
            self.weight = weight
            self.bias = bias
            self.activation = activation
            self.gate = gate
        }

        /// A layer in single precision without a gate.
        public init(weight: Matrix<Float>, bias: [Float], activation: Nonlinearity) {
            self.init(
                weight: .float(weight), bias: bias.map { Double($0) }, activation: activation)
        }
    }

    /// Number of outputs; `nil` where no layers follow, whose outputs are the layer's own.
    public var outputs: Int? { layers.last?.weight.columns }

    /// The classes with the largest output for pre-activations `x`, shape (samples, neurons): the first
    /// among equals, and -1, which is no class, for a sample with an output that is NaN.
    ///
    /// - Complexity: one matrix product a layer.
    public func classes(ofPreActivations x: consuming Matrix<Float>) -> [Int] {
        NetworkTail<Float>(self).classes(of: x, at: .pre)
    }
}
