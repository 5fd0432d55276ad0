import Datasets
import Foundation
import Testing
import Training

@Suite struct TrainingSweepTests {
    @Test func widthsOfTheJournal() {
        // 2^(i/2), i = 8 ... 27, rounded.
        #expect(
            TrainingSweep.widths(from: 16, through: 11585, perOctave: 2) == [
                16, 23, 32, 45, 64, 91, 128, 181, 256, 362, 512, 724, 1024, 1448, 2048, 2896, 4096,
                5793, 8192, 11585,
            ])
        #expect(TrainingSweep.widths(from: 1, through: 4, perOctave: 4) == [1, 2, 3, 4])
        #expect(TrainingSweep.widths(from: 3, through: 3, perOctave: 1).isEmpty)
    }

    /// Powers of 2 up to the largest that is an Int, and 1,000 for each of 63 doublings: at once.
    @Test func rangesOfAnySize() {
        let all = TrainingSweep.widths(from: 1, through: .max, perOctave: 1)
        #expect(all == (0..<63).map { 1 << $0 })
        let many = TrainingSweep.widths(from: 1, through: .max, perOctave: 1000)
        #expect(many.count > 50_000 && many.count < 63_000)
        #expect(zip(many, many.dropFirst()).allSatisfy { $0 < $1 })
    }

    @Test func filesDoNotDependOnHowManyAreTrainedAtATime() throws {
        let data = try Dataset.named("synthetic-digits").load(
            options: LoadOptions(trainSamples: 60, testSamples: 20))
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "lamina-sweep-\(UUID().uuidString)")
        defer { try? FileManager.default.removeItem(at: folder) }
        func sweep(_ name: String, atATime count: Int) throws -> [Data] {
            let part = folder.appending(path: name)
            try FileManager.default.createDirectory(at: part, withIntermediateDirectories: true)
            let jobs = [(4, 1), (4, 2), (9, 1)].map { width, seed in
                TrainingJob(
                    hidden: [width],
                    configuration: TrainingConfiguration(
                        epochs: 2, batch: 16, seed: UInt64(seed)),
                    output: part.appending(path: "\(width)-\(seed).h5").path())
            }
            #expect(TrainingSweep(jobs).run(on: data, atATime: count).isEmpty)
            return try jobs.map { try Data(contentsOf: URL(filePath: $0.output)) }
        }
        let alone = try sweep("alone", atATime: 1)
        #expect(try sweep("together", atATime: 3) == alone)
        #expect(Set(alone).count == 3)
    }

    @Test func oneBadJobDoesNotStopTheRest() throws {
        let data = try Dataset.named("synthetic-digits").load(
            options: LoadOptions(trainSamples: 30, testSamples: 20))
        let folder = FileManager.default.temporaryDirectory
            .appending(path: "lamina-sweep-\(UUID().uuidString)")
        try FileManager.default.createDirectory(at: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(at: folder) }
        let jobs = [3, 0, 5].map { width in
            TrainingJob(
                hidden: [width], configuration: TrainingConfiguration(epochs: 1, batch: 16),
                output: folder.appending(path: "\(width).h5").path())
        }
        let failures = TrainingSweep(jobs).run(on: data, atATime: 2)
        #expect(failures.map(\.job) == [1])
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.path()).sorted()
                == ["3.h5", "5.h5"])
    }
}
