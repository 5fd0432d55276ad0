import LinearAlgebra
import Networks
import Testing

@Suite struct StructuralEditTests {
    private func network() -> Network<Double> {
        Network(
            inputs: 4, hidden: [6, 5], outputs: 3, gate: .filter(start: 1, spread: 0.5),
            initialization: .he, seed: 3)
    }

    private let x = Matrix<Double>(
        rows: 5, columns: 4, elements: (0..<20).map { Double($0 * 7 % 11) - 5 })

    private func parts(_ network: Network<Double>) -> [[Double]] {
        network.layers.indices.flatMap { layer in
            network.layers[layer].slots.map { network[layer, $0.name].elements }
        }
    }

    @Test func removingWhatWasAppendedIsTheIdentity() {
        let before = network()
        var after = before
        after.apply(.appending(3, to: 6, ofLayer: 0))
        #expect(after.layers.map { $0.units } == [9, 5, 3])
        #expect(after.units[0].ids == [0, 1, 2, 3, 4, 5, 6, 7, 8])
        // New units do something, but nobody listens yet.
        #expect(after[0, "weight"].row(6).contains { $0 != 0 })
        #expect(after[1, "weight"].column(6) == [0, 0, 0, 0, 0])
        let (a, b) = (before.outputs(for: x), after.outputs(for: x))
        #expect(zip(a.elements, b.elements).allSatisfy { abs($0 - $1) < 1e-14 })
        after.keep(units: Array(0..<6), ofLayer: 0)
        #expect(parts(after) == parts(before))
        // Identities are not given twice.
        after.apply(.appending(1, to: 6, ofLayer: 0))
        #expect(after.units[0].ids.last == 9)
    }

    /// A unit has the same start whenever it is born, if it is the same unit.
    @Test func newUnitsDependOnTheirIdentityAlone() {
        var together = network()
        together.apply(.appending(2, to: 5, ofLayer: 1))
        var apart = network()
        apart.apply(.appending(1, to: 5, ofLayer: 1))
        apart.apply(.appending(1, to: 6, ofLayer: 1))
        #expect(parts(together) == parts(apart))
        #expect(together[1, "weight"].row(5) != together[1, "weight"].row(6))
    }

    @Test func permutingUnitsChangesNoOutput() {
        let before = network()
        var after = before
        let order = [3, 0, 5, 4, 1, 2]
        after.apply(.keeping(order, ofLayer: 0))
        #expect(after.units[0].ids == order.map { UInt64($0) })
        for (new, old) in order.enumerated() {
            #expect(after[0, "weight"].row(new) == before[0, "weight"].row(old))
            #expect(after[0, "bias"][new, 0] == before[0, "bias"][old, 0])
            #expect(after[0, "filter"][new, 0] == before[0, "filter"][old, 0])
            #expect(after[1, "weight"].column(new) == before[1, "weight"].column(old))
        }
        let (a, b) = (before.outputs(for: x), after.outputs(for: x))
        #expect(zip(a.elements, b.elements).allSatisfy { abs($0 - $1) < 1e-13 })
    }

    @Test func editsCompose() {
        var twice = network()
        twice.keep(units: [5, 1, 2, 4], ofLayer: 0)
        twice.keep(units: [3, 0], ofLayer: 0)
        var once = network()
        once.keep(units: [4, 5], ofLayer: 0)
        #expect(parts(twice) == parts(once))
        #expect(twice.units == once.units)
    }

    /// A layer with positions behind it: blocks of columns move together.
    @Test func unitsOfSeveralPositions() {
        let layers: [any Layer<Double>] = [
            Spread(inputs: 2, output: UnitShape(units: 3, positions: 2)),
            Dense(input: UnitShape(units: 3, positions: 2), units: 2, activation: .identity),
        ]
        var network = Network(layers, seed: 1)
        network[1, "weight"] = Matrix(
            rows: 2, columns: 6, elements: [0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14, 15])
        network.keep(units: [2, 0], ofLayer: 0)
        #expect(network[1, "weight"].elements == [4, 5, 0, 1, 14, 15, 10, 11])
        #expect(network.layers[1].input == UnitShape(units: 2, positions: 2))
    }

    @Test func arithmetic() {
        let network = Network<Float>(inputs: 784, hidden: [100], outputs: 10, seed: 0)
        #expect(network.multiplyAdds == 100 * 794)
        // Forward and by weights, and by the inputs of the last layer.
        #expect(network.trainingMultiplyAdds == 2 * 100 * 794 + 1000)
    }
}

/// Gives each unit its input's sum at every position: a layer with positions, for the shapes alone.
private struct Spread: Layer {
    typealias Scalar = Double
    var inputs: Int
    let output: UnitShape

    var kind: String { "spread" }
    var input: UnitShape { UnitShape(units: inputs) }
    var activation: Activation { .identity }
    var multiplyAdds: Int { 0 }
    var slots: [ParameterSlot] { [] }
    func initialize(
        slot: Int, _ values: UnsafeMutableBufferPointer<Double>, by scheme: Initialization,
        using generator: inout SeededGenerator
    ) {}
    func forward(_ pass: LayerPass<Double>) {
        for i in 0..<pass.samples * output.count { pass.post[i] = pass.input[i / output.count] }
    }
    func backward(_ pass: LayerPass<Double>) {}
    func resized(inputs: Int, units: Int) -> Spread {
        Spread(
            inputs: inputs, output: UnitShape(units: units, positions: output.positions))
    }
}
