import LinearAlgebra
import Networks

/// How a network does on the samples held out beside the one that was accepted last.
public struct ValidationComparison: Sendable, Hashable {
    /// The accepted network's mean loss less this one's.
    public var gain: Double
    /// Of the mean of the differences, sample by sample, so that what is hard for both networks does not
    /// count; infinite for less than two samples.
    public var standardError: Double

    init(gain: Double, standardError: Double) {
        self.gain = gain
        self.standardError = standardError
    }

    /// Compares losses of two networks on the same samples.
    init(_ losses: [Double], with accepted: [Double]) {
        precondition(losses.count == accepted.count, "losses of other samples")
        let differences = zip(accepted, losses).map { $0 - $1 }
        let n = Double(differences.count)
        let mean = differences.reduce(0, +) / n
        let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        gain = mean
        standardError = n > 1 ? (squares / (n - 1) / n).squareRoot() : .infinity
    }
}

extension Matrix<Double> {
    /// -log of the softmax of row `row` at `label`, in nats, without overflow.
    func crossEntropy(row: Int, label: Int) -> Double {
        let values = self.row(row)
        let top = values.max() ?? 0
        let total = values.reduce(0) { $0 + Double.exponential($1 - top) }
        return Double.logarithm(total) - (values[label] - top)
    }

    /// The mean over the columns of the squared difference from `targets` in row `row`.
    func squaredError(row: Int, of targets: Matrix) -> Double {
        (0..<columns).reduce(0) { sum, column in
            let difference = self[row, column] - targets[row, column]
            return sum + difference * difference
        } / Double(columns)
    }
}

extension Network where Scalar: TrainingScalar {
    /// What each sample of `data` adds to the loss, class weights included; their mean is that of
    /// ``evaluate(_:loss:batch:)``.
    func losses(on data: TrainingData<Scalar>, _ loss: Loss) -> [Double] {
        var losses: [Double] = []
        losses.reserveCapacity(data.count)
        let (labels, targets) = (data.labels, data.targetValues)
        let weights = data.classWeights.map { Double($0) }
        forEachBatch(of: data) { range, activations in
            guard let post = activations.last?.post else { return }
            let outputs = post.inDoubles
            if let labels {
                for (row, sample) in range.enumerated() {
                    let weight = weights.isEmpty ? 1 : weights[labels[sample]]
                    losses.append(weight * outputs.crossEntropy(row: row, label: labels[sample]))
                }
            } else if let targets {
                let part = targets.rows(range).inDoubles
                losses += (0..<outputs.rows).map { outputs.squaredError(row: $0, of: part) }
            }
        }
        return losses
    }
}
