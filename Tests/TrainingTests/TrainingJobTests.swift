import Datasets
import Foundation
import HDF5
import LinearAlgebra
import Networks
import RunFormat
import Testing
import Training

@Suite struct TrainingJobTests {
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "lamina-training-\(UUID().uuidString)").path()

    /// Runs `body` with an empty folder that is removed afterwards.
    private func withFolder(_ body: () throws -> Void) throws {
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try body()
    }

    private func data() throws -> LoadedDataset {
        try Dataset.named("synthetic-digits").load(
            options: LoadOptions(trainSamples: 150, testSamples: 40, validationFraction: 0.2))
    }

    private func job(_ name: String, epochs: Int = 4, snapshotEvery: Int? = 2) -> TrainingJob {
        TrainingJob(
            hidden: [9],
            configuration: TrainingConfiguration(
                epochs: epochs, batch: 32, seed: 3, schedule: .cosine),
            recording: RecordingOptions(samples: 25, batch: 10), snapshotEvery: snapshotEvery,
            output: "\(folder)/\(name)")
    }

    private func contents(of name: String) throws -> Data {
        try Data(contentsOf: URL(filePath: "\(folder)/\(name)"))
    }

    @Test func theRunHoldsWhatTheNetworkDid() throws {
        try withFolder {
            guard case .trained(let result) = try job("run.h5").run(on: data()) else {
                Issue.record("not trained")
                return
            }
            #expect(result.overflowCount == 0)
            #expect(result.epoch == 4)
            #expect(result.outcome == nil)
            let run = try RunFile(path: "\(folder)/run.h5")
            #expect(run.problems().isEmpty)
            #expect(run.attributes.dataset == "synthetic-digits")
            #expect(run.attributes.model == "784-9-10 relu")
            #expect(run.attributes.epoch == 4)
            #expect(run.attributes.testAccuracy == result.history["test_accuracy"].last)
            #expect(run.snapshots == ["2"])
            let layers = try run.layers()
            #expect(layers.map(\.name) == ["hidden", "output"])
            #expect(layers[0].pre?.shape == [25, 9])
            #expect(layers[0].weight?.shape == [9, 784])
            #expect(layers[0].bias?.shape == [9])
            #expect(try run.layers(snapshot: "2")[1].post?.shape == [25, 10])
            let recorded = try #require(try run.labels()).read(0..<25)
            #expect(try recorded == data().test.labels.prefix(25).map { Int($0) })
            let names = try run.history().map(\.name)
            #expect(
                Set(names) == [
                    "train_loss", "train_accuracy", "validation_loss", "validation_accuracy",
                    "test_loss", "test_accuracy", "size", "batch_loss_min", "batch_loss_max",
                ])
            // Nothing else is left behind.
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["run.h5"])
        }
    }

    @Test(arguments: [1, 2, 3])
    func aStoppedJobEndsWithTheSameFile(stop: Int) throws {
        try withFolder {
            let data = try data()
            _ = try job("whole.h5").run(on: data)
            #expect(throws: TrainingError.cancelled) {
                try job("stopped.h5").run(on: data, resuming: true) { progress in
                    progress.epoch <= stop || progress.batch < 2
                }
            }
            #expect(!FileManager.default.fileExists(atPath: "\(folder)/stopped.h5"))
            _ = try job("stopped.h5").run(on: data, resuming: true)
            #expect(try contents(of: "stopped.h5") == contents(of: "whole.h5"))
            guard case .alreadyComplete = try job("whole.h5").run(on: data, resuming: true) else {
                Issue.record("trained a complete run again")
                return
            }
        }
    }

    /// As of a process that was killed between giving the run file its name and removing the states.
    @Test func statesBesideACompleteRunAreRemoved() throws {
        try withFolder {
            let data = try data()
            let job = job("run.h5")
            _ = try job.run(on: data)
            let whole = try contents(of: "run.h5")
            let snapshot = "\(folder)/run.h5.snapshot-2"
            #expect(FileManager.default.createFile(atPath: snapshot, contents: Data([1])))
            guard case .alreadyComplete = try job.run(on: data, resuming: true) else {
                Issue.record("trained a complete run again")
                return
            }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["run.h5"])
            #expect(try contents(of: "run.h5") == whole)
        }
    }

    @Test func aCheckpointOfOtherSettingsIsRefused() throws {
        try withFolder {
            let data = try data()
            let job = job("run.h5")
            #expect(throws: TrainingError.cancelled) {
                try job.run(on: data) { $0.epoch < 3 }
            }
            var other = job
            other.configuration.batch = 16
            let error = try #require(throws: StateFileError.self) {
                try other.run(on: data, resuming: true)
            }
            #expect(error.path == job.checkpointPath)
            // Nor is a complete run of other settings taken for this one.
            _ = try job.run(on: data, resuming: true)
            let refusal = try #require(throws: StateFileError.self) {
                try other.run(on: data, resuming: true)
            }
            #expect(refusal.path == job.output)
        }
    }

    @Test func aDamagedCheckpointIsRefused() throws {
        try withFolder {
            let data = try data()
            let job = job("run.h5", snapshotEvery: nil)
            #expect(throws: TrainingError.cancelled) {
                try job.run(on: data) { $0.epoch < 2 }
            }
            let whole = try contents(of: "run.h5.checkpoint")
            // In the format's name, the length, the text and the arrays.
            for count in [0, 3, 20, 100, whole.count / 2, whole.count - 1] {
                try whole.prefix(count).write(to: URL(filePath: job.checkpointPath))
                #expect(throws: StateFileError.self) {
                    try job.run(on: data, resuming: true)
                }
            }
        }
    }

    @Test func everyPartOfAStateSurvivesStorage() throws {
        try withFolder {
            let data = try separableData(
                samples: 60, inputs: 5, classes: 2, seed: 1, as: Float.self)
            let (training, held) = data.split(holdingOut: 20, seed: 1)
            let trainer = try Trainer(
                Network(inputs: 5, hidden: [4, 3], outputs: 2, seed: 1),
                TrainingConfiguration(
                    epochs: 3, batch: 20,
                    optimizer: OptimizerConfiguration(
                        .adaMax(), weightDecay: 0.1, groups: ["bias": .init(rateFactor: 2)]),
                    patience: 2),
                training: training, validation: held)
            try trainer.run()
            let state = trainer.state
            #expect(state.best != nil)
            try state.write(to: "\(folder)/state")
            #expect(
                try TrainerState<Float>(readingFrom: "\(folder)/state", parameterLimit: 1000)
                    == state)
        }
    }

    @Test func withPatienceTheBestNetworkIsRecorded() throws {
        try withFolder {
            var job = job("run.h5", epochs: 30, snapshotEvery: nil)
            job.configuration.patience = 2
            job.configuration.optimizer.learningRate = 0.05
            guard case .trained(let result) = try job.run(on: data()) else {
                Issue.record("not trained")
                return
            }
            let (history, epoch) = (result.history, result.epoch)
            let losses = history["validation_loss"]
            let lowest = try #require(losses.min())
            let best = try #require(losses.firstIndex(of: lowest))
            try #require(best == losses.count - 3)
            let attributes = try RunFile(path: job.output).attributes
            #expect(epoch == best + 1)
            #expect(attributes.epoch == epoch)
            #expect(attributes.testLoss == history["test_loss"][best])
        }
    }

    @Test func valuesTooLargeForTheStoredTypeAreCounted() throws {
        try withFolder {
            var network = Network<Float>(inputs: 1, hidden: [2], outputs: 1, seed: 0)
            network[0, "weight"] = Matrix(rows: 2, columns: 1, elements: [1e5, -1e5])
            network[0, "bias"] = Matrix(rows: 2, columns: 1)
            network[1, "weight"] = Matrix(rows: 1, columns: 2)
            let data = try TrainingData<Float>(
                inputs: Matrix(rows: 3, columns: 1, elements: [0, 0.5, 1]),
                targets: Matrix(rows: 3, columns: 1))
            let recorder = try RunRecorder(
                path: "\(folder)/run.h5",
                options: RecordingOptions(storage: RunStorage(element: .float16)))
            try recorder.record(network, on: data)
            try recorder.commit()
            // ±1e5 before ReLU, 1e5 after it; float16 ends at 65504.
            #expect(recorder.overflowCount == 3)
            #expect(try RunFile(path: "\(folder)/run.h5").targets()?.shape == [3, 1])
        }
    }

    @Test func whatCannotBeRecordedIsRefusedBeforeTraining() throws {
        try withFolder {
            let data = try Dataset.named("synthetic-digits").load(
                options: LoadOptions(trainSamples: 20, testSamples: 20))
            var job = job("run.h5")
            job.recordedPart = .validation
            #expect(throws: TrainingError.self) { try job.run(on: data) { _ in false } }
            job = self.job("missing/run.h5")
            #expect(throws: RunError.self) { try job.run(on: data) { _ in false } }
            job = self.job("run.h5", snapshotEvery: 0)
            #expect(throws: TrainingError.self) { try job.run(on: data) { _ in false } }
            #expect(try FileManager.default.contentsOfDirectory(atPath: folder).isEmpty)
        }
    }
}
