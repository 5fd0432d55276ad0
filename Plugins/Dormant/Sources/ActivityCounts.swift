internal import LinearAlgebra
public import MetricCore

/// How much and how often each neuron is active.
public struct ActivityCounts: MetricAccumulator {
    /// Samples seen.
    public private(set) var samples = 0
    /// Σ |x|, one a neuron.
    public private(set) var absolutes: [Double]
    /// Samples on which x is not 0, one count a neuron.
    public private(set) var nonZero: [Int]
    /// Samples on which x is above 0, one count a neuron.
    public private(set) var positive: [Int]

    /// No samples.
    public init(for layer: Layer, options: NoOptions) {
        absolutes = Array(repeating: 0, count: layer.neurons)
        nonZero = Array(repeating: 0, count: layer.neurons)
        positive = nonZero
    }

    /// Adds the samples of `block`.
    public mutating func update(with block: ActivationBlock) {
        samples += block.sampleCount
        switch block.values {
        case .float(let x): add(x)
        case .double(let x): add(x)
        }
    }

    private mutating func add<Scalar>(_ x: Matrix<Scalar>) {
        let neurons = absolutes.count
        x.withElements { values in
            for row in 0..<x.rows {
                for neuron in 0..<neurons {
                    let value = Double(values[row * neurons + neuron])
                    absolutes[neuron] += abs(value)
                    nonZero[neuron] += value != 0 ? 1 : 0
                    positive[neuron] += value > 0 ? 1 : 0
                }
            }
        }
    }

    /// Adds the samples that `other` has seen.
    public mutating func merge(_ other: ActivityCounts) {
        samples += other.samples
        for neuron in absolutes.indices {
            absolutes[neuron] += other.absolutes[neuron]
            nonZero[neuron] += other.nonZero[neuron]
            positive[neuron] += other.positive[neuron]
        }
    }
}
