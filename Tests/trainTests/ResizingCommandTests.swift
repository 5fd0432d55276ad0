import CommandTesting
import Foundation
import HDF5
import RunFormat
import Testing

/// `train compress`, `flexible` and `twin` as a user calls them.
@Suite struct ResizingCommandTests {
    private let folder: TemporaryFolder
    private static let digits = [
        "--dataset", "synthetic-digits", "--train-samples", "400", "--test-samples", "50",
        "--batch", "32", "--learning-rate", "0.02",
    ]

    init() throws { folder = try TemporaryFolder() }

    private func compress(_ name: String, _ arguments: String...) -> [String] {
        ["compress"] + Self.digits
            + ["--hidden", "30", "--schedule", "constant", "--output", folder.path(name)]
            + arguments
    }

    private func flexible(_ name: String, _ arguments: String...) -> [String] {
        ["flexible"] + Self.digits + ["--hidden", "40", "--output", folder.path(name)] + arguments
    }

    @Test func compressPrintsSizesAndItsTwinHasThem() throws {
        let outcome = try train.run(
            compress(
                "small.h5", "--penalty-share", "0.3", "--epochs", "12", "--validation-fraction",
                "0.2"))
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.contains("epoch 1/12") && outcome.errors.contains("size 30"))
        let run = try RunFile(path: folder.path("small.h5"))
        #expect(run.problems().isEmpty)
        guard case .integers(let sizes)? = run.attributes["final_sizes"], sizes.count == 1 else {
            Issue.record("no final sizes")
            return
        }
        #expect(sizes[0] < 30)
        #expect(outcome.output.contains("size 30 to \(sizes[0])"))
        #expect(outcome.output.contains("outcome ") && outcome.output.contains("lambda_max"))
        for equal in ["epochs", "multiply-adds"] {
            let twin = try train.run([
                "twin", folder.path("small.h5"), "--equal", equal, "--output",
                folder.path("twin.h5"),
            ])
            #expect(twin.code == 0, "\(twin.errors)")
            let layers = try RunFile(path: folder.path("twin.h5")).layers()
            #expect(layers.map { $0.weight?.shape ?? [] } == [[sizes[0], 784], [10, sizes[0]]])
        }
    }

    @Test(arguments: [
        ["--penalty", "0.05", "--rule", "subgradient"],
        ["--penalty", "30", "--rule", "group-lasso", "--learning-rate", "0.001"],
        ["--penalty", "0.02", "--dead-rule", "sign-variance:0.9", "--rule", "subgradient"],
        ["--penalty", "0.02", "--remove", "7", "--dead-rule", "zero-for:5"],
        ["--penalty-share", "0.5", "--settle", "4", "--penalty-warm-up", "0.1"],
        ["--penalty", "0.02", "--penalty-decay", "1.2", "--penalty-cost", "multiply-adds"],
        ["--penalty", "0.02", "--remove", "never", "--weight-decay", "0.01"],
    ])
    func everyRule(arguments: [String]) throws {
        let outcome = try train.run(compress("run.h5", "--epochs", "20") + arguments)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let history = try RunFile(path: folder.path("run.h5")).history()
        let sizes = try #require(history.first { $0.name == "size" }?.values)
        #expect(sizes.count == 20 || outcome.output.contains("collapsed"))
        #expect((sizes.last ?? 30) < 30, "\(arguments): \(sizes)")
    }

    @Test func flexibleNetworksGrowAndShrink() throws {
        func size(_ arguments: String...) throws -> Double {
            let outcome = try train.run(flexible("run.h5", "--epochs", "6") + arguments)
            #expect(outcome.code == 0, "\(outcome.errors)")
            let history = try RunFile(path: folder.path("run.h5")).history()
            return try #require(history.first { $0.name == "x0_hidden" }?.values.last)
        }
        let grown = try size("--start", "0", "--slope", "0.4")
        #expect(grown > 3)
        #expect(try size("--start", "0", "--slope", "0.4", "--size-penalty", "0.5") < grown)
        #expect(try size("--start", "30", "--size-penalty", "10") < 30)
        _ = try size("--start", "5", "--slope", "0.46..9.19")
        _ = try size("--start", "5", "--slope", "0.5", "--learn-slope")
        for key in ["importance", "scale"] { _ = try size("--start", "5", "--sort", key) }
    }

    @Test func sizeAloneOfATrainedNetwork() throws {
        #expect(
            try train.run(
                ["mlp"] + Self.digits + [
                    "--hidden", "40", "--epochs", "3", "--output", folder.path("whole.h5"),
                ]
            ).code == 0)
        let arguments = flexible(
            "size.h5", "--start", "10", "--epochs", "3", "--from", folder.path("whole.h5"),
            "--only-size", "--slope", "0.4")
        let outcome = try train.run(arguments)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let (whole, size) = (
            try RunFile(path: folder.path("whole.h5")), try RunFile(path: folder.path("size.h5"))
        )
        for (a, b) in zip(try whole.layers(), try size.layers()) {
            #expect(try whole.values(#require(a.weight)) == size.values(#require(b.weight)))
        }
        #expect(try size.history().first { $0.name == "x0_hidden" }?.values.last != 10)
        #expect(size.attributes["start_sizes"] == .integers([10]))
        #expect(outcome.output.contains("size 10 to "), "\(outcome.output)")
    }

    @Test(arguments: [
        (["--penalty", "-1"], "penalty"), (["--penalty", "nan"], "penalty"), ([], "--penalty"),
        (["--penalty", "1", "--penalty-share", "1"], "--penalty-share"),
        (["--penalty-share", "1", "--rule", "group-lasso"], "penalty-share"),
        (["--penalty", "1", "--rule", "strict"], "strict"),
        (["--penalty", "1", "--remove", "0"], "remove"),
        (["--penalty", "1", "--dead-rule", "zero-for:x"], "dead-rule"),
        (["--penalty", "1", "--dead-rule", "sign-variance:1"], "dead-rule"),
        (["--penalty", "1", "--penalty-decay", "-1"], "penalty-decay"),
        (["--penalty", "1", "--penalty-warm-up", "2"], "penalty-warm-up"),
        (["--penalty", "1", "--settle", "10"], "settle"),
        (["--penalty", "1", "--budget-multiply-adds", "0"], "budget-multiply-adds"),
        (["--penalty", "1", "--rule", "group-lasso", "--activation", "sigmoid"], "activation"),
        (["--penalty", "1", "--decay-kind", "both"], "both"),
    ])
    func badValuesOfCompress(arguments: [String], word: String) throws {
        let outcome = try train.run(compress("run.h5") + arguments)
        #expect(outcome.code == 64, "\(arguments): \(outcome.errors)")
        #expect(outcome.errorLines.count == 1 && outcome.errors.contains(word), "\(outcome.errors)")
    }

    @Test(arguments: [
        (["--start", "-1"], "start"), (["--start", "41"], "start"), (["--slope", "0"], "slope"),
        (["--slope", "2..1"], "slope"), (["--slope", "a"], "slope"),
        (["--slope", "1..2", "--learn-slope"], "learn-slope"),
        (["--size-penalty", "-1"], "size-penalty"), (["--size-rate", "0"], "size-rate"),
    ])
    func badValuesOfFlexible(arguments: [String], word: String) throws {
        let outcome = try train.run(flexible("run.h5") + arguments)
        #expect(outcome.code == 64, "\(arguments): \(outcome.errors)")
        #expect(outcome.errorLines.count == 1 && outcome.errors.contains(word), "\(outcome.errors)")
    }

    @Test(arguments: [
        (["--block", "0"], "block"), (["--block", "5", "--most", "4"], "most"),
        (["--block", "5", "--penalty", "1"], "penalty"),
        (["--block", "5", "--method", "frozen", "--penalty", "-1"], "penalty"),
        (["--block", "5", "--method", "best"], "best"),
        (["--block", "5", "--attempts", "0"], "attempts"),
        (["--block", "5", "--patience", "3"], "patience"),
        (["--block", "5", "--validation-fraction", "0"], "validation-fraction"),
    ])
    func badValuesOfGrow(arguments: [String], word: String) throws {
        let outcome = try train.run(
            ["grow"] + Self.digits + ["--output", folder.path("run.h5")] + arguments)
        #expect(outcome.code == 64, "\(arguments): \(outcome.errors)")
        #expect(outcome.errorLines.count == 1 && outcome.errors.contains(word), "\(outcome.errors)")
    }

    @Test func growTellsItsBlocks() throws {
        let outcome = try train.run(
            ["grow"] + Self.digits + [
                "--block", "4", "--epochs", "3", "--most", "40", "--output", folder.path("run.h5"),
            ])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let run = try RunFile(path: folder.path("run.h5"))
        #expect(run.problems().isEmpty)
        guard case .integers(let sizes)? = run.attributes["final_sizes"], sizes.count == 1 else {
            Issue.record("no final sizes")
            return
        }
        #expect(sizes[0] > 4 && sizes[0] % 4 == 0)
        #expect(outcome.output.contains("size 4 to \(sizes[0])"), "\(outcome.output)")
        #expect(try run.layers()[0].weight?.shape == [sizes[0], 784])
        #expect(run.contains("/history/events"))
    }

    @Test func runsThatAreNoStart() throws {
        let plain = try train.run(
            ["mlp"] + Self.digits + [
                "--hidden", "8", "--epochs", "1", "--output", folder.path("plain.h5"),
            ])
        #expect(plain.code == 0)
        let twin = try train.run([
            "twin", folder.path("plain.h5"), "--output", folder.path("twin.h5"),
        ])
        #expect(twin.code == 65 && twin.errors.contains("final_sizes"), "\(twin.errors)")
        let other = try train.run(flexible("run.h5", "--from", folder.path("plain.h5")))
        #expect(other.code == 64 && other.errors.contains("--hidden 8"), "\(other.errors)")
        let none = try train.run(flexible("run.h5", "--from", folder.path("none.h5")))
        #expect([65, 74].contains(none.code) && none.errors.contains("none.h5"), "\(none.errors)")
    }
}
