internal import LinearAlgebra
public import MetricCore
internal import Statistics

extension Importance {
    /// The importance of every neuron and what estimates it.
    public struct Output: MetricOutput {
        /// "cross-entropy" or "squared-error".
        public let lossKind: String
        /// Mean loss of the samples used.
        public let loss: Double?
        /// Mean change of the loss when a neuron is silenced; NaN for neurons left out.
        public let exact: [Double]
        /// Standard error of each mean over the samples; NaN below two samples.
        public let standardError: [Double]
        /// −mean of x ∂L/∂x.
        public let firstOrder: [Double]
        /// L2 norm of the outgoing weights, those of values that are already gated.
        public let outgoingNorm: [Double]
        /// Variance of what the next layer reads, divided by n.
        public let variance: [Double]
        /// Mean of its absolute value.
        public let meanAbsolute: [Double]
        /// The gate of each neuron, where stored.
        public let gate: [Double]?
        /// Samples that the losses are means of.
        public let samplesUsed: Int
        /// Arithmetic of the exact changes, samples on which a neuron is 0 counted too.
        public let multiplyAdds: Double
        /// Rank correlations of the estimates with ``exact``, by name.
        public let correlations: [(name: String, value: Double?)]
        /// Says which samples were left out.
        public let warnings: [String]
        /// Insufficient without samples.
        public let verdict: Verdict

        init(_ sums: SilencedLosses, layer: Layer) {
            let count = Double(sums.samples)
            let excluded = Set(layer.nonFiniteNeurons)
            func known(_ values: [Double]) -> [Double] {
                values.enumerated().map { excluded.contains($0.offset) ? .nan : $0.element }
            }
            lossKind = sums.outputLoss?.kind.rawValue ?? ""
            loss = sums.samples > 0 ? sums.loss / count : nil
            let means = sums.changes.map { $0 / count }
            let exact = known(means)
            self.exact = exact
            standardError = known(
                zip(sums.squares, means).map { square, mean in
                    (max(0, square - count * mean * mean) / (count - 1) / count).squareRoot()
                })
            firstOrder = known(sums.estimates.map { $0 / count })
            let first = sums.tail?.layers.first?.weight
            outgoingNorm = known(
                (0..<layer.neurons).map { neuron in
                    (first?.row(neuron) ?? []).reduce(0) { $0 + $1 * $1 }.squareRoot()
                })
            variance = known(sums.moments.populationVariances)
            meanAbsolute = known(sums.absolutes.map { $0 / Double(sums.moments.count) })
            gate = try? layer.context.gate.get()
            samplesUsed = sums.samples
            multiplyAdds = sums.costPerSample * count
            var estimates = [
                ("firstOrder", firstOrder), ("outgoingNorm", outgoingNorm), ("variance", variance),
                ("meanAbsolute", meanAbsolute),
            ]
            if let gate { estimates.append(("gate", gate.map(abs))) }
            correlations = estimates.map { name, values in
                let pairs = zip(exact, values).filter { !$0.isNaN && !$1.isNaN }
                return (
                    name, RankCorrelation(pairs.map(\.0), pairs.map(\.1))?.coefficient
                )
            }
            warnings =
                sums.excluded == 0
                ? []
                : [
                    "the values or the loss of \(sums.excluded) "
                        + "\(sums.excluded == 1 ? "sample is" : "samples are") not finite; "
                        + "\(sums.excluded == 1 ? "it is" : "they are") left out"
                ]
            verdict =
                sums.samples == 0
                ? .insufficient("no sample has a finite loss")
                : exact.allSatisfy(\.isNaN)
                    ? .insufficient("no neuron without NaN or infinite entries") : .ok
        }

        /// Neurons whose silencing does not raise the loss.
        public var harmless: Int { exact.count { $0 <= 0 } }

        /// Under the names of the README.
        public var values: Object {
            [
                "lossKind": .text(lossKind),
                "loss": .number(loss),
                "exact": .numbers(exact),
                "standardError": .numbers(standardError),
                "firstOrder": .numbers(firstOrder),
                "outgoingNorm": .numbers(outgoingNorm),
                "variance": .numbers(variance),
                "meanAbsolute": .numbers(meanAbsolute),
                "gate": gate.map { .numbers($0) } ?? .null,
                "harmless": .integer(verdict == .ok ? harmless : nil),
                "correlations": .object(
                    Object(correlations.map { ($0.name, .number($0.value)) })),
                "samplesUsed": .integer(samplesUsed),
                "multiplyAdds": .number(multiplyAdds),
            ]
        }

        /// The loss, the harmless neurons and the correlations.
        public var quantities: [Quantity] {
            let unit: Quantity.Unit = lossKind == "cross-entropy" ? .nats : .none
            let titles = [
                "firstOrder": "rho of first order", "outgoingNorm": "rho of outgoing norm",
                "variance": "rho of variance", "meanAbsolute": "rho of mean absolute value",
                "gate": "rho of gate",
            ]
            return [
                Quantity("loss", title: "loss", loss, in: unit),
                Quantity(
                    "harmless", title: "harmless neurons", verdict == .ok ? Double(harmless) : nil,
                    in: .count),
            ]
                + correlations.map { name, value in
                    Quantity(
                        "correlations.\(name)", title: titles[name] ?? name, value, in: .none,
                        headline: name == "firstOrder" || name == "outgoingNorm")
                }
                + [
                    Quantity(
                        "samplesUsed", title: "samples used", Double(samplesUsed), in: .count,
                        headline: false),
                    Quantity(
                        "multiplyAdds", title: "multiply-adds", multiplyAdds, in: .count,
                        headline: false),
                ]
        }

        /// How many neurons are harmless, and how well the first order ranks them.
        public var summary: String {
            let text =
                "silencing \(harmless) of \(exact.count) neurons does not raise the loss "
                + "(\(samplesUsed) samples)"
            guard let value = correlations.first?.value else { return text }
            return text + "; the first-order estimate ranks them with rho \(value.brief())"
        }

        /// The changes ranked, and the estimate against them.
        public var figures: [Figure] {
            let ranked = exact.filter { !$0.isNaN }.sorted(by: >)
            let pairs = zip(exact, firstOrder).filter { !$0.isNaN && !$1.isNaN }
            guard !ranked.isEmpty else { return [] }
            return [
                Figure(
                    title: "Importance of the neurons", x: .init("neurons, by rank"),
                    y: .init("change of the loss when silenced"),
                    series: [
                        .init(
                            name: "", mark: .line, x: ranked.indices.map { Double($0 + 1) },
                            y: ranked)
                    ], overlays: true),
                Figure(
                    title: "First-order estimate", x: .init("change of the loss when silenced"),
                    y: .init("first-order estimate"),
                    series: [
                        .init(name: "", mark: .points, x: pairs.map(\.0), y: pairs.map(\.1))
                    ]),
            ]
        }

        /// Whether all values are equal.
        public static func == (a: Output, b: Output) -> Bool { a.values == b.values }
    }
}
