import Datasets
import Foundation
import HDF5
import LinearAlgebra
import Networks
import RunFormat
import Testing

@testable import Training

/// Whole trainings that remove units, with their files.
@Suite final class CompressJobTests {
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "lamina-compress-\(UUID().uuidString)").path()

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func data(validation: Double = 0.2) throws -> LoadedDataset {
        try Dataset.named("synthetic-digits").load(
            options: LoadOptions(
                trainSamples: 200, testSamples: 40, validationFraction: validation))
    }

    /// Steps of 0.05 bring a filter from 1 to 0 in 20 steps, four epochs.
    private func job(
        _ name: String, strength: Penalty.Strength = .share(0.4),
        form: Penalty.Form = .proximal, _ controllers: [AnyController], epochs: Int = 10
    ) -> TrainingJob {
        var configuration = TrainingConfiguration(
            epochs: epochs, batch: 32, seed: 3,
            optimizer: OptimizerConfiguration(
                learningRate: 0.001, groups: ["filter": .init(rate: 0.05, lower: 0)]))
        configuration.penalties = [Penalty(form, strength, delay: 3)]
        configuration.controllers = controllers
        var job = TrainingJob(
            hidden: [24, 10], configuration: configuration,
            recording: RecordingOptions(samples: 25), snapshotEvery: 3, output: "\(folder)/\(name)")
        job.gate = .filter()
        return job
    }

    private func contents(of name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
    }

    private func result(_ job: TrainingJob, _ data: LoadedDataset) throws -> TrainingJob.Result {
        guard case .trained(let result) = try job.run(on: data) else {
            throw TrainingError.cancelled
        }
        return result
    }

    @Test func theRunTellsHowTheNetworkShrank() throws {
        let data = try data()
        let job = job("run.h5", [.prune(Prune(.zeroFor(steps: 5)))])
        let result = try result(job, data)
        let run = try RunFile(path: job.output)
        #expect(run.problems().isEmpty)
        #expect(result.startSizes == [24, 10])
        #expect(result.finalSizes.reduce(0, +) < 34)
        let layers = try run.layers()
        let histories = Dictionary(
            uniqueKeysWithValues: try run.history().map { ($0.name, $0.values) })
        for (index, name) in ["hidden1", "hidden2"].enumerated() {
            #expect(layers[index].weight?.shape[0] == result.finalSizes[index])
            #expect(layers[index].post?.shape[1] == layers[index].weight?.shape[0])
            let sizes = try #require(histories["size_\(name)"])
            try #require(sizes.count == 10)
            #expect(sizes[0] == [24, 10][index])
            #expect(zip(sizes, sizes.dropFirst()).allSatisfy { $0 >= $1 })
        }
        #expect(layers[1].weight?.shape[1] == layers[0].weight?.shape[0])
        let strength = 0.4 * (try #require(result.largestStrength))
        #expect(histories["lambda"] == Array(repeating: strength, count: 10))
        let parameters = try #require(histories["parameters"])
        try #require(parameters.count == 10)
        #expect(parameters[0] == Double(784 * 24 + 24 + 24 + 24 * 10 + 10 + 10 + 110))
        #expect(parameters[9] < parameters[0])
        #expect(run.attributes["start_sizes"] == .integers([24, 10]))
        #expect(run.attributes["final_sizes"] == .integers(result.finalSizes))
        #expect(run.attributes["outcome"] == .text(result.outcome?.rawValue ?? ""))
        // Snapshots of the larger networks before are there as well.
        #expect(run.snapshots == ["3", "6", "9"])
        #expect(try run.layers(snapshot: "3")[0].weight?.shape[0] ?? 0 >= 20)
    }

    @Test func postActivationsAreWhatTheNextLayerReads() throws {
        let job = job("run.h5", [.prune(Prune(.zeroFor(steps: 5)))])
        _ = try result(job, data())
        let run = try RunFile(path: job.output)
        let layers = try run.layers()
        let pre = try run.values(#require(layers[0].pre))
        let post = try run.values(#require(layers[0].post))
        let filter = try run.vector(
            run.datasets().first { $0.path == "/layers/hidden1/filter" } ?? #require(layers[0].pre))
        let units = filter.count
        #expect(filter.contains { $0 != 1 } && filter.allSatisfy { $0 > 0 })
        for (i, value) in post.enumerated() {
            let expected = Float(max(0, pre[i])) * Float(filter[i % units])
            #expect(abs(value - Double(expected)) <= 1e-6 * max(1, abs(value)))
        }
        let ids = try run.vector(
            #require(run.datasets().first { $0.path == "/layers/hidden1/unit" }))
        #expect(ids.count == units && Set(ids).count == units)
        #expect(ids.allSatisfy { (0..<24).contains($0) } && ids == ids.sorted())
    }

    @Test(arguments: [1, 4, 5, 6, 8])
    func aStoppedJobEndsWithTheSameFile(stop: Int) throws {
        let data = try data()
        for (name, controllers) in [
            ("zero", [AnyController.prune(Prune(.zeroFor(steps: 5), every: .steps(3)))]),
            (
                "all",
                [
                    .penaltySchedule(PenaltySchedule(factor: 1.1, warmUp: 0.3)),
                    .prune(Prune(.zeroFor(steps: nil))), .settle(Settle(epochs: 3)),
                    .budget(Budget(multiplyAdds: 1e12)),
                ]
            ),
        ] {
            func job(_ file: String) -> TrainingJob {
                self.job("\(name)-\(file).h5", strength: .share(0.5), controllers)
            }
            _ = try job("whole").run(on: data)
            #expect(throws: TrainingError.cancelled) {
                try job("stopped").run(on: data) { $0.epoch <= stop || $0.batch < 2 }
            }
            _ = try job("stopped").run(on: data, resuming: true)
            #expect(try contents(of: "\(name)-stopped.h5") == contents(of: "\(name)-whole.h5"))
        }
    }

    @Test func signVarianceIsResumedAsWell() throws {
        let data = try data()
        func job(_ file: String) -> TrainingJob {
            var job = self.job(
                "\(file).h5", strength: .value(0.002), form: .subgradient,
                [.prune(Prune(.signVariance(decay: 0.5, threshold: 0.3)))])
            job.gate = .filter(start: 0, spread: 1, isSigned: true)
            job.configuration.optimizer.groups = ["filter": .init(rate: 0.05)]
            return job
        }
        let whole = try result(job("whole"), data)
        #expect(whole.finalSizes.reduce(0, +) < 34)
        #expect(throws: TrainingError.cancelled) {
            try job("stopped").run(on: data) { $0.epoch < 5 }
        }
        _ = try job("stopped").run(on: data, resuming: true)
        #expect(try contents(of: "stopped.h5") == contents(of: "whole.h5"))
    }

    @Test func aPenaltyThatIsTooStrongEndsTheTraining() throws {
        let data = try data()
        for form in [Penalty.Form.subgradient, .proximal] {
            let rule: Prune.Rule = form == .subgradient ? .nonPositive : .zeroFor(steps: nil)
            let job = job(
                "\(form).h5", strength: .value(100), form: form, [.prune(Prune(rule))], epochs: 20)
            let result = try result(job, data)
            #expect(result.outcome == .collapsed)
            #expect(result.history["size"].count < 20)
            let layers = try RunFile(path: job.output).layers()
            #expect(layers.map { $0.weight?.shape[0] ?? 0 }.min() == 1)
            #expect(layers.last?.weight?.shape[0] == 10)
        }
    }

    @Test func onlyWhatDoesNotDependOnTheEpochsIsExtended() throws {
        let data = try data()
        for (controller, isExtended) in [
            (AnyController.prune(Prune(.zeroFor(steps: 5))), true),
            (.penaltySchedule(PenaltySchedule(factor: 0.9)), true),
            (.settle(Settle(epochs: 1)), false),
            (.penaltySchedule(PenaltySchedule(warmUp: 0.2)), false),
        ] {
            func extended(_ name: String, epochs: Int) -> TrainingJob {
                var job = self.job(name, [controller], epochs: epochs)
                job.keepsCheckpoint = true
                job.snapshotEvery = nil
                return job
            }
            _ = try extended("short.h5", epochs: 4).run(on: data)
            guard isExtended else {
                #expect(throws: StateFileError.self) {
                    try extended("short.h5", epochs: 8).run(on: data, resuming: true)
                }
                continue
            }
            _ = try extended("short.h5", epochs: 8).run(on: data, resuming: true)
            _ = try extended("long.h5", epochs: 8).run(on: data)
            #expect(try contents(of: "short.h5") == contents(of: "long.h5"))
        }
    }

    /// The recorded strength and rate are those of the epoch's last step, not of the next one.
    @Test func theRecordIsOfTheStepsThatWereMade() throws {
        var job = self.job(
            "run.h5", strength: .value(0.01), [.penaltySchedule(PenaltySchedule(factor: 0.5))],
            epochs: 3)
        job.configuration.schedule = .cosine
        let history = try result(job, data()).history
        #expect(history["lambda"] == [0.01, 0.005, 0.0025])
        // Five steps an epoch: the rate of step 15 is that after 14 of 15.
        let last = try #require(history["learning_rate"].last)
        #expect(abs(last - 0.001 * Schedule.cosine.factor(step: 14, of: 15)) < 1e-15)
    }

    /// λ times 1e200 is more than a filter can bear.
    @Test func aTrainingThatDivergesKeepsItsRecord() throws {
        let job = job(
            "run.h5", strength: .value(1e-4), form: .subgradient,
            [.penaltySchedule(PenaltySchedule(factor: 1e200))], epochs: 5)
        let result = try result(job, data())
        #expect(result.outcome == .diverged)
        #expect(result.divergence?.epoch == 2)
        #expect(result.epoch == 1 && result.history["size"].count == 1)
        let run = try RunFile(path: job.output)
        #expect(run.problems().isEmpty)
        #expect(run.attributes["outcome"] == .text("diverged"))
        #expect(try run.values(#require(run.layers()[0].weight)).allSatisfy { $0.isFinite })
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["run.h5"])
        // A plain training leaves no run.
        var plain = job
        plain.gate = .none
        plain.configuration.penalties = []
        plain.configuration.controllers = []
        plain.configuration.optimizer = OptimizerConfiguration(.sgd(), learningRate: 1e30)
        plain.output = "\(folder)/plain.h5"
        #expect(throws: TrainingError.self) { try plain.run(on: self.data()) }
    }

    @Test func aBudgetEndsTheTraining() throws {
        let network = Network<Float>(inputs: 784, hidden: [24, 10], outputs: 10, seed: 0)
        // Two epochs of 160 samples and 64 samples more.
        let budget = Double(network.trainingMultiplyAdds) * (2 * 160 + 64)
        let job = job(
            "run.h5", strength: .value(0), [.budget(Budget(multiplyAdds: budget))])
        let result = try result(job, data())
        #expect(result.outcome == .budget)
        #expect(result.history["training_multiply_adds"].last == budget)
        #expect(result.history["size"].count == 3)
        // Complete, whatever the epochs say.
        guard case .alreadyComplete = try job.run(on: data(), resuming: true) else {
            Issue.record("trained a complete run again")
            return
        }
    }

    /// Every filter at 0 is the best there is above the largest strength, and no longer below it.
    @Test func theLargestStrengthIsTheBorder() throws {
        let data = try data()
        let training = try TrainingData(data.train)
        var configuration = TrainingConfiguration(epochs: 1, batch: 160)
        configuration.penalties = [Penalty(.proximal, .share(1))]
        let network = Network<Float>(
            inputs: 784, hidden: [24], outputs: 10, gate: .filter(), seed: 1)
        let trainer = try Trainer(network, configuration, training: training)
        trainer.resolveStrengths()
        let largest = try #require(trainer.largestStrength)
        #expect(trainer.strengths == [largest] && largest > 0)
        var silent = network
        silent[0, "filter"] = Matrix(rows: 24, columns: 1)
        let start = try silent.evaluate(training, loss: .crossEntropy).loss
        var falls: [Double] = []
        for unit in 0..<24 {
            var moved = silent
            moved[0, "filter"][unit, 0] = 0.01
            falls.append((start - (try moved.evaluate(training, loss: .crossEntropy).loss)) / 0.01)
        }
        #expect(abs((falls.max() ?? 0) - largest) < 0.01 * largest)
    }

    @Test func selectionWaitsUntilSizesAreStable() throws {
        let job = job("run.h5", [.prune(Prune(.zeroFor(steps: 5)))], epochs: 30)
        let result = try result(job, data())
        let sizes = result.history["size"]
        let final = try #require(sizes.last)
        let lastChange = sizes.lastIndex { abs($0 - final) > 0.01 * final } ?? 0
        if result.outcome == .converged {
            #expect(result.epoch > lastChange + 1)
            let losses = result.history["validation_loss"]
            // Five epochs of one size are asked for.
            let candidates = losses[min(losses.count - 1, lastChange + 5)...]
            #expect(losses[result.epoch - 1] == candidates.min())
        } else {
            #expect(result.epoch == sizes.count)
        }
        #expect(sizes[0] > final)
    }

    /// A snapshot holds what was measured, not the block that came afterwards; the twin has the blocks'
    /// schedule over all epochs.
    @Test func snapshotsAtTheEndOfABlock() throws {
        let data = try data()
        var configuration = TrainingConfiguration(epochs: 8, batch: 32, seed: 3)
        configuration.controllers = [.grow(Grow(.corrective, block: 5, most: 40, epochs: 2))]
        let job = TrainingJob(
            hidden: [5], configuration: configuration, recording: RecordingOptions(samples: 25),
            snapshotEvery: 2, output: "\(folder)/grown.h5")
        _ = try result(job, data)
        let run = try RunFile(path: job.output)
        let sizes = try #require(try run.history().first { $0.name == "size" }).values
        #expect(sizes.count >= 4 && Set(sizes).count > 1)
        for epoch in run.snapshots.compactMap({ Int($0) }) where epoch < sizes.count {
            let layers = try run.layers(snapshot: "\(epoch)")
            let first = try #require(layers.first { $0.name == "hidden" })
            #expect(first.post?.shape.last == Int(sizes[epoch - 1]))
        }
        #expect(!run.snapshots.isEmpty)
        let twin = try TwinPlan(of: run, equal: .epochs, output: "\(folder)/twin.h5").job(on: data)
        #expect(twin.configuration.schedule == .cosine)
    }

    @Test func twins() throws {
        let data = try data()
        let job = job("small.h5", [.prune(Prune(.zeroFor(steps: 5)))])
        let result = try result(job, data)
        let run = try RunFile(path: job.output)
        let plan = try TwinPlan(of: run, equal: .epochs, output: "\(folder)/twin.h5")
        #expect(plan.data.dataset == "synthetic-digits")
        #expect(
            plan.data.options.trainSamples == 200 && plan.data.options.validationFraction == 0.2)
        let twin = try plan.job(on: data)
        #expect(twin.hidden == result.finalSizes && twin.gate == .none)
        #expect(twin.configuration.epochs == 10 && twin.configuration.penalties.isEmpty)
        _ = try twin.run(on: data)
        #expect(try RunFile(path: twin.output).attributes["parent"] == .text(run.path))
        let spent = try #require(result.history["training_multiply_adds"].last)
        let equal = try TwinPlan(of: run, equal: .multiplyAdds, output: "\(folder)/equal.h5")
            .job(on: data)
        let network = Network<Float>(inputs: 784, hidden: result.finalSizes, outputs: 10, seed: 0)
        let epoch = Double(network.trainingMultiplyAdds * 160)
        #expect(abs(Double(equal.configuration.epochs) * epoch - spent) <= epoch / 2)
        #expect(equal.configuration.epochs >= 10)
        // Not on other data.
        #expect(throws: TrainingError.otherData(of: run.path)) {
            try plan.job(on: self.data(validation: 0.1))
        }
        #expect(throws: RunError.self) {
            try TwinPlan(of: RunFile(path: twin.output), equal: .epochs, output: "x.h5")
        }
    }
}
