import CommandTesting
import Foundation
import Testing

/// Which metrics `analyze all` and the commands on many runs compute.
@Suite("Metrics of all") struct AllTests {
    private let gated = "Fixtures/gated/one-layer.h5"

    private func metrics(_ arguments: String...) throws -> Set<String> {
        let outcome = try analyze.run(arguments + ["--format", "json", "--quiet"])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let results = try #require((object as? [String: Any])?["results"] as? [[String: Any]])
        return Set(results.compactMap { $0["metric"] as? String })
    }

    @Test func whatTakesExtraTimeHasToBeNamed() throws {
        let all = try metrics("all", gated)
        #expect(all.contains("pca"))
        #expect(all.isDisjoint(with: ["next-weights", "low-rank", "importance"]))
        #expect(
            try metrics("all", gated, "--metrics", "importance,dead") == ["importance", "dead"])
        let help = try analyze("all", "--help").output.split(whereSeparator: \.isWhitespace)
            .joined(separator: " ")
        #expect(
            help.contains(
                "Default: all but next-weights, low-rank, importance, which take extra time."))
        let own = try analyze("importance", "--help").output
        #expect(own.contains("analyze all leaves it out unless --metrics names it"))
    }

    /// A run without weights.
    @Test func whatAppliesToNoLayerIsSaid() throws {
        let named = try analyze("all", "Fixtures/layouts/types.h5", "--metrics", "next-weights")
        #expect(named.code == 65)
        #expect(named.errors.contains("the layer stores no weight"))
    }

    /// A condition names its metric.
    @Test func aConditionIsEnoughOfAName() throws {
        // One gate of 10 is 0: silencing that neuron changes nothing.
        let outcome = try analyze("compare", gated, "--fail-on", "importance.harmless > 0")
        #expect(outcome.code == 2, "\(outcome.errors)")
        let none = try analyze("compare", gated, "--fail-on", "importance.harmless > 10")
        #expect(none.code == 0, "\(none.errors)")
    }

    @Test func batchesComputeWhatIsNamed() throws {
        let folder = try TemporaryFolder()
        let results = folder.path("results")
        #expect(try analyze("batch", gated, "--out", results, "--quiet").code == 0)
        let store = folder.path("store.csv")
        #expect(try analyze("collect", results, "--to", store).code == 0)
        #expect(try !String(contentsOfFile: store, encoding: .utf8).contains(",importance,"))
        #expect(
            try analyze(
                "batch", gated, "--out", results, "--quiet", "--metrics", "importance,low-rank"
            ).code == 0)
        #expect(try analyze("collect", results, "--to", store).code == 0)
        let text = try String(contentsOfFile: store, encoding: .utf8)
        #expect(text.contains(",importance,") && text.contains(",low-rank,"))
    }
}
