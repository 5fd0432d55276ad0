public import MetricCore

extension LowRank {
    /// What a layer of rank k loses on the recorded inputs.
    public struct ActivationError: Sendable {
        /// Recorded samples.
        public let samples: Int
        /// Samples left out, since they hold NaN or infinite entries.
        public let excluded: Int
        /// Mean over the samples of ‖W x‖².
        public let meanSquare: Double
        /// For each k from 0 to the rank: the root of the mean of ‖(W − W_k) x‖², divided by that of ‖W x‖².
        public let error: [Double]

        init(_ inputs: ProjectedInputs) {
            samples = inputs.samples
            excluded = inputs.excluded
            let energies = zip(inputs.singularValues, inputs.meanSquares).map { $0 * $0 * $1 }
            meanSquare = energies.reversed().reduce(0, +)
            error = relativeErrors(withoutFirst: energies)
        }
    }

    /// The singular values of a layer and what a lower rank loses.
    public struct Output: MetricOutput {
        /// Rows of W that entered.
        public let neurons: Int
        /// Columns of W.
        public let inputs: Int
        /// Descending.
        public let singularValues: [Double]
        /// For each k from 0 to the rank: ‖W − W_k‖ / ‖W‖ in the Frobenius norm.
        public let weightError: [Double]
        /// On the recorded inputs; `nil` where there are none.
        public let activation: ActivationError?
        /// Why there is no ``activation``.
        public let reason: String?

        init(
            neurons: Int, inputs: Int, singularValues: [Double], activation: ActivationError?,
            reason: String?
        ) {
            self.neurons = neurons
            self.inputs = inputs
            self.singularValues = singularValues
            weightError = relativeErrors(withoutFirst: singularValues.map { $0 * $0 })
            self.activation = activation
            self.reason = activation == nil ? reason : nil
        }

        /// Degenerate if there is nothing to approximate.
        public var verdict: Verdict {
            if neurons == 0 { return .insufficient("no neuron without NaN or infinite weights") }
            return (singularValues.first ?? 0) > 0 ? .ok : .degenerate("all weights are zero")
        }

        /// Singular values above the rounding of the largest: σ > max(neurons, inputs) · 2⁻⁵² · σ₁.
        public var numericalRank: Int {
            let least =
                Double(max(neurons, inputs)) * Double.ulpOfOne * (singularValues.first ?? 0)
            return singularValues.count { $0 > least }
        }

        /// Σ σ² / σ₁².
        public var stableRank: Double? {
            guard let largest = singularValues.first, largest > 0 else { return nil }
            return singularValues.reversed().reduce(0) { $0 + ($1 / largest) * ($1 / largest) }
        }

        /// The largest rank at which two factors hold fewer weights than W.
        public var breakEvenRank: Int {
            let sum = neurons + inputs
            return sum == 0 ? 0 : max(0, (neurons * inputs - 1) / sum)
        }

        /// Says which samples were left out.
        public var warnings: [String] {
            guard let activation, activation.excluded > 0 else { return [] }
            return [
                "\(activation.excluded) of the recorded inputs "
                    + "\(activation.excluded == 1 ? "is" : "are") not finite and left out"
            ]
        }

        /// Under the names of the README.
        public var values: Object {
            [
                "singularValues": .numbers(singularValues),
                "numericalRank": .integer(numericalRank),
                "stableRank": .number(stableRank),
                "weightError": .numbers(weightError),
                "ranksFor": ranks(weightError),
                "parameters": .integer(neurons * inputs),
                "parametersPerRank": .integer(neurons + inputs),
                "breakEvenRank": .integer(breakEvenRank),
                "activation": activation.map { activation in
                    .object([
                        "samples": .integer(activation.samples),
                        "meanSquare": .number(activation.meanSquare),
                        "error": .numbers(activation.error),
                        "ranksFor": ranks(activation.error),
                    ])
                } ?? .null,
                "activationReason": reason.map { .text($0) } ?? .null,
            ]
        }

        private func ranks(_ errors: [Double]) -> Value {
            .object(
                Object(
                    LowRank.shares.map { name, share in
                        (name, .integer(LowRank.rank(for: share, of: errors)))
                    }))
        }

        /// The ranks for 99 % and 90 % of the weights and of the outputs.
        public var quantities: [Quantity] {
            func rank(_ share: Double, _ errors: [Double]?) -> Double? {
                errors.flatMap { LowRank.rank(for: share, of: $0) }.map { Double($0) }
            }
            return [
                Quantity(
                    "activation.ranksFor.0.99", title: "rank for 99 % of the outputs",
                    rank(0.99, activation?.error), in: .count),
                Quantity(
                    "ranksFor.0.9", title: "rank for 90 % of the weights",
                    rank(0.9, weightError), in: .count),
                Quantity(
                    "ranksFor.0.99", title: "rank for 99 % of the weights",
                    rank(0.99, weightError), in: .count),
                Quantity(
                    "breakEvenRank", title: "largest rank that saves weights",
                    Double(breakEvenRank), in: .count),
                Quantity(
                    "activation.ranksFor.0.9", title: "rank for 90 % of the outputs",
                    rank(0.9, activation?.error), in: .count, headline: false),
                Quantity(
                    "stableRank", title: "stable rank", stableRank, in: .dimensions,
                    headline: false),
            ]
        }

        /// The ranks for 99 %.
        public var summary: String {
            guard let weights = LowRank.rank(for: 0.99, of: weightError) else { return "" }
            let text = "rank \(weights) of \(singularValues.count) keeps 99 % of the weights"
            guard let activation, let outputs = LowRank.rank(for: 0.99, of: activation.error)
            else { return text }
            return text + ", rank \(outputs) 99 % of the outputs on \(activation.samples) samples"
        }

        /// The errors against the rank.
        public var figures: [Figure] {
            func series(_ name: String, _ errors: [Double]) -> Figure.Series {
                Figure.Series(
                    name: name, mark: .line, x: errors.indices.map { Double($0) }, y: errors)
            }
            return [
                Figure(
                    title: "Error of a layer of lower rank", x: .init("rank"),
                    y: .init("relative error", range: 0...1),
                    series: [series("weights", weightError)]
                        + (activation.map { [series("recorded inputs", $0.error)] } ?? []))
            ]
        }

        /// Whether all values are equal.
        public static func == (a: Output, b: Output) -> Bool { a.values == b.values }
    }

    /// The shares of the squared norm for which ranks are given.
    static let shares = [("0.9", 0.9), ("0.95", 0.95), ("0.99", 0.99)]

    /// The smallest k whose error leaves at least `share` of the squared norm.
    static func rank(for share: Double, of errors: [Double]) -> Int? {
        errors.first?.isNaN ?? true ? nil : errors.firstIndex { 1 - $0 * $0 >= share }
    }
}

/// For each k from 0 to the count: the root of the sum of all `energies` but the first k, divided by that of all; NaN
/// where all are zero.
private func relativeErrors(withoutFirst energies: [Double]) -> [Double] {
    var tails = [0.0]
    for energy in energies.reversed() { tails.append(tails[tails.count - 1] + energy) }
    let total = tails[tails.count - 1]
    return tails.reversed().map { ($0 / total).squareRoot() }
}
