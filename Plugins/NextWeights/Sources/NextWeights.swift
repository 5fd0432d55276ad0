internal import LinearAlgebra
public import MetricCore
internal import Statistics

/// How much of each neuron the next layer reads: the sum of the absolute outgoing weights.
///
/// - Complexity: O(outgoing weights).
public struct NextWeights: Metric {
    /// What the metric is.
    public static let descriptor = MetricDescriptor(
        id: "next-weights", title: "Outgoing weights",
        abstract: "Sum of the absolute weights with which the next layer reads each neuron.",
        question: "Which neurons does the next layer read?", sites: [.weight],
        keyQuantities: ["median"], isOnRequest: true)

    /// From where on a neuron counts as read.
    public let configuration: Configuration

    /// A metric with these settings.
    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// What was asked for.
    public struct Configuration: MetricConfiguration {
        /// A neuron whose sum is at most this is not read.
        public let threshold: Double

        /// A threshold of 0.001.
        public init() { threshold = 1e-3 }

        /// - Throws: `InvalidOption` if the threshold is negative or not finite.
        public init(threshold: Double) throws(InvalidOption) {
            guard threshold >= 0, threshold.isFinite else {
                throw InvalidOption("threshold", threshold, expected: "a number not below 0")
            }
            self.threshold = threshold
        }

        /// As stored with every result.
        public var values: Object { ["threshold": .number(threshold)] }
    }

    /// The weights of the next layer.
    public var inputs: [MetricInput] { [.nextWeights] }

    /// The gate, which is drawn beside the sums.
    public var optionalInputs: [MetricInput] { [.gate] }

    /// The sums; the accumulator has seen the layer's own weights, which do not matter.
    ///
    /// - Throws: `Refusal` if the context holds no weights of a next layer.
    public func output(of accumulator: MomentsAccumulator, for layer: Layer) throws -> Output {
        Output(
            try layer.context.nextWeights.get(), gate: try? layer.context.gate.get(),
            excluding: layer.nonFiniteNeurons, threshold: configuration.threshold)
    }

    /// The sums of one layer.
    public struct Output: MetricOutput {
        /// The layer that reads.
        public let nextLayer: String
        /// One sum a neuron; NaN for neurons left out.
        public let sums: [Double]
        /// The gate of each neuron, where stored.
        public let gate: [Double]?
        /// Outgoing weights of a neuron.
        public let fanOut: Int
        /// Up to which sum a neuron is not read.
        public let threshold: Double
        /// Says which neurons were left out.
        public let warnings: [String]

        init(
            _ outgoing: OutgoingWeights, gate: [Double]?, excluding excluded: [Int],
            threshold: Double
        ) {
            nextLayer = outgoing.layer
            fanOut = outgoing.fanOut
            self.gate = gate
            self.threshold = threshold
            var sums = [Double](repeating: 0, count: outgoing.neurons)
            for row in 0..<outgoing.weight.rows {
                for column in 0..<outgoing.weight.columns {
                    sums[column / outgoing.positions] += abs(outgoing.weight[row, column])
                }
            }
            let broken = sums.count { !$0.isFinite }
            for neuron in sums.indices where !sums[neuron].isFinite { sums[neuron] = .nan }
            for neuron in excluded where neuron < sums.count { sums[neuron] = .nan }
            self.sums = sums
            warnings =
                broken == 0
                ? []
                : [
                    "the outgoing weights of \(broken) \(broken == 1 ? "neuron" : "neurons") are not "
                        + "all finite; those neurons are left out"
                ]
        }

        /// The sums that exist, ascending.
        private var known: [Double] { sums.filter { !$0.isNaN }.sorted() }

        /// Neurons whose sum is at most the threshold.
        public var unread: Int { sums.count { $0 <= threshold } }

        /// Insufficient if there is no sum.
        public var verdict: Verdict {
            known.isEmpty ? .insufficient("no neuron has finite outgoing weights") : .ok
        }

        /// Under the names of the README.
        public var values: Object {
            let known = known
            return [
                "nextLayer": .text(nextLayer),
                "sums": .numbers(sums),
                "fanOut": .integer(fanOut),
                "gate": gate.map { .numbers($0) } ?? .null,
                "minimum": .number(known.first),
                "median": .number(quantile(ofSorted: known, at: 0.5)),
                "maximum": .number(known.last),
                "threshold": .number(threshold),
                "unread": .integer(known.isEmpty ? nil : unread),
            ]
        }

        /// How many neurons are not read, and the median sum.
        public var quantities: [Quantity] {
            let known = known
            return [
                Quantity(
                    "unread", title: "unread neurons", known.isEmpty ? nil : Double(unread),
                    in: .count),
                Quantity(
                    "median", title: "median sum", quantile(ofSorted: known, at: 0.5), in: .none),
                Quantity("maximum", title: "largest sum", known.last, in: .none),
            ]
        }

        /// How many neurons are not read.
        public var summary: String {
            (unread == 0
                ? "\(nextLayer) reads all \(sums.count) neurons"
                : "\(nextLayer) does not read \(unread) of \(sums.count) neurons")
                + " (sums of absolute weights \(unread == 0 ? "above" : "up to") "
                + "\(threshold.brief(digits: 1)))"
        }

        /// The sums, and the gate where there is one, by neuron.
        public var figures: [Figure] {
            let neurons = sums.indices.map { Double($0) }
            var series = [
                Figure.Series(
                    name: "sum of absolute outgoing weights", mark: .points, x: neurons, y: sums)
            ]
            if let gate {
                series.append(
                    Figure.Series(
                        name: "gate", mark: .line, x: gate.indices.map { Double($0) }, y: gate))
            }
            return [
                Figure(
                    title: "Outgoing weights", x: .init("neuron"),
                    y: .init("sum of absolute weights" + (gate == nil ? "" : ", gate")),
                    series: series)
            ]
        }

        /// Whether all values are equal.
        public static func == (a: Output, b: Output) -> Bool { a.values == b.values }
    }
}
