import CommandTesting
import Foundation
import Testing

/// `compare --fail-on`, which must not pass on what it could not see.
@Suite struct GateTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A document with a result of `dead` for each of `values`: a fraction, or a status without one.
    private func document(_ values: [(layer: String, fraction: String, status: String)]) -> String {
        let results = values.map { value in
            let reason = value.status == "ok" ? "null" : "\"it broke\""
            return """
                {"run": "a.h5", "layer": "\(value.layer)", "site": "post", "snapshot": null,
                 "metric": "dead", "metricVersion": 2, "status": "\(value.status)",
                 "reason": \(reason), "warnings": [], "samples": 100, "neurons": 10,
                 "nonFinite": 0, "configuration": {}, "values": {"fraction": \(value.fraction)}}
                """
        }
        return #"{"schema": "lamina.results/1", "results": [\#(results.joined(separator: ","))]}"#
    }

    private static let cases: [(values: [(String, String, String)], layer: String?, code: Int32)] =
        [
            ([("a", "0.1", "ok"), ("b", "0.2", "ok")], nil, 0),
            ([("a", "0.1", "ok"), ("b", "0.4", "ok")], nil, 2),
            // One that broke beside one that is well, and beside a hit.
            ([("a", "0.1", "ok"), ("b", "null", "failed")], nil, 1),
            ([("a", "0.4", "ok"), ("b", "null", "failed")], nil, 2),
            ([("a", "0.1", "ok"), ("b", "null", "degenerate")], nil, 1),
            ([("a", "0.1", "ok"), ("b", "0.9", "insufficient")], nil, 1),
            // What is not finite is null in a document.
            ([("a", "0.1", "ok"), ("b", "null", "ok")], nil, 1),
            // Nothing can answer.
            ([("a", "null", "failed")], nil, 65), ([("a", "null", "ok")], nil, 65), ([], nil, 65),
            // Only what was asked for counts.
            ([("a", "0.1", "ok"), ("b", "null", "failed")], "a", 0),
            ([("a", "0.1", "ok"), ("b", "0.4", "ok")], "a", 0),
            ([("a", "0.1", "ok"), ("b", "0.4", "ok")], "?", 2),
            ([("a", "0.1", "ok")], "none", 64),
        ]

    @Test(arguments: 0..<cases.count) func documentsAreCheckedAsAWhole(index: Int) throws {
        let expected = Self.cases[index]
        let file = folder.path("results.json")
        let text = document(expected.values.map { ($0.0, $0.1, $0.2) })
        try text.write(toFile: file, atomically: true, encoding: .utf8)
        let layer = expected.layer.map { ["--layer", $0] } ?? []
        let outcome = try analyze.run(
            ["compare", file, "--by", "run", "--fail-on", "dead.fraction > 0.3"] + layer)
        #expect(outcome.code == expected.code, "\(outcome.errors)")
        #expect(outcome.errorLines.isEmpty == (expected.code == 0), "\(outcome.errors)")
    }

    /// The fixture beside a run of which no layer can be read: live, from a batch, from a store.
    private func sources(_ runs: [String], batch: [String] = []) throws -> [[String]] {
        let (results, store) = (folder.path("results"), folder.path("store.sqlite"))
        _ = try analyze.run(
            ["batch"] + runs + ["--out", results, "--metrics", "dead", "--quiet"] + batch)
        _ = try analyze("collect", results, "--to", store, "--quiet")
        let printed = folder.path("printed.json")
        _ = try analyze.run(
            ["all"] + runs + ["--metrics", "dead", "--format", "json", "--output", printed])
        return [runs, [results], [store], [printed]]
    }

    @Test func everySourceGivesTheSameVerdict() throws {
        let bad = "Fixtures/layouts/claims.h5"
        let runs = [fixture, "Fixtures/runs/mnist-64.h5"]
        for source in try sources(runs) {
            func code(_ condition: String, _ more: String...) throws -> (code: Int32, hits: Int) {
                let outcome = try analyze.run(
                    ["compare"] + source + ["--metrics", "dead", "--by", "run", "--quiet"]
                        + ["--fail-on", condition] + more)
                return (outcome.code, outcome.errorLines.count)
            }
            #expect(try code("dead.count < 0") == (0, 0), "\(source)")
            #expect(try code("dead.count >= 0") == (2, 4), "\(source)")
            #expect(try code("dead.count >= 0", "--layer", "output") == (2, 2), "\(source)")
            #expect(try code("dead.count >= 0", "--layer", "h*") == (2, 2), "\(source)")
            #expect(try code("dead.none > 0").code == 65, "\(source)")
            #expect(try code("dead.count >= 0", "--layer", "none").code == 64, "\(source)")
        }
        for source in try sources([fixture, bad]) {
            let outcome = try analyze.run(
                ["compare"] + source + ["--metrics", "dead", "--by", "run", "--quiet"]
                    + ["--fail-on", "dead.fraction > 2"])
            #expect(outcome.code == 1, "\(source): \(outcome.errors)")
        }
    }

    /// The width is the network's, whatever of it was analyzed and wherever the results lie.
    @Test func oneRuleForTheWidth() throws {
        let (results, store) = (folder.path("results"), folder.path("store.sqlite"))
        let layer = ["--layer", "output", "--metrics", "dead"]
        _ = try analyze.run(["batch", fixture, "--out", results, "--quiet"] + layer)
        _ = try analyze("collect", results, "--to", store, "--quiet")
        let printed = folder.path("printed.json")
        _ = try analyze.run(["all", fixture, "--format", "json", "--output", printed] + layer)
        for source in [fixture, results, store, printed] {
            let outcome = try analyze.run(
                ["compare", source, "--by", "width", "--format", "csv", "--quiet"] + layer)
            #expect(outcome.output.contains("\nwidth,64,,output,post,dead,count,"), "\(source)")
        }
        let table = folder.path("table.csv")
        _ = try analyze("collect", results, "--to", table, "--quiet")
        let text = try String(contentsOfFile: table, encoding: .utf8)
        // run, dataset, model, framework, width
        #expect(text.split(separator: "\n")[1].split(separator: ",")[4] == "64")
    }

    /// Two runs that have no number in common, and a third like the first: the condition holds where it
    /// can be checked, and what cannot be checked is an error.
    @Test(arguments: [1, 2]) func aRunWithoutTheNumberIsAnError(_ count: Int) throws {
        let folder = try TemporaryFolder()
        let document = document([("a", "0.1", "ok")])
        let other = self.document([("z", "null", "ok")])
        var paths: [String] = []
        for (index, text) in ([other] + Array(repeating: document, count: count)).enumerated() {
            try Data(text.utf8).write(to: folder.url.appending(path: "\(index).json"))
            paths.append(folder.path("\(index).json"))
        }
        let outcome = try analyze.run(
            ["compare"] + paths + ["--fail-on", "dead.fraction > 0.9"])
        #expect(outcome.code == 1, "\(outcome.errors)")
    }

    @Test func aConditionThatNoResultAnswersIsBadData() throws {
        // Ten deviations are too few for a mixture.
        let outcome = try analyze(
            "compare", fixture, "--layer", "output", "--metrics", "exp-normal", "--by", "run",
            "--fail-on", "exp-normal.weight > 0.01")
        #expect(outcome.code == 65, "\(outcome.errors)")
        #expect(outcome.errors.contains("no result can answer"))
    }
}
