import CommandTesting
import Foundation
import Testing

/// The files of a training do not depend on what happened while it ran.
@Suite struct SameFilesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func files(in name: String) throws -> [String: Data] {
        let url = folder.url.appending(path: name)
        let names = try FileManager.default.contentsOfDirectory(atPath: url.path())
        return try Dictionary(
            uniqueKeysWithValues: names.map {
                ($0, try Data(contentsOf: url.appending(path: $0)))
            })
    }

    /// SIGTERM, as a scheduler sends it before it kills: the last epoch is not lost.
    @Test func anInterruptedTraining() throws {
        func arguments(_ name: String, epochs: Int) -> [String] {
            [
                "mlp", "--dataset", "synthetic-digits", "--train-samples", "500",
                "--test-samples", "50", "--hidden", "32", "--epochs", "\(epochs)",
                "--schedule", "constant", "--checkpoint-every", "1000",
                "--output", folder.path(name),
            ]
        }
        let process = Process()
        process.executableURL = BuiltCommand.folder.appending(path: "train")
        process.arguments = arguments("stopped.h5", epochs: 1_000_000)
        let errors = Pipe()
        process.standardError = errors
        try process.run()
        // A line an epoch.
        var text = Data()
        while text.count(where: { $0 == UInt8(ascii: "\n") }) < 3 {
            let more = errors.fileHandleForReading.availableData
            if more.isEmpty { break }
            text += more
        }
        process.terminate()
        text += try errors.fileHandleForReading.readToEnd() ?? Data()
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal)
        #expect(process.terminationStatus == SIGTERM)
        #expect(try files(in: "").keys.sorted() == ["stopped.h5.checkpoint"])
        // "epoch 7/1000000 ..."
        let lines = String(decoding: text, as: UTF8.self).split(separator: "\n")
        let last = try #require(
            lines.last?.split(separator: " ").dropFirst().first?.split(separator: "/").first)
        let done = try #require(Int(last))
        let resumed = try train.run(arguments("stopped.h5", epochs: done + 2) + ["--resume"])
        #expect(resumed.code == 0, "\(resumed.errors)")
        // It goes on where it was: the last line may have been of an epoch not yet measured.
        #expect(resumed.errors.split(separator: "\n").count <= 3, "\(resumed.errors)")
        #expect(try train.run(arguments("whole.h5", epochs: done + 2)).code == 0)
        let files = try files(in: "")
        #expect(files["stopped.h5"] == files["whole.h5"])
        #expect(files.count == 2)
    }

    /// As two jobs of a cluster: each run is trained once, and both sweeps end well.
    @Test func twoSweepsIntoOneFolder() throws {
        func arguments(_ name: String) -> [String] {
            [
                "sweep", "--dataset", "synthetic-digits", "--train-samples", "300",
                "--test-samples", "50", "--sizes", "16,32,64", "--seeds", "2", "--epochs", "10",
                "--jobs", "1", "--output", folder.path(name),
            ]
        }
        #expect(try train.run(arguments("alone")).code == 0)
        let processes = try (0..<2).map { number in
            let process = Process()
            process.executableURL = BuiltCommand.folder.appending(path: "train")
            process.arguments = arguments("both")
            let log = folder.url.appending(path: "log\(number)")
            try Data().write(to: log)
            process.standardError = try FileHandle(forWritingTo: log)
            process.standardOutput = FileHandle.nullDevice
            try process.run()
            return process
        }
        for process in processes {
            process.waitUntilExit()
            #expect(process.terminationStatus == 0)
        }
        for number in 0..<2 {
            let log = try String(
                contentsOf: folder.url.appending(path: "log\(number)"), encoding: .utf8)
            #expect(!log.contains("error:"), "\(log)")
        }
        #expect(try files(in: "both") == files(in: "alone"))
    }

    static let taskset = "/usr/bin/taskset"

    @Test(
        "one core and all cores write the same bits",
        .enabled(if: FileManager.default.isExecutableFile(atPath: taskset), "taskset is absent"))
    func onAnyNumberOfCores() throws {
        func arguments(_ name: String) -> [String] {
            [
                "mlp", "--dataset", "synthetic-digits", "--train-samples", "300",
                // Wide enough that the products are divided.
                "--test-samples", "50", "--hidden", "200", "--epochs", "2",
                "--output", folder.path(name),
            ]
        }
        let command = BuiltCommand.folder.appending(path: "train").path()
        let one = try BuiltCommand(name: Self.taskset).run(
            ["--cpu-list", "0", command] + arguments("one.h5"))
        #expect(one.code == 0, "\(one.errors)")
        #expect(try train.run(arguments("all.h5")).code == 0)
        let files = try files(in: "")
        #expect(files["one.h5"] != nil)
        #expect(files["one.h5"] == files["all.h5"])
    }
}
