import CommandTesting
import Foundation
import Testing

struct CompareTests {
    @Test func putsTwoRunsSideBySide() throws {
        let folder = try TemporaryFolder()
        let copy = folder.path("copy.h5")
        try FileManager.default.copyItem(
            at: BuiltCommand.package.appending(path: fixture), to: URL(filePath: copy))
        let outcome = try analyze("compare", fixture, copy, "--metrics", "dead", "--format", "csv")
        #expect(outcome.code == 0)
        let lines = outcome.output.split(separator: "\n")
        #expect(lines.first == "layer,site,metric,quantity,unit,first,second,difference,relative")
        #expect(lines.contains { $0.hasPrefix("hidden,post,dead,fraction,fraction,") })
        // A run does not differ from its copy.
        #expect(lines.dropFirst().allSatisfy { $0.contains(",0.0,") })
    }

    private static let conditions: [(condition: String, code: Int32)] = [
        ("dead.fraction >= 0", 2), ("dead.fraction > 1", 0), ("test_accuracy < 0.99", 2),
        ("dead.fractoin > 1", 65), ("pca.effectiveRank > 1", 65), ("dead.fraction 1", 64),
    ]

    @Test(arguments: conditions)
    func endsWithTwoOnAHit(condition: String, code: Int32) throws {
        let outcome = try analyze(
            "compare", fixture, "--metrics", "dead", "--fail-on", condition)
        #expect(outcome.code == code)
        #expect(outcome.errorLines.isEmpty == (code == 0))
    }

    @Test func readsFoldersAndResultsAndGoesOnAfterBadRuns() throws {
        let folder = try TemporaryFolder()
        let runs = folder.url.appending(path: "runs/deep")
        try FileManager.default.createDirectory(at: runs, withIntermediateDirectories: true)
        for name in ["a.h5", "b.h5", "c.h5"] {
            try FileManager.default.copyItem(
                at: BuiltCommand.package.appending(path: fixture),
                to: runs.appending(path: name))
        }
        let clean = try analyze(
            "compare", folder.path("runs"), "--metrics", "dead", "--format", "json")
        #expect(clean.code == 0)
        #expect(clean.output.contains("\"schema\": \"lamina.comparison/1\""))
        #expect(clean.output.contains("\"runs\": 3"))

        try Data("no HDF5".utf8).write(to: runs.appending(path: "d.h5"))
        let partly = try analyze(
            "compare", folder.path("runs"), "--metrics", "dead", "--format", "json")
        #expect(partly.code == 1)
        #expect(partly.output == clean.output)
        #expect(partly.errorLines.count == 1)
        #expect(partly.errorLines.first?.contains("d.h5") == true)

        let results = folder.path("results.json")
        let names = ["a.h5", "b.h5", "c.h5"].map { runs.appending(path: $0).path() }
        _ = try analyze.run(
            ["all"] + names + ["--metrics", "dead", "--format", "json", "--output", results])
        let stored = try analyze("compare", results, "--format", "csv")
        #expect(stored.code == 0)
        #expect(stored.output.contains(",64,,hidden,post,dead,fraction,,3,"))
    }

    private static let mistakes: [(arguments: [String], code: Int32)] = [
        (["compare"], 64), (["compare", "nowhere.h5"], 74), (["compare", "Sources"], 64),
        (["compare", fixture, "--by", "colour"], 64), (["compare", fixture, "--level", "1"], 64),
        (["compare", fixture, "--metrics", "none"], 64),
        (["compare", fixture, "--baseline", "nowhere.h5"], 1),
        (["report", fixture], 64), (["report", fixture, "-o", "nowhere/report.html"], 74),
        (["report", "nowhere.h5", "-o", "/dev/null"], 74),
    ]

    @Test(arguments: mistakes)
    func saysWhatIsWrongInALine(arguments: [String], code: Int32) throws {
        let outcome = try analyze.run(arguments)
        #expect(outcome.code == code)
        #expect(outcome.errorLines.count == 1)
    }

    @Test func findsTheSameInRunsBatchesAndStores() throws {
        let folder = try TemporaryFolder()
        let runs = folder.url.appending(path: "runs")
        try FileManager.default.createDirectory(at: runs, withIntermediateDirectories: true)
        for name in ["a.h5", "b.h5"] {
            try FileManager.default.copyItem(
                at: BuiltCommand.package.appending(path: fixture), to: runs.appending(path: name))
        }
        let (results, store) = (folder.path("results"), folder.path("store.sqlite"))
        #expect(try analyze("batch", runs.path(), "--out", results, "--quiet").code == 0)
        #expect(try analyze("collect", results, "--to", store).code == 0)
        let outcomes = try [runs.path(), results, store].map {
            try analyze("compare", $0, "--by", "width", "--format", "json", "--quiet")
        }
        #expect(outcomes.map(\.code) == [0, 0, 0])
        #expect(outcomes[0].output.contains("\"quantity\": \"participationRatio\""))
        #expect(outcomes[1].output == outcomes[0].output)
        #expect(outcomes[2].output == outcomes[0].output)
    }

    /// The width is that of the network, whichever layer is looked at.
    @Test func groupsAnyLayerByTheWidth() throws {
        let outcome = try analyze(
            "compare", fixture, "--layer", "output", "--metrics", "dead", "--format", "csv")
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("\nwidth,64,,output,post,dead,count,"))
    }

    @Test func comparesSnapshots() throws {
        let run = "Fixtures/layouts/metadata.h5"
        let pair = try analyze(
            "compare", run, "--snapshot", "2", "--snapshot", "final", "--metrics", "variance")
        #expect(pair.code == 0)
        #expect(pair.output.contains("step 2") && pair.output.contains("variance.totalVariance"))
        let all = try analyze(
            "compare", run, "--snapshot", "all", "--by", "snapshot", "--metrics", "variance",
            "--format", "csv")
        #expect(all.code == 0)
        let steps = all.output.split(separator: "\n").filter { $0.contains(",totalVariance,") }
            .map { $0.split(separator: ",")[1] }
        #expect(steps == ["2", "10", "100", "final"])
        #expect(try analyze("compare", run, "--snapshot", "3").code == 64)
    }

    @Test func writesAReport() throws {
        let folder = try TemporaryFolder()
        let page = folder.path("report.html")
        let outcome = try analyze("report", fixture, "--output", page, "--title", "A & B")
        #expect(outcome.code == 0)
        #expect(outcome.output.isEmpty)
        let text = try String(contentsOfFile: page, encoding: .utf8)
        #expect(text.contains("<title>A &amp; B</title>"))
        // Every metric has its README.
        #expect(text.contains("id=\"metric-dead\"") && text.contains("id=\"metric-sparsity\""))
        #expect(text.contains("Hanley"))
    }
}
