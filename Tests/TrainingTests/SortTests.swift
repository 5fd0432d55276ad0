import LinearAlgebra
import Networks
import Testing

@testable import Training

/// Layers with ramps whose units are sorted.
@Suite struct SortTests {
    private func data(_ samples: Int = 60) throws -> TrainingData<Double> {
        try separableData(samples: samples, inputs: 6, classes: 3, seed: 1)
    }

    private func trainer(
        _ key: Sort.Key, epochs: Int = 4, batch: Int = 20
    ) throws -> Trainer<Double> {
        var configuration = TrainingConfiguration(
            epochs: epochs, batch: batch,
            optimizer: OptimizerConfiguration(.adam(), learningRate: 0.02))
        configuration.penalties = [Penalty(.rampIntegral, .value(0.001))]
        configuration.optimizer.groups["hidden/x0"] = .init(rate: 0.1, lower: 0, upper: 12)
        configuration.controllers = [.sort(Sort(by: key))]
        let network = Network<Double>(
            inputs: 6, hidden: [12], outputs: 3, gate: .ramp(start: 5, slope: .fixed(0.5)), seed: 3)
        return try Trainer(network, configuration, training: data())
    }

    /// The derivative of the mean loss as a unit is silenced, by central differences.
    @Test func importanceIsTheFirstOrderChange() throws {
        let trainer = try trainer(.importance, epochs: 1, batch: 60)
        let start = trainer.network
        try trainer.runEpoch()
        let found = try #require(trainer.silencing.first)
        #expect(found.index == 0 && found.values.count == 12)
        for unit in 0..<12 {
            func loss(_ factor: Double) throws -> Double {
                var other = start
                for output in 0..<3 { other[1, "weight"][output, unit] *= factor }
                return try other.evaluate(data(), loss: .crossEntropy).loss
            }
            let slope = (try loss(1 + 1e-5) - loss(1 - 1e-5)) / 2e-5
            #expect(abs(found.values[unit] - slope * slope) < 1e-9)
        }
    }

    @Test func unitsMoveAfterTheFirstBatchOfAnEpoch() {
        var sort = Sort(by: .importance)
        func edit(_ values: [Double], epoch: Int) -> [Int]? {
            var control = TrainingControl(
                epoch: epoch, epochs: 9, step: 1, stepsPerEpoch: 2, multiplyAdds: 0,
                isEndOfEpoch: false, strengths: [], rateFactor: nil, outcome: nil, read: { [] })
            control.ranks = { _ in [TrainingControl.Layer(index: 0, values: values)] }
            sort.afterBatch(&control)
            return control.edits.first?.edit.indices
        }
        #expect(edit([1, 3, 2], epoch: 0) == nil)
        #expect(edit([1, 3, 2], epoch: 0) == nil)
        // 0.99 · 1 + 0.01 · 301 = 4, 3, 2.
        #expect(edit([301, 3, 2], epoch: 1) == nil)
        // 4, 3, 3.5: sorted at the next epoch.
        #expect(edit([4, 3, 152], epoch: 1) == nil)
        #expect(edit([4, 3, 3.5], epoch: 2) == [0, 2, 1])
        sort.follow(.keeping([0, 2, 1], ofLayer: 0))
        #expect(sort.averages.first?.values.map { ($0 * 100).rounded() / 100 } == [4, 3.5, 3])
        #expect(sort.isValid(units: [3]) && !sort.isValid(units: [4]))
    }

    /// Whole units move: with factors of 1 the function is the same, and the record tells of no removal.
    @Test(arguments: Sort.Key.allCases)
    func sortingIsAPermutation(key: Sort.Key) throws {
        let trainer = try trainer(key)
        try trainer.run()
        #expect(trainer.events.isEmpty)
        #expect(trainer.history["removed"] == [0, 0, 0, 0])
        let ids = trainer.network.units[0].ids
        #expect(ids.sorted() == Array(0..<12) && ids != Array(0..<12))
    }

    @Test(arguments: Sort.Key.allCases)
    func stoppedAndResumed(key: Sort.Key) throws {
        let whole = try trainer(key)
        var states: [TrainerState<Double>] = []
        try whole.run { _ in
            true
        } afterEpoch: {
            states.append($0.state)
        }
        for state in states {
            let resumed = try Trainer(
                resuming: state, start: trainer(key).network, training: data())
            try resumed.run()
            #expect(resumed.network.parameters == whole.network.parameters)
            #expect(resumed.network.units == whole.network.units)
            #expect(resumed.history == whole.history)
        }
    }
}
