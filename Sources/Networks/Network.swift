public import LinearAlgebra

/// A chain of layers with their parameters; a value: copies are independent.
public struct Network<Scalar: ElementaryScalar>: Sendable {
    /// From the inputs to the outputs.
    public internal(set) var layers: [any Layer<Scalar>]
    package internal(set) var layout: ParameterLayout
    /// All parameters in one row, in the order of ``layout``.
    package var parameters: Matrix<Scalar>
    /// The identities of every layer's units.
    public internal(set) var units: [UnitIdentities]
    /// How parameters are drawn, also those of units that are added later.
    package let initialization: Initialization
    package let seed: UInt64

    /// A network whose parameters are drawn from a generator seeded with `seed`.
    ///
    /// - Precondition: each layer reads what the one before writes.
    public init(
        _ layers: [any Layer<Scalar>], initialization: Initialization = .uniform, seed: UInt64
    ) {
        self.init(zeroed: layers, initialization: initialization, seed: seed)
        var generator = SeededGenerator(seed: seed, stream: RandomStream.parameters.rawValue)
        // Gates have a stream of their own: with gates that begin at 1, weights are as without.
        var gates = SeededGenerator(seed: seed, stream: RandomStream.gates.rawValue)
        let layout = layout
        parameters.withMutableElements { all in
            for (index, layer) in layers.enumerated() {
                let entries = layout.entries.filter { $0.layer == index }
                for (slot, entry) in entries.enumerated() {
                    let values = UnsafeMutableBufferPointer(rebasing: all[entry.range])
                    if entry.slot.role == .gate {
                        layer.gate.initialize(entry.slot.name, values, using: &gates)
                    } else {
                        layer.initialize(
                            slot: slot, values, by: initialization, using: &generator)
                    }
                }
            }
        }
    }

    /// A network whose parameters are all zero.
    package init(
        zeroed layers: [any Layer<Scalar>], initialization: Initialization = .uniform,
        seed: UInt64 = 0
    ) {
        precondition(!layers.isEmpty, "a network needs a layer")
        for (layer, next) in zip(layers, layers.dropFirst()) {
            precondition(
                layer.outputs == next.inputs,
                "a layer of \(next.inputs) inputs cannot follow one of \(layer.outputs) outputs")
        }
        self.layers = layers
        layout = ParameterLayout(layers)
        parameters = Matrix(rows: 1, columns: layout.count)
        units = layers.map { UnitIdentities(count: $0.units) }
        self.initialization = initialization
        self.seed = seed
    }

    /// A multilayer perceptron: dense layers of the given `widths` behind `inputs` inputs, then
    /// `outputs` outputs without nonlinearity; `inputGate` is a filter on the inputs, or none.
    public init(
        inputs: Int, hidden widths: [Int], outputs: Int, activation: Activation = .relu,
        gate: Gate = .none, inputGate: Gate = .none, initialization: Initialization = .uniform,
        seed: UInt64
    ) {
        self.init(
            perceptron(
                inputs: inputs, hidden: widths, outputs: outputs, activation: activation,
                gate: gate, inputGate: inputGate),
            initialization: initialization, seed: seed)
    }

    /// The network of `layers` with these parameters and units, both from a file.
    ///
    /// - Precondition: `units` counts as many units as the layers have, and `parameters` is as long
    ///   as their layout.
    package init(
        _ layers: [any Layer<Scalar>], parameters: [Scalar], units: [UnitIdentities],
        initialization: Initialization, seed: UInt64
    ) {
        self.init(zeroed: layers, initialization: initialization, seed: seed)
        precondition(units.map { $0.ids.count } == layers.map { $0.units }, "\(units.count) layers")
        self.parameters = Matrix(rows: 1, columns: layout.count, elements: parameters)
        self.units = units
    }

    /// Values the first layer reads for each sample.
    public var inputs: Int { layers[0].inputs }
    /// Values the last layer writes for each sample.
    public var outputs: Int { layers[layers.count - 1].outputs }
    /// Number of parameters.
    public var parameterCount: Int { layout.count }

    /// Multiplications and additions of one sample's forward pass.
    public var multiplyAdds: Int { layers.reduce(0) { $0 + $1.multiplyAdds } }

    /// Multiplications and additions of one sample's forward and backward passes.
    ///
    /// A backward pass is two products as large as the forward one; the first layer needs no
    /// gradient by its inputs.
    public var trainingMultiplyAdds: Int { 3 * multiplyAdds - layers[0].multiplyAdds }

    /// The parameter `name` of a layer, shape as in its slot: a weight (units, inputs), a bias
    /// (units, 1).
    ///
    /// - Precondition: the layer has such a parameter; a new value has the same shape.
    public subscript(layer: Int, name: String) -> Matrix<Scalar> {
        get {
            let entry = entry(layer, name)
            return parameters.withElements { all in
                Matrix(
                    rows: entry.slot.rows, columns: entry.slot.columns,
                    elements: all[entry.range])
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

    /// The factors of a layer's units as in evaluation; `nil` without a gate.
    public func factors(ofLayer layer: Int) -> [Scalar]? {
        let gate = layers[layer].gate
        guard gate.isPresent else { return nil }
        let units = layers[layer].units
        return parameters.withElements { all in
            guard let base = all.baseAddress else { return nil }
            return [Scalar](unsafeUninitializedCapacity: units) { values, count in
                guard let values = values.baseAddress else { return }
                gate.write(
                    from: gateParameters(base, layer), slope: gate.startingSlope, isExact: true,
                    to: values, inverse: values, units: units)
                count = units
            }
        }
    }

    /// The slope of a layer's ramp as in evaluation; 1 without a ramp.
    public func slope(ofLayer layer: Int) -> Double {
        if let entry = layout.entry(layer: layer, name: Gate.Name.slope) {
            return parameters.withElements { Double($0[entry.offset]) }
        }
        return layers[layer].gate.startingSlope
    }

    func gateParameters(
        _ base: UnsafePointer<Scalar>, _ layer: Int
    ) -> [UnsafePointer<Scalar>] {
        layout.entries.compactMap {
            $0.layer == layer && $0.slot.role == .gate ? base + $0.offset : nil
        }
    }

    /// The outputs for `inputs`, shape (samples, inputs): shape (samples, outputs).
    public func outputs(for inputs: Matrix<Scalar>) -> Matrix<Scalar> {
        precondition(inputs.columns == self.inputs, "\(inputs.columns) for \(self.inputs) inputs")
        let workspace = Workspace(self, capacity: inputs.rows, for: .evaluation)
        workspace.forward(inputs, through: self)
        return Matrix(
            rows: inputs.rows, columns: outputs,
            elements: UnsafeBufferPointer(
                start: workspace.post(ofLayer: layers.count - 1), count: inputs.rows * outputs))
    }
}

/// The layers of a multilayer perceptron; hidden ones have the gate, and inputs theirs where it is a
/// filter.
package func perceptron<Scalar: ElementaryScalar>(
    inputs: Int, hidden widths: [Int], outputs: Int, activation: Activation, gate: Gate = .none,
    inputGate: Gate = .none
) -> [any Layer<Scalar>] {
    let sizes = [inputs] + widths + [outputs]
    let filter: [any Layer<Scalar>] =
        inputGate.isPresent ? [InputFilter(inputs: inputs, gate: inputGate)] : []
    return filter
        + zip(sizes, sizes.dropFirst()).enumerated().map { index, size in
            let isHidden = index < widths.count
            return Dense<Scalar>(
                inputs: size.0, units: size.1, activation: isHidden ? activation : .identity,
                gate: isHidden ? gate : .none) as any Layer<Scalar>
        }
}

/// What the generators of one seed are for; a stream each, so that a change to one use leaves the
/// others' numbers alone.
package enum RandomStream: UInt64 {
    case parameters, order, split, gates, slope, newUnits
}

/// The identities of a layer's units: numbers given at birth and never again.
public struct UnitIdentities: Sendable, Hashable, Codable {
    /// One a unit, in the order of the units.
    public internal(set) var ids: [UInt64]
    /// The identity of the next unit to be born.
    public internal(set) var next: UInt64

    /// 0 ..< `count`.
    public init(count: Int) {
        ids = (0..<UInt64(count)).map { $0 }
        next = UInt64(count)
    }

    /// Identities from a file; `nil` if one is there twice, is not below `next`, or `next` is beyond
    /// 2⁵³, which no training reaches.
    public init?(ids: [UInt64], next: UInt64) {
        guard next <= 1 << 53, ids.allSatisfy({ $0 < next }), Set(ids).count == ids.count else {
            return nil
        }
        self.ids = ids
        self.next = next
    }
}
