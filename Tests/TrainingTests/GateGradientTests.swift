import LinearAlgebra
import Networks
import Testing

@testable import Training

/// Gates against central differences in double precision, with every activation.
@Suite struct GateGradientTests {
    private static let gates: [Gate] = [
        .filter(start: 0.8, spread: 0.5), .filter(start: 0, spread: 1, isSigned: true),
        .ramp(start: 2.3, slope: .fixed(0.9)), .ramp(start: 2.3, slope: .learned(start: 0.7)),
        .ramp(start: -3, slope: .fixed(2)),
    ]

    private func data(_ loss: Loss) throws -> TrainingData<Double> {
        let inputs: Matrix<Double> = normalMatrix(9, 4, seed: 5)
        return loss == .crossEntropy
            ? try TrainingData(inputs: inputs, labels: [0, 1, 2, 2, 1, 0, 2, 1, 1], classes: 3)
            : try TrainingData(inputs: inputs, targets: normalMatrix(9, 3, seed: 6))
    }

    @Test(arguments: gates, Activation.allCases)
    func everyParameter(gate: Gate, activation: Activation) throws {
        for loss in Loss.allCases {
            let network = Network<Double>(
                inputs: 4, hidden: [6, 5], outputs: 3, activation: activation, gate: gate, seed: 2)
            let data = try data(loss)
            let gradient = try network.lossAndGradient(data, loss: loss).gradient
            for (layer, description) in network.layers.enumerated() {
                for (slot, exact) in zip(description.slots, gradient[layer]) {
                    var (error, norm) = (0.0, 0.0)
                    for row in 0..<slot.rows {
                        for column in 0..<slot.columns {
                            let difference = try centralDifference(
                                network, layer, slot.name, row, column, data, loss)
                            error +=
                                (difference - exact[row, column])
                                * (difference - exact[row, column])
                            norm += difference * difference
                        }
                    }
                    // Each difference is off by h² and 2⁻⁵² / h of a loss near 1, h being 1e-5.
                    let rounding = 1e-10 * Double(slot.count).squareRoot()
                    #expect(
                        error.squareRoot() < 1e-6 * norm.squareRoot() + rounding,
                        "\(slot.name) of layer \(layer)")
                }
            }
        }
    }

    private func centralDifference(
        _ network: Network<Double>, _ layer: Int, _ name: String, _ row: Int, _ column: Int,
        _ data: TrainingData<Double>, _ loss: Loss
    ) throws -> Double {
        func moved(by shift: Double) throws -> Double {
            var network = network
            network[layer, name][row, column] += shift
            return try network.evaluate(data, loss: loss).loss
        }
        return try (moved(by: 1e-5) - moved(by: -1e-5)) / 2e-5
    }

    /// At a filter of 0 the derivative from above, which tells whether the unit would grow again; in
    /// both precisions.
    @Test(arguments: Activation.allCases)
    func aFilterOfZeroKeepsItsGradient(activation: Activation) throws {
        func check<Scalar: TrainingScalar>(_ type: Scalar.Type, tolerance: Double) throws {
            var network = Network<Scalar>(
                inputs: 4, hidden: [6], outputs: 3, activation: activation, gate: .filter(), seed: 2
            )
            for unit in [1, 4] { network[0, "filter"][unit, 0] = 0 }
            let data = try TrainingData<Scalar>(
                inputs: normalMatrix(9, 4, seed: 5), labels: [0, 1, 2, 2, 1, 0, 2, 1, 1], classes: 3
            )
            let exact = try network.lossAndGradient(data, loss: .crossEntropy).gradient[0][2]
            for unit in [1, 4] {
                // From double precision, where one-sided differences have an error of h.
                var moved = Network<Double>(
                    inputs: 4, hidden: [6], outputs: 3, activation: activation, gate: .filter(),
                    seed: 2)
                moved[0, "filter"][1, 0] = 0
                moved[0, "filter"][4, 0] = 0
                let wide = try TrainingData<Double>(
                    inputs: normalMatrix(9, 4, seed: 5), labels: [0, 1, 2, 2, 1, 0, 2, 1, 1],
                    classes: 3)
                let start = try moved.evaluate(wide, loss: .crossEntropy).loss
                moved[0, "filter"][unit, 0] = 1e-7
                let difference =
                    try (moved.evaluate(wide, loss: .crossEntropy).loss - start) / 1e-7
                #expect(abs(Double(exact[unit, 0]) - difference) < tolerance)
                #expect(abs(difference) > 1e-5)
            }
        }
        try check(Double.self, tolerance: 1e-6)
        try check(Float.self, tolerance: 1e-5)
    }

    /// The integral's gradient is added to that of the size.
    @Test func penaltiesOfRamps() throws {
        let network = Network<Double>(
            inputs: 4, hidden: [6, 5], outputs: 3,
            gate: .ramp(start: 2, slope: .learned(start: 0.8)), seed: 1)
        let penalty = Penalty(.rampIntegral, .value(0.3), cost: .parameters)
        let active = ActivePenalty(
            penalty: penalty, strength: 0.3, meanCost: penalty.meanCost(of: network))
        let added = gradient(of: active, network)
        for layer in 0..<2 {
            for name in ["x0", "slope"] {
                func value(_ shift: Double) -> Double {
                    var moved = network
                    moved[layer, name][0, 0] += shift
                    return active.value(of: moved)
                }
                let difference = (value(1e-5) - value(-1e-5)) / 2e-5
                let offset = network.layout.entry(layer: layer, name: name)?.offset ?? 0
                #expect(abs(added[offset] - difference) < 1e-8)
            }
        }
    }

    /// λ times the sum of positive filters.
    @Test func penaltiesOfFilters() throws {
        var network = Network<Double>(
            inputs: 4, hidden: [3], outputs: 2, gate: .filter(), seed: 1)
        network[0, "filter"] = Matrix(rows: 3, columns: 1, elements: [0.5, -0.25, 2])
        let active = ActivePenalty(
            penalty: Penalty(.subgradient, .value(0.1)), strength: 0.1, meanCost: 1)
        #expect(abs(active.value(of: network) - 0.25) < 1e-15)
        let added = gradient(of: active, network)
        let offset = network.layout.entry(layer: 0, name: "filter")?.offset ?? 0
        #expect(Array(added[offset..<offset + 3]) == [0.1, 0, 0.1])
        #expect(added.count { $0 != 0 } == 2)
    }

    private func gradient(of penalty: ActivePenalty, _ network: Network<Double>) -> [Double] {
        let values = UnsafeMutablePointer<Double>.allocate(capacity: network.parameterCount)
        defer { values.deallocate() }
        values.initialize(repeating: 0, count: network.parameterCount)
        penalty.addGradient(of: network, to: values)
        return (0..<network.parameterCount).map { values[$0] }
    }

    /// In + out for a dense layer's unit, and its bias.
    @Test func costs() {
        let network = Network<Float>(
            inputs: 10, hidden: [4, 2], outputs: 3, gate: .filter(), seed: 0)
        func penalty(_ cost: Penalty.Cost) -> Penalty {
            Penalty(.proximal, .value(1), cost: cost)
        }
        #expect(penalty(.multiplyAdds).unitCost(0, of: network) == 12)
        #expect(penalty(.multiplyAdds).unitCost(1, of: network) == 7)
        // With its bias and its filter.
        #expect(penalty(.parameters).unitCost(0, of: network) == 14)
        #expect(penalty(.units).unitCost(0, of: network) == 1)
        #expect(abs(penalty(.multiplyAdds).meanCost(of: network) - (4 * 12 + 2 * 7) / 6.0) < 1e-12)
    }
}
