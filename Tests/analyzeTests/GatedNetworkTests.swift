import CommandTesting
import Foundation
import Testing

/// Networks with gates through the built command, against NumPy: Fixtures/reference/gated_networks.py.
@Suite("Gated networks") struct GatedNetworkTests {
    private struct Reference: Decodable {
        struct Layer: Decodable {
            struct Importance: Decodable {
                var loss: Double
                var exact: [Double]
                var standardError: [Double]
                var firstOrder: [Double]
                var outgoingNorm: [Double]
                var variance: [Double]
                var meanAbsolute: [Double]
            }
            struct LowRank: Decodable {
                var singularValues: [Double]
                var weightError: [Double]
                var meanSquare: Double?
                var activationError: [Double]?
            }
            var lowRank: LowRank
            var importance: Importance?
            var sums: [Double]?
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

    @Test(arguments: ["one-layer", "deep", "targets"])
    func metricsOfTheNetworkAreNumPys(name: String) throws {
        let layers = try #require(reference.runs[name])
        let found = try results(
            ["all", Self.path(name), "--metrics", "next-weights,low-rank,importance"])
        #expect(found.count == 3 * layers.count)
        for (index, layer) in layers.enumerated() {
            for result in found where result["layer"] as? String == "layer\(index)" {
                let values = try #require(result["values"] as? [String: Any])
                switch result["metric"] as? String {
                case "next-weights":
                    guard let sums = layer.sums else {
                        #expect(result["status"] as? String == "skipped")
                        #expect(result["reason"] as? String == "no layer with weights follows")
                        continue
                    }
                    try expect(values["sums"], sums, within: 1e-14)
                    #expect((values["gate"] as? [Double])?.count == sums.count)
                case "low-rank":
                    try expect(
                        values["singularValues"], layer.lowRank.singularValues, within: 1e-14)
                    // Roots of sums that cancel to 0.
                    try expect(values["weightError"], layer.lowRank.weightError, within: 1e-7)
                    guard let meanSquare = layer.lowRank.meanSquare,
                        let error = layer.lowRank.activationError
                    else {
                        #expect(values["activation"] is NSNull)
                        continue
                    }
                    let activation = try #require(values["activation"] as? [String: Any])
                    try expect(
                        [activation["meanSquare"] as? Double ?? 0], [meanSquare], within: 1e-13)
                    try expect(activation["error"], error, within: 1e-7)
                default:
                    guard let expected = layer.importance else {
                        #expect(result["status"] as? String == "skipped")
                        continue
                    }
                    #expect(
                        values["lossKind"] as? String
                            == (name == "targets" ? "squared-error" : "cross-entropy"))
                    try expect([values["loss"] as? Double ?? 0], [expected.loss], within: 1e-13)
                    try expect(values["exact"], expected.exact, within: 1e-12)
                    try expect(values["standardError"], expected.standardError, within: 1e-12)
                    // Of central differences, which lose half of the digits.
                    try expect(values["firstOrder"], expected.firstOrder, within: 1e-8)
                    try expect(values["outgoingNorm"], expected.outgoingNorm, within: 1e-14)
                    try expect(values["variance"], expected.variance, within: 1e-13)
                    try expect(values["meanAbsolute"], expected.meanAbsolute, within: 1e-13)
                    // A gate of 0 silences already.
                    #expect((values["exact"] as? [Double])?[2] == 0)
                }
            }
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

    /// Layers that do not follow from one another are told, not computed through.
    @Test func aNetworkThatSkipsLayersIsRefused() throws {
        let outcome = try analyze("importance", Self.path("skips"), "--format", "json")
        #expect(outcome.code == 65, "\(outcome.errors)")
        #expect(outcome.errors.contains("differ by "))
        let all = try results(["all", Self.path("skips"), "--metrics", "variance,importance"])
        #expect(all.map { $0["status"] as? String } == ["ok", "skipped", "ok", "skipped"])
    }

    @Test func gatesOfAnotherNumberAreAFault() throws {
        let outcome = try analyze("next-weights", Self.path("wrong-gate"), "--format", "json")
        #expect([1, 65].contains(outcome.code))
        #expect(outcome.output.contains("has 7 gates, but the layer has 10 neurons"))
        let validated = try analyze("validate", Self.path("wrong-gate"))
        #expect(validated.code == 65)
        #expect(
            validated.output.contains(
                "/layers/layer0/filter: 7 neurons, but /layers/layer0/pre has 10"))
    }

    @Test func inspectListsTheGate() throws {
        let outcome = try analyze("inspect", Self.path("one-layer"))
        let line = try #require(
            outcome.output.split(separator: "\n").first { $0.contains("  filter") })
        #expect(line.hasSuffix("gate of each neuron, which post contains"))
        #expect(try analyze("validate", Self.path("one-layer")).code == 0)
    }

    @Test func fewerSamplesAreTold() throws {
        let found = try results([
            "importance", Self.path("deep"), "--samples", "20", "--layer", "layer0",
        ])
        let values = try #require(found[0]["values"] as? [String: Any])
        #expect(values["samplesUsed"] as? Int == 20)
        // 12 neurons, read by 9, whose 5 readers are computed anew: 20 · 12 · (9 + 9 · 5).
        #expect(values["multiplyAdds"] as? Double == 12_960.0)
        let wrong = try analyze("importance", Self.path("deep"), "--samples", "0")
        #expect(wrong.code == 64)
        #expect(wrong.errors.contains("--samples is 0; expected a positive number"))
    }

    @Test func theListSaysWhatIsReadBeside() throws {
        let outcome = try analyze("list")
        #expect(
            outcome.output.contains(
                "reads weight; beside: gates, the next layer's weights; not in all, unless named\n"
            ))
        #expect(
            outcome.output.contains(
                "reads post, pre; beside: labels, targets, gates, all following layers; not in all, unless "
                    + "named\n"))
    }
}
