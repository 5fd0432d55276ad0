import Datasets
import Foundation
import LinearAlgebra
import Networks
import RunFormat
import Testing

@testable import Training

/// Filters on the inputs of a network.
@Suite struct InputFilterTests {
    private func network(
        _ gate: Gate = .filter(start: 0.8, spread: 0.5)
    ) -> Network<Double> {
        Network(inputs: 5, hidden: [6, 4], outputs: 2, inputGate: gate, seed: 4)
    }

    private func data() throws -> TrainingData<Double> {
        try TrainingData(inputs: normalMatrix(9, 5, seed: 5), targets: normalMatrix(9, 2, seed: 6))
    }

    /// Central differences; a step of 1e-5 is off by its square and by 2⁻⁵² / 1e-5.
    @Test func gradients() throws {
        let (network, data) = try (network(), data())
        let exact = try network.lossAndGradient(data, loss: .squaredError).gradient
        for (layer, name) in [(0, "filter"), (1, "weight"), (1, "bias"), (2, "weight")] {
            let slot = try #require(network.layers[layer].slots.firstIndex { $0.name == name })
            for row in 0..<exact[layer][slot].rows {
                for column in 0..<exact[layer][slot].columns {
                    func loss(_ shift: Double) throws -> Double {
                        var moved = network
                        moved[layer, name][row, column] += shift
                        return try moved.evaluate(data, loss: .squaredError).loss
                    }
                    let difference = try (loss(1e-5) - loss(-1e-5)) / 2e-5
                    #expect(abs(difference - exact[layer][slot][row, column]) < 1e-9)
                }
            }
        }
    }

    /// 1 · x is x: with filters that begin at 1 nothing is different.
    @Test func filtersOfOneAreThePlainNetwork() {
        let plain = Network<Double>(inputs: 5, hidden: [6, 4], outputs: 2, seed: 4)
        let filtered = network(.filter())
        let x: Matrix<Double> = normalMatrix(20, 5, seed: 8)
        #expect(plain.outputs(for: x) == filtered.outputs(for: x))
        #expect(filtered.hiddenLayers == 1..<3 && plain.hiddenLayers == 0..<2)
    }

    /// An input whose filter is 0, one that was removed, and a column of zeros are the same function.
    @Test func removedInputsAreFiltersOfZero() throws {
        var network = network()
        for input in [1, 4] { network[0, "filter"][input, 0] = 0 }
        var removed = network
        removed.keep(units: [0, 2, 3], ofLayer: 0)
        #expect(removed.inputs == 5 && removed.layers[1].inputs == 3)
        let x: Matrix<Double> = normalMatrix(20, 5, seed: 8)
        let expected = network.outputs(for: x)
        #expect(largestDifference(removed.outputs(for: x), expected) < 1e-14)
        // Twice: what is left is counted by position among all inputs.
        removed[0, "filter"][1, 0] = 0
        network[0, "filter"][2, 0] = 0
        removed.keep(units: [0, 2], ofLayer: 0)
        #expect(largestDifference(removed.outputs(for: x), network.outputs(for: x)) < 1e-14)
        let (folded, factors) = try #require(removed.foldingInputFilter())
        #expect(folded.layers.count == 3 && folded.inputs == 5)
        #expect(largestDifference(folded.outputs(for: x), network.outputs(for: x)) < 1e-14)
        #expect(factors.map { $0 == 0 } == [false, true, true, false, true])
        for row in 0..<6 {
            for column in [1, 2, 4] { #expect(folded[0, "weight"][row, column] == 0) }
        }
        #expect(
            Network<Double>(inputs: 5, hidden: [2], outputs: 1, seed: 0).foldingInputFilter() == nil
        )
    }

    /// The penalty of inputs acts on their filters alone, that of units on all others.
    @Test func penaltiesHaveTargets() {
        let network = Network<Double>(
            inputs: 5, hidden: [6, 4], outputs: 2, gate: .filter(), inputGate: .filter(), seed: 4)
        #expect(Penalty(.proximal, .value(1)).layers(of: network) == [1, 2])
        #expect(Penalty(.proximal, .value(1), of: .inputs).layers(of: network) == [0])
        let plain = Network<Double>(inputs: 5, hidden: [6], outputs: 2, gate: .filter(), seed: 4)
        #expect(Penalty(.proximal, .value(1), of: .inputs).layers(of: plain) == [])
        for penalty in [
            Penalty(.proximal, .share(0.5)), Penalty(.proximal, .share(0.5), of: .inputs),
        ] {
            let text = try? JSONEncoder().encode(penalty)
            #expect(text.flatMap { try? JSONDecoder().decode(Penalty.self, from: $0) } == penalty)
        }
    }

    @Test func aStateOfOtherInputsIsRefused() throws {
        let network = network()
        var removed = network
        removed.keep(units: [0, 2], ofLayer: 0)
        var units = removed.units
        let slots = removed.layers.map { $0.slots }
        let parameters = removed.parameters.elements
        let same = try network.restored(units: units, slots: slots, parameters: parameters)
        let x: Matrix<Double> = normalMatrix(3, 5, seed: 8)
        #expect(same.outputs(for: x) == removed.outputs(for: x))
        units[0] = try #require(UnitIdentities(ids: [0, 7], next: 8))
        #expect(throws: TrainingError.self) {
            try network.restored(units: units, slots: slots, parameters: parameters)
        }
    }

    /// y = 10 sin(π x₁x₂) + 20 (x₃ - ½)² + 10 x₄ + 5 x₅ + noise does not depend on x₆ to x₁₀.
    @Test func inputsWithoutInfluenceAreLeftOut() throws {
        let folder = FileManager.default.temporaryDirectory.appending(path: "inputs-\(UUID())")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let data = try Dataset.named("add10").load(
            options: LoadOptions(trainSamples: 3000, testSamples: 500))
        func job(_ name: String) -> TrainingJob {
            var configuration = TrainingConfiguration(
                epochs: 40, batch: 32, loss: .squaredError,
                optimizer: OptimizerConfiguration(
                    .adam(), learningRate: 0.002, groups: ["filter": .init(lower: 0)]))
            configuration.penalties = [
                Penalty(.proximal, .share(0.2)), Penalty(.proximal, .share(0.2), of: .inputs),
            ]
            configuration.controllers = [
                .prune(Prune(.zeroFor(steps: nil))), .settle(Settle(epochs: 10)),
            ]
            var job = TrainingJob(
                hidden: [24], initialization: .glorot, configuration: configuration,
                snapshotEvery: 15, output: folder.appending(path: name).path())
            job.gate = .filter()
            job.filtersInputs = true
            return job
        }
        guard case .trained(let result) = try job("whole.h5").run(on: data) else {
            Issue.record("not trained")
            return
        }
        #expect(result.finalInputs == [0, 1, 2, 3, 4])
        #expect(throws: TrainingError.cancelled) {
            try job("stopped.h5").run(on: data) { $0.epoch <= 33 || $0.batch < 2 }
        }
        _ = try job("stopped.h5").run(on: data, resuming: true)
        let files = try ["whole.h5", "stopped.h5"].map {
            try Data(contentsOf: folder.appending(path: $0))
        }
        #expect(files[0] == files[1])
        let run = try RunFile(path: job("whole.h5").output)
        #expect(run.problems().isEmpty)
        let model = try RecordedModel(path: run.path)
        #expect(model.usedInputs == [0, 1, 2, 3, 4] && model.network.inputs == 10)
        let first = try #require(model.network.layers.first)
        for neuron in 0..<first.neurons {
            for input in 5..<10 { #expect(first.weight[neuron * 10 + input] == 0) }
        }
        let history = try run.history()
        let sizes = try #require(history.first { $0.name == "size_inputs" }?.values)
        #expect(sizes.first == 10 && sizes.last == 5)
        // The network of the file has the loss that the training measured.
        let loss = try #require(history.first { $0.name == "test_loss" }?.values.last)
        let losses = model.losses(on: data.test)
        #expect(abs(losses.reduce(0, +) / 500 / loss - 1) < 1e-5)
    }
}
