public import MetricCore
import Statistics
import Glibc

/// Neurons that do nothing: that never fire, never change, or hardly do.
///
/// - Complexity: O(samples · neurons) time, O(neurons) memory.
public struct Dead: Metric {
    /// Identifier, texts and references.
    public static let descriptor = MetricDescriptor(
        id: "dead", title: "Dead neurons",
        abstract: "Neurons that never fire, never change, or hardly do.",
        question: "How many neurons could be removed without any effect on these samples?",
        version: 2, sites: [.post, .pre], keyQuantities: ["count", "fraction"], draws: false,
        references: [
            """
            J. A. Hanley, A. Lippman-Hand, If nothing goes wrong, is everything all right?, \
            Journal of the American Medical Association 249 (1983) 1743
            """
        ])

    /// What makes a neuron dead.
    public let configuration: Configuration

    /// The metric with this rule.
    public init(configuration: Configuration = Configuration()) {
        self.configuration = configuration
    }

    /// What the samples that were accumulated say.
    public func output(of accumulator: MomentsAccumulator, for layer: Layer) -> Output {
        let moments = accumulator.moments
        return Output(
            rule: configuration.rule ?? .suited(to: layer.activation),
            threshold: configuration.threshold, samples: moments.count, minimum: moments.minimum,
            maximum: moments.maximum, deviation: moments.standardDeviations)
    }
}

extension Dead {
    /// What makes a neuron dead.
    public enum Rule: String, Sendable, Hashable, CaseIterable {
        /// Its activation is never above 0: it would not pass a ReLU.
        case neverActive = "never-active"
        /// Its variance is exactly 0.
        case constant
        /// Its variance is below a share of the median variance of the neurons that change.
        case belowThreshold = "below-threshold"

        /// The rule for a layer with this nonlinearity: ``neverActive`` where negative values are
        /// known to become 0, else ``constant``.
        ///
        /// A neuron that is always negative is silent behind a ReLU and says as much as any other
        /// behind another nonlinearity, or none.
        static func suited(to activation: String?) -> Rule {
            let words = (activation ?? "").lowercased().split { !$0.isLetter && !$0.isNumber }
            guard let last = words.last, relus.contains(last),
                words.dropLast().allSatisfy(prefixes.contains)
            else { return .constant }
            return .neverActive
        }

        private static let relus: Set<Substring> = ["relu", "relu2", "relu6"]
        /// Words in front of "relu" that leave it 0 below 0, unlike "leaky": modules, as in
        /// torch.nn.ReLU, and squared_relu.
        private static let prefixes: Set<Substring> = [
            "torch", "nn", "functional", "f", "modules", "activation", "activations", "keras",
            "layers", "tf", "tensorflow", "jax", "flax", "squared",
        ]
    }

    /// The rule, and the share of the median variance that the third rule compares with.
    public struct Configuration: MetricConfiguration {
        /// What makes a neuron dead; `nil` for the rule that suits each layer.
        public let rule: Rule?
        /// Above 0.
        public let threshold: Double

        /// The rule that suits each layer; a threshold of 0.01, a tenth of the median neuron's
        /// standard deviation.
        public init() {
            rule = nil
            threshold = Self.defaultThreshold
        }

        /// A configuration as asked for.
        ///
        /// - Throws: ``InvalidOption`` if the threshold is not a number above 0.
        public init(
            rule: Rule?, threshold: Double = Configuration.defaultThreshold
        ) throws(InvalidOption) {
            guard threshold > 0, threshold.isFinite else {
                throw InvalidOption("threshold", threshold, expected: "a number above 0")
            }
            self.rule = rule
            self.threshold = threshold
        }

        /// The share of the median variance below which a neuron hardly changes.
        public static let defaultThreshold = 0.01

        /// The rule and the threshold, as stored with every result.
        public var values: Object {
            ["rule": .text(rule?.rawValue ?? "automatic"), "threshold": .number(threshold)]
        }
    }

    /// Which neurons are dead, by each of the rules.
    public struct Output: MetricOutput {
        /// What makes a neuron dead here.
        public let rule: Rule
        /// The share of the median variance that ``belowThreshold`` compares with.
        public let threshold: Double
        /// Rows seen.
        public let samples: Int
        /// Neurons of the layer.
        public let neurons: Int
        /// Neurons without NaN and infinite entries: those that are judged.
        public let judged: Int
        /// Positions of the neurons with a maximum of at most 0, ascending.
        public let neverActive: [Int]
        /// Positions of the neurons with equal activations on all samples, ascending.
        public let constant: [Int]
        /// Positions of the neurons with a variance below the threshold, ascending; all constant
        /// ones are among them.
        public let belowThreshold: [Int]

        init(
            rule: Rule, threshold: Double, samples: Int, minimum: [Double], maximum: [Double],
            deviation: [Double]
        ) {
            self.rule = rule
            self.threshold = threshold
            self.samples = samples
            neurons = maximum.count
            let judged = maximum.indices.filter { maximum[$0].isFinite && deviation[$0].isFinite }
            self.judged = judged.count
            neverActive = judged.filter { maximum[$0] <= 0 }
            constant = judged.filter { minimum[$0] == maximum[$0] }
            let changing = judged.filter { minimum[$0] < maximum[$0] }.map { deviation[$0] }
            // Deviations instead of variances, which can overflow or vanish. The median of the
            // variances is that of their roots squared but for an even count, where it is the
            // mean of two squares.
            let limit = Self.medianOfSquares(ofSorted: changing.sortedByDistribution())
                .map { $0 * threshold.squareRoot() }
            belowThreshold = judged.filter { neuron in
                minimum[neuron] == maximum[neuron] || limit.map { deviation[neuron] < $0 } ?? false
            }
        }

        /// The root of the median square of non-negative values.
        private static func medianOfSquares(ofSorted roots: [Double]) -> Double? {
            guard !roots.isEmpty else { return nil }
            let upper = roots[roots.count / 2]
            guard roots.count.isMultiple(of: 2), upper > 0 else { return upper }
            let ratio = roots[roots.count / 2 - 1] / upper
            return upper * ((1 + ratio * ratio) / 2).squareRoot()
        }
    }
}

extension Dead.Output {
    /// The neurons that are dead under ``rule``, ascending.
    public var indices: [Int] {
        switch rule {
        case .neverActive: neverActive
        case .constant: constant
        case .belowThreshold: belowThreshold
        }
    }

    /// The share of the judged neurons; `nil` if there are none.
    public var fraction: Double? {
        judged == 0 ? nil : Double(indices.count) / Double(judged)
    }

    /// Whether the values mean anything, and if not, why.
    public var verdict: Verdict {
        switch samples {
        case 0: .insufficient("there are no samples")
        case _ where neurons == 0: .insufficient("there are no neurons")
        case _ where judged == 0: .degenerate("every neuron has NaN or infinite activations")
        case 1 where rule != .neverActive:
            .insufficient("one sample does not show whether a neuron changes")
        default: .ok
        }
    }

    /// How little silence means where the samples are few.
    public var warnings: [String] {
        guard isShort, !indices.isEmpty, rule == .neverActive else { return [] }
        return [
            """
            on \(samples) samples, a neuron that never fires may still fire on up to \
            \((100 * firingRateBound).brief()) % of all inputs (95 % confidence)
            """
        ]
    }

    /// Whether there are too few samples for silence to mean much.
    private var isShort: Bool { samples > 0 && samples < 100 }

    /// The largest firing rate with which silence on all samples has a probability of 5 %,
    /// 1 - 0.05^(1/n): about 3/n.
    public var firingRateBound: Double {
        samples == 0 ? 1 : 1 - pow(0.05, 1 / Double(samples))
    }

    /// Count, share and positions under the rule, and the counts under each of the rules.
    public var values: Object {
        let known = judged > 0
        return [
            "count": .integer(known ? indices.count : nil),
            "fraction": .number(fraction),
            "indices": .integers(indices),
            "rule": .text(rule.rawValue),
            "threshold": .number(threshold),
            "neverActive": .integer(known ? neverActive.count : nil),
            "constant": .integer(known ? constant.count : nil),
            "belowThreshold": .integer(known ? belowThreshold.count : nil),
        ]
    }

    /// The scalars for tables, the most telling first.
    public var quantities: [Quantity] {
        func count(_ name: String, _ title: String, _ neurons: [Int], headline: Bool) -> Quantity {
            Quantity(
                name, title: title, judged == 0 ? nil : Double(neurons.count), in: .count,
                headline: headline)
        }
        return [
            count("count", "dead", indices, headline: true),
            Quantity("fraction", title: "fraction", fraction, in: .fraction),
            Quantity("rule", title: "rule", text: rule.rawValue),
            count("neverActive", "never active", neverActive, headline: false),
            count("constant", "constant", constant, headline: false),
            count("belowThreshold", "below threshold", belowThreshold, headline: false),
        ]
    }

    /// One line of what the values mean: how many neurons are dead, and by which rule.
    public var summary: String {
        let count = indices.count
        let reason =
            switch rule {
            case .neverActive: "never above 0"
            case .constant: "constant"
            case .belowThreshold: "less than \((100 * threshold).brief()) % of the median variance"
            }
        return "\(count) of \(judged) neurons \(count == 1 ? "is" : "are") dead (\(reason)"
            + (isShort ? " on these \(samples) samples)" : ")")
    }
}
