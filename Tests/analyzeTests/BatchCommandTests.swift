import CommandTesting
import Files
import Foundation
import Testing

/// `analyze batch` and `analyze collect` as they are called.
@Suite struct BatchCommandTests {
    private let folder: TemporaryFolder

    /// Three copies of a run, one in a folder of its own, and two files that are no runs.
    init() throws {
        folder = try TemporaryFolder()
        let run = BuiltCommand.package.appending(path: fixture)
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "runs/deep"), withIntermediateDirectories: true)
        for name in ["a", "b", "deep/c"] {
            try FileManager.default.copyItem(
                at: run, to: folder.url.appending(path: "runs/\(name).h5"))
        }
        let whole = try Data(contentsOf: run)
        try whole.prefix(50_000).write(to: folder.url.appending(path: "runs/cut.h5"))
        try Data().write(to: folder.url.appending(path: "runs/empty.hdf5"))
    }

    private func batch(_ options: String..., out: String = "out") throws -> BuiltCommand.Outcome {
        try analyze.run(
            ["batch", folder.path("runs"), "--out", folder.path(out), "--metrics", "dead,variance"]
                + options)
    }

    private func table(_ folders: String..., name: String = "t.csv") throws -> String {
        let outcome = try analyze.run(
            ["collect"] + folders.map(folder.path) + ["--to", folder.path(name)])
        #expect(outcome.code == 0, "\(outcome.errors)")
        return try String(contentsOfFile: folder.path(name), encoding: .utf8)
    }

    @Test func badRunsAreNamedAndTheRestIsDone() throws {
        let first = try batch()
        #expect(first.code == 1)
        #expect(first.output.isEmpty)
        #expect(first.errorLines.count == 2)
        #expect(first.errorLines.first?.contains("runs/cut.h5: ") == true)
        #expect(first.errorLines.last?.contains("runs/empty.hdf5: ") == true)
        #expect(first.errors.contains("5 runs: 3 done, 0 there already, 2 failed"))
        let before = try table("out")
        let again = try batch()
        #expect(again.code == 1, "\(again.errors)")
        #expect(again.errors.contains("5 runs: 0 done, 3 there already, 2 failed"))
        #expect(try table("out") == before)
        let more = try batch("--metrics", "dead,variance,sparsity")
        #expect(more.errors.contains("5 runs: 3 done, 0 there already, 2 failed"))
    }

    @Test func aKilledBatchGoesOn() throws {
        let many = try TemporaryFolder()
        let run = BuiltCommand.package.appending(path: fixture)
        for index in 0..<30 {
            try FileManager.default.createSymbolicLink(
                at: many.url.appending(path: "\(index).h5"), withDestinationURL: run)
        }
        func start(_ out: String) throws -> Process {
            let process = Process()
            process.executableURL = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
                .deletingLastPathComponent().appending(path: "analyze")
            process.arguments = [
                "batch", many.url.path(), "--out", folder.path(out), "--quiet", "--metrics",
                "pca,dead",
            ]
            try process.run()
            return process
        }
        let whole = try start("whole")
        whole.waitUntilExit()
        #expect(whole.terminationStatus == 0)
        func count() -> Int {
            let files = try? FileManager.default.contentsOfDirectory(atPath: folder.path("killed"))
            return files?.count { $0.hasSuffix(".json") } ?? 0
        }
        var counts: [Int] = []
        for _ in 0..<4 {
            // As soon as it has written something.
            let process = try start("killed")
            let before = count()
            while process.isRunning && count() == before { usleep(200) }
            kill(process.processIdentifier, SIGKILL)
            process.waitUntilExit()
            counts.append(count())
        }
        #expect(counts == counts.sorted())
        #expect(counts.contains { 0 < $0 && $0 < 30 }, "killed with \(counts) of 30")
        let last = try start("killed")
        last.waitUntilExit()
        #expect(last.terminationStatus == 0)
        #expect(try table("killed") == table("whole"))
        let left = try FileManager.default.contentsOfDirectory(atPath: folder.path("killed"))
        #expect(left.count == 30 && left.allSatisfy { $0.hasSuffix(".json") })
    }

    @Test func sharesTogetherAreTheWhole() throws {
        _ = try batch()
        for share in ["1/3", "2/3", "3/3"] {
            _ = try batch("--shard", share, out: "shares")
        }
        #expect(try table("shares") == table("out"))
        let task = try analyze.run(
            [
                "batch", folder.path("runs"), "--out", folder.path("task"), "--shard", "slurm",
                "--metrics", "dead,variance",
            ],
            environment: [
                "SLURM_ARRAY_TASK_ID": "7", "SLURM_ARRAY_TASK_MIN": "7",
                "SLURM_ARRAY_TASK_COUNT": "1",
            ])
        #expect(task.errors.contains("5 runs: 3 done"))
        #expect(try table("task") == table("out"))
    }

    /// The folder by a relative name, from the root, and through a link: three machines.
    @Test func sharesDoNotDependOnHowTheFolderIsNamed() throws {
        let script = """
            cd \(folder.url.path()); rm runs/cut.h5 runs/empty.hdf5; ln -s runs link
            for i in 1 2 3 4 5 6 7 8 9; do cp runs/a.h5 runs/x$i.h5; done
            "$A" batch runs --out out --metrics dead --shard 1/3 --quiet || exit 1
            "$A" batch "$PWD/runs" --out out --metrics dead --shard 2/3 --quiet || exit 2
            "$A" collect out --to t.csv > told 2>&1; [ $? = 1 ] || exit 3
            grep -q '^error: out: share 3/3 is missing; run the shares again' told || exit 4
            "$A" batch link/../link/ --out out --metrics dead --shard 3/3 --quiet || exit 5
            "$A" collect out --to t.csv || exit 6
            ls out/*.json | wc -l | grep -qx 12 || exit 7
            "$A" batch runs/x1.h5 --out out --metrics dead --shard 1/3 --quiet || exit 8
            "$A" collect out --to t.csv > told 2>&1; [ $? = 1 ] || exit 9
            grep -q '^error: out: .* is of another list of runs' told || exit 10
            "$A" batch runs --out out --metrics dead --quiet || exit 11
            "$A" collect out --to t.csv || exit 12
            """
        let outcome = try BuiltCommand(name: "/bin/bash").run(
            ["-c", script],
            environment: ["A": BuiltCommand.folder.appending(path: "analyze").path()])
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    @Test func aRunThatWasRenamedIsTold() throws {
        _ = try batch()
        try FileManager.default.moveItem(
            atPath: folder.path("runs/deep/c.h5"), toPath: folder.path("runs/deep/d.h5"))
        _ = try batch()
        let outcome = try analyze(
            "collect", folder.path("out"), "--to", folder.path("t.csv"))
        // The fixture's copies have one content as well.
        #expect(outcome.errors.contains("are the same file, copied or renamed"))
    }

    @Test(arguments: ["9223372036854775807", "100000"])
    func jobsOfAnyNumber(jobs: String) throws {
        #expect(try batch("--jobs", jobs).errors.contains("3 done"))
    }

    @Test func aTableHasTheNumbersOfASingleAnalysis() throws {
        _ = try batch()
        let rows = try table("out", name: "t.jsonl").split(separator: "\n")
            .filter { $0.contains(#"/a.h5""#) && $0.contains(#""quantity": "totalVariance""#) }
        let single = try analyze("variance", folder.path("runs/a.h5"), "--format", "json")
        let document = try JSONSerialization.jsonObject(with: Data(single.output.utf8))
        let results = (document as? [String: Any])?["results"] as? [[String: Any]] ?? []
        #expect(!rows.isEmpty && rows.count == results.count)
        for (row, result) in zip(rows, results) {
            let fields = try JSONSerialization.jsonObject(with: Data(row.utf8)) as? [String: Any]
            let values = result["values"] as? [String: Any]
            #expect(fields?["layer"] as? String == result["layer"] as? String)
            #expect(fields?["value"] as? Double == values?["totalVariance"] as? Double)
            #expect(fields?["unit"] as? String == "activation^2")
            #expect(fields?["width"] as? Int == 64)
        }
    }

    @Test func storesAreUpdated() throws {
        _ = try batch()
        let store = folder.path("t.sqlite")
        let first = try analyze("collect", folder.path("out"), "--to", store)
        #expect(first.code == 0)
        #expect(first.errors.contains("5 runs (5 new, 0 changed, 0 gone)"))
        #expect(first.errors.contains("warning: 2 runs failed"))
        let again = try analyze("collect", folder.path("out"), "--to", store)
        #expect(again.errors.contains("5 runs (0 new, 0 changed, 0 gone)"))
    }

    @Test func mixedSettingsAreRefused() throws {
        _ = try batch()
        // As if another version of the program had written one of them.
        let files = try FileManager.default.contentsOfDirectory(atPath: folder.path("out"))
        let file = try #require(files.first { $0.hasPrefix("a-") })
        let text = try String(contentsOfFile: folder.path("out/" + file), encoding: .utf8)
        let end = try #require(text.range(of: ",\n  \"checksum\""))
        let body = text[..<end.lowerBound]
            .replacing(/"(version|metricVersion)": \d+/) { "\"\($0.1)\": 99" }
        let digest = hexadecimal(Digest.of(Array(body.utf8)))
        let checksum = #"{"bytes": \#(body.utf8.count), "xxh64": "\#(digest)"}"#
        try (body + ",\n  \"checksum\": " + checksum + "\n}\n")
            .write(toFile: folder.path("out/" + file), atomically: true, encoding: .utf8)
        for name in ["t.csv", "t.sqlite"] {
            let outcome = try analyze("collect", folder.path("out"), "--to", folder.path(name))
            #expect(outcome.code == 65)
            #expect(outcome.errorLines.count == 1)
            for word in ["dead", "variance", "version 99", "--allow-mixed"] {
                #expect(outcome.errors.contains(word))
            }
            #expect(!FileManager.default.fileExists(atPath: folder.path("t.csv")))
        }
        let allowed = try analyze(
            "collect", folder.path("out"), "--to", folder.path("t.csv"), "--allow-mixed")
        #expect(allowed.code == 0)
    }

    @Test(arguments: [
        (["batch", "x"], "--out"), (["batch", "--out", "x"], "runs"),
        (["batch", "x", "--out", "y", "--shard", "5/4"], "--shard"),
        (["batch", "x", "--out", "y", "--jobs", "0"], "--jobs"),
        (["batch", "x", "--out", "y", "--metrics", "nope"], "nope"),
        (["batch", "x", "--out", "y", "--shard", "slurm"], "SLURM_ARRAY_TASK_ID"),
        (["collect", "x"], "--to"), (["collect", "x", "--to", "y.txt"], ".sqlite"),
    ])
    func wrongCommandLines(arguments: [String], word: String) throws {
        let outcome = try analyze.run(arguments)
        #expect(outcome.code == 64)
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains(word))
    }

    @Test func nothingToDo() throws {
        let empty = try TemporaryFolder()
        let batch = try analyze("batch", empty.url.path(), "--out", empty.path("out"))
        #expect(batch.code == 65)
        #expect(batch.errors.contains("no runs there"))
        let collect = try analyze("collect", empty.url.path(), "--to", empty.path("t.csv"))
        #expect(collect.code == 65)
        #expect(collect.errors.contains("no result files"))
        let nowhere = try analyze("collect", empty.path("no"), "--to", empty.path("t.csv"))
        #expect(nowhere.code == 74)
    }
}
