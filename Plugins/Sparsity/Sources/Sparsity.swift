import LinearAlgebra
public import MetricCore
import Statistics

/// How many of the post-activations are exactly zero, by neuron and by sample.
///
/// - Complexity: O(samples · neurons) time, O(neurons) memory.
/// - Note: B. Willmore and D. J. Tolhurst, "Characterizing the sparseness of neural codes",
///   Network 12 (2001), for the distinction of lifetime and population sparseness.
public struct Sparsity: Metric {
    /// What the metric is.
    public static let descriptor = MetricDescriptor(
        id: "sparsity", title: "Sparsity",
        abstract: "Share of zeros among the post-activations, by neuron and by sample.",
        question: "How many neurons does a sample switch on?", version: 2,
        sites: [.post],
        references: ["Willmore and Tolhurst 2001"])

    /// There are no settings.
    public let configuration: NoConfiguration

    /// The metric has no settings.
    public init(configuration: NoConfiguration = NoConfiguration()) {
        self.configuration = configuration
    }

    /// The shares of zeros among the samples counted.
    public func output(of accumulator: ZeroCounts, for layer: Layer) -> Output {
        Output(accumulator, excluding: Set(layer.nonFiniteNeurons))
    }

    /// Shares of zeros.
    public struct Output: MetricOutput {
        /// Of all values.
        public let sparsity: Double?
        /// Share of samples on which each neuron is zero; NaN for neurons left out.
        public let lifetime: [Double]
        /// Share of neurons that are zero on a sample: mean over the samples.
        public let populationMean: Double?
        /// Quantiles over the samples of the share of neurons that are zero, by probability.
        public let populationQuantiles: [(name: String, value: Double)]
        /// Number of samples.
        public let samples: Int
        /// Neurons whose values entered.
        public let neurons: Int
        /// Says when samples cannot be ranked.
        public let warnings: [String]

        init(_ counts: ZeroCounts, excluding excluded: Set<Int>) {
            samples = counts.samples
            neurons = counts.zeros.count - excluded.count
            let samples = Double(counts.samples)
            lifetime = counts.zeros.enumerated().map { neuron, zeros in
                excluded.contains(neuron) || samples == 0 ? .nan : Double(zeros) / samples
            }
            guard counts.samples > 0, neurons > 0 else {
                (sparsity, populationMean, populationQuantiles, warnings) = (nil, nil, [], [])
                return
            }
            let total = counts.zeros.enumerated().reduce(0) { sum, next in
                excluded.contains(next.offset) ? sum : sum + next.element
            }
            let share = Double(total) / (samples * Double(neurons))
            sparsity = share
            populationMean = share
            let width = Double(neurons)
            // Which zeros of a sample belong to neurons left out is not known.
            populationQuantiles = ["0.05", "0.25", "0.5", "0.75", "0.95"].map { name in
                let zeros = Double(name).flatMap { counts.zerosOfSample(at: $0) }
                return (name, excluded.isEmpty ? zeros.map { $0 / width } ?? .nan : .nan)
            }
            warnings =
                excluded.isEmpty
                ? [] : ["no quantiles over samples, since some neurons were left out"]
        }

        /// Insufficient without samples or usable neurons.
        public var verdict: Verdict {
            if samples == 0 { return .insufficient("no samples") }
            return neurons == 0 ? .insufficient("no neuron without NaN or infinite entries") : .ok
        }

        /// Under the names of the README.
        public var values: Object {
            [
                "sparsity": .number(sparsity),
                "lifetime": .numbers(lifetime),
                "population": .object([
                    "mean": .number(populationMean),
                    "quantiles": .object(
                        Object(populationQuantiles.map { ($0.name, .number($0.value)) })),
                ]),
            ]
        }

        /// The shares over all values and on the median sample.
        public var quantities: [Quantity] {
            let median = populationQuantiles.first { $0.name == "0.5" && !$0.value.isNaN }?.value
            return [
                Quantity("sparsity", title: "zeros", sparsity, in: .fraction),
                Quantity(
                    "population.quantiles.0.5", title: "zeros on the median sample", median,
                    in: .fraction),
                Quantity(
                    "population.mean", title: "zeros on the mean sample", populationMean,
                    in: .fraction, headline: false),
            ]
        }

        /// How many neurons a sample switches on.
        public var summary: String {
            guard let sparsity else { return "" }
            let active = (1 - sparsity) * Double(neurons)
            let tenths = (active * 10).rounded() / 10
            return "a sample switches on \(tenths) of \(neurons) neurons on average"
        }

        /// The distribution of lifetimes.
        public var figures: [Figure] {
            let ranked = lifetime.filter { !$0.isNaN }.sorted()
            guard !ranked.isEmpty else { return [] }
            let share = ranked.indices.map { Double($0 + 1) / Double(ranked.count) }
            return [
                Figure(
                    title: "Sparsity", x: .init("share of samples on which a neuron is zero"),
                    y: .init("share of neurons below"),
                    series: [.init(name: "neurons", mark: .line, x: ranked, y: share)],
                    overlays: true)
            ]
        }

        /// Whether all values are equal.
        public static func == (a: Output, b: Output) -> Bool { a.values == b.values }
    }
}
