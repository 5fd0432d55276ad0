public import LinearAlgebra

/// A filter on each input of the network, as its first layer: unit j passes on fⱼ times one input.
///
/// Inputs whose filter is 0 can be removed as units are: the layer then reads only those that are
/// left, and the layer behind it has fewer weights. The network still takes all inputs.
public struct InputFilter<Scalar: ElementaryScalar>: Layer, Hashable {
    /// All inputs.
    public let input: UnitShape
    /// The inputs that are left.
    public let output: UnitShape
    /// The filters.
    public let gate: Gate
    /// For each unit the position of its input.
    let selected: [Int]

    /// Filters on `inputs` inputs, all of which are there.
    public init(inputs: Int, gate: Gate = .filter()) {
        self.init(inputs: inputs, selected: Array(0..<inputs), gate: gate)
    }

    private init(inputs: Int, selected: [Int], gate: Gate) {
        precondition(
            !selected.isEmpty && selected.allSatisfy { (0..<inputs).contains($0) },
            "\(selected.count) of \(inputs) inputs")
        input = UnitShape(units: inputs)
        output = UnitShape(units: selected.count)
        self.selected = selected
        self.gate = gate
    }

    /// As the history calls it; run files hold the filters folded into the next layer's weights.
    public var kind: String { "input-filter" }
    /// None.
    public var activation: Activation { .identity }
    /// True.
    public var selectsInputs: Bool { true }
    /// One for each input that is left.
    public var multiplyAdds: Int { units }
    /// Those of the gate.
    public var slots: [ParameterSlot] { gate.slots(units: units) }

    /// Does nothing: the layer has no parameters but its gate.
    public func initialize(
        slot: Int, _ values: UnsafeMutableBufferPointer<Scalar>, by scheme: Initialization,
        using generator: inout SeededGenerator
    ) {}

    /// Gathers the inputs that are left, times their filters.
    public func forward(_ pass: LayerPass<Scalar>) {
        guard let factors = pass.factors?.value else { return }
        gather(pass, selected, factors)
    }

    /// Computes the sums for the filters' gradients.
    public func backward(_ pass: LayerPass<Scalar>) {
        addProducts(
            pass.outputGradient, UnsafePointer(pass.post), to: pass.gateSums,
            samples: pass.samples, units: units)
    }

    /// The filters of the first `units` inputs; ``selecting(_:)`` says of which.
    public func resized(inputs: Int, units: Int) -> InputFilter {
        InputFilter(inputs: inputs, selected: Array(0..<units), gate: gate)
    }

    /// The filters of the inputs with these positions.
    public func selecting(_ ids: [UInt64]) -> InputFilter {
        InputFilter(inputs: input.units, selected: ids.map { Int($0) }, gate: gate)
    }
}

@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func gather<Scalar: ElementaryScalar>(
    _ pass: LayerPass<Scalar>, _ selected: [Int], _ factors: UnsafePointer<Scalar>
) {
    let stride = pass.inputCount
    for sample in 0..<pass.samples {
        let x = pass.input + sample * stride
        let y = pass.post + sample * selected.count
        for (unit, position) in selected.enumerated() { y[unit] = factors[unit] * x[position] }
        guard let pre = pass.pre.map({ $0 + sample * selected.count }) else { continue }
        for (unit, position) in selected.enumerated() { pre[unit] = x[position] }
    }
}

@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
private func addProducts<Scalar: ElementaryScalar>(
    _ gradient: UnsafePointer<Scalar>, _ values: UnsafePointer<Scalar>,
    to sums: UnsafeMutablePointer<Scalar>, samples: Int, units: Int
) {
    for unit in 0..<units { sums[unit] = 0 }
    for sample in 0..<samples {
        let (g, y) = (gradient + sample * units, values + sample * units)
        for unit in 0..<units { sums[unit] += g[unit] * y[unit] }
    }
}

extension Network {
    /// Whether the first layer is a filter on the inputs.
    public var selectsInputs: Bool { layers[0].selectsInputs }

    /// The layers between the inputs, with their filters, and the outputs.
    public var hiddenLayers: Range<Int> { (selectsInputs ? 1 : 0)..<layers.count - 1 }

    /// The same function without a filter on the inputs, which becomes part of the weights of the
    /// layer that reads them: V' = V diag(f), with 0 for inputs that were removed.
    ///
    /// - Returns: the network, and the factor of each input; `nil` for a network without such a filter.
    package func foldingInputFilter() -> (network: Network, factors: [Scalar])? {
        guard selectsInputs, layers.count > 1, let factors = factors(ofLayer: 0) else { return nil }
        var rest = Array(layers.dropFirst())
        rest[0] = rest[0].resized(inputs: inputs, units: rest[0].units)
        var folded = Network(zeroed: rest, initialization: initialization, seed: seed)
        folded.units = Array(units.dropFirst())
        let positions = units[0].ids.map { Int($0) }
        for entry in folded.layout.entries {
            let name = entry.slot.name
            let values = self[entry.layer + 1, name]
            guard entry.layer == 0, entry.slot.inputAxis == .columns else {
                folded[entry.layer, name] = values
                continue
            }
            var spread = Matrix<Scalar>(rows: values.rows, columns: inputs)
            for row in 0..<values.rows {
                for (unit, position) in positions.enumerated() {
                    spread[row, position] = values[row, unit] * factors[unit]
                }
            }
            folded[entry.layer, name] = spread
        }
        var all = [Scalar](repeating: 0, count: inputs)
        for (unit, position) in positions.enumerated() { all[position] = factors[unit] }
        return (folded, all)
    }
}
