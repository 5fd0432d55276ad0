import CommandTesting
import Foundation
import LinearAlgebra
import Testing

/// On a processor that OpenBLAS does not know, which a library in its place plays.
@Suite struct CoreTests {
    private static let run = "Fixtures/runs/mnist-mlp-64.h5"
    /// The core that is asked for, else the one that OpenBLAS falls back to.
    private let unknown = """
        #include <stdlib.h>
        char *openblas_get_corename(void) {
            char *asked = getenv("OPENBLAS_CORETYPE");
            return asked ? asked : "Prescott";
        }
        """
    private var expected: String {
        BLASLibrary(version: "", core: "Prescott", threading: "", isForManyProcessors: true)
            .betterCore(for: .current) ?? "Prescott"
    }

    @Test(arguments: ["analyze", "train"])
    func programsStartAgainForABetterCore(name: String) throws {
        let library = try SharedLibrary(source: unknown)
        let outcome = try library.run(BuiltCommand(name: name), ["--version", "--verbose"])
        #expect(outcome.code == 0 && outcome.errors.isEmpty)
        #expect(outcome.output.contains("core \(expected),"), "\(outcome.output)")
    }

    @Test(arguments: ["Nehalem", "Haswell"])
    func theUsersChoiceStays(core: String) throws {
        let environment = ["OPENBLAS_CORETYPE": core]
        let outcome = try analyze("--version", "--verbose", environment: environment)
        #expect(outcome.output.contains("core \(core),"), "\(outcome.output)")
    }

    /// A library without the better core falls back again.
    @Test func theyStartAgainOnce() throws {
        let library = try SharedLibrary(
            source: "char *openblas_get_corename(void) { return \"Prescott\"; }")
        let outcome = try library.run(analyze, ["--version", "--verbose"])
        #expect(outcome.code == 0)
        #expect(outcome.output.contains("core Prescott,"))
    }

    /// Arguments and environment arrive as they were, and results are the same.
    @Test func whatWasAskedForIsDone() throws {
        let library = try SharedLibrary(source: unknown)
        let words = ["pca", Self.run, "--layer", "h*", "--format", "csv", "--quiet"]
        let usual = try analyze.run(words, environment: ["OPENBLAS_CORETYPE": expected])
        let outcome = try library.run(analyze, words)
        #expect(outcome.code == 0)
        #expect(outcome.output == usual.output)
        #expect(usual.output.contains("hidden"))
    }
}
