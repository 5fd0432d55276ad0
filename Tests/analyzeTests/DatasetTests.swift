import CommandTesting
import Foundation
import Testing

/// `--dataset`, given once or several times, as a path, a group or a pattern.
@Suite struct DatasetTests {
    private let stacks = "Fixtures/layouts/stacks.h5"
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// The layers of a table of comma-separated values, each once.
    private func layers(_ outcome: BuiltCommand.Outcome, column: Int = 1) -> [Substring] {
        var layers: [Substring] = []
        for line in outcome.output.split(separator: "\n").dropFirst() {
            let layer = line.split(separator: ",", omittingEmptySubsequences: false)[column]
            if !layers.contains(layer) { layers.append(layer) }
        }
        return layers
    }

    private static let choices: [(names: [String], layers: [Substring])] = [
        (["/hidden/0", "/hidden/2"], ["/hidden/0", "/hidden/2"]),
        (["/hidden/10", "hidden/1"], ["/hidden/10", "/hidden/1"]),
        (["/hidden/*"], ["/hidden/0", "/hidden/1", "/hidden/2", "/hidden/10"]),
        (["/hidden"], ["/hidden/0", "/hidden/1", "/hidden/2", "/hidden/10"]),
        (["/hidden/?", "/hidden/0"], ["/hidden/0", "/hidden/1", "/hidden/2"]),
    ]

    @Test(arguments: choices)
    func allThatAreNamedAreAnalyzed(names: [String], layers expected: [Substring]) throws {
        let options = names.flatMap { ["--dataset", $0] }
        let outcome = try analyze.run(["variance", stacks, "--format", "csv"] + options)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(layers(outcome) == expected)
        // What a group or pattern takes in that is no matrix is named.
        let isWide = !names.allSatisfy { $0.contains { $0.isNumber } } && names[0] != "/hidden/?"
        #expect(outcome.errors.contains("/hidden/bias") == isWide)
    }

    @Test func aStackIsSplitIntoLayers() throws {
        let outcome = try analyze(
            "variance", stacks, "--dataset", "/stacks/slu_gzip", "--axes", "sample,layer,unit",
            "--format", "csv")
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.errors.isEmpty)
        let names = (0..<3).map { "/stacks/slu_gzip[\($0)]" }
        #expect(layers(outcome).map(String.init) == names)
        // Each layer has samples 0 ... 11: variance (12² - 1) / 12 of each neuron.
        let rows: [[Substring]] = outcome.output.split(separator: "\n").map {
            $0.split(separator: ",", omittingEmptySubsequences: false)
        }
        let variances = rows.filter { $0[11] == "variance" }.compactMap { Double($0[13]) }
        #expect(variances.count == 12)
        #expect(variances.allSatisfy { abs($0 - 143.0 / 12) < 1e-12 * 143 })
        let one = try analyze(
            "variance", stacks, "--dataset", "/stacks/slu_gzip[2]", "--axes", "sample,layer,unit",
            "--format", "csv")
        #expect(layers(one) == ["/stacks/slu_gzip[2]"])
    }

    @Test func pooledAxesAreTold() throws {
        let pooled = try analyze(
            "variance", stacks, "--dataset", "/stacks/lsu_gzip", "--channel-axis", "last")
        #expect(pooled.code == 0)
        #expect(pooled.errors.contains("--axes layer,sample,unit"))
        let refused = try analyze("variance", stacks, "--dataset", "/stacks/lsu_gzip")
        #expect(refused.code == 65)
        #expect(refused.errors.contains("--axes layer,sample,unit"))
    }

    private static let mistakes: [[String]] = [
        ["--axes", "sample,layer,unit"], ["--dataset", "/hidden/0", "--axes", "sample,layer"],
        ["--dataset", "/hidden/0", "--axes", "sample,unit", "--channel-axis", "last"],
        ["--dataset", "/hidden/0", "--layer", "x"], ["--dataset", "/none/*"],
        ["--dataset", "/hidden/0", "--axes", "sample,layer,unit"],
    ]

    @Test(arguments: mistakes) func mistakesAreUsage(options: [String]) throws {
        let outcome = try analyze.run(["variance", stacks] + options)
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 1)
    }

    /// The other commands know the option as well, also for results of a batch.
    @Test func everyCommandKnowsIt() throws {
        let copy = folder.path("copy.h5")
        try FileManager.default.copyItem(
            at: BuiltCommand.package.appending(path: stacks), to: URL(filePath: copy))
        let hidden = ["/hidden/0", "/hidden/1", "/hidden/2", "/hidden/10"]
        let options = ["--metrics", "variance", "--dataset", "/hidden/*"]
        let live = try analyze.run(["compare", stacks, copy, "--format", "csv"] + options)
        #expect(live.code == 0, "\(live.errors)")
        #expect(layers(live, column: 0).map(String.init) == hidden)

        let results = folder.path("results")
        let batch = try analyze.run(["batch", stacks, copy, "--out", results] + options)
        #expect(batch.code == 0, "\(batch.errors)")
        for (dataset, expected) in [("/hidden", hidden), ("/hidden/1*", [hidden[1], hidden[3]])] {
            let stored = try analyze(
                "compare", results, "--dataset", dataset, "--format", "csv")
            #expect(stored.code == 0, "\(stored.errors)")
            #expect(layers(stored, column: 0).map(String.init) == expected)
        }
        let page = folder.path("report.html")
        let report = try analyze.run(["report", stacks, copy, "-o", page] + options)
        #expect(report.code == 0, "\(report.errors)")
        #expect(try String(contentsOfFile: page, encoding: .utf8).contains("<h3>/hidden/10 "))
    }

    @Test func aFileWithoutLayersNamesItsMatrices() throws {
        let outcome = try analyze("variance", stacks)
        #expect(outcome.code == 65)
        #expect(outcome.errors.contains("/hidden/0, /hidden/1"))
        #expect(outcome.errors.contains("--dataset"))
    }
}

/// Pictures that would be empty.
@Suite struct EmptyPictureTests {
    @Test func anEmptyPictureIsAnError() throws {
        let folder = try TemporaryFolder()
        let picture = folder.path("p.svg")
        let none = try analyze("dead", fixture, "--plot", picture)
        #expect(none.code == 64)
        #expect(none.errorLines.count == 1)
        let pair = try analyze(
            "compare", fixture, "Fixtures/runs/mnist-64.h5", "--metrics", "dead", "--plot", picture)
        #expect(pair.code == 64)
        let degenerate = try analyze(
            "shapiro-wilk", "Fixtures/layouts/shapes.h5", "--layer", "one_row", "--plot", picture)
        #expect(degenerate.code == 65, "\(degenerate.errors)")
        #expect(!FileManager.default.fileExists(atPath: picture))
        #expect(try !analyze("dead", "--help").output.contains("--plot dead.svg"))
        #expect(try analyze("pca", "--help").output.contains("--plot pca.svg"))
    }
}
