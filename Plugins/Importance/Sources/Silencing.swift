internal import LinearAlgebra
internal import MetricCore

/// Some samples whose loss is computed with one neuron at a time silenced.
struct Silencing {
    let tail: NetworkTail<Double>
    let loss: OutputLoss
    /// What the first following layer reads, a row a sample.
    let x: Matrix<Double>
    /// Its values before its nonlinearity.
    let first: Matrix<Double>
    /// The loss of each sample.
    let losses: [Double]
    let answers: OutputLoss.Answers

    /// Sums over the samples of the change of the loss and of its square, one of each a neuron.
    func changes() -> (sums: [Double], squares: [Double]) {
        let neurons = x.columns
        var sums = Matrix<Double>(rows: 2, columns: neurons)
        sums.withMutableElements { sums in
            // Unchecked: each neuron has its own two elements.
            nonisolated(unsafe) let sums = sums
            concurrently(neurons) { neuron in
                var (sum, squares) = (0.0, 0.0)
                forEachChange(of: neuron) { change in
                    sum += change
                    squares += change * change
                }
                sums[neuron] = sum
                sums[neurons + neuron] = squares
            }
        }
        return (sums.row(0), sums.row(1))
    }

    /// Calls `body` with the change of the loss of every sample on which `neuron` is not 0.
    private func forEachChange(of neuron: Int, _ body: (Double) -> Void) {
        if tail.layers.count == 1, loss.takesLogits {
            changesOfLogits(of: neuron, body)
            return
        }
        let rows = (0..<x.rows).filter { x[$0, neuron] != 0 }
        guard !rows.isEmpty else { return }
        var silenced = first.gathered(rows)
        let columns = silenced.columns
        let weights = tail.layers[0].weight.row(neuron)
        silenced.withMutableElements { elements in
            for (index, row) in rows.enumerated() {
                let value = x[row, neuron]
                for column in 0..<columns {
                    elements[index * columns + column] -= value * weights[column]
                }
            }
        }
        let last = tail.forward(fromFirst: silenced).last
        let without = loss.losses(ofPreActivations: last, answers.rows(rows))
        for (index, row) in rows.enumerated() { body(without[index] - losses[row]) }
    }

    /// The same where the only following layer gives the logits: z − xⱼ wⱼ, without matrices.
    private func changesOfLogits(of neuron: Int, _ body: (Double) -> Void) {
        let columns = first.columns
        let weights = tail.layers[0].weight.row(neuron)
        withUnsafeTemporaryAllocation(of: Double.self, capacity: max(1, columns)) { logits in
            first.withElements { elements in
                for row in 0..<x.rows {
                    let value = x[row, neuron]
                    guard value != 0 else { continue }
                    for column in 0..<columns {
                        logits[column] =
                            elements[row * columns + column] - value * weights[column]
                    }
                    let label = logits[answers.labels[row]]
                    body(
                        logSumOfExponentials(UnsafeBufferPointer(rebasing: logits[..<columns]))
                            - label - losses[row])
                }
            }
        }
    }
}
