public import LinearAlgebra

/// A fully connected layer: pre = x Wᵀ + b, post = factor · activation(pre), with W of shape (units,
/// inputs) and a factor 1 for each unit unless the layer has a gate.
public struct Dense<Scalar: ElementaryScalar>: Layer, Hashable {
    /// What it reads; positions are inputs like any others.
    public let input: UnitShape
    /// Its neurons, with one position each.
    public let output: UnitShape
    /// The nonlinearity.
    public let activation: Activation
    /// What post-activations are multiplied by.
    public let gate: Gate

    /// A layer of `units` neurons on `input`; all sizes are positive.
    public init(input: UnitShape, units: Int, activation: Activation, gate: Gate = .none) {
        precondition(input.count > 0 && units > 0, "\(units) neurons on \(input.count) inputs")
        self.input = input
        output = UnitShape(units: units)
        self.activation = activation
        self.gate = gate
    }

    /// A layer of `units` neurons on `inputs` inputs, both positive.
    public init(inputs: Int, units: Int, activation: Activation, gate: Gate = .none) {
        self.init(
            input: UnitShape(units: inputs), units: units, activation: activation, gate: gate)
    }

    /// As run files call it.
    public var kind: String { "linear" }
    /// One for each weight.
    public var multiplyAdds: Int { inputs * units }

    private static var weight: Int { 0 }
    private static var bias: Int { 1 }

    /// "weight", shape (units, inputs), "bias", shape (units), and those of the gate.
    public var slots: [ParameterSlot] {
        [
            ParameterSlot(
                name: "weight", role: .weight, rows: units, columns: inputs, inputAxis: .columns),
            ParameterSlot(name: "bias", role: .bias, rows: units),
        ] + gate.slots(units: units)
    }

    /// Draws weights and biases by `scheme`.
    public func initialize(
        slot: Int, _ values: UnsafeMutableBufferPointer<Scalar>, by scheme: Initialization,
        using generator: inout SeededGenerator
    ) {
        if slot == Self.weight {
            scheme.fillWeights(values, inputs: inputs, neurons: units, using: &generator)
        } else {
            scheme.fillBiases(values, inputs: inputs, using: &generator)
        }
    }

    /// Computes x Wᵀ + b and its activation: one product a panel.
    public func forward(_ pass: LayerPass<Scalar>) {
        let neurons = panels(columns: units, rows: pass.capacity, inner: inputs)
        concurrently(neurons.count) { panel in
            let range = neurons[panel]
            Scalar.multiply(
                pass.input, stride: inputs, transposed: false,
                pass.parameter(Self.weight) + range.lowerBound * inputs, stride: inputs,
                transposed: true,
                into: pass.post + range.lowerBound, stride: units,
                rows: pass.samples, columns: range.count, inner: inputs, alpha: 1, beta: 0)
            if let pre = pass.pre {
                copy(
                    pass.post, adding: pass.parameter(Self.bias), to: pre, samples: pass.samples,
                    stride: units, range: range)
            }
            activation.apply(
                adding: pass.parameter(Self.bias), to: pass.post, times: pass.factors?.value,
                samples: pass.samples, stride: units, range: range)
        }
    }

    /// Computes the gradient by weights and biases, one product a panel of neurons, then that by the
    /// inputs, one product a panel of inputs.
    public func backward(_ pass: LayerPass<Scalar>) {
        let neurons = panels(columns: units, rows: pass.capacity, inner: inputs)
        concurrently(neurons.count) { panel in
            let range = neurons[panel]
            activation.differentiate(
                pass.outputGradient, post: pass.post, sums: pass.gradient(Self.bias),
                factors: pass.factors, gateSums: pass.gateSums,
                samples: pass.samples, stride: units, range: range)
            if pass.isFrozen { return }
            Scalar.multiply(
                pass.outputGradient + range.lowerBound, stride: units, transposed: true,
                pass.input, stride: inputs, transposed: false,
                into: pass.gradient(Self.weight) + range.lowerBound * inputs, stride: inputs,
                rows: range.count, columns: inputs, inner: pass.samples, alpha: 1, beta: 0)
        }
        guard let inputGradient = pass.inputGradient else { return }
        let columns = panels(
            columns: inputs, rows: pass.capacity, inner: units, isShort: true)
        concurrently(columns.count) { panel in
            let range = columns[panel]
            Scalar.multiply(
                pass.outputGradient, stride: units, transposed: false,
                pass.parameter(Self.weight) + range.lowerBound, stride: inputs,
                transposed: false,
                into: inputGradient + range.lowerBound, stride: inputs,
                rows: pass.samples, columns: range.count, inner: units, alpha: 1, beta: 0)
        }
    }

    /// The layer behind `inputs` units, with `units` neurons.
    public func resized(inputs: Int, units: Int) -> Dense {
        Dense(
            input: UnitShape(units: inputs, positions: input.positions), units: units,
            activation: activation, gate: gate)
    }
}
