import CommandTesting
import Foundation
import Testing

/// NaN and infinite entries: counted, named, left out or refused, never a silent NaN.
@Suite struct NonFiniteTests {
    /// One row: 1, 0, -0, infinities, NaN, the smallest and largest finite numbers.
    let special = ["Fixtures/layouts/types.h5", "--dataset", "/types/f16_special"]

    @Test func areCountedNamedAndLeftOut() throws {
        let outcome = try analyze.run(["variance"] + special + ["--format", "json"])
        #expect(outcome.code == 0)
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let document = try #require(object as? [String: Any])
        let results = try #require(document["results"] as? [[String: Any]])
        let count = try #require(results[0]["nonFinite"] as? Int)
        #expect(count > 0)
        let values = try #require(results[0]["values"] as? [String: Any])
        let means = try #require(values["mean"] as? [Any])
        #expect(means.count { $0 is NSNull } == count)
        #expect(outcome.errors.contains("\(count) entries are NaN or infinite, in neurons"))
    }

    @Test func areRefusedOnRequest() throws {
        let outcome = try analyze.run(["variance"] + special + ["--non-finite", "fail"])
        #expect(outcome.code == 65)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errorLines.first?.contains("NaN or infinite, in neurons") == true)
    }

    /// A number of the remaining neurons is neither compared silently nor a clearance.
    @Test func areToldByCompareAndClearNobody() throws {
        let run = "Fixtures/layouts/magnitudes.h5"
        for runs in [[run], [run, run]] {
            let outcome = try analyze.run(
                ["compare"] + runs + ["--fail-on", "dead.fraction > 2", "--metrics", "dead"])
            #expect(outcome.code == 1, "\(outcome.errors)")
            #expect(
                outcome.errorLines.contains {
                    $0.contains("no dead.fraction of all neurons")
                        && $0.contains("their neurons are left out")
                }, "\(outcome.errors)")
            #expect(outcome.errors.contains("warning: \(run) hidden post: 3 entries are"))
        }
        let hit = try analyze.run(
            ["compare", run, "--fail-on", "dead.fraction >= 0", "--metrics", "dead"])
        #expect(hit.code == 2, "\(hit.errors)")
    }

    @Test func areSaidOnceForSeveralMetrics() throws {
        let outcome = try analyze.run(["all"] + special)
        let lines = outcome.errors.split(separator: "\n").filter { $0.contains("NaN or infinite") }
        #expect(lines.count == 1, "\(outcome.errors)")
    }

    /// Entries beyond 1e150 are treated as those that are not finite, and named apart from them, by every
    /// metric; whatever is inside of the domain keeps its digits.
    @Test func magnitudesOutsideOfTheDomainAreLeftOut() throws {
        let path = "Fixtures/layouts/magnitudes.h5"
        let outcome = try analyze.run(["all", path, "--format", "json"])
        #expect(outcome.code == 0)
        let object = try JSONSerialization.jsonObject(with: Data(outcome.output.utf8))
        let document = try #require(object as? [String: Any])
        let results = try #require(document["results"] as? [[String: Any]])
        #expect(results.count == 7)
        for result in results {
            #expect(result["nonFinite"] as? Int == 3)
            let warnings = try #require(result["warnings"] as? [String])
            #expect(
                warnings.contains(
                    "1 entry is NaN or infinite and 2 entries are beyond 1e+150 in magnitude, in "
                        + "neurons 1, 2; they are left out"), "\(warnings)")
        }
        func values(_ metric: String) throws -> [String: Any] {
            let result = results.first { $0["metric"] as? String == metric }
            return try #require(result?["values"] as? [String: Any])
        }
        let deviations = try #require(try values("variance")["standardDeviation"] as? [Any])
        #expect(deviations.map { $0 is NSNull } == [false, true, true, false, false, false])
        for (index, expected) in [(3, 1e150), (4, 1e-300)] {
            let found = try #require(deviations[index] as? Double)
            #expect(abs(found / expected - 1) < 1e-14)
        }
        let spectrum = try #require(try values("pca")["explainedVariance"] as? [Double])
        #expect(spectrum.count == 4)
        #expect(abs(spectrum[0] / (1e300 * 40 / 39) - 1) < 1e-14)
        let lifetime = try #require(try values("sparsity")["lifetime"] as? [Any])
        #expect(lifetime.map { $0 is NSNull } == [false, true, true, false, false, false])
        let refused = try analyze.run(["variance", path, "--non-finite", "fail"])
        #expect(refused.code == 65 && refused.errors.contains("beyond 1e+150 in magnitude"))
    }
}
