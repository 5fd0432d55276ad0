import CommandTesting
import Foundation
import Testing

@Suite("analyze pca --solver") struct RandomizedTests {
    private func result(_ arguments: String...) throws -> [String: Any] {
        let outcome = try analyze.run(
            ["pca", fixture, "--layer", "hidden", "--format", "json", "--quiet"] + arguments)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let document = try #require(object as? [String: Any])
        return try #require((document["results"] as? [[String: Any]])?.first)
    }

    private func numbers(_ value: Any?) throws -> [Double] { try #require(value as? [Double]) }

    /// Never above the exact eigenvalues, and near one of them.
    @Test func theFirstComponentsAreThoseOfTheWholeSpectrum() throws {
        let exact = try #require(result()["values"] as? [String: Any])
        let found = try result("--solver", "randomized", "--components", "6", "--seed", "3")
        let values = try #require(found["values"] as? [String: Any])
        let (all, some) = (
            try numbers(exact["explainedVariance"]), try numbers(values["explainedVariance"])
        )
        let residual = try #require(values["residual"] as? [String: Any])
        let norms = try numbers(residual["norms"])
        #expect(some.count == 6 && norms.count == 6)
        for (index, value) in some.enumerated() {
            #expect(value <= all[index] * (1 + 1e-13))
            #expect(abs(value - all[index]) <= norms[index] * some[0])
        }
        let ratios = try numbers(values["explainedVarianceRatio"])
        let share = try #require(residual["share"] as? Double)
        #expect(abs(share + ratios.reduce(0, +) - 1) < 1e-12)
        #expect(try numbers(values["reconstructionError"]).count == 7)
        #expect(
            (values["components"] as? [[Double]])?.map(\.count) == Array(repeating: 64, count: 6))
        for name in ["participationRatio", "effectiveRank"] { #expect(values[name] is NSNull) }
        let configuration = try #require(found["configuration"] as? [String: Any])
        #expect(configuration["solver"] as? String == "randomized")
        #expect(configuration["seed"] as? Int == 3)
        #expect(configuration["oversampling"] as? Int == 10)
    }

    @Test(arguments: [
        (["--solver", "randomized"], "--components"),
        (["--solver", "randomized", "--components", "2", "--accuracy"], "exact"),
        (["--solver", "randomized", "--components", "2", "--oversampling=-1"], "oversampling"),
        (["--solver", "lanczos"], "lanczos"),
        (["--seed", "1"], "--solver randomized"),
    ])
    func whatCannotBeIsUsage(arguments: [String], named: String) throws {
        let outcome = try analyze.run(["pca", fixture] + arguments)
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains(named), "\(outcome.errors)")
    }
}
