import LinearAlgebra
import Networks
import Testing

@testable import Training

/// Training of networks that lose units, grow, and begin with gates.
@Suite struct ResizingTests {
    private func data(_ samples: Int = 200) throws -> TrainingData<Double> {
        try separableData(samples: samples, inputs: 6, classes: 3, seed: 1)
    }

    private func network(_ gate: Gate = .filter(), hidden: [Int] = [12, 7]) -> Network<Double> {
        Network(inputs: 6, hidden: hidden, outputs: 3, gate: gate, seed: 3)
    }

    /// 200 steps of Adam with units whose filters are 0, and without these units.
    @Test(arguments: [
        OptimizerRule.adam(), .adaMax(), .sgd(momentum: 0.9),
    ])
    func removedUnitsAreSilentUnits(rule: OptimizerRule) throws {
        let dead = [0, 3, 4, 11]
        let kept = (0..<12).filter { !dead.contains($0) }
        func trainer() throws -> Trainer<Double> {
            var start = network()
            // Negative: neither gradient nor momentum brings them back.
            for unit in dead { start[0, "filter"][unit, 0] = -1 }
            return try Trainer(
                start,
                TrainingConfiguration(
                    epochs: 20, batch: 20,
                    optimizer: OptimizerConfiguration(rule, learningRate: 0.01)),
                training: data())
        }
        let (masked, collected) = try (trainer(), trainer())
        collected.keep(units: kept, ofLayer: 0)
        try masked.run()
        try collected.run()
        #expect(masked.history["size"] == collected.history["size"])
        var expected = masked.network
        expected.keep(units: kept, ofLayer: 0)
        for layer in 0..<3 {
            for slot in expected.layers[layer].slots {
                #expect(
                    largestDifference(
                        collected.network[layer, slot.name], expected[layer, slot.name]) < 1e-5)
            }
        }
        let x: Matrix<Double> = normalMatrix(30, 6, seed: 9)
        #expect(
            largestDifference(collected.network.outputs(for: x), masked.network.outputs(for: x))
                < 1e-6)
    }

    /// A unit with weights of 0 to the next layer trains as one that was never there.
    @Test func unitsThatAreBornGoOnFromTheirEdit() throws {
        let trainer = try Trainer(
            network(.none), TrainingConfiguration(epochs: 4, batch: 20), training: data())
        try trainer.runEpoch()
        let before = trainer.state
        trainer.apply(.appending(3, to: 12, ofLayer: 0), reason: "growth")
        // What the optimizer remembers of the old ones stays, of the new ones it is 0.
        let moments = trainer.state.moments
        #expect(Array(moments[0][0..<72]) == Array(before.moments[0][0..<72]))
        #expect(moments[0][72..<90].allSatisfy { $0 == 0 })
        #expect(trainer.events.map(\.after) == [15])
        try trainer.run()
        #expect(trainer.history["size"] == [19, 22, 22, 22])
    }

    /// The first step of Adam moves a parameter by lr g / (|g| + ε), whatever step of the training it is.
    @Test(arguments: [OptimizerRule.adam(), .adaMax()])
    func theFirstStepOfANewbornUnit(rule: OptimizerRule) throws {
        let trainer = try Trainer(
            network(.none),
            TrainingConfiguration(
                epochs: 20, batch: 20, optimizer: OptimizerConfiguration(rule, learningRate: 0.01)),
            training: data(20))
        for _ in 0..<12 { try trainer.runEpoch() }
        trainer.apply(.appending(3, to: 12, ofLayer: 0), reason: "growth")
        let before = trainer.network[1, "weight"]
        let gradient = try trainer.network.lossAndGradient(data(20), loss: .crossEntropy).gradient
        try trainer.runEpoch()
        let after = trainer.network[1, "weight"]
        var moved = 0
        for row in 0..<7 {
            for column in 12..<15 where gradient[1][0][row, column] != 0 {
                let g = gradient[1][0][row, column]
                let expected = -0.01 * g / (g.magnitude + 1e-8)
                // The gradient is summed in another order.
                #expect(abs(after[row, column] - before[row, column] - expected) < 1e-8)
                moved += 1
            }
        }
        #expect(moved > 5)
        // A training that goes on from a state knows the age as well.
        var state = trainer.state
        let resumed = try Trainer(resuming: state, start: network(.none), training: data(20))
        try trainer.run()
        try resumed.run()
        #expect(resumed.network.parameters == trainer.network.parameters)
        state.births = [UnitBirth(layer: 0, id: 40, step: 3)]
        #expect(throws: TrainingError.self) {
            try Trainer(resuming: state, start: network(.none), training: data(20))
        }
    }

    /// λ = 0 and filters that stay at 1 are the plain network, to the bit.
    @Test func aPenaltyOfZeroIsThePlainNetwork() throws {
        func run(_ gate: Gate, _ penalties: [Penalty]) throws -> Trainer<Double> {
            var configuration = TrainingConfiguration(
                epochs: 5, batch: 20,
                optimizer: OptimizerConfiguration(
                    learningRate: 0.01, groups: ["gate": .init(isFrozen: true)]))
            configuration.penalties = penalties
            let trainer = try Trainer(network(gate), configuration, training: data())
            try trainer.run()
            return trainer
        }
        let plain = try run(.none, [])
        for form in [Penalty.Form.subgradient, .proximal] {
            let gated = try run(.filter(), [Penalty(form, .value(0), delay: 0)])
            for layer in 0..<3 {
                for name in ["weight", "bias"] {
                    #expect(gated.network[layer, name] == plain.network[layer, name])
                }
            }
            #expect(gated.history["train_loss"] == plain.history["train_loss"])
        }
        let lasso = try run(.none, [Penalty(.groupLasso, .value(0), delay: 0)])
        #expect(lasso.network.parameters == plain.network.parameters)
    }

    @Test func decoupledDecayShrinksBesideTheRule() throws {
        // Inputs of 0: no gradient reaches the weights, the decay alone moves them.
        let inputs = Matrix<Double>(rows: 4, columns: 2)
        let data = try TrainingData(inputs: inputs, targets: Matrix(rows: 4, columns: 1))
        var network = Network<Double>(inputs: 2, hidden: [], outputs: 1, seed: 0)
        network[0, "weight"] = Matrix(rows: 1, columns: 2, elements: [1, -2])
        network[0, "bias"] = Matrix(rows: 1, columns: 1)
        let trainer = try Trainer(
            network,
            TrainingConfiguration(
                epochs: 3, batch: 4, loss: .squaredError,
                optimizer: OptimizerConfiguration(
                    learningRate: 0.1,
                    groups: ["weight": .init(weightDecay: 0.5, decayKind: .decoupled)])),
            training: data)
        try trainer.run()
        // (1 - 0.1 · 0.5)³
        #expect(abs(trainer.network[0, "weight"][0, 0] - 0.857375) < 1e-15)
        #expect(abs(trainer.network[0, "weight"][0, 1] + 1.71475) < 1e-15)
    }

    @Test func groupsGoByLayerThenNameThenRole() {
        var optimizer = OptimizerConfiguration(
            weightDecay: 0.25,
            groups: [
                "hidden1/filter": .init(rate: 3), "filter": .init(rate: 2), "gate": .init(rate: 1),
                "weight": .init(weightDecay: 0.5),
            ])
        func rate(_ layer: String, _ name: String, _ role: ParameterSlot.Role) -> Double? {
            optimizer.group(layer: layer, slot: ParameterSlot(name: name, role: role, rows: 1)).rate
        }
        #expect(rate("hidden1", "filter", .gate) == 3)
        #expect(rate("hidden2", "filter", .gate) == 2)
        #expect(rate("hidden1", "x0", .gate) == 1)
        #expect(rate("hidden1", "weight", .weight) == nil)
        optimizer.groups = [:]
        // Gates have no decay of the weights' own.
        let filter = ParameterSlot(name: "filter", role: .gate, rows: 1)
        #expect(optimizer.group(layer: "hidden1", slot: filter).weightDecay == 0)
    }

    @Test func frozenAndBoundedParameters() throws {
        let trainer = try Trainer(
            network(.ramp(start: 3, slope: .fixed(1))),
            TrainingConfiguration(
                epochs: 6, batch: 20,
                optimizer: OptimizerConfiguration(
                    learningRate: 0.01,
                    groups: [
                        "weight": .init(isFrozen: true), "bias": .init(isFrozen: true),
                        "hidden1/x0": .init(rate: 1, lower: 0, upper: 3.5),
                        "hidden2/x0": .init(rate: 1, lower: 2.5, upper: 7),
                    ])),
            training: data())
        let start = trainer.network
        try trainer.run()
        for layer in 0..<3 {
            for name in ["weight", "bias"] {
                #expect(trainer.network[layer, name] == start[layer, name])
            }
        }
        let sizes = (0..<2).map { trainer.network[$0, "x0"][0, 0] }
        #expect(sizes[0] != 3 && (0...3.5).contains(sizes[0]))
        #expect(sizes[1] != 3 && (2.5...7).contains(sizes[1]))
        #expect(trainer.history["x0_hidden1"].last == sizes[0])
    }
}

@Suite struct ShrinkageTests {
    /// Minimizes (f - a)² / 2 + λ f by steps and maps, with a rate that falls: f* = max(0, a - λ).
    private func minimum(_ rule: OptimizerRule, a: Double, strength: Double) -> Double {
        var parameter = Matrix<Double>(rows: 1, columns: 1, repeating: 1)
        let layout = ParameterLayout([OneFilter()] as [any Layer<Double>])
        var optimizer = Optimizer<Double>(
            OptimizerConfiguration(rule, learningRate: 0.05), layout: layout,
            units: [UnitIdentities(count: 1)])
        let steps = 4000
        for step in 0..<steps {
            let gradient = [parameter[0, 0] - a]
            gradient.withUnsafeBufferPointer { gradient in
                guard let gradient = gradient.baseAddress else { return }
                optimizer.update(
                    &parameter, gradients: gradient,
                    factor: 1 - Double(step) / Double(steps),
                    shrinkages: [
                        Shrinkage(
                            layer: "output", entry: layout.entries[0],
                            form: .values(isSigned: false), strength: strength)
                    ], alongside: {})
            }
        }
        return parameter[0, 0]
    }

    @Test(arguments: [
        OptimizerRule.sgd(), .sgd(momentum: 0.5), .adam(),
    ])
    func theFixedPointIsTheMinimum(rule: OptimizerRule) {
        for (a, strength) in [(0.8, 0.3), (0.8, 0.05), (0.5, 0.5), (0.2, 0.6), (-0.4, 0.1)] {
            let found = minimum(rule, a: a, strength: strength)
            #expect(abs(found - max(0, a - strength)) < 1e-3, "\(a), \(strength)")
            // Below the threshold it is 0 exactly.
            if a < strength - 0.1 { #expect(found == 0) }
        }
    }

    /// w := max(0, 1 - t / ‖w‖) w, with the bias as one of the row.
    @Test func rowsShrinkTogether() throws {
        let layout = Network<Double>(inputs: 2, hidden: [2], outputs: 1, seed: 0).layout
        // Rows (3, 0 | 4), norm 5, and (0.3, 0 | 0.4), norm 0.5.
        var values: [Double] = [3, 0, 0.3, 0, 4, 0.4]
        let shrinkage = Shrinkage(
            layer: "hidden", entry: try #require(layout.entry(layer: 0, name: "weight")),
            form: .rows(biasOffset: 4), strength: 10)
        values.withUnsafeMutableBufferPointer { buffer in
            guard let base = buffer.baseAddress else { return }
            shrinkage.apply(to: base, second: nil, rule: .adam(), rate: 0.1, step: 1)
        }
        for (value, expected) in zip(values, [2.4, 0, 0, 0, 3.2, 0]) {
            #expect(abs(value - expected) < 1e-15)
        }
    }
}

/// A layer of one parameter, a filter.
private struct OneFilter: Layer {
    typealias Scalar = Double
    var kind: String { "filter" }
    var input: UnitShape { UnitShape(units: 1) }
    var output: UnitShape { UnitShape(units: 1) }
    var activation: Activation { .identity }
    var multiplyAdds: Int { 1 }
    var slots: [ParameterSlot] { [ParameterSlot(name: "filter", role: .gate, rows: 1)] }
    func initialize(
        slot: Int, _ values: UnsafeMutableBufferPointer<Double>, by scheme: Initialization,
        using generator: inout SeededGenerator
    ) {}
    func forward(_ pass: LayerPass<Double>) {}
    func backward(_ pass: LayerPass<Double>) {}
    func resized(inputs: Int, units: Int) -> OneFilter { self }
}
