import CommandTesting
import Foundation
import LinearAlgebra
import RunFormat
import Testing

/// Runs of networks whose neurons are multiplied by a filter.
@Suite struct GatedLayerTests {
    /// With all components nothing is lost: the accuracy is that of the recorded outputs, which only a
    /// network with its filters reproduces.
    @Test func accuracyAfterReconstructionHeedsFilters() async throws {
        let folder = try TemporaryFolder()
        let path = folder.path("run.h5")
        let trained = try BuiltCommand(name: "train")(
            "compress", "--dataset", "synthetic-digits", "--train-samples", "600",
            "--test-samples", "200", "--hidden", "40", "--hidden", "20", "--penalty", "0.003",
            "--rule", "subgradient", "--remove", "never", "--epochs", "40", "--output", path)
        try #require(trained.code == 0, "\(trained.errors)")
        let run = try RunFile(path: path)
        let layers = try run.layers()
        for layer in layers.dropLast() {
            let filter = try run.vector(try run.dataset("\(layer.path)/filter"))
            let (low, high) = (try #require(filter.min()), try #require(filter.max()))
            #expect(high - low > 0.05, "the filters of \(layer.name) are as good as one number")
        }
        let outputs = try await run.matrix(
            try run.dataset("/layers/output/post"), as: .activations)
        let labels = try #require(try run.labels()).read(0..<outputs.rows)
        let right = (0..<outputs.rows).count { row in
            let classes = (0..<outputs.columns).map { outputs[row, $0] }
            return classes.firstIndex(of: classes.max() ?? .nan) == labels[row]
        }
        for layer in ["hidden1", "hidden2"] {
            let outcome = try analyze(
                "pca", path, "--layer", layer, "--accuracy", "--format", "json")
            let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
            let results = try #require((object as? [String: Any])?["results"] as? [[String: Any]])
            let values = try #require(results[0]["values"] as? [String: Any])
            let accuracy = try #require(values["reconstructionAccuracy"] as? [String: Any])
            let last = try #require((accuracy["accuracy"] as? [Double])?.last)
            #expect(abs(last - Double(right) / Double(outputs.rows)) < 0.0051, "\(layer)")
        }
    }
}
