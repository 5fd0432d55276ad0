internal import LinearAlgebra
public import MetricCore

/// A layer's weights, kept as a whole.
///
/// They do not grow with the samples of a run: their rows are the layer's inputs.
public struct WeightRows: MetricAccumulator {
    private let neurons: Int
    private var blocks: [RealMatrix] = []

    /// No rows.
    public init(for layer: Layer, options: NoOptions) {
        neurons = layer.neurons
    }

    /// Adds the weights of more inputs.
    public mutating func update(with block: ActivationBlock) {
        guard block.sampleCount > 0 else { return }
        // A copy: blocks of a reader are used again.
        blocks.append(.double(Matrix(converting: block.values)))
    }

    /// Adds the weights of further inputs.
    public mutating func merge(_ other: WeightRows) { blocks += other.blocks }

    /// Decomposes a matrix.
    public static var multipliesMatrices: Bool { true }

    /// The weights, the copies of the decomposition, its vectors and its workspace.
    public static func memory(for layer: Layer, options: NoOptions) -> Double {
        let (neurons, inputs) = (Double(layer.neurons), Double(layer.samples))
        return 48 * neurons * inputs + 32 * min(neurons, inputs) * min(neurons, inputs)
    }

    /// W without the neurons `excluded`, shape (neurons, inputs).
    func weights(excluding excluded: [Int]) -> Matrix<Double> {
        let left = Set(excluded)
        let kept = (0..<neurons).filter { !left.contains($0) }
        let inputs = blocks.reduce(0) { $0 + $1.rows }
        return Matrix(rows: kept.count, columns: inputs) { target in
            var first = 0
            for block in blocks {
                for row in 0..<block.rows {
                    for (index, neuron) in kept.enumerated() {
                        target.initializeElement(
                            at: index * inputs + first + row, to: block[row, neuron])
                    }
                }
                first += block.rows
            }
        }
    }
}
