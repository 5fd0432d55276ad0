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

    /// The short form of `Scripts/test-sweep-kill`.
    @Test func aSweepThatIsKilledAndResumed() throws {
        func sweep(_ name: String) -> [String] {
            [
                "sweep", "--dataset", "synthetic-digits", "--train-samples", "400",
                "--test-samples", "50", "--sizes", "8,24", "--seeds", "2", "--jobs", "2",
                "--epochs", "6", "--snapshot-every", "2", "--output", folder.path(name),
            ]
        }
        let start = ContinuousClock.now
        #expect(try train.run(sweep("whole")).code == 0)
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        var generator = SystemRandomNumberGenerator()
        for _ in 0..<3 {
            _ = try train.run(
                sweep("killed"),
                killedAfter: seconds * Double.random(in: 0.1...0.7, using: &generator))
        }
        #expect(try train.run(sweep("killed")).code == 0)
        let whole = try files(in: "whole")
        #expect(whole.count == 4)
        let killed = try files(in: "killed")
        #expect(killed.keys.sorted() == whole.keys.sorted())
        for (name, bytes) in whole {
            let other = killed[name] ?? Data()
            let first = zip(bytes, other).enumerated().first { $1.0 != $1.1 }?.offset
            #expect(
                other == bytes,
                "\(name): \(other.count) bytes of \(bytes.count), first other one at \(first ?? -1)"
            )
        }
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
