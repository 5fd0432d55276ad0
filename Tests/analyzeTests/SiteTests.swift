import CommandTesting
import Testing

/// `--site`, given once or several times.
@Suite struct SiteTests {
    private func rows(_ arguments: String...) throws -> [Substring] {
        let outcome = try analyze.run(
            ["all", fixture, "--metrics", "variance,dead", "--format", "csv"] + arguments)
        #expect(outcome.code == 0, "\(outcome.errors)")
        return outcome.output.split(separator: "\n")
    }

    /// Two sites at a time give what each of them gives alone, whatever their order.
    @Test func severalSites() throws {
        let (pre, post) = (try rows("--site", "pre"), try rows("--site", "post"))
        #expect(pre.count > 1 && post.count > 1 && pre != post)
        let both = try rows("--site", "post", "--site", "pre", "--site", "post")
        #expect(both.sorted() == (pre + post.dropFirst()).sorted())
    }

    /// Each of the sites must suit the metric.
    @Test func oneOfThemDoesNotSuit() throws {
        let outcome = try analyze.run(["dead", fixture, "--site", "pre", "--site", "weight"])
        #expect(outcome.code == 64)
        #expect(outcome.errors.contains("--site weight does not suit dead"))
    }
}
