public import MetricCore

/// How active each neuron is beside the others of its layer, and how often it fires.
///
/// - Complexity: O(samples · neurons) time, O(neurons) memory.
/// - Note: G. Sokar, R. Agarwal, P. S. Castro, U. Evci, "The dormant neuron phenomenon in deep
///   reinforcement learning", ICML 2023 (arXiv 2302.12902).
public struct Dormant: Metric {
    /// What the metric is.
    public static let descriptor = MetricDescriptor(
        id: "dormant", title: "Dormant neurons",
        abstract: "Activity of each neuron beside the mean of its layer, and how often it fires.",
        question: "How many neurons are nearly silent beside the others?", sites: [.post],
        keyQuantities: ["dormantFraction.0.025"], references: ["Sokar et al. 2023"])

    /// There are no settings.
    public let configuration: NoConfiguration

    /// The metric has no settings.
    public init(configuration: NoConfiguration = NoConfiguration()) {
        self.configuration = configuration
    }

    /// The scores of the samples seen.
    public func output(of accumulator: ActivityCounts, for layer: Layer) -> Output {
        Output(accumulator, excluding: Set(layer.nonFiniteNeurons))
    }

    /// Thresholds of the score that are in use.
    static let thresholds = [("0", 0.0), ("0.025", 0.025), ("0.1", 0.1)]

    /// Activity of each neuron.
    public struct Output: MetricOutput {
        /// Samples seen.
        public let samples: Int
        /// Mean |x| divided by the mean of that over the neurons, one a neuron; NaN for neurons left out.
        public let score: [Double]
        /// Share of samples on which a neuron is not 0, one a neuron.
        public let firingRate: [Double]
        /// Share of samples on which it is above 0, one a neuron.
        public let positiveRate: [Double]

        init(_ counts: ActivityCounts, excluding excluded: Set<Int>) {
            samples = counts.samples
            let count = Double(counts.samples)
            func rates(_ sums: [Int]) -> [Double] {
                sums.enumerated().map { neuron, sum in
                    excluded.contains(neuron) || count == 0 ? .nan : Double(sum) / count
                }
            }
            firingRate = rates(counts.nonZero)
            positiveRate = rates(counts.positive)
            let means = counts.absolutes.enumerated().map { neuron, sum in
                excluded.contains(neuron) || count == 0 ? .nan : sum / count
            }
            let known = means.filter { !$0.isNaN }
            let mean = known.reduce(0, +) / Double(known.count)
            // In a silent layer all neurons are dormant.
            score = means.map { $0.isNaN ? .nan : mean == 0 ? 0 : $0 / mean }
        }

        private var known: [Double] { score.filter { !$0.isNaN } }

        /// Share of the neurons whose score is at most `threshold`; `nil` if none has one.
        public func dormantFraction(at threshold: Double) -> Double? {
            let known = known
            guard !known.isEmpty else { return nil }
            return Double(known.count { $0 <= threshold }) / Double(known.count)
        }

        /// Share of the neurons that are not 0 on some sample.
        public var aliveFraction: Double? {
            let known = firingRate.filter { !$0.isNaN }
            return known.isEmpty
                ? nil : Double(known.count { $0 > 0 }) / Double(known.count)
        }

        /// Mean over the samples of the number of neurons that are not 0.
        public var activePerSample: Double? {
            let known = firingRate.filter { !$0.isNaN }
            return known.isEmpty ? nil : known.reduce(0, +)
        }

        /// Insufficient without samples or usable neurons.
        public var verdict: Verdict {
            if samples == 0 { return .insufficient("no samples") }
            return known.isEmpty
                ? .insufficient("no neuron without NaN or infinite entries") : .ok
        }

        /// Under the names of the README.
        public var values: Object {
            [
                "score": .numbers(score),
                "dormantFraction": .object(
                    Object(
                        Dormant.thresholds.map { ($0, .number(dormantFraction(at: $1))) })),
                "firingRate": .numbers(firingRate),
                "positiveRate": .numbers(positiveRate),
                "aliveFraction": .number(aliveFraction),
                "activePerSample": .number(activePerSample),
            ]
        }

        /// The shares of dormant neurons, of those alive, and the neurons active on a sample.
        public var quantities: [Quantity] {
            Dormant.thresholds.map { name, threshold in
                Quantity(
                    "dormantFraction.\(name)", title: "dormant at \(name)",
                    dormantFraction(at: threshold), in: .fraction)
            } + [
                Quantity("aliveFraction", title: "alive", aliveFraction, in: .fraction),
                Quantity(
                    "activePerSample", title: "active on a sample", activePerSample, in: .count),
            ]
        }

        /// How many neurons are dormant at 0.025.
        public var summary: String {
            let dormant = known.count { $0 <= 0.025 }
            return "\(dormant) of \(known.count) neurons are dormant (score up to 0.025)"
        }

        /// The scores, ranked.
        public var figures: [Figure] {
            let ranked = known.sorted()
            guard !ranked.isEmpty else { return [] }
            return [
                Figure(
                    title: "Dormant neurons", x: .init("score (1 is the layer's mean)"),
                    y: .init("share of neurons below"),
                    series: [
                        .init(
                            name: "neurons", mark: .line, x: ranked,
                            y: ranked.indices.map { Double($0 + 1) / Double(ranked.count) })
                    ], overlays: true)
            ]
        }

        /// Whether all values are equal.
        public static func == (a: Output, b: Output) -> Bool { a.values == b.values }
    }
}
