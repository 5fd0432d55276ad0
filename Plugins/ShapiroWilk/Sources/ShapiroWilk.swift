public import MetricCore
public import Statistics

/// Whether the standard deviations of a layer's neurons look like a sample of one normal
/// distribution.
///
/// - Complexity: O(samples · neurons + neurons · log neurons) time, O(neurons) memory.
public struct ShapiroWilk: Metric {
    /// Identifier, texts and references.
    public static let descriptor = MetricDescriptor(
        id: "shapiro-wilk", title: "Shapiro-Wilk test of the deviations",
        abstract: "Are the neurons' standard deviations normally distributed?",
        question: "Do the neurons form one population, or are some much quieter than others?",
        version: 2,
        references: [
            """
            S. S. Shapiro, M. B. Wilk, An analysis of variance test for normality, Biometrika 52 \
            (1965) 591
            """,
            """
            P. Royston, Remark AS R94: A remark on algorithm AS 181: The W-test for normality, \
            Applied Statistics 44 (1995) 547
            """,
        ])

    /// Which neurons are tested.
    public let configuration: Configuration

    /// The metric on these neurons.
    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// What the samples that were accumulated say.
    public func output(of accumulator: MomentsAccumulator, for layer: Layer) -> Output {
        Output(
            deviations: accumulator.moments.standardDeviations, samples: accumulator.moments.count,
            excludingDead: configuration.excludesDead)
    }
}

extension ShapiroWilk {
    /// Which neurons are tested.
    public struct Configuration: MetricConfiguration {
        /// Whether neurons with a standard deviation of exactly 0 are left out.
        public var excludesDead: Bool

        /// Which neurons are tested: all, unless told otherwise.
        public init(excludesDead: Bool = false) { self.excludesDead = excludesDead }

        /// The setting, as stored with every result.
        public var values: Object { ["excludeDead": .flag(excludesDead)] }
    }

    /// The test, and what it was made of.
    public struct Output: MetricOutput {
        /// The standard deviations that were tested, ascending, in the unit of the activations.
        public let deviations: [Double]
        /// The test; `nil` where ``verdict`` is not ok.
        public let test: ShapiroWilkTest?
        /// Whether there is a test, and if not, why.
        public let verdict: Verdict

        init(deviations: [Double], samples: Int, excludingDead: Bool) {
            let finite = deviations.filter(\.isFinite)
            let tested = finite.filter { !excludingDead || $0 > 0 }.sortedByDistribution()
            self.deviations = tested
            guard samples > 1 else {
                test = nil
                verdict = .insufficient(
                    samples == 0 ? "there are no samples" : "one sample has no deviations")
                return
            }
            do {
                test = try ShapiroWilkTest(sorted: tested)
                verdict = .ok
            } catch {
                test = nil
                verdict =
                    switch error {
                    case .tooFewValues(let count):
                        .insufficient(
                            "the test needs 3 neurons, there \(count == 1 ? "is" : "are") \(count)"
                                + (excludingDead ? " with a deviation above 0" : ""))
                    case .allEqual:
                        .degenerate(
                            tested.first == 0
                                ? "no neuron ever changes"
                                : "all neurons have the same standard deviation")
                    case .notFinite: .failed(error.description)
                    }
            }
        }
    }
}

extension ShapiroWilk.Output {
    /// What to know of the p-value of a very large layer.
    public var warnings: [String] {
        guard let test, test.pValueIsExtrapolated else { return [] }
        return [
            """
            the p-value is calibrated for up to \(ShapiroWilkTest.largestCalibratedSize) neurons, \
            here are \(test.sampleSize): read W, not p
            """
        ]
    }

    /// The test: W, p, and how many neurons.
    public var values: Object {
        [
            "w": .number(test?.w),
            "pValue": .number(test?.pValue),
            "sampleSize": .integer(deviations.count),
        ]
    }

    /// The scalars for tables, the most telling first.
    public var quantities: [Quantity] {
        [
            Quantity("w", title: "W", test?.w, in: .none),
            Quantity("pValue", title: "p-value", test?.pValue, in: .none),
            Quantity("sampleSize", title: "tested", Double(deviations.count), in: .count),
        ]
    }

    /// One line of what the values mean.
    public var summary: String {
        guard let test else { return "there is no test" }
        // More digits near 1: a W of 0.9996 is not the largest possible.
        let w = test.w.brief(digits: test.w > 0.995 ? 4 : 2)
        if test.pValueIsExtrapolated {
            return "W = \(w) of \(test.sampleSize) neurons, too many for a p-value"
        }
        let reading = test.pValue < 0.05 ? "not normal" : "no sign against a normal distribution"
        return "W = \(w): \(reading) (p = \(test.pValue.brief(digits: 1)))"
    }

    /// The normal quantile plot: points on the line if the deviations are normal.
    public var figures: [Figure] {
        guard test != nil else { return [] }
        let plot = NormalQuantilePlot(ofSorted: deviations)
        return [
            Figure(
                title: "Normal quantile plot of the standard deviations",
                x: .init("normal quantile"), y: .init("standard deviation"),
                series: [
                    .init(name: "neurons", mark: .points, x: plot.scores, y: plot.values),
                    .init(
                        name: "normal", mark: .line, x: plot.lineEnds,
                        y: plot.lineEnds.map { plot.mean + $0 * plot.standardDeviation }),
                ])
        ]
    }
}
