import CommandTesting
import Foundation
import Testing

let train = BuiltCommand(name: "train")

/// Every bad input ends with one line that begins `error:`, names what is wrong, and with the exit
/// code of the contract: never with a trap (128 and above) or a hang.
@Suite struct TrainBadInputTests {
    private let folder: TemporaryFolder
    private static let digits = [
        "--dataset", "synthetic-digits", "--train-samples", "60", "--test-samples", "20",
        "--epochs", "2",
    ]

    init() throws { folder = try TemporaryFolder() }

    private func expectRefusal(
        _ arguments: [String], code: Int32, naming words: [String],
        environment: [String: String] = [:], sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try train.run(arguments, environment: environment)
        #expect(outcome.code == code, "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
        let line = outcome.errorLines.first ?? ""
        for word in words {
            #expect(line.contains(word), "\(line)", sourceLocation: sourceLocation)
        }
    }

    private func mlp(_ arguments: String..., output: String? = nil) -> [String] {
        ["mlp"] + Self.digits + ["--hidden", "4", "--output", output ?? folder.path("run.h5")]
            + arguments
    }

    @Test func unknownDataset() throws {
        try expectRefusal(
            ["mlp", "--dataset", "mnits", "--hidden", "4", "--output", folder.path("run.h5")],
            code: 64, naming: ["mnits", "synthetic-digits"])
    }

    /// What would have no effect is refused.
    @Test(arguments: [("--momentum", "0.9", "sgd"), ("--test-fraction", "0.5", "generated")])
    func optionsWithoutEffect(_ name: String, _ value: String, _ word: String) throws {
        try expectRefusal(mlp(name, value), code: 64, naming: [name, value, word])
    }

    @Test func wrongDataFolder() throws {
        try expectRefusal(
            [
                "mlp", "--dataset", "mnist", "--data", folder.path("nowhere"), "--hidden", "4",
                "--output", folder.path("run.h5"),
            ], code: 74, naming: ["mnist", "train-images-idx3-ubyte", "nowhere", "--data"])
        try expectRefusal(
            [
                "sweep", "--dataset", "fashion-mnist", "--sizes", "4",
                "--output", folder.path("runs"),
            ], code: 74, naming: ["fashion-mnist", "LAMINA_DATA"],
            environment: ["LAMINA_DATA": folder.path("nowhere")])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path()).isEmpty)
    }

    @Test func damagedData() throws {
        let data = folder.url.appending(path: "mnist")
        try FileManager.default.createDirectory(at: data, withIntermediateDirectories: true)
        for name in [
            "train-images-idx3", "train-labels-idx1", "t10k-images-idx3", "t10k-labels-idx1",
        ] {
            // An IDX header, of images or labels, that is cut.
            try Data([0, 0, 8, name.hasSuffix("3") ? 3 : 1, 0, 0]).write(
                to: data.appending(path: "\(name)-ubyte"))
        }
        try expectRefusal(
            [
                "mlp", "--dataset", "mnist", "--data", folder.url.path(), "--hidden", "4",
                "--output", folder.path("run.h5"),
            ], code: 65, naming: ["train-", "-ubyte: ends after 6 bytes", "download it again"])
    }

    @Test func outputFolderMissing() throws {
        try expectRefusal(
            mlp(output: "/nowhere/at/all/run.h5"), code: 74, naming: ["/nowhere/at/all/run.h5"])
        try expectRefusal(
            ["sweep"] + Self.digits + ["--sizes", "4", "--output", "/nowhere/at/all"],
            code: 74, naming: ["/nowhere/at/all"])
        try expectRefusal(
            ["sweep"] + Self.digits + ["--sizes", "4", "--output", "Package.swift"],
            code: 74, naming: ["Package.swift", "folder"])
    }

    @Test(arguments: [
        (["--hidden", "0"], "hidden"), (["--hidden", "many"], "many"),
        (["--epochs", "-1"], "epochs"),
        (["--batch", "0"], "batch"), (["--learning-rate", "0"], "learning rate"),
        (["--learning-rate", "nan"], "learning rate"), (["--momentum", "1.5"], "momentum"),
        (["--weight-decay", "inf"], "weight decay"), (["--optimizer", "lion"], "lion"),
        (["--activation", "gelu"], "gelu"), (["--schedule", "steep"], "steep"),
        (["--compression", "10"], "compression"), (["--record-samples", "0"], "record-samples"),
        (["--record", "validation"], "validation"), (["--record-type", "int8"], "int8"),
        (["--snapshot-every", "0"], "snapshot-every"), (["--patience", "2"], "patience"),
        (["--validation-fraction", "1.5"], "validation"), (["--train-samples", "0"], "train"),
        (["--seed", "-1"], "seed"), (["--no-such-option"], "no-such-option"),
        (["--seed", "18446744073709551616"], "seed"), (["--test-fraction", "1"], "test fraction"),
        (["--normalization", "half"], "half"), (["--checkpoint-every", "-1"], "checkpoint-every"),
        (["--checkpoint-every", "nan"], "checkpoint-every"),
        (["--record-layers", "hiden"], "hidden, output"),
        // Sizes beyond memory and beyond numbers.
        (["--hidden", "1000000000"], "GB"), (["--hidden", "3000000000"], "3000000000"),
        (["--hidden", "9223372036854775807"], "9223372036854775807"),
        (["--hidden", "9223372036854775808"], "9223372036854775808"),
        (["--epochs", "9223372036854775807"], "9223372036854775807"),
        (["--epochs", "1000000000000000000"], "1000000000000000000"),
        (["--train-samples", "1000000000000000000"], "train samples"),
        (["--test-samples", "9223372036854775807"], "test samples"),
    ])
    func badValues(arguments: [String], word: String) throws {
        let optimizer = arguments[0] == "--momentum" ? ["--optimizer", "sgd"] : []
        try expectRefusal(mlp() + optimizer + arguments, code: 64, naming: [word])
    }

    @Test(arguments: [
        (["--sizes", "16..8"], "16..8"), (["--sizes", "a"], "sizes"),
        (["--sizes", "4", "--jobs", "0"], "jobs"), (["--sizes", "4", "--seeds", "0"], "seeds"),
        (["--sizes", "4", "--per-octave", "0"], "per-octave"),
        // No power of two lies between.
        (["--sizes", "17..31"], "17..31"), (["--sizes", "16..1000000000000000000"], "hidden"),
        (["--sizes", "1..9223372036854775807"], "hidden"),
        (["--sizes", "1..9223372036854775807", "--per-octave", "1000"], "hidden"),
        (["--sizes", "1..9223372036854775808"], "sizes"),
        (["--sizes", "16..32", "--per-octave", "9223372036854775807"], "per-octave"),
        (["--sizes", "4", "--seeds", "9223372036854775807"], "9223372036854775807"),
        (["--sizes", "4,8", "--seeds", "1000000000"], "runs"),
        (["--sizes", "4,1000000000"], "GB"),
    ])
    func badGrids(arguments: [String], word: String) throws {
        try expectRefusal(
            ["sweep"] + Self.digits + arguments + ["--output", folder.path("runs")], code: 64,
            naming: [word])
    }

    @Test func valuesThatLookOddAndAreNot() throws {
        for arguments in [
            ["--batch", "9223372036854775807"], ["--seed", "18446744073709551615"],
            ["--record-samples", "9223372036854775807"], ["--epochs", "0"],
            ["--snapshot-every", "9223372036854775807"], ["--data-seed", "18446744073709551615"],
        ] {
            let outcome = try train.run(mlp() + arguments)
            #expect(outcome.code == 0, "\(arguments): \(outcome.errors)")
        }
        let outcome = try train.run(
            ["sweep"] + Self.digits
                + [
                    "--sizes", "2", "--jobs", "9223372036854775807", "--output",
                    folder.path("runs"),
                ])
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    @Test func seedsBeyondInt64AreDifferentSeeds() throws {
        var runs: Set<Data> = []
        for seed in ["9223372036854775807", "9223372036854775808", "18446744073709551615"] {
            #expect(try train.run(mlp("--seed", seed)).code == 0)
            runs.insert(try Data(contentsOf: folder.url.appending(path: "run.h5")))
        }
        #expect(runs.count == 3)
    }

    @Test func aTrainingThatDiverges() throws {
        try expectRefusal(
            mlp("--optimizer", "sgd", "--learning-rate", "1e30", "--epochs", "1"), code: 65,
            naming: ["run.h5", "diverged", "epoch 1", "learning rate"])
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path()).isEmpty)
    }

    @Test func outputsThatAreNoFiles() throws {
        try expectRefusal(mlp(output: "/dev/null"), code: 74, naming: ["/dev/null"])
        try expectRefusal(mlp(output: folder.url.path()), code: 74, naming: ["folder"])
        #expect(mkfifo(folder.path("pipe"), 0o644) == 0)
        try expectRefusal(mlp(output: folder.path("pipe")), code: 74, naming: ["pipe"])
    }

    @Test func charactersThatHideTextAreNotPrinted() throws {
        let name = folder.path("a\u{1B}[2J\u{202E}\u{0C}b.h5")
        for outcome in [
            try train.run(mlp(output: name)), try train.run(mlp("--resume", output: name)),
            try train.run(mlp("--resume", "--batch", "7", output: name)),
            try train.run(["mlp", "--\u{1B}[2J"]),
        ] {
            for character in ["\u{1B}", "\u{202E}", "\u{0C}"] {
                #expect(!(outcome.output + outcome.errors).contains(character))
            }
        }
    }

    @Test func resumingATrainingOfOtherSettings() throws {
        #expect(try train.run(mlp()).code == 0)
        let before = try Data(contentsOf: folder.url.appending(path: "run.h5"))
        try expectRefusal(
            mlp("--resume", "--batch", "16"), code: 65, naming: ["run.h5", "other settings"])
        #expect(try Data(contentsOf: folder.url.appending(path: "run.h5")) == before)
        // The same settings: nothing to do.
        #expect(try train.run(mlp("--resume")).output.contains("complete"))
    }

    @Test func aDamagedCheckpoint() throws {
        try Data("lamina".utf8).write(to: folder.url.appending(path: "run.h5.checkpoint"))
        try expectRefusal(mlp("--resume"), code: 65, naming: ["run.h5.checkpoint"])
    }

    @Test func aSweepNamesWhatFailedAndDoesTheRest() throws {
        let runs = folder.url.appending(path: "runs")
        try FileManager.default.createDirectory(at: runs, withIntermediateDirectories: true)
        try Data().write(to: runs.appending(path: "synthetic-digits-4-seed1.h5"))
        let outcome = try train.run(
            ["sweep"] + Self.digits + ["--sizes", "4,6", "--output", runs.path()])
        #expect(outcome.code == 1)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("synthetic-digits-4-seed1.h5"))
        #expect(
            FileManager.default.fileExists(
                atPath: runs.appending(path: "synthetic-digits-6-seed1.h5").path()))
    }

    /// A limit on the size of files stands for a full disk: the write that exceeds it fails.
    @Test(.enabled(if: !BuiltCommand.isSanitized, "a sanitizer writes files of its own"))
    func diskFull() throws {
        let limited = BuiltCommand(name: "/bin/bash")
        func run(blocks: Int, _ arguments: [String]) throws -> BuiltCommand.Outcome {
            let command = BuiltCommand.folder.appending(path: "train").path()
            return try limited.run(
                ["-c", "trap '' XFSZ; ulimit -f \(blocks); exec \"$@\"", "-", command] + arguments)
        }
        // 784-64-10 keeps 611 kB in its checkpoint; a block is 1,024 bytes.
        let arguments =
            ["mlp"] + Self.digits
            + ["--hidden", "64", "--checkpoint-every", "0", "--output", folder.path("run.h5")]
        let outcome = try run(blocks: 300, arguments)
        #expect(outcome.code == 74, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("run.h5"))
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.url.path()).isEmpty)
        // What was complete stays so.
        #expect(try train.run(arguments).code == 0)
        let before = try Data(contentsOf: folder.url.appending(path: "run.h5"))
        #expect(try run(blocks: 300, arguments).code == 74)
        #expect(try Data(contentsOf: folder.url.appending(path: "run.h5")) == before)
    }
}
