import LinearAlgebra
import MetricCore
import MetricTesting
import Statistics
import Testing

func exponentialNormal(_ deviations: [Double]) -> MixtureOutcome<
    ExponentialNormalMixture
> {
    MixtureOutcome(moments(deviations), .exponentialAndNormal) {
        (values) throws(MixtureFailure) in try ExponentialNormalMixture.fit(to: values)
    }
}

func twoGammas(_ deviations: [Double]) -> MixtureOutcome<GammaGammaMixture> {
    MixtureOutcome(moments(deviations), .gammas) { (values) throws(MixtureFailure) in
        try GammaGammaMixture.fit(to: values)
    }
}

func moments(_ deviations: [Double]) -> ColumnMoments {
    var moments = ColumnMoments(columns: deviations.count)
    moments.insert(activations(withDeviations: deviations))
    return moments
}

/// What holds for every mixture.
@Suite struct MixtureOutcomeTests {
    @Test func zerosAreSplitOff() throws {
        let plain = twoGammas(deviationsOfTwoPopulations)
        let dead = twoGammas(deviationsOfTwoPopulations + Array(repeating: 0, count: 30))
        #expect(plain.zeroMass == 0 && dead.zeroMass == 0.25)
        #expect(plain.fit == dead.fit && plain.verdict == .ok && dead.verdict == .ok)
    }

    @Test func nonFiniteNeuronsAreLeftOut() throws {
        var bad = activations(withDeviations: deviationsOfTwoPopulations + [1, 1])
        if case .double(var x) = bad {
            x[0, 90] = .nan
            x[1, 91] = .infinity
            bad = .double(x)
        }
        var moments = ColumnMoments(columns: 92)
        moments.insert(bad)
        let outcome = MixtureOutcome(moments, .gammas) { (values) throws(MixtureFailure) in
            try GammaGammaMixture.fit(to: values)
        }
        #expect(outcome == twoGammas(deviationsOfTwoPopulations))
    }

    @Test func orderOfNeuronsDoesNotMatter() {
        let values = deviationsOfTwoPopulations
        let reordered = values.indices.map { values[($0 * 37 + 11) % values.count] }
        #expect(twoGammas(reordered) == twoGammas(values))
        #expect(exponentialNormal(reordered) == exponentialNormal(values))
    }

    @Test func noDeviationsOrAllEqual() {
        #expect(twoGammas([0, 0, 0]).verdict == .degenerate("no neuron ever changes"))
        #expect(
            exponentialNormal(Array(repeating: 0.5, count: 19)).verdict
                == .degenerate("all live neurons have the same standard deviation"))
        let single = MixtureOutcome(ColumnMoments(columns: 9), .gammas) {
            (values) throws(MixtureFailure) in try GammaGammaMixture.fit(to: values)
        }
        #expect(single.verdict == .insufficient("there are no samples"))
        #expect(single.zeroMass == nil && single.decision == nil)
    }

    /// The bars are a density, of area 1; the mixture is the sum of its components.
    @Test func figureShowsDensities() throws {
        let outcome = twoGammas(deviationsOfTwoPopulations)
        let figures = outcome.figures(title: "", components: ("", "")) { mixture, x in
            let densities = mixture.weightedDensities(at: x)
            return (densities.lower, densities.upper)
        }
        let series = try #require(figures.first).series
        let bars = series[0]
        let area = bars.y.indices.reduce(0) { $0 + bars.y[$1] * (bars.x[$1 + 1] - bars.x[$1]) }
        #expect(abs(area - 1) < 1e-12)
        for index in series[1].y.indices {
            #expect(series[1].y[index] == series[2].y[index] + series[3].y[index])
        }
    }

    @Test func configurationIsChecked() {
        #expect(throws: InvalidOption("tolerance", 0.0, expected: "above 0, at most 0.001")) {
            try MixtureConfiguration(tolerance: 0, maximumIterations: 10)
        }
        #expect(
            throws: InvalidOption("max-iterations", 0, expected: "a number from 1 to 1000000")
        ) {
            try MixtureConfiguration(tolerance: 1e-8, maximumIterations: 0)
        }
    }

    /// One normal describes it; what is said of the layer does not depend on the unit.
    @Test(arguments: [1, 1e-30, 1e30])
    func aRejectedMixtureIsNoFinding(factor: Double) throws {
        var samples = RandomSamples(seed: 4)
        let outcome = twoGammas(samples.normals(count: 200).map { $0 * factor })
        guard case .degenerate(let reason) = outcome.verdict else {
            Issue.record("\(outcome.verdict)")
            return
        }
        let decision = try #require(outcome.decision)
        #expect(decision.name == "normal" && reason.hasPrefix("one normal is enough (AIC3 "))
        #expect(outcome.summary { _ in "two" } == reason)
        #expect(outcome.values(contained: [])["decision"] == .text("normal"))
        let figure = try #require(
            outcome.figures(title: "", components: ("", "")) { _, _ in (0, 0) }.first)
        #expect(figure.series.map(\.name) == ["neurons", "one normal"])
    }

    /// Neither a trap nor a number that does not exist.
    @Test func fewOrEqualDeviations() {
        for few in [[1.0, 2, 3, 5], [0, 1, 2, 3, 5], [1, 2, 3, 4, 5, 6, 7, 8, 9]] {
            let count = few.count { $0 > 0 }
            let outcome = twoGammas(few)
            #expect(
                outcome.verdict
                    == .insufficient("two components need 10 live neurons, here are \(count)"))
            #expect(outcome.fit == nil && outcome.decision == nil && outcome.warnings.isEmpty)
        }
        for tied in [
            Array(repeating: 1.0, count: 30) + [2], (0..<200).map { Double(1 + $0 % 3) },
        ] {
            let outcome = twoGammas(tied)
            if case .degenerate = outcome.verdict {} else { Issue.record("\(outcome.verdict)") }
            #expect(outcome.warnings.contains { $0.hasPrefix("a spike on ") })
        }
    }
}
