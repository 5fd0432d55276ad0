import Glibc
import LinearAlgebra
import Networks
import Testing

@testable import Training

/// Networks that grow block by block.
@Suite struct GrowTests {
    /// y = |x₃| + x₁ x₂ / 2, which a few units say well.
    private func data(_ samples: Int, seed: UInt64) throws -> TrainingData<Double> {
        let inputs: Matrix<Double> = normalMatrix(samples, 4, seed: seed)
        var targets = Matrix<Double>(rows: samples, columns: 1)
        for row in 0..<samples {
            targets[row, 0] = inputs[row, 2].magnitude + inputs[row, 0] * inputs[row, 1] / 2
        }
        return try TrainingData(inputs: inputs, targets: targets)
    }

    private func trainer(_ grow: Grow, penalty: Double? = nil) throws -> Trainer<Double> {
        var configuration = TrainingConfiguration(
            epochs: 200, batch: 20, loss: .squaredError,
            optimizer: OptimizerConfiguration(.adam(), learningRate: 0.02))
        configuration.controllers = [.grow(grow)]
        if let penalty {
            configuration.penalties = [Penalty(.proximal, .value(penalty), delay: 10)]
            configuration.optimizer.groups["filter"] = .init(lower: 0)
        }
        let network = Network<Double>(
            inputs: 4, hidden: [grow.block], outputs: 1, gate: penalty == nil ? .none : .filter(),
            initialization: .glorot, seed: 1)
        return try Trainer(
            network, configuration, training: data(200, seed: 1),
            validation: data(300, seed: 2))
    }

    @Test func blocksAreAddedAsLongAsTheyGain() throws {
        let trainer = try trainer(Grow(.corrective, block: 3, most: 40, epochs: 8))
        try trainer.run()
        let blocks = trainer.events.filter { $0.reason == "block" }
        #expect(blocks.count >= 2 && trainer.outcome == .converged)
        #expect(blocks.allSatisfy { $0.after == $0.before + 3 && $0.epoch % 8 == 0 })
        // The last block did not gain: the network without it is the result.
        let accepted = trainer.result.layers[0].units
        #expect(accepted == trainer.network.layers[0].units - 3)
        let losses = trainer.history["validation_loss"]
        let atComparisons = stride(from: 7, to: losses.count, by: 8).map { losses[$0] }
        let kept = atComparisons.dropLast()
        #expect(zip(kept, kept.dropFirst()).allSatisfy { $0 > $1 })
        #expect(
            try trainer.result.evaluate(data(300, seed: 2), loss: .squaredError).loss == kept.last)
        #expect((kept.last ?? 1) < 0.5 * atComparisons[0])
    }

    @Test func theMostUnits() throws {
        let trainer = try trainer(Grow(.corrective, block: 3, most: 7, epochs: 4))
        try trainer.run()
        #expect(trainer.outcome == .budget && trainer.result.layers[0].units == 6)
        #expect(throws: TrainingError.self) {
            try Grow(.frozen, block: 0, most: 1, epochs: 1).check()
        }
        #expect(throws: TrainingError.self) {
            try Grow(.frozen, block: 4, most: 3, epochs: 1).check()
        }
    }

    /// New units have outgoing weights of 0.
    @Test func aNewBlockChangesNoOutput() throws {
        let trainer = try trainer(Grow(.corrective, block: 3, most: 40, epochs: 8))
        try trainer.runEpoch()
        let x: Matrix<Double> = normalMatrix(30, 4, seed: 3)
        let before = trainer.network.outputs(for: x)
        trainer.grow(Growth(accepts: true, block: 3, isFromData: true))
        #expect(trainer.network.layers[0].units == 6)
        #expect(largestDifference(trainer.network.outputs(for: x), before) < 1e-14)
    }

    /// Where the network says 0 and y = x₃, ∂L/∂z hᵀ is -2 E[x₃ xᵀ], whose singular vector is e₃, to the
    /// sampling error of 1 / √500.
    @Test func newUnitsComeFromTheData() throws {
        let inputs: Matrix<Double> = normalMatrix(500, 6, seed: 4)
        let targets = Matrix(rows: 500, columns: 1, elements: inputs.column(2))
        let data = try TrainingData(inputs: inputs, targets: targets)
        var network = Network<Double>(inputs: 6, hidden: [2], outputs: 1, seed: 1)
        network[1, "weight"] = Matrix(rows: 1, columns: 2)
        network[1, "bias"] = Matrix(rows: 1, columns: 1)
        let new = NewUnits(
            4, of: network, on: data, TrainingConfiguration(epochs: 1, loss: .squaredError))
        #expect(new.weights.count == 4 && new.biases.count == 4)
        // A unit along e₃ or against it has a correlation with y that no random draw has.
        let best = try #require(new.weights.first)
        let norm = best.reduce(0) { $0 + $1 * $1 }.squareRoot()
        #expect(abs(best[2]) / norm > 0.97)
    }

    /// Of rows in order those that point elsewhere than all before, then the others.
    @Test func candidatesThatPointTheSameWayComeLast() {
        let rows: [[Double]] = (0..<300).map { index in
            // Ten directions, each thirty times with another length.
            let angle = Double(index % 10) * 0.6
            let length = 1 + Double(index / 10)
            return [length * cos(angle), length * sin(angle)]
        }
        let chosen = NewUnits<Double>.mostDifferent(12, of: rows)
        // 0.6 is more than acos 0.95 = 0.318, and so is what is left of the turn.
        #expect(chosen == Array(rows[0..<12]))
        #expect(
            NewUnits<Double>.mostDifferent(3, of: [[1, 0], [2, 0.1], [0, 1], [0, 0]])
                == [[1, 0], [0, 1], [0, 0]])
        // The same beyond one panel of products.
        let far = Array(repeating: [1.0, 0], count: 200) + [[0, 1.0]]
        #expect(NewUnits<Double>.mostDifferent(3, of: far) == [[1, 0], [0, 1], [1, 0]])
    }

    /// Every raise may look harmless beside the one before; together they may lose no more than the noise of
    /// one comparison.
    @Test func raisesDoNotAddUpTheirLosses() {
        var grow = Grow(.frozen, block: 2, most: 10, epochs: 1)
        func raise(gain: Double) -> TrainingControl {
            var control = TrainingControl(
                epoch: 0, epochs: 50, step: 0, stepsPerEpoch: 4, multiplyAdds: 0,
                isEndOfEpoch: true, strengths: [0.1], rateFactor: nil, outcome: nil,
                read: { [TrainingControl.Layer(index: 0, values: [1, 1])] })
            control.compare = { ValidationComparison(gain: gain, standardError: 0.01) }
            control.units = { 2 }
            control.acceptedUnits = { 2 }
            step += 4
            control.step = step
            grow.afterEpoch(&control)
            return control
        }
        var step = 0
        #expect(raise(gain: 1).growth.accepts)
        #expect(raise(gain: -0.006).growth.accepts)
        // Within a standard error of the network before, but not of the block that was accepted.
        #expect(raise(gain: -0.006).growth.restores)
    }

    @Test func removedUnitsAreCounted() throws {
        let trainer = try trainer(
            Grow(.frozen, block: 4, most: 40, epochs: 6, least: 1e-4), penalty: 0.01)
        try trainer.run()
        let lost = trainer.events.filter { $0.reason == "dead" || $0.reason == "restored" }
        #expect(lost.contains { $0.reason == "dead" && $0.after < $0.before })
        for epoch in 1...trainer.epoch {
            let expected = lost.filter { $0.epoch == epoch }
                .reduce(0) { $0 + max(0, $1.before - $1.after) }
            #expect(trainer.history["removed"][epoch - 1] == Double(expected))
        }
    }

    @Test func earlierBlocksAreFrozen() throws {
        let trainer = try trainer(
            Grow(.frozen, block: 4, most: 40, epochs: 6, least: 1e-4), penalty: 0.01)
        var frozen: (weight: Matrix<Double>, outgoing: Matrix<Double>, units: Int)?
        var compared = 0
        while !trainer.isFinished {
            try trainer.runEpoch()
            guard trainer.optimizer.frozenBefore == trainer.optimizer.step else {
                guard let frozen, trainer.network.layers[0].units > frozen.units else { continue }
                for unit in 0..<frozen.units {
                    #expect(trainer.network[0, "weight"].row(unit) == frozen.weight.row(unit))
                    #expect(trainer.network[1, "weight"][0, unit] == frozen.outgoing[0, unit])
                }
                compared += 1
                continue
            }
            // A block was added in this moment; what is before it stays.
            frozen = (
                trainer.network[0, "weight"], trainer.network[1, "weight"],
                trainer.network.layers[0].units - 4
            )
        }
        #expect(compared > 0)
        #expect(trainer.events.contains { $0.reason == "restored" })
        let result = try trainer.result.evaluate(data(300, seed: 2), loss: .squaredError).loss
        let first = trainer.history["validation_loss"][5]
        #expect(result < first)
        // Identities are never given twice, also not to blocks that were taken back.
        let born = trainer.events.filter { $0.reason == "block" }.count
        #expect(trainer.network.units[0].next == UInt64(4 + 4 * born))
    }

    /// A training that goes on from any of its states ends as one that was not stopped.
    @Test(arguments: [Grow.Method.corrective, .frozen])
    func stoppedAndResumed(method: Grow.Method) throws {
        let penalty = method == .frozen ? 0.01 : nil
        let whole = try trainer(Grow(method, block: 3, most: 20, epochs: 3), penalty: penalty)
        var states: [TrainerState<Double>] = []
        try whole.run { _ in
            true
        } afterEpoch: {
            states.append($0.state)
        }
        let start = try trainer(
            Grow(method, block: 3, most: 20, epochs: 3), penalty: penalty
        ).network
        for state in states.enumerated() where state.offset % 4 == 2 {
            let resumed = try Trainer(
                resuming: state.element, start: start, training: data(200, seed: 1),
                validation: data(300, seed: 2))
            try resumed.run()
            #expect(resumed.network.parameters == whole.network.parameters)
            #expect(resumed.result.parameters == whole.result.parameters)
            #expect(resumed.history == whole.history && resumed.events == whole.events)
        }
    }
}
