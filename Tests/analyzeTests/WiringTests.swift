import CommandTesting
import Foundation
import Testing

/// Recordings from which the way from a layer to the output can be told, and such from which it cannot:
/// Fixtures/reference/wiring.py.
@Suite("How layers follow from one another") struct WiringTests {
    private func accuracies(
        _ file: String, _ options: [String] = []
    ) throws -> (accuracy: [String: Double], warnings: [String: String]) {
        let outcome = try analyze.run(
            ["pca", "Fixtures/wiring/\(file).h5", "--accuracy", "--format", "json"] + options)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let results = try #require((object as? [String: Any])?["results"] as? [[String: Any]])
        var accuracy: [String: Double] = [:]
        var warnings: [String: String] = [:]
        for result in results where result["status"] as? String == "ok" {
            let layer = try #require(result["layer"] as? String)
            let values = try #require(result["values"] as? [String: Any])
            let found = values["reconstructionAccuracy"] as? [String: Any]
            accuracy[layer] = (found?["accuracy"] as? [Double])?.last
            warnings[layer] = (result["warnings"] as? [String])?.joined(separator: "; ")
        }
        return (accuracy, warnings)
    }

    /// With all components nothing is lost, and the labels are what the network answers.
    @Test(
        arguments: [
            ("complete", ["a", "b", "c"], []), ("named", ["a", "b", "c"], []),
            ("float16", ["a", "b", "c"], []), ("only-pre", ["a", "b", "c"], []),
            ("other-names", [], ["encoder", "decoder", "head"]),
            ("no-activation", ["c"], ["a", "b"]), ("no-bias", ["b", "c"], ["a"]),
            ("no-outputs", [], ["a", "b"]), ("skips", ["c"], ["a", "b"]),
            ("open-end", [], ["a", "b", "c"]),
            ("bfloat16", ["a", "b", "c"], []), ("bfloat16-no-bias", ["b", "c"], ["a"]),
        ])
    func accuracyIsThatOfTheNetworkOrNone(
        file: String, known: [String], unknown: [String]
    ) throws {
        let (accuracy, warnings) = try accuracies(file)
        #expect(accuracy.keys.sorted() == known)
        for layer in known {
            // Two outputs that half precision makes equal are two answers.
            #expect(try #require(accuracy[layer]) >= (file.contains("float16") ? 0.97 : 1))
            #expect(warnings[layer] == "", "\(warnings)")
        }
        for layer in unknown {
            #expect(warnings[layer]?.hasPrefix("no accuracy: ") == true, "\(warnings)")
        }
    }

    /// What a layer that skips another one hands on is recorded, and what follows it is a chain.
    @Test func whatTheNextLayerReadsIsEnough() throws {
        let (accuracy, _) = try accuracies("skips", ["--site", "post", "--layer", "b"])
        #expect(accuracy == ["b": 1])
    }

    @Test func theWarningSaysWhatDiffers() throws {
        let (_, warnings) = try accuracies("no-bias", ["--layer", "a"])
        let warning = try #require(warnings["a"])
        #expect(warning.contains("the first samples of /layers/b/pre differ by "))
        #expect(warning.contains("is an activation, a bias, a connection, a layer or an index"))
        let (_, open) = try accuracies("open-end", ["--layer", "c"])
        #expect(open["c"] == "no accuracy: c stores neither its activation nor post")
        let (_, unrecorded) = try accuracies("no-outputs", ["--layer", "a"])
        #expect(unrecorded["a"]?.contains("c, the last layer, records no values") == true)
    }
}
