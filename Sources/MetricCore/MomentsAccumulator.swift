public import Statistics

/// Count, mean, variance and range of every neuron: what the metrics on single neurons start from.
public struct MomentsAccumulator: NonFiniteCounting {
    /// One column a neuron.
    public private(set) var moments: ColumnMoments

    /// Starts from no samples.
    public init(for layer: Layer, options: NoOptions) {
        moments = ColumnMoments(columns: layer.neurons)
    }

    /// Adds the samples of `block`.
    public mutating func update(with block: ActivationBlock) { moments.insert(block.values) }

    /// Adds the samples that `other` has seen.
    public mutating func merge(_ other: MomentsAccumulator) { moments.merge(other.moments) }

    /// Entries outside `ValueDomain`, one count a neuron.
    public var nonFiniteCounts: [Int] { moments.nonFiniteCounts }

    /// Those of ``nonFiniteCounts`` that are finite, one count a neuron.
    public var excessiveCounts: [Int] { moments.excessiveCounts }
}
