internal import Foundation
public import MetricCore
internal import Statistics

/// How far single values and single neurons stand out: what decides how a layer can be quantized.
///
/// - Complexity: O(samples · neurons) time, O(neurons) memory and 262,144 counts.
/// - Note: M. Sun, X. Chen, J. Z. Kolter, Z. Liu, "Massive activations in large language models", 2024;
///   G. Xiao et al., "SmoothQuant", ICML 2023; J. Lin et al., "AWQ", MLSys 2024.
public struct Outliers: Metric {
    /// What the metric is.
    public static let descriptor = MetricDescriptor(
        id: "outliers", title: "Outliers",
        abstract: "Sizes, skewness and kurtosis of each neuron, and the largest values of a layer.",
        question: "Do single values or neurons stand out?", sites: [.post, .pre, .weight],
        keyQuantities: ["crest", "massiveCount"],
        references: ["Sun et al. 2024", "Xiao et al. 2023", "Lin et al. 2024"])

    /// There are no settings.
    public let configuration: NoConfiguration

    /// The metric has no settings.
    public init(configuration: NoConfiguration = NoConfiguration()) {
        self.configuration = configuration
    }

    /// The profile of the samples seen.
    public func output(of accumulator: ChannelProfile, for layer: Layer) -> Output {
        Output(accumulator, excluding: Set(layer.nonFiniteNeurons))
    }

    /// The profile of one layer.
    public struct Output: MetricOutput {
        /// Samples seen.
        public let samples: Int
        /// Largest |x|, one a neuron; NaN for neurons left out, as in all others.
        public let absoluteMaximum: [Double]
        /// Mean |x|, one a neuron.
        public let meanAbsolute: [Double]
        /// Root of the mean of x², one a neuron.
        public let rootMeanSquare: [Double]
        /// m₃ / m₂^1.5 of the central moments, which divide by n; NaN for a constant neuron.
        public let skewness: [Double]
        /// m₄ / m₂², 3 for a normal distribution; NaN for a constant neuron.
        public let kurtosis: [Double]
        /// The three values of largest magnitude, with their samples and neurons.
        public let largest: (rows: [Int], units: [Int], values: [Double])
        /// Of all |x|.
        public let medianAbsolute: Double?
        /// Values with |x| above 100 and above 1,000 medians.
        public let massiveCount: Int
        /// Largest |x| divided by the root of the mean of x².
        public let crest: Double?
        /// log₂ of the largest |x| divided by the smallest that is not 0.
        public let dynamicRange: Double?
        /// Entropy of the neurons' shares of Σ x², divided by the logarithm of their number.
        public let entropy: Double?
        /// Of all |x|, by probability.
        public let quantiles: [(name: String, value: Double?)]
        /// Whether ``quantiles`` and ``medianAbsolute`` are exact.
        public let exactQuantiles: Bool
        /// Insufficient without samples or usable neurons.
        public let verdict: Verdict

        init(_ profile: ChannelProfile, excluding excluded: Set<Int>) {
            samples = profile.samples
            let count = Double(profile.samples)
            func known(_ values: [Double]) -> [Double] {
                values.enumerated().map {
                    excluded.contains($0.offset) || count == 0 ? .nan : $0.element
                }
            }
            let moments = profile.moments
            func ratio(_ sums: [Double], power: Double) -> [Double] {
                known(
                    zip(sums, moments.second).map { sum, second in
                        second > 0 ? (sum / count) / pow(second / count, power) : .nan
                    })
            }
            let maxima = known(profile.absoluteMaximum)
            absoluteMaximum = maxima
            meanAbsolute = known(profile.absolutes.map { $0 / count })
            let meanSquares = known(profile.squares.map { $0 / count })
            rootMeanSquare = meanSquares.map { $0.squareRoot() }
            skewness = ratio(moments.third, power: 1.5)
            kurtosis = ratio(moments.fourth, power: 2)
            largest = (
                profile.largest.map(\.row), profile.largest.map(\.unit),
                profile.largest.map(\.value)
            )
            let magnitudes = profile.magnitudes
            func quantileOfMagnitudes(_ probability: Double) -> Double? {
                let below = Int(Double(magnitudes.count - 1) * probability)
                let values = magnitudes.values(
                    ofRanks: [below, min(below + 1, magnitudes.count - 1)])
                return quantile(of: magnitudes.count, at: probability) { values[$0 - below] }
            }
            let median = quantileOfMagnitudes(0.5)
            medianAbsolute = median
            massiveCount = magnitudes.count(above: max(100, 1000 * (median ?? 0)))
            quantiles = [("0.99", 0.99), ("0.999", 0.999), ("0.9999", 0.9999)].map {
                ($0, quantileOfMagnitudes($1))
            }
            exactQuantiles = magnitudes.isExact
            let kept = meanSquares.indices.filter { !meanSquares[$0].isNaN }
            let total = kept.reduce(0) { $0 + meanSquares[$1] }
            let peak = kept.reduce(0) { max($0, maxima[$1]) }
            let least = kept.reduce(Double.infinity) { min($0, profile.leastNonZero[$1]) }
            crest = total > 0 ? peak / (total / Double(kept.count)).squareRoot() : nil
            dynamicRange = peak > 0 ? log2(peak / least) : nil
            entropy =
                total > 0 && kept.count > 1
                ? kept.reduce(0) { sum, unit in
                    let share = meanSquares[unit] / total
                    return sum - (share > 0 ? share * log(share) : 0)
                } / log(Double(kept.count)) : nil
            verdict =
                samples == 0
                ? .insufficient("no samples")
                : kept.isEmpty
                    ? .insufficient("no neuron without NaN or infinite entries") : .ok
        }

        /// Under the names of the README.
        public var values: Object {
            [
                "channels": .object([
                    "absoluteMaximum": .numbers(absoluteMaximum),
                    "meanAbsolute": .numbers(meanAbsolute),
                    "rootMeanSquare": .numbers(rootMeanSquare),
                    "skewness": .numbers(skewness),
                    "kurtosis": .numbers(kurtosis),
                ]),
                "largest": .object([
                    "rows": .integers(largest.rows), "units": .integers(largest.units),
                    "values": .numbers(largest.values),
                ]),
                "medianAbsolute": .number(medianAbsolute),
                "massiveCount": .integer(massiveCount),
                "crest": .number(crest),
                "dynamicRange": .number(dynamicRange),
                "entropy": .number(entropy),
                "quantiles": .object(Object(quantiles.map { ($0.name, .number($0.value)) })),
                "exactQuantiles": .flag(exactQuantiles),
            ]
        }

        /// How far the largest value stands out, and how evenly neurons share the energy.
        public var quantities: [Quantity] {
            let last = quantiles.last?.value
            return [
                Quantity("crest", title: "crest", crest, in: .none),
                Quantity("massiveCount", title: "massive", Double(massiveCount), in: .count),
                Quantity("dynamicRange", title: "range in bits", dynamicRange, in: .none),
                Quantity("entropy", title: "entropy", entropy, in: .none),
                Quantity(
                    "quantiles.0.9999", title: "0.9999 quantile", last, in: .activation,
                    headline: false),
                Quantity(
                    "medianAbsolute", title: "median", medianAbsolute, in: .activation,
                    headline: false),
            ]
        }

        /// The largest value and where it is.
        public var summary: String {
            guard let value = largest.values.first, let crest else { return "" }
            return
                "the largest value is \(value.brief(digits: 3)), of neuron \(largest.units[0]) on sample "
                + "\(largest.rows[0]): \(crest.brief()) times the root mean square"
        }

        /// The largest magnitude of each neuron, ranked.
        public var figures: [Figure] {
            let ranked = absoluteMaximum.filter { !$0.isNaN }.sorted(by: >)
            guard !ranked.isEmpty else { return [] }
            return [
                Figure(
                    title: "Outliers", x: .init("neurons, by rank"),
                    y: .init("largest magnitude", scale: .logarithmic),
                    series: [
                        .init(
                            name: "neurons", mark: .line,
                            x: ranked.indices.map { Double($0 + 1) }, y: ranked)
                    ], overlays: true)
            ]
        }

        /// Whether all values are equal.
        public static func == (a: Output, b: Output) -> Bool { a.values == b.values }
    }
}
