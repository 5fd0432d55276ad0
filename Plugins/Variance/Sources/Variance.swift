public import MetricCore
public import Statistics

/// Mean, variance and range of every neuron, and how the standard deviations are distributed.
///
/// - Complexity: O(samples · neurons) time, O(neurons) memory.
public struct Variance: Metric {
    /// Identifier, texts and references.
    public static let descriptor = MetricDescriptor(
        id: "variance", title: "Variance of the neurons",
        abstract: "Mean, variance and range of every neuron; distribution of the deviations.",
        question: "How much does each neuron respond to the input, and how unequally?", version: 2,
        references: [
            """
            T. F. Chan, G. H. Golub, R. J. LeVeque, Algorithms for computing the sample variance, \
            The American Statistician 37 (1983) 242
            """,
            "B. W. Silverman, Density estimation for statistics and data analysis (1986)",
            """
            D. Freedman, P. Diaconis, On the histogram as a density estimator, Zeitschrift für \
            Wahrscheinlichkeitstheorie 57 (1981) 453
            """,
        ])

    /// There is nothing to set.
    public let configuration: NoConfiguration

    /// The metric; there is nothing to set.
    public init(configuration: NoConfiguration = NoConfiguration()) {
        self.configuration = configuration
    }

    /// What the samples that were accumulated say.
    public func output(of accumulator: MomentsAccumulator, for layer: Layer) -> Output {
        Output(of: accumulator.moments, layer: layer.name)
    }
}

extension Variance {
    /// What is known of the neurons one by one.
    public struct Output: MetricOutput {
        /// Rows seen.
        public let samples: Int
        /// One value a neuron; NaN for one with NaN or infinite entries.
        public let mean: [Double]
        /// One value a neuron, dividing by the number of samples; NaN as for ``mean``.
        public let variance: [Double]
        /// Roots of ``variance``, in the unit of the activations.
        public let standardDeviation: [Double]
        /// The smallest activation of each neuron; NaN as for ``mean``.
        public let minimum: [Double]
        /// The largest activation of each neuron; NaN as for ``mean``.
        public let maximum: [Double]
        /// The sum of the finite variances; `nil` if there are none.
        public let totalVariance: Double?
        /// The sum of the finite standard deviations; `nil` if there are none.
        public let totalStandardDeviation: Double?
        /// Quantiles of the finite standard deviations, ascending in probability.
        public let quantiles: [Quantile]
        /// Counts of the finite standard deviations.
        public let histogram: Histogram
        /// Density of the finite standard deviations on the half line; empty if all are equal.
        public let density: DensityCurve
        private let layer: String

        /// A quantile of the standard deviations.
        public struct Quantile: Sendable, Equatable {
            /// The probability as values and quantities are named: "0.05".
            public let name: String
            /// `nil` if there are no values.
            public let value: Double?
        }

        init(of moments: ColumnMoments, layer: String) {
            self.layer = layer
            samples = moments.count
            mean = moments.mean
            variance = moments.populationVariances
            standardDeviation = moments.standardDeviations
            minimum = moments.minimum
            maximum = moments.maximum
            let deviations = standardDeviation.filter(\.isFinite).sortedByDistribution()
            let variances = variance.filter { !$0.isNaN }.sortedByDistribution()
            // From the smallest: the sums do not depend on the order of the neurons.
            totalVariance = variances.isEmpty ? nil : variances.reduce(0, +)
            totalStandardDeviation = deviations.isEmpty ? nil : deviations.reduce(0, +)
            quantiles = [
                ("0.05", 0.05), ("0.25", 0.25), ("0.5", 0.5), ("0.75", 0.75), ("0.95", 0.95),
            ]
            .map {
                Quantile(name: $0.0, value: Statistics.quantile(ofSorted: deviations, at: $0.1))
            }
            histogram = Histogram(ofSorted: deviations)
            density = DensityCurve(ofSorted: deviations, lowerBound: 0)
        }
    }
}

extension Variance.Output {
    /// Whether the values mean anything, and if not, why.
    public var verdict: Verdict {
        switch samples {
        case 0: .insufficient("there are no samples")
        case _ where mean.isEmpty: .insufficient("there are no neurons")
        case _ where totalVariance == nil:
            .degenerate("every neuron has NaN or infinite activations")
        case 1: .insufficient("one sample has no variance")
        default: .ok
        }
    }

    /// Arrays with a value a neuron, totals, and the distribution of the standard deviations.
    public var values: Object {
        [
            "mean": .numbers(mean),
            "variance": .numbers(variance),
            "standardDeviation": .numbers(standardDeviation),
            "minimum": .numbers(minimum),
            "maximum": .numbers(maximum),
            "totalVariance": .number(totalVariance),
            "totalStandardDeviation": .number(totalStandardDeviation),
            "quantiles": .object(
                Object(quantiles.map { (name: $0.name, value: .number($0.value)) })),
            "histogram": .object([
                "edges": .numbers(histogram.edges), "counts": .integers(histogram.counts),
            ]),
            "density": .object([
                "x": .numbers(density.x), "y": .numbers(density.y),
                "bandwidth": .number(density.bandwidth),
            ]),
        ]
    }

    /// The scalars for tables, the most telling first.
    public var quantities: [Quantity] {
        [
            Quantity(
                "totalVariance", title: "total variance", totalVariance, in: .activationSquared)
        ]
            + quantiles.map {
                Quantity(
                    "quantiles.\($0.name)",
                    title: $0.name == "0.5" ? "median deviation" : "\($0.name) quantile", $0.value,
                    in: .activation, headline: ["0.05", "0.5", "0.95"].contains($0.name))
            } + [
                Quantity(
                    "totalStandardDeviation", title: "total deviation", totalStandardDeviation,
                    in: .activation, headline: false)
            ]
    }

    /// One line of what the values mean.
    public var summary: String {
        guard let median = quantile("0.5"), let wide = quantile("0.95") else {
            return "no neuron has a variance"
        }
        if wide == 0 { return "at least 95 % of the neurons never change" }
        return """
            median neuron deviates by \(median.brief()); the widest 5 % by more than \(wide.brief())
            """
    }

    /// The density of the standard deviations, to be drawn over that of other layers.
    public var figures: [Figure] {
        guard !density.x.isEmpty else { return [] }
        return [
            Figure(
                title: "Standard deviations of the neurons", x: .init("standard deviation"),
                y: .init("density"),
                series: [.init(name: layer, mark: .line, x: density.x, y: density.y)],
                overlays: true)
        ]
    }

    private func quantile(_ name: String) -> Double? {
        quantiles.first { $0.name == name }?.value
    }
}
