import CommandTesting
import Foundation
import Testing

/// Networks with gates through the built command, against NumPy: Fixtures/reference/gated_networks.py.
@Suite("Gated networks") struct GatedNetworkTests {
    private struct Reference: Decodable {
        struct Layer: Decodable {
            var accuracyPre: [Double]?
            var accuracyPost: [Double]?
        }
        var runs: [String: [Layer]]
    }

    private let reference: Reference

    init() throws {
        let file = BuiltCommand.package.appending(path: "Fixtures/reference/gated_networks.json")
        reference = try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
    }

    private static func path(_ name: String) -> String { "Fixtures/gated/\(name).h5" }

    private func results(_ arguments: [String], code: Int32 = 0) throws -> [[String: Any]] {
        let outcome = try analyze.run(arguments + ["--format", "json", "--quiet"])
        #expect(outcome.code == code, "\(outcome.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        return try #require((object as? [String: Any])?["results"] as? [[String: Any]])
    }

    private func expect(
        _ found: Any?, _ expected: [Double], within tolerance: Double,
        _ location: SourceLocation = #_sourceLocation
    ) throws {
        let found = try #require(found as? [Double], sourceLocation: location)
        #expect(found.count == expected.count, sourceLocation: location)
        let size = expected.reduce(0) { max($0, abs($1)) }
        for (x, y) in zip(found, expected) {
            #expect(abs(x - y) <= tolerance * size, "\(x) \(y)", sourceLocation: location)
        }
    }

    /// The gate enters a reconstruction of pre-activations, and not one of what it was applied to.
    @Test(arguments: ["one-layer", "deep"])
    func accuracyAfterReconstructionAppliesGates(name: String) throws {
        let layers = try #require(reference.runs[name])
        let found = try results([
            "pca", Self.path(name), "--accuracy", "--every-k", "--site", "pre", "--site", "post",
        ])
        var compared = 0
        for result in found {
            let index = try #require((result["layer"] as? String)?.last?.wholeNumberValue)
            guard index + 1 < layers.count else { continue }
            let values = try #require(result["values"] as? [String: Any])
            let accuracy = try #require(values["reconstructionAccuracy"] as? [String: Any])
            let expected =
                result["site"] as? String == "pre"
                ? layers[index].accuracyPre : layers[index].accuracyPost
            try expect(accuracy["accuracy"], try #require(expected), within: 1e-12)
            compared += 1
        }
        #expect(compared == 2 * (layers.count - 1))
    }

    @Test func inspectListsTheGate() throws {
        let outcome = try analyze("inspect", Self.path("one-layer"))
        let line = try #require(
            outcome.output.split(separator: "\n").first { $0.contains("  filter") })
        #expect(line.hasSuffix("gate of each neuron, which post contains"))
        #expect(try analyze("validate", Self.path("one-layer")).code == 0)
    }
}
