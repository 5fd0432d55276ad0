internal import LinearAlgebra
internal import MetricCore

/// The loss of a network's outputs, by sample, and its gradient.
struct OutputLoss: Sendable {
    enum Kind: String, Sendable {
        /// −log of the softmax probability of the label.
        case crossEntropy = "cross-entropy"
        /// (output − target)², averaged over the outputs.
        case squaredError = "squared-error"
    }

    let kind: Kind
    /// Position of the last layer in `tail`.
    private let last: Int
    private let tail: NetworkTail<Double>
    /// Whether the softmax of the loss takes the last layer's values before its nonlinearity.
    let takesLogits: Bool

    init(_ kind: Kind, of tail: NetworkTail<Double>) {
        self.kind = kind
        self.tail = tail
        last = tail.layers.count - 1
        let layer = tail.layers[last]
        takesLogits =
            kind == .crossEntropy
            && [.softmax, .logSoftmax].contains(layer.activation)
            || kind == .crossEntropy && layer.activation == .identity && layer.gate == nil
    }

    /// What the samples of some rows should give.
    struct Answers {
        var labels: [Int] = []
        var targets: Matrix<Double>?

        func rows(_ indices: [Int]) -> Answers {
            Answers(
                labels: labels.isEmpty ? [] : indices.map { labels[$0] },
                targets: targets?.gathered(indices))
        }
    }

    /// The loss of each row of `values`, the last layer's before its nonlinearity.
    func losses(ofPreActivations values: consuming Matrix<Double>, _ answers: Answers) -> [Double] {
        var outputs = values
        if !takesLogits { tail.finish(&outputs, of: last) }
        let columns = outputs.columns
        return outputs.withElements { elements in
            (0..<outputs.rows).map { row in
                let values = UnsafeBufferPointer(
                    rebasing: elements[row * columns..<(row + 1) * columns])
                guard kind == .squaredError, let targets = answers.targets else {
                    return logSumOfExponentials(values) - values[answers.labels[row]]
                }
                var sum = 0.0
                for (column, value) in values.enumerated() {
                    sum += (value - targets[row, column]) * (value - targets[row, column])
                }
                return sum / Double(columns)
            }
        }
    }

    /// The gradient of each row's loss by the last layer's values before its nonlinearity.
    func gradient(
        ofPreActivations values: consuming Matrix<Double>, _ answers: Answers
    ) -> Matrix<Double> {
        var activations = values
        if !takesLogits { tail.layers[last].activation.apply(to: &activations) }
        var gradient = activations
        if !takesLogits { gradient.multiplyColumns(by: tail.layers[last].gate) }
        let columns = gradient.columns
        gradient.withMutableElements { elements in
            for row in 0..<elements.count / max(1, columns) {
                let first = row * columns
                guard kind == .squaredError, let targets = answers.targets else {
                    let sum = logSumOfExponentials(
                        UnsafeBufferPointer(rebasing: elements[first..<first + columns]))
                    for index in first..<first + columns {
                        elements[index] = Double.exponential(elements[index] - sum)
                    }
                    elements[first + answers.labels[row]] -= 1
                    continue
                }
                for column in 0..<columns {
                    elements[first + column] =
                        2 * (elements[first + column] - targets[row, column]) / Double(columns)
                }
            }
        }
        if !takesLogits {
            gradient.multiplyColumns(by: tail.layers[last].gate)
            tail.layers[last].activation.backpropagate(&gradient, outputs: activations)
        }
        return gradient
    }
}

/// log Σ eˣ, less the largest x so that nothing overflows.
func logSumOfExponentials(_ values: some Collection<Double>) -> Double {
    let largest = values.reduce(-Double.infinity) { max($0, $1) }
    guard largest.isFinite else { return largest }
    return largest
        + Double.logarithm(values.reduce(0) { $0 + Double.exponential($1 - largest) })
}
