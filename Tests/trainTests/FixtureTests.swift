import CommandTesting
import Foundation
import LinearAlgebra
import RunFormat
import Testing

/// The runs that `Scripts/fixtures` makes.
@Suite struct FixtureTests {
    private static func path(_ name: String) -> String {
        BuiltCommand.package.appending(path: "Fixtures/runs/\(name)").path()
    }

    @Test(arguments: ["synthetic-digits-32.h5", "mnist-64.h5"])
    func isARunOfTheTrainer(name: String) throws {
        let run = try RunFile(path: Self.path(name))
        #expect(run.problems().isEmpty)
        #expect(run.attributes.framework == "Lamina")
        #expect(try run.layers().map(\.name) == ["hidden", "output"])
        let size = try FileManager.default.attributesOfItem(atPath: run.path)[.size] as? Int
        #expect((size ?? .max) < 1_000_000)
    }

    // As in Scripts/fixtures. Other processors round differently, and training carries that on: the
    // last bits of a float are 6e-8, and Adam's first steps turn the sign of a gradient that is
    // nearly 0 into a whole step, 1e-3.
    @Test func trainingAgainGivesTheSameNumbers() async throws {
        let folder = try TemporaryFolder()
        let outcome = try BuiltCommand(name: "train").run([
            "mlp", "--dataset", "synthetic-digits", "--train-samples", "1000", "--test-samples",
            "500", "--hidden", "32", "--batch", "32", "--epochs", "5", "--seed", "1",
            "--record-samples", "300",
            "--output", folder.path("run.h5"),
        ])
        #expect(outcome.code == 0, "\(outcome.errors)")
        let again = try RunFile(path: folder.path("run.h5"))
        let committed = try RunFile(path: Self.path("synthetic-digits-32.h5"))
        // Other settings may have been added since.
        func recipe(_ run: RunFile) throws -> [String: NSObject] {
            let text = try #require(run.attributes.parameters)
            let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
            return try #require(object as? [String: NSObject])
        }
        let settings = try recipe(again)
        for (name, value) in try recipe(committed) { #expect(settings[name] == value, "\(name)") }
        #expect(try again.labels()?.read(0..<300) == committed.labels()?.read(0..<300))
        for (new, old) in zip(try again.layers(), try committed.layers()) {
            #expect(new.name == old.name)
            for role in [ArrayRole.weight, .pre, .post] {
                let presentation: Presentation = role == .weight ? .weights : .activations
                let a = try await again.matrix(new.array(role), as: presentation)
                let b = try await committed.matrix(old.array(role), as: presentation)
                try #require(a.rows == b.rows && a.columns == b.columns)
                var (largest, difference) = (0.0, 0.0)
                for row in 0..<a.rows {
                    for column in 0..<a.columns {
                        largest = max(largest, abs(b[row, column]))
                        difference = max(difference, abs(a[row, column] - b[row, column]))
                    }
                }
                #expect(difference < 1e-3 * largest, "\(new.name) \(role)")
            }
        }
    }
}
