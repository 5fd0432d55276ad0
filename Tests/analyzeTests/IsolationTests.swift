import CommandTesting
import Foundation
import Testing

/// Files on which HDF5 1.10.8 crashes or never ends: alone they are an error, among others they
/// take none with them.
@Suite struct IsolationTests {
    private static let damaged = ["crashes", "takes-memory"]
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func path(_ name: String) -> String {
        BuiltCommand.package.appending(path: "Fixtures/damaged/\(name).h5").path()
    }

    private func copy(_ from: String, to name: String) throws {
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: name).deletingLastPathComponent(),
            withIntermediateDirectories: true)
        try FileManager.default.copyItem(atPath: from, toPath: folder.path(name))
    }

    @Test(arguments: damaged, [["variance"], ["inspect"], ["validate"], ["compare"], ["all"]])
    func aloneItIsAnError(_ name: String, _ command: [String]) throws {
        let outcome = try analyze.run(command + [path(name)])
        #expect(outcome.code == 65, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
        #expect(outcome.errorLines.first?.hasPrefix("error: \(path(name)): ") == true)
    }

    /// The same numbers as without the damaged files, in the same order.
    @Test(arguments: ["json", "csv", "table"]) func theOthersHaveTheirResults(_ format: String)
        throws
    {
        try copy(fixture, to: "a.h5")
        try copy(fixture, to: "b.h5")
        let good = [folder.path("a.h5"), folder.path("b.h5")]
        let alone = try analyze.run(["dead"] + good + ["--format", format])
        #expect(alone.code == 0, "\(alone.errors)")
        let mixed = try analyze.run(
            ["dead", good[0], path("crashes"), good[1], path("takes-memory"), "--format", format])
        #expect(mixed.code == 1)
        #expect(mixed.output == alone.output)
        #expect(mixed.errorLines.count == 2, "\(mixed.errors)")
        for (line, name) in zip(mixed.errorLines, Self.damaged) {
            #expect(line.contains(path(name)))
        }
    }

    /// Together or one by one, to the last digit.
    @Test func severalFilesGiveWhatEachGives() throws {
        try copy(fixture, to: "a.h5")
        try copy(fixture, to: "b.h5")
        let paths = [folder.path("a.h5"), folder.path("b.h5")]
        let together = try analyze.run(["all"] + paths + ["--format", "csv"])
        let each = try paths.map { try analyze.run(["all", $0, "--format", "csv"]) }
        func rows(_ text: String) -> [Substring] {
            Array(text.split(separator: "\n").dropFirst())
        }
        #expect(rows(together.output) == each.flatMap { rows($0.output) })
        #expect(together.errors == each.map(\.errors).joined())
    }

    @Test func inspectAndValidateGoOn() throws {
        let inspected = try analyze("inspect", path("crashes"), fixture)
        #expect(inspected.code == 1)
        #expect(inspected.output == (try analyze("inspect", fixture).output))
        let validated = try analyze("validate", fixture, path("crashes"), "nowhere.h5", fixture)
        #expect(validated.code == 1)
        #expect(validated.output == "\(fixture): valid\n\(fixture): valid\n")
        #expect(validated.errorLines.count == 2)
    }

    @Test func aBatchNamesWhatItLost() throws {
        try copy(path("crashes"), to: "runs/a.h5")
        try copy(fixture, to: "runs/b.h5")
        try copy(path("takes-memory"), to: "runs/c.h5")
        try copy(fixture, to: "runs/d.h5")
        for (times, jobs) in ["1", "2", "1000000000000"].enumerated() {
            let outcome = try analyze.run([
                "batch", folder.path("runs"), "--out", folder.path("out"), "--metrics", "dead",
                "--jobs", jobs,
            ])
            #expect(outcome.code == 1)
            #expect(outcome.errorLines.count == 2, "\(outcome.errors)")
            #expect(outcome.errorLines.first?.contains("runs/a.h5: ") == true)
            #expect(
                outcome.errors.contains(
                    times == 0
                        ? "4 runs: 2 done, 0 there already, 2 failed"
                        : "4 runs: 0 done, 2 there already, 2 failed"), "\(outcome.errors)")
        }
        let collected = try analyze(
            "collect", folder.path("out"), "--to", folder.path("table.csv"))
        #expect(collected.errors.contains("4 runs"))
    }

    /// A crash of the library, unlike an error, leaves the run in the notes of the batch.
    @Test func whatAKilledBatchHadAtHandComesLast() throws {
        for name in ["a", "b", "c"] { try copy(fixture, to: "runs/\(name).h5") }
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "out"), withIntermediateDirectories: true)
        func batch(_ arguments: String...) throws -> BuiltCommand.Outcome {
            try analyze.run(
                ["batch", folder.path("runs"), "--out", folder.path("out"), "--metrics", "dead"]
                    + ["--jobs", "1"] + arguments)
        }
        #expect(try batch().code == 0)
        func files() throws -> [(name: String, date: Date)] {
            try FileManager.default.contentsOfDirectory(atPath: folder.path("out")).map {
                let attributes = try FileManager.default.attributesOfItem(
                    atPath: folder.path("out/\($0)"))
                return ($0, attributes[.modificationDate] as? Date ?? .distantPast)
            }
        }
        let first = try files().sorted { $0.name < $1.name }.map(\.name)
        #expect(first.count == 3)
        for name in first { try FileManager.default.removeItem(atPath: folder.path("out/\(name)")) }
        // What a batch leaves behind that dies with the first run at hand.
        try "+ \(first[0])\n+ \(first[1])\n- \(first[1])\n".write(
            toFile: folder.path("out/.lamina-in-flight-1-1"), atomically: true, encoding: .utf8)
        #expect(try batch().code == 0)
        let last = try files().sorted { $0.date < $1.date }.map(\.name)
        #expect(last == [first[1], first[2], first[0]])
    }

    @Test func compareAndReportGoOn() throws {
        try copy(fixture, to: "runs/a.h5")
        try copy(path("crashes"), to: "runs/b.h5")
        try copy(fixture, to: "runs/c.h5")
        let runs = folder.path("runs")
        let compared = try analyze("compare", runs, "--metrics", "dead", "--format", "json")
        #expect(compared.code == 1)
        #expect(compared.errorLines.count == 1, "\(compared.errors)")
        #expect(compared.output.contains("\"first\": \"a\""), "\(compared.output)")
        #expect(compared.output.contains("\"second\": \"c\""), "\(compared.output)")
        let page = folder.path("page.html")
        let reported = try analyze("report", runs, "--metrics", "dead", "-o", page)
        #expect(reported.code == 1)
        #expect(reported.errorLines.count == 1, "\(reported.errors)")
        let text = try String(contentsOfFile: page, encoding: .utf8)
        #expect(text.contains("a.h5") && text.contains("c.h5") && text.contains("crashed"))
    }

    /// What ends the command takes the file in hand, not those before.
    @Test(arguments: ["json", "csv"]) func resultsAreWrittenRunByRun(_ format: String) throws {
        let output = folder.path("out.txt")
        try Data().write(to: folder.url.appending(path: "out.txt"))
        let process = Process()
        process.executableURL = BuiltCommand.folder.appending(path: "analyze")
        process.currentDirectoryURL = BuiltCommand.package
        process.arguments =
            ["all"] + Array(repeating: fixture, count: 400) + ["--format", format]
        process.standardOutput = try FileHandle(
            forWritingTo: folder.url.appending(path: "out.txt"))
        try process.run()
        var text = ""
        // The last layer of the fixture is called "output".
        while process.isRunning, !text.contains("output") {
            Thread.sleep(forTimeInterval: 0.02)
            text = try String(contentsOfFile: output, encoding: .utf8)
        }
        #expect(process.isRunning)
        kill(process.processIdentifier, SIGKILL)
        process.waitUntilExit()
        #expect(text.contains("output"), "\(text.suffix(200))")
    }
}
