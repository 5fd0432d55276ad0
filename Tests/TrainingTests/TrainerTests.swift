import LinearAlgebra
import Networks
import Testing
import Training

@Suite struct LearningTests {
    @Test func exclusiveOr() throws {
        let data = try TrainingData<Double>(
            inputs: Matrix(rows: 4, columns: 2, elements: [0, 0, 0, 1, 1, 0, 1, 1]),
            labels: [0, 1, 1, 0], classes: 2)
        let trainer = try Trainer(
            Network(inputs: 2, hidden: [8], outputs: 2, activation: .tanh, seed: 1),
            TrainingConfiguration(
                epochs: 200, batch: 4, optimizer: OptimizerConfiguration(learningRate: 0.05)),
            training: data)
        try trainer.run()
        let result = try trainer.network.evaluate(data, loss: .crossEntropy)
        #expect(result.accuracy == 1)
        #expect(result.loss < 0.05)
    }

    @Test(arguments: [
        OptimizerRule.sgd(momentum: 0.9), OptimizerRule.adam(), OptimizerRule.adaMax(),
    ])
    func separableClassesGeneralize(rule: OptimizerRule) throws {
        let all = try separableData(samples: 1400, inputs: 10, classes: 3, seed: 8, as: Float.self)
        let (training, test) = all.split(holdingOut: 400, seed: 1)
        let trainer = try Trainer(
            Network(inputs: 10, hidden: [32], outputs: 3, seed: 3),
            TrainingConfiguration(
                epochs: 15, batch: 32,
                optimizer: OptimizerConfiguration(rule, learningRate: 0.01)),
            training: training, test: test)
        try trainer.run()
        #expect(trainer.history["test_accuracy"].count == 15)
        // The classes meet without a gap: the best of 1000 samples leaves a few per cent.
        #expect((trainer.history["test_accuracy"].last ?? 0) > 0.94)
        #expect((trainer.history["train_accuracy"].last ?? 0) > 0.97)
    }

    @Test func aLinearMapIsRecovered() throws {
        let x: Matrix<Double> = normalMatrix(60, 3, seed: 1)
        let weight = Matrix<Double>(rows: 2, columns: 3, elements: [1, -2, 0.5, 0, 3, 1])
        let data = try TrainingData(inputs: x, targets: x.times(weight, transposingOther: true))
        let trainer = try Trainer(
            Network(inputs: 3, hidden: [], outputs: 2, seed: 1),
            TrainingConfiguration(
                epochs: 100, batch: 20, loss: .squaredError,
                optimizer: OptimizerConfiguration(.sgd(momentum: 0.5), learningRate: 0.2)),
            training: data)
        try trainer.run()
        #expect(largestDifference(trainer.network[0, "weight"], weight) < 1e-9)
        #expect(trainer.history["train_accuracy"].isEmpty)
    }
}

@Suite struct ReproducibilityTests {
    /// A training on 300 samples in batches of 64, the last of 44.
    ///
    /// Wide enough for products to be divided.
    private func trainer(seed: UInt64, epochs: Int = 4, patience: Int? = nil) throws -> Trainer<
        Float
    > {
        let data = try separableData(samples: 360, inputs: 80, classes: 4, seed: 2, as: Float.self)
        let (training, held) = data.split(holdingOut: 60, seed: 1)
        return try Trainer(
            Network(inputs: 80, hidden: [200, 90], outputs: 4, seed: seed),
            TrainingConfiguration(epochs: epochs, batch: 64, seed: seed, patience: patience),
            training: training, validation: held)
    }

    @Test func sameSeedSameBits() throws {
        let (first, second) = try (trainer(seed: 5), trainer(seed: 5))
        try first.run()
        try second.run()
        #expect(first.state == second.state)
        let other = try trainer(seed: 6)
        try other.run()
        #expect(first.state.parameters != other.state.parameters)
    }

    @Test(arguments: [1, 3])
    func aResumedTrainingEndsWithTheSameBits(stop: Int) throws {
        let whole = try trainer(seed: 5, patience: 4)
        try whole.run()
        let first = try trainer(seed: 5, patience: 4)
        for _ in 0..<stop { try first.runEpoch() }
        let data = try separableData(samples: 360, inputs: 80, classes: 4, seed: 2, as: Float.self)
        let (training, held) = data.split(holdingOut: 60, seed: 1)
        let second = try Trainer(
            resuming: first.state, start: first.network, training: training, validation: held)
        #expect(second.state == first.state)
        try second.run()
        #expect(second.state == whole.state)
    }

    @Test func aResumedTrainingRemembersRemovedNeurons() throws {
        let first = try trainer(seed: 5)
        let start = first.network
        try first.runEpoch()
        first.keep(units: Array(10..<60), ofLayer: 0)
        first.keep(units: [0, 3, 4, 80], ofLayer: 1)
        let data = try separableData(samples: 360, inputs: 80, classes: 4, seed: 2, as: Float.self)
        let (training, held) = data.split(holdingOut: 60, seed: 1)
        let second = try Trainer(
            resuming: first.state, start: start, training: training, validation: held)
        try first.run()
        try second.run()
        #expect(first.state == second.state)
        #expect(first.history["size"] == [290, 54, 54, 54])
    }

    @Test func aStateOfOtherLayersIsRefused() throws {
        let state = try trainer(seed: 5).state
        let data = try separableData(samples: 40, inputs: 80, classes: 4, seed: 2, as: Float.self)
        let other = Network<Float>(inputs: 80, hidden: [100], outputs: 4, seed: 0)
        #expect(throws: TrainingError.state("it has 3 layers, the network has 2")) {
            try Trainer(resuming: state, start: other, training: data)
        }
        let wider = Network<Float>(inputs: 81, hidden: [200, 90], outputs: 4, seed: 0)
        #expect(throws: TrainingError.state("its parameters have other shapes")) {
            try Trainer(resuming: state, start: wider, training: data)
        }
        var twice = state
        twice.units[0] = twice.units[1]
        #expect(throws: TrainingError.state("its parameters have other shapes")) {
            let start = try trainer(seed: 5).network
            return try Trainer(resuming: twice, start: start, training: data)
        }
        var cut = state
        cut.moments[0].removeLast()
        let same = try trainer(seed: 5).network
        #expect(throws: TrainingError.state("the optimizer's moments have other sizes")) {
            try Trainer(resuming: cut, start: same, training: data)
        }
    }
}

@Suite struct ControlTests {
    @Test func trainingStopsWhenValidationNoLongerImproves() throws {
        // Labels without relation to the inputs can be learned by heart, but not generalized.
        var generator = SeededGenerator(seed: 4)
        let labels = (0..<120).map { _ in generator.integer(below: 2) }
        let data = try TrainingData<Double>(
            inputs: normalMatrix(120, 20, seed: 9), labels: labels, classes: 2)
        let (training, held) = data.split(holdingOut: 60, seed: 2)
        let trainer = try Trainer(
            Network(inputs: 20, hidden: [40], outputs: 2, seed: 1),
            TrainingConfiguration(
                epochs: 100, batch: 20, optimizer: OptimizerConfiguration(learningRate: 0.01),
                patience: 3),
            training: training, validation: held)
        try trainer.run()
        #expect(trainer.hasStoppedEarly)
        let losses = trainer.history["validation_loss"]
        let lowest = try #require(losses.min())
        #expect(losses.firstIndex(of: lowest) == trainer.epoch - 1 - 3)
        #expect(try trainer.result.evaluate(held, loss: .crossEntropy).loss == lowest)
    }

    @Test func progressIsReportedAndCanCancel() throws {
        let data = try separableData(samples: 50, inputs: 5, classes: 2, seed: 1, as: Float.self)
        let trainer = try Trainer(
            Network(inputs: 5, hidden: [4], outputs: 2, seed: 1),
            TrainingConfiguration(epochs: 2, batch: 20), training: data)
        var seen: [[Int]] = []
        try trainer.run(progress: { progress in
            seen.append([progress.epoch, progress.batch, progress.batches])
            return true
        })
        #expect(seen == [[1, 1, 3], [1, 2, 3], [1, 3, 3], [2, 1, 3], [2, 2, 3], [2, 3, 3]])
        let other = try Trainer(
            Network(inputs: 5, hidden: [4], outputs: 2, seed: 1),
            TrainingConfiguration(epochs: 2, batch: 20), training: data)
        #expect(throws: TrainingError.cancelled) {
            try other.run(progress: { $0.batch < 2 })
        }
    }

    @Test func aDivergingTrainingIsAnError() throws {
        let data = try TrainingData<Float>(
            inputs: normalMatrix(50, 5, seed: 1), targets: normalMatrix(50, 1, seed: 2))
        let trainer = try Trainer(
            Network(inputs: 5, hidden: [4, 4], outputs: 1, seed: 1),
            TrainingConfiguration(
                epochs: 50, batch: 10, loss: .squaredError,
                optimizer: OptimizerConfiguration(.sgd(), learningRate: 1e4)),
            training: data)
        let error = try #require(throws: TrainingError.self) { try trainer.run() }
        guard case .diverged(let divergence) = error, divergence.quantity == .loss else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func settingsAndDataThatDoNotFitAreRefused() throws {
        let inputs: Matrix<Float> = normalMatrix(4, 3, seed: 1)
        #expect(throws: TrainingError.targetCount(samples: 4, targets: 3)) {
            try TrainingData(inputs: inputs, labels: [0, 1, 0], classes: 2)
        }
        #expect(throws: TrainingError.label(2, classes: 2)) {
            try TrainingData(inputs: inputs, labels: [0, 1, 0, 2], classes: 2)
        }
        let data = try TrainingData(inputs: inputs, labels: [0, 1, 0, 1], classes: 2)
        func attempt(
            _ network: Network<Float>, _ configuration: TrainingConfiguration
        ) throws(TrainingError) {
            _ = try Trainer(network, configuration, training: data)
        }
        let network = Network<Float>(inputs: 3, hidden: [], outputs: 2, seed: 0)
        #expect(throws: TrainingError.sizes(what: "outputs", network: 3, data: 2)) {
            try attempt(
                Network(inputs: 3, hidden: [], outputs: 3, seed: 0),
                TrainingConfiguration(epochs: 1))
        }
        #expect(throws: TrainingError.lossNeedsValues) {
            try attempt(network, TrainingConfiguration(epochs: 1, loss: .squaredError))
        }
        #expect(throws: TrainingError.setting(name: "batch", value: "0", expected: "1 or more")) {
            try attempt(network, TrainingConfiguration(epochs: 1, batch: 0))
        }
        #expect(
            throws: TrainingError.setting(
                name: "learning rate", value: "-1.0", expected: "a positive number")
        ) {
            try attempt(
                network,
                TrainingConfiguration(
                    epochs: 1, optimizer: OptimizerConfiguration(learningRate: -1)))
        }
        #expect(throws: TrainingError.noSamples) {
            try network.evaluate(data.part([]), loss: .crossEntropy)
        }
    }
}
