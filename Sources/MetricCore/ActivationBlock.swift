public import LinearAlgebra

/// Consecutive samples of one layer, read together.
public struct ActivationBlock: Sendable {
    /// Shape (samples, neurons).
    public var values: RealMatrix
    /// Position of the first row among all rows of the layer.
    public var firstSample: Int
    /// The class of each row, where the run has labels.
    public var labels: [Int]?
    /// The regression targets of each row, shape (samples, outputs), where the metric declares them and the
    /// run has them.
    public var targets: RealMatrix?

    /// A block of the rows from `firstSample` on.
    public init(
        _ values: RealMatrix, firstSample: Int = 0, labels: [Int]? = nil,
        targets: RealMatrix? = nil
    ) {
        self.values = values
        self.firstSample = firstSample
        self.labels = labels
        self.targets = targets
    }

    /// Number of rows.
    public var sampleCount: Int { values.rows }
    /// Number of columns.
    public var neuronCount: Int { values.columns }

    /// One value, widened to `Double`.
    ///
    /// Convenient, not fast: for speed, switch over ``values`` and use its elements.
    public subscript(sample: Int, neuron: Int) -> Double { values[sample, neuron] }
}
