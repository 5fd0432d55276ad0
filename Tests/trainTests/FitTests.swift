import CommandTesting
import Foundation
import HDF5
import LinearAlgebra
import RunFormat
import Testing

/// `train fit`, `evaluate`, `predict` and `export` as a user types them.
@Suite struct TrainFitTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func write(_ name: String, _ text: String) throws {
        try Data(text.utf8).write(to: folder.url.appending(path: name))
    }

    /// A table of 200 rows: price = 1000 + 20 size + 300 for kind "b", exactly.
    private func writeHouses(_ name: String = "houses.csv", base: Double = 1000) throws {
        var generator = SeededGenerator(seed: 4)
        let lines = (0..<200).map { row in
            let size = generator.uniform() * 100
            let isB = row % 3 == 0
            return
                "\(row),\"\(isB ? "b, large" : "a")\",\(size),\(base + 20 * size + (isB ? 300 : 0))"
        }
        try write(name, "id,kind,size,price\n" + lines.joined(separator: "\n") + "\n")
    }

    private func fit(_ arguments: String...) throws -> BuiltCommand.Outcome {
        try train.run(
            [
                "fit", folder.path("houses.csv"), "--target", "price", "--ignore", "id", "--output",
                folder.path("run.h5"), "--epochs", "60", "--hidden", "32", "--hidden", "32",
            ] + arguments)
    }

    @Test func aTableIsLearnedAndToldAbout() throws {
        try writeHouses()
        let outcome = try fit("--learning-rate", "0.01")
        #expect(outcome.code == 0, "\(outcome.errors)")
        for words in [
            "200 rows, 4 columns separated by commas, named by the first line", "not used",
            "2 values: a, b, large", "target, a number",
            "136 rows to learn from, 24 to choose by, 40 to judge by; 3 inputs",
            "penalty share 0.3 ", "penalty share 0.01", "no penalty", "kept", "network 3-",
            "test price: RMSE",
        ] {
            #expect(outcome.output.contains(words), "\(outcome.output)")
        }
        // The relation is exact: nearly all of the variance is explained.
        let run = try RunFile(path: folder.path("run.h5"))
        #expect((run.attributes["test_r_squared"]?.number ?? 0) > 0.99)
        #expect(run.problems().isEmpty)
        // The candidates' files are gone, and sizes are told while the network shrinks.
        #expect(
            try FileManager.default.contentsOfDirectory(atPath: folder.url.path()).sorted()
                == ["houses.csv", "run.h5"])
        #expect(outcome.errors.contains("size 64"))
        let inspection = try BuiltCommand(name: "analyze").run(["inspect", run.path])
        #expect(inspection.code == 0 && inspection.output.contains("/data/inputs/name"))
        #expect(!inspection.output.contains("cannot be read"), "\(inspection.output)")
        // The same on every call.
        let first = try Data(contentsOf: folder.url.appending(path: "run.h5"))
        #expect(try fit("--learning-rate", "0.01").code == 0)
        #expect(try Data(contentsOf: folder.url.appending(path: "run.h5")) == first)
        // Of one penalty there is nothing to choose.
        let small = try fit("--learning-rate", "0.01", "--penalty-share", "0.1")
        #expect(small.code == 0, "\(small.errors)")
        #expect(small.output.contains("inputs are used"), "\(small.output)")
        #expect(!small.output.contains("kept"), "\(small.output)")
        // Its twin learns the same rows, without filters.
        let twin = try train.run([
            "twin", folder.path("run.h5"), "--output", folder.path("twin.h5"),
        ])
        #expect(twin.code == 0, "\(twin.errors)")
        let original = try RunFile(path: folder.path("run.h5"))
        guard case .integers(let sizes)? = original.attributes["final_sizes"] else {
            Issue.record("no final sizes")
            return
        }
        let plain = try RunFile(path: folder.path("twin.h5"))
        #expect(
            try plain.layers().map { $0.weight?.shape ?? [] }
                == [[sizes[0], 3], [sizes[1], sizes[0]], [1, sizes[1]]])
        #expect(plain.attributes["parent"] == .text(original.path))
        // From wherever the table is now, but not from another one.
        let moved = folder.path("moved.csv")
        try FileManager.default.moveItem(atPath: folder.path("houses.csv"), toPath: moved)
        let again = [
            "twin", folder.path("run.h5"), "--output", folder.path("again.h5"), "--data", moved,
        ]
        #expect(try train.run(again).code == 0)
        try writeHouses("moved.csv", base: 1001)
        let other = try train.run(again)
        #expect(other.code == 65 && other.errors.contains("the data are not those of"))
    }

    /// The rows of the test part, predicted from the run file alone, give the recorded outputs.
    @Test func predictionsAreTheRecordedOutputs() throws {
        try writeHouses()
        #expect(try fit().code == 0)
        let outcome = try train("predict", folder.path("run.h5"), folder.path("houses.csv"))
        #expect(outcome.code == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.count == 201 && lines[0] == "price")
        let predictions = lines.dropFirst().compactMap { Double($0) }
        let run = try RunFile(path: folder.path("run.h5"))
        let data =
            try run.numbers(at: "/data/outputs/mean") + run.numbers(at: "/data/outputs/deviation")
        let output = try #require(try run.layers().last?.post)
        let recorded = try run.values(output).map { $0 * data[1] + data[0] }
        #expect(recorded.count == 40)
        // In the order of the file: each is found behind the one before.
        var next = predictions.startIndex
        for value in recorded {
            let found = predictions[next...].firstIndex { abs($0 - value) < 1e-4 * data[1] }
            next = try #require(found) + 1
        }
        // And the error that evaluate tells is that of the run.
        let evaluation = try train(
            "evaluate", folder.path("run.h5"), "--format", "json")
        #expect(evaluation.code == 0, "\(evaluation.errors)")
        let answer = try #require(
            try JSONSerialization.jsonObject(with: Data(evaluation.output.utf8)) as? [String: Any])
        let outputs = try #require(answer["outputs"] as? [[String: Any]])
        let told = try #require(outputs[0]["rootMeanSquareError"] as? Double)
        let stored = try #require(run.attributes["test_rmse"]?.number)
        #expect(abs(told / stored - 1) < 1e-5)
        #expect(answer["samples"] as? Int == 40)
    }

    @Test func newRowsAreCheckedByName() throws {
        try writeHouses()
        #expect(try fit().code == 0)
        for (text, words) in [
            ("kind,size\nc,5\n", ["line 2", "kind", "\"c\"", "b, large"]),
            ("kind\na\n", ["line 1", "size", "not there"]),
            ("kind,size,garden\na,5,1\n", ["column 3", "garden"]),
            ("kind,size\na,x\n", ["line 2", "size", "a number"]),
            ("", ["empty"]), ("kind,size\n", ["no rows"]),
        ] {
            try write("new.csv", text)
            let outcome = try train("predict", folder.path("run.h5"), folder.path("new.csv"))
            #expect(outcome.code == 65, "\(outcome.errors)")
            #expect(outcome.errorLines.count == 1 && outcome.output.isEmpty)
            for word in words + ["new.csv"] {
                #expect(outcome.errors.contains(word), "\(outcome.errors)")
            }
        }
        // Another order, without the target.
        try write("new.csv", "size;kind\n\"5\";\"b, large\"\n")
        let outcome = try train("predict", folder.path("run.h5"), folder.path("new.csv"))
        #expect(outcome.code == 0 && outcome.output.split(separator: "\n").count == 2)
    }

    @Test func classesAreLearned() throws {
        let lines = (0..<300).map { "\($0 % 7),\($0 % 7 < 3 ? "low" : "high, \"up\"")" }
        try write(
            "c.csv",
            lines.map { line in
                let parts = line.split(separator: ",", maxSplits: 1)
                let text = parts[1].split(separator: "\"", omittingEmptySubsequences: false)
                    .joined(separator: "\"\"")
                return "\(parts[0]),\"\(text)\""
            }.joined(separator: "\n"))
        let outcome = try train(
            "fit", folder.path("c.csv"), "--target", "2", "--output", folder.path("c.h5"),
            "--epochs", "100", "--learning-rate", "0.01")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains("balanced accuracy 100.00 %"), "\(outcome.output)")
        let predicted = try train("predict", folder.path("c.h5"), folder.path("c.csv"))
        let rows = predicted.output.split(separator: "\n")
        #expect(rows.first == "class,\"p(high, \"\"up\"\")\",p(low)")
        #expect(rows[1].hasPrefix("low,") && rows[4].hasPrefix("\"high, \"\"up\"\"\","))
    }

    @Test func exportsAreRefusedWithAReason() throws {
        try writeHouses()
        let plain = try train(
            "fit", folder.path("houses.csv"), "--target", "price", "--ignore", "id", "--output",
            folder.path("run.h5"), "--epochs", "5", "--hidden", "8", "--no-compress")
        #expect(plain.code == 0 && plain.output.contains("network 3-8-1"), "\(plain.errors)")
        let good = try train(
            "export", folder.path("run.h5"), "--to", folder.path("n.safetensors"))
        #expect(good.code == 0 && good.output.contains("2 layers, 41 parameters"))
        let bad = try train("export", folder.path("run.h5"), "--to", folder.path("n.onnx"))
        #expect(bad.code == 64 && bad.errors.contains(".safetensors"))
        // A run file is not overwritten by an export to its name.
        try FileManager.default.copyItem(
            atPath: folder.path("run.h5"), toPath: folder.path("run.safetensors"))
        let same = try train(
            "export", folder.path("run.safetensors"), "--to", folder.path("run.safetensors"))
        #expect(same.code == 74, "\(same.errors)")
    }

    /// Every hostile table ends with one error line that names the file, and no run.
    @Test(arguments: [
        ("", "empty"), ("x,y\n", "no rows"), ("y\n1\n2\n3\n", "no column is left"),
        ("x,y\n1,\"2\n3,4\n", "never closed"), ("x,y\n1,2\n3,\u{0}4\n", "NUL"),
        ("y,y\n1,2\n", "rename"), ("x,y\n1,2,3\n", "fields"), ("x,y\nNaN,1\nNaN,2\n", "no column"),
        ("x,y\n1,NaN\n2,NaN\n", "no values"), ("x,y\n1,2\n2,3\n", "too few rows"),
    ])
    func hostileTables(text: String, words: String) throws {
        try write("t.csv", text)
        let outcome = try train(
            "fit", folder.path("t.csv"), "--target", "y", "--output", folder.path("t.h5"))
        #expect(outcome.code == 65, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 1)
        #expect(
            outcome.errors.contains("t.csv") && outcome.errors.contains(words), "\(outcome.errors)")
        #expect(!FileManager.default.fileExists(atPath: folder.path("t.h5")))
    }
}
