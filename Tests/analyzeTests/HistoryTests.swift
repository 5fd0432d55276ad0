import CommandTesting
import Foundation
import Testing

/// `analyze history` as it is called.
@Suite struct HistoryTests {
    private static let run = "Fixtures/runs/mnist-64.h5"
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// As h5py reads them.
    @Test func everyFormatHasTheRecordedNumbers() throws {
        let accuracies = [
            0.9478, 0.9609, 0.9662, 0.9685, 0.9714, 0.9703, 0.9731, 0.9741, 0.9743, 0.9744,
        ]
        let table = try analyze("history", Self.run)
        #expect(table.code == 0, "\(table.errors)")
        let rows = table.output.split(separator: "\n").map { $0.split(separator: " ") }
        #expect(
            rows.first == [
                "epoch", "size", "test_accuracy", "test_loss", "train_accuracy", "train_loss",
            ])
        #expect(rows.dropFirst().map { Double($0[2]) } == accuracies)
        let csv = try analyze("history", Self.run, "--format", "csv")
        let lines = csv.output.split(separator: "\n").map { $0.split(separator: ",") }
        #expect(lines.dropFirst().map { Double($0[2]) } == accuracies)
        let json = try analyze("history", Self.run, "--format", "json")
        let document = try #require(
            try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any])
        #expect(document["schema"] as? String == "lamina.history/1")
        let quantities = try #require(document["quantities"] as? [String: [Double]])
        #expect(quantities["test_accuracy"] == accuracies)
        #expect(quantities["size"] == Array(repeating: 64, count: 10))
    }

    @Test func curvesAreDrawnAndReported() throws {
        let picture = folder.path("curves.svg")
        #expect(try analyze("history", Self.run, "--plot", picture).code == 0)
        let drawn = try String(contentsOfFile: picture, encoding: .utf8)
        #expect(drawn.contains("Accuracy") && drawn.contains("epoch"))
        let page = folder.path("page.html")
        let reported = try analyze("report", Self.run, "--metrics", "dead", "-o", page)
        #expect(reported.code == 0, "\(reported.errors)")
        let text = try String(contentsOfFile: page, encoding: .utf8)
        #expect(text.contains("<h3>Training <small>by epoch</small></h3>"))
        #expect(text.contains("Accuracy"))
    }

    @Test(arguments: [
        ("Fixtures/layouts/bare.h5", 65, "no /history"),
        ("Fixtures/damaged/crashes.h5", 65, "HDF5"),
        ("nowhere.h5", 74, "no such file"), ("README.md", 65, "not an HDF5 file"),
    ])
    func whatHasNoneIsAnError(_ path: String, _ code: Int32, _ word: String) throws {
        let outcome = try analyze("history", path)
        #expect(outcome.code == code, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains(word))
    }
}
