import Analysis
import Comparison
import MetricCore
import Testing

struct ConditionTests {
    @Test func readsNameRelationAndNumber() throws {
        let condition = try Condition(parsing: " shapiro-wilk.w <= 1e-1 ")
        #expect(condition.metric == "shapiro-wilk")
        #expect(condition.quantity == "w")
        #expect(condition.relation == .atMost)
        #expect(condition.threshold == 0.1)
        let nested = try Condition(parsing: "pca.componentsFor.0.95>=-3")
        #expect(nested.metric == "pca")
        #expect(nested.quantity == "componentsFor.0.95")
        #expect(nested.relation == .atLeast)
        #expect(nested.threshold == -3)
        let attribute = try Condition(parsing: "test_accuracy != 1")
        #expect(attribute.metric == nil)
        #expect(attribute.quantity == "test_accuracy")
    }

    private static let mistakes: [(text: String, problem: ConditionError.Problem)] = [
        ("dead.fraction", .noRelation), ("", .noRelation),
        ("dead.fraction > many", .noNumber("many")), ("dead.fraction >", .noNumber("")),
        ("dead.fraction => 1", .noRelation), ("dead.fraction = 1", .noRelation),
        ("dead.fraction > nan", .noNumber("nan")), ("dead.fraction >> 1", .noNumber("> 1")),
        ("> 1", .noName("")), ("dead. > 1", .noName("dead.")), (".w > 1", .noName(".w")),
        ("a b > 1", .noName("a b")), ("dead.count > 1 > 2", .noNumber("1 > 2")),
    ]

    @Test(arguments: mistakes)
    func refusesAnythingElse(text: String, problem: ConditionError.Problem) {
        let error = #expect(throws: ConditionError.self) { try Condition(parsing: text) }
        #expect(error?.text == text)
        #expect(error?.problem == problem)
    }

    private static let hits: [(text: String, runs: [String])] = [
        ("dead.count > 100", ["a/1024-1.h5"]),
        ("dead.count >= 100", ["a/1024-0.h5", "a/1024-1.h5"]),
        ("dead.count == 16", ["a/256-0.h5"]),
        ("shapiro-wilk.w < 0.9", ["a/64-1.h5"]),
        ("test_accuracy <= 0.90", ["a/64-0.h5"]),
        ("dead.count < 0", []),
    ]

    @Test(arguments: hits)
    func findsWhatSatisfiesIt(text: String, runs: [String]) throws {
        let found = try Condition(parsing: text).check(sweep)
        #expect(found.hits.map(\.run) == runs)
        #expect(found.checked > 0)
    }

    @Test func tellsWhatHasNoValue() throws {
        // The widest run has no W, and nothing is called x.
        let some = try Condition(parsing: "shapiro-wilk.w != 2").check(sweep)
        #expect(some.checked == 5)
        #expect(some.gaps.map(\.run) == ["a/1024-1.h5"])
        #expect(
            some.gaps.first?.description
                == "a/1024-1.h5 hidden post: there is no shapiro-wilk.w to check "
                + "'shapiro-wilk.w != 2' against: the result is degenerate (no value)")
        for (text, gaps) in [("dead.x > 0", 12), ("x.count > 0", 6), ("epoch > 0", 6)] {
            let none = try Condition(parsing: text).check(sweep)
            #expect(none.checked == 0)
            #expect(none.hits.isEmpty)
            #expect(none.gaps.count == gaps)
        }
    }

    private static let bad: [LayerResult.Status] = [.failed, .degenerate, .insufficient]

    @Test(arguments: bad)
    func aResultWithoutTheNumberIsAGapBesideOthers(status: LayerResult.Status) throws {
        var run = sweep[0]
        run.results[0].status = status
        run.results[0].reason = "it broke"
        let verdict = try Condition(parsing: "dead.count > 1000").check([run, sweep[1]])
        #expect(verdict.gaps.count == 1)
        #expect(verdict.gaps.first?.result?.layer == "hidden")
        #expect(verdict.checked == 3)
    }

    @Test(arguments: [Double.nan, .infinity, -.infinity])
    func aNumberThatIsNotFiniteIsAGap(value: Double) throws {
        var run = sweep[0]
        run.results[0].quantities = [Quantity("count", title: "dead", value, in: .count)]
        run.results[0].values = ["count": .number(value)]
        for text in ["dead.count > 1000", "dead.count < 1000", "dead.count != 1000"] {
            let verdict = try Condition(parsing: text).check([run])
            #expect(verdict.gaps.count == 1)
        }
    }

    @Test func aSkippedResultIsAGapOnlyIfNothingElseHasTheNumber() throws {
        var run = sweep[0]
        run.results[0].status = .skipped
        run.results[0].reason = "the layer stores no post nor pre"
        let condition = try Condition(parsing: "dead.count > 1000")
        #expect(condition.check([run]).gaps.isEmpty)
        run.results.removeAll { $0.layer == "output" }
        let verdict = condition.check([run, sweep[1]])
        #expect(verdict.gaps.map(\.reason) == ["the layer stores no post nor pre"])
        run.results = []
        run.reason = "cannot open the file"
        #expect(condition.check([run]).gaps.map(\.reason) == ["cannot open the file"])
    }

    @Test func attributesOfTheEndAreNotLookedForInSnapshots() throws {
        let early = state("a.h5", width: 64, accuracy: 0.9, count: 2, snapshot: "10")
        let final = state("a.h5", width: 64, accuracy: 0.9, count: 5)
        let condition = try Condition(parsing: "test_accuracy < 0.5")
        #expect(condition.check([early, final]).gaps.isEmpty)
        #expect(condition.check([early]).gaps.count == 1)
        #expect(condition.check([final, state("b.h5", width: 64, count: 1)]).gaps.count == 1)
    }

    @Test func saysWhereAndWhat() throws {
        let hit = try #require(try Condition(parsing: "dead.count > 100").check(sweep).hits.first)
        #expect(
            hit.description
                == "a/1024-1.h5 hidden post: dead.count is 300.0, which satisfies dead.count > 100")
    }
}
