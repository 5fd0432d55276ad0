import Datasets
import Files
import Foundation
import HDF5
import LinearAlgebra
import Networks
import RunFormat
import Testing

@testable import Training

/// Checkpoints: any damage is found, nothing that they claim is believed, and what they do not hold
/// is not missed.
@Suite final class CheckpointTests {
    private let folder = FileManager.default.temporaryDirectory
        .appending(path: "lamina-checkpoint-\(UUID().uuidString)").path()

    init() throws {
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }

    private func data(_ samples: Int = 60) throws -> LoadedDataset {
        try Dataset.named("add10").load(
            options: LoadOptions(trainSamples: samples, testSamples: 20))
    }

    private func job(epochs: Int = 4, schedule: Schedule = .constant) -> TrainingJob {
        TrainingJob(
            hidden: [2],
            configuration: TrainingConfiguration(
                epochs: epochs, batch: 20, seed: 3, loss: .squaredError,
                optimizer: OptimizerConfiguration(learningRate: 0.01), schedule: schedule),
            output: "\(folder)/run.h5")
    }

    private func bytes(_ path: String) throws -> [UInt8] {
        Array(try Data(contentsOf: URL(filePath: path)))
    }

    private func write(_ bytes: [UInt8], to path: String) throws {
        try Data(bytes).write(to: URL(filePath: path))
    }

    /// A checkpoint after two epochs.
    private func checkpoint(of job: TrainingJob) throws -> [UInt8] {
        #expect(throws: TrainingError.cancelled) {
            try job.run(on: data()) { $0.epoch < 3 }
        }
        return try bytes(job.checkpointPath)
    }

    /// The files are as a whole training left them.
    private func names() throws -> [String] {
        try FileManager.default.contentsOfDirectory(atPath: folder).sorted()
    }

    @Test func everyFlippedBitIsFound() throws {
        let job = job()
        let whole = try checkpoint(of: job)
        for index in whole.indices {
            var damaged = whole
            damaged[index] ^= 1 << UInt8(index % 8)
            try write(damaged, to: job.checkpointPath)
            let error = try #require(throws: StateFileError.self) {
                try TrainerState<Float>(readingFrom: job.checkpointPath, parameterLimit: 1000)
            }
            #expect(error.path == job.checkpointPath && !error.isFromSystem)
        }
        for count in [0, 1, 14, 15, 22, 23, 31, whole.count / 2, whole.count - 8, whole.count - 1] {
            try write(Array(whole[..<count]), to: job.checkpointPath)
            #expect(throws: StateFileError.self) { try job.run(on: data(), resuming: true) }
        }
        try write(whole + [0], to: job.checkpointPath)
        #expect(throws: StateFileError.self) { try job.run(on: data(), resuming: true) }
        // And without damage it is gone on with.
        try write(whole, to: job.checkpointPath)
        _ = try job.run(on: data(), resuming: true)
        #expect(try names() == ["run.h5"])
    }

    /// The header of a file of safetensors, and what comes behind it.
    private func header(of file: [UInt8]) throws -> (header: [String: Any], data: [UInt8]) {
        let length = file[..<8].reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = try JSONSerialization.jsonObject(with: Data(file[8..<8 + length]))
        return (try #require(header as? [String: Any]), Array(file[(8 + length)...]))
    }

    /// A checkpoint is a file of safetensors: named arrays, one behind the other to the end.
    @Test func othersCanReadIt() throws {
        let job = job()
        let (header, data) = try header(of: checkpoint(of: job))
        let state = try TrainerState<Float>(
            readingFrom: job.checkpointPath, parameterLimit: 1000)
        let slots = ["hidden.weight", "hidden.bias", "output.weight", "output.bias"]
        let names = ["", "moment1.", "moment2."].flatMap { prefix in slots.map { prefix + $0 } }
        #expect(Set(header.keys) == Set(names + ["xxh64", "__metadata__"]))
        func array(_ name: String) throws -> (shape: [Int], range: Range<Int>) {
            let entry = try #require(header[name] as? [String: Any])
            let offsets = try #require(entry["data_offsets"] as? [Int])
            #expect(entry["dtype"] as? String == (name == "xxh64" ? "U8" : "F32"))
            return (try #require(entry["shape"] as? [Int]), offsets[0]..<offsets[1])
        }
        var (end, floats) = (0, [Float]())
        for name in names {
            let (shape, range) = try array(name)
            #expect(range.lowerBound == end && range.count == 4 * shape.reduce(1, *))
            end = range.upperBound
            data[range].withUnsafeBytes { floats += $0.bindMemory(to: Float.self) }
        }
        #expect(try array("xxh64").range == end..<data.count)
        #expect(floats == state.parameters + state.moments[0] + state.moments[1])
        #expect(try array("hidden.weight").shape == [2, 10] && array("output.bias").shape == [1])
    }

    @Test func olderCheckpointsAreNamed() throws {
        let job = job()
        try write(Array("lamina-state-2\n".utf8) + [0, 0], to: job.checkpointPath)
        let error = try #require(throws: StateFileError.self) {
            try job.run(on: data(), resuming: true)
        }
        #expect(error.reason.contains("older version"))
    }

    /// Numbers that a stranger may write, under a checksum that is right.
    @Test func whatAStateClaimsIsChecked() throws {
        let job = job()
        let whole = try checkpoint(of: job)
        let (head, data) = try header(of: whole)
        let text = try #require((head["__metadata__"] as? [String: String])?["state"])
        func resume(_ changed: String, arrays: [UInt8]) throws {
            var bytes = try SafetensorsWriter.header(
                of: [("xxh64", "U8", [8], 1)],
                metadata: ["format": "lamina-state-3", "state": changed])
            bytes += arrays
            withUnsafeBytes(of: Digest.of(bytes).littleEndian) { bytes += $0 }
            try write(bytes, to: job.checkpointPath)
            _ = try job.run(on: self.data(), resuming: true)
        }
        let arrays = Array(data.dropLast(8))
        let hostile = [
            "-1", "-9223372036854775808", "0", "1", "7", "4294967296", "4611686018427387904",
            "9223372036854775807", "18446744073709551615", "1e300", "null", "\"2\"", "[]",
        ]
        // Every number of the text outside the recipe, one after the other.
        let recipe = try #require(text.range(of: "\"origin\":"))
        let recipeEnd = try #require(
            text.range(of: "}\",", range: recipe.upperBound..<text.endIndex))
        let places = text.matches(of: try Regex("[:\\[,](-?[0-9.e+-]+)(?=[,\\]}])"))
            .compactMap { $0.output[1].range }
            .filter {
                $0.upperBound <= recipe.lowerBound || $0.lowerBound >= recipeEnd.lowerBound
            }
        #expect(places.count > 20)
        var accepted = 0
        for place in places {
            for value in hostile where value != text[place] {
                let changed = text.replacingCharacters(in: place, with: value)
                do {
                    try resume(changed, arrays: arrays)
                    // A word of the generator, or a number of the history.
                    accepted += 1
                    try FileManager.default.removeItem(atPath: job.output)
                } catch is StateFileError {
                } catch { Issue.record("\(value) for \(text[place]): \(error)") }
            }
        }
        // No size, count or number of epochs is among them.
        for name in ["rows", "columns", "epoch", "step"] {
            for value in hostile {
                let changed = text.replacing(
                    try Regex("\"\(name)\":[0-9]+"), with: "\"\(name)\":\(value)")
                if changed == text { continue }
                #expect(throws: StateFileError.self, "\(name) \(value)") {
                    try resume(changed, arrays: arrays)
                }
            }
        }
        var infinite = arrays
        infinite[2] = 0x80
        infinite[3] = 0x7F
        #expect(throws: StateFileError.self) { try resume(text, arrays: infinite) }
        #expect(throws: StateFileError.self) { try resume(text, arrays: arrays + [0, 0, 0, 0]) }
        #expect(throws: StateFileError.self) { try resume("{}", arrays: arrays) }
        try resume(text, arrays: arrays)
        #expect(try names() == ["run.h5"])
    }

    /// A file of 1 TiB that takes no room on the disk.
    @Test func aHugeFileIsRefused() throws {
        let job = job()
        let opened = open(job.checkpointPath, O_WRONLY | O_CREAT, 0o644)
        #expect(ftruncate(opened, 1 << 40) == 0)
        close(opened)
        let clock = ContinuousClock()
        let start = clock.now
        #expect(throws: StateFileError.self) { try job.run(on: data(), resuming: true) }
        #expect(clock.now - start < .seconds(5))
    }

    @Test func aPipeIsRefused() throws {
        let job = job()
        #expect(mkfifo(job.checkpointPath, 0o644) == 0)
        #expect(throws: StateFileError.self) { try job.run(on: data(), resuming: true) }
        #expect(mkfifo(job.output, 0o644) == 0)
        #expect(throws: RunError.self) { try job.run(on: data()) }
        #expect(try names() == ["run.h5", "run.h5.checkpoint"])
    }

    @Test func checkpointsGoByTime() throws {
        var job = job(epochs: 50)
        job.checkpointEvery = .seconds(1000)
        var seen = false
        _ = try job.run(on: data()) { _ in
            seen = seen || FileManager.default.fileExists(atPath: job.checkpointPath)
            return true
        }
        #expect(!seen)
        let whole = try bytes(job.output)
        try FileManager.default.removeItem(atPath: job.output)
        job.checkpointEvery = .zero
        var after: [Int] = []
        _ = try job.run(on: data()) { progress in
            if FileManager.default.fileExists(atPath: job.checkpointPath) {
                after.append(progress.epoch)
            }
            return true
        }
        #expect(after.first == 2)
        #expect(try bytes(job.output) == whole)
    }

    @Test func anInterruptedTrainingLosesNoEpoch() throws {
        let job = job(epochs: 9)
        #expect(throws: TrainingError.cancelled) { try job.run(on: data()) { $0.epoch < 7 } }
        let state = try TrainerState<Float>(
            readingFrom: job.checkpointPath, parameterLimit: 1000)
        #expect(state.epoch == 6)
    }

    // MARK: Going on

    @Test func moreEpochsUnderAConstantRate() throws {
        var short = job(epochs: 3)
        short.keepsCheckpoint = true
        short.snapshotEvery = 3
        _ = try short.run(on: data())
        #expect(try names() == ["run.h5", "run.h5.checkpoint"])
        // Asked for again, it is complete.
        guard case .alreadyComplete = try short.run(on: data(), resuming: true) else {
            Issue.record("trained a complete run again")
            return
        }
        var long = job(epochs: 8)
        long.snapshotEvery = 3
        _ = try long.run(on: data(), resuming: true)
        let extended = try bytes(long.output)
        #expect(try names() == ["run.h5"])
        try FileManager.default.removeItem(atPath: long.output)
        _ = try long.run(on: data())
        #expect(try bytes(long.output) == extended)
    }

    @Test func fewerEpochsThanAreDoneAreRefused() throws {
        _ = try checkpoint(of: job(epochs: 9))
        #expect(throws: StateFileError.self) {
            try self.job(epochs: 1).run(on: data(), resuming: true)
        }
        _ = try job(epochs: 2).run(on: data(), resuming: true)
        #expect(try RunFile(path: job().output).attributes.epoch == 2)
    }

    @Test func otherEpochsUnderACosineAreRefused() throws {
        _ = try checkpoint(of: job(epochs: 4, schedule: .cosine))
        let error = try #require(throws: StateFileError.self) {
            try self.job(epochs: 8, schedule: .cosine).run(on: data(), resuming: true)
        }
        #expect(error.reason.contains("epochs is 8 and was 4"))
        #expect(error.reason.contains("cosine"))
    }

    @Test func aCompleteRunWithoutCheckpointIsNotExtended() throws {
        _ = try job(epochs: 2).run(on: data())
        let error = try #require(throws: StateFileError.self) {
            try self.job(epochs: 3).run(on: data(), resuming: true)
        }
        #expect(error.reason.contains("--keep-checkpoint"))
    }

    @Test func changedDataAreNoticed() throws {
        let table = "1.5\t2\t3\t4\t5\t6\n2\t3\t0.1016\t5\t6\t7\n3\t1\t2\t2\t2\t9\n"
        func airfoil(_ text: String) throws -> LoadedDataset {
            try text.write(
                toFile: "\(folder)/airfoil_self_noise.dat", atomically: true, encoding: .utf8)
            return try Dataset.named("airfoil").load(from: folder)
        }
        _ = try job().run(on: airfoil(table))
        // One target, by its last digit.
        let changed = try airfoil(table.replacingOccurrences(of: "\t9\n", with: "\t8\n"))
        let error = try #require(throws: StateFileError.self) {
            try job().run(on: changed, resuming: true)
        }
        #expect(error.reason.contains("other data"))
        guard case .alreadyComplete = try job().run(on: airfoil(table), resuming: true) else {
            Issue.record("trained a complete run again")
            return
        }
    }

    // MARK: Recipes

    /// As version 1 wrote it, in any order of keys, without what came later.
    @Test func recipesOfOlderVersionsStayValid() throws {
        let data = try data()
        let recipe = TrainingRecipe(job(), on: data)
        let old = """
            {"configuration":{"optimizer":{"learningRate":0.01},"loss":"squared-error","seed":3,\
            "batch":20,"epochs":4},"hidden":[2],"dataset":"add10","compression":4,\
            "initialization":"uniform","samples":{"test":20,"train":60,"validation":0}}
            """
        #expect(recipe.difference(from: try TrainingRecipe(text: old)) == nil)
        #expect(try TrainingRecipe(text: recipe.text) == recipe)
        let newer = old.replacingOccurrences(of: "\"hidden\"", with: "\"dropout\":0.5,\"hidden\"")
        #expect(throws: DecodingError.self) { try TrainingRecipe(text: newer) }
        let inside = old.replacingOccurrences(of: "\"batch\"", with: "\"swa\":true,\"batch\"")
        #expect(throws: DecodingError.self) { try TrainingRecipe(text: inside) }
    }

    @Test func seedsBeyondInt64AreDifferentSeeds() throws {
        let data = try data()
        var texts: Set<String> = []
        for seed in [UInt64(Int64.max), 1 << 63, .max - 2, .max] {
            var job = job()
            job.configuration.seed = seed
            let recipe = TrainingRecipe(job, on: data)
            #expect(try TrainingRecipe(text: recipe.text).configuration.seed == seed)
            texts.insert(recipe.text)
        }
        #expect(texts.count == 4)
    }

    // MARK: What is refused before training

    @Test func layersThatTheNetworkDoesNotHave() throws {
        for pattern in ["hiden", "hidden1", "out", ""] {
            var job = job()
            job.recording.layers = ["output", pattern]
            #expect(
                throws: TrainingError.setting(
                    name: "record-layers", value: pattern,
                    expected: "a layer of the network: hidden, output")
            ) { try job.run(on: data()) { _ in false } }
        }
        var job = job()
        job.recording.layers = ["out*", "hidden"]
        _ = try job.run(on: data())
        #expect(try RunFile(path: job.output).layers().allSatisfy { $0.post != nil })
    }

    @Test(arguments: [
        ([1_000_000_000], 4, 20), ([3_000_000_000], 4, 20), ([Int.max], 4, 20),
        ([Int.max / 8, Int.max / 8], 4, 20), ([2], Int.max, 20), ([2], 1_000_000_000_000_000, 20),
        ([100_000, 100_000, 100_000, 100_000], 4, Int.max),
    ])
    func sizesBeyondMemory(hidden: [Int], epochs: Int, batch: Int) throws {
        var job = job(epochs: epochs)
        job.hidden = hidden
        job.configuration.batch = batch
        let error = try #require(throws: TrainingError.self) {
            try job.run(on: data()) { _ in false }
        }
        guard case .setting = error else {
            Issue.record("\(error)")
            return
        }
        #expect(try names().isEmpty)
    }

    @Test(arguments: [1, 7, 59, 60, 61, Int.max])
    func anyBatchSizeCanBeTrained(batch: Int) throws {
        var job = job(epochs: 1)
        job.configuration.batch = batch
        _ = try job.run(on: data())
        #expect(try names() == ["run.h5"])
    }

    @Test func twoProcessesDoNotTrainTheSameRun() throws {
        let job = job()
        let lock = try FileLock(job.lockPath)
        let error = try #require(throws: StateFileError.self) { try job.run(on: data()) }
        #expect(error.isHeld && error.path == job.output)
        #expect(error.reason.contains("process \(getpid())"))
        let failures = TrainingSweep([job]).run(on: try data(), atATime: 1)
        #expect(failures.map(\.isHeld) == [true])
        _ = consume lock
        #expect(TrainingSweep([job]).run(on: try data(), atATime: 1).isEmpty)
        #expect(try names() == ["run.h5"])
    }
}
