public import ArgumentParser
import LinearAlgebra
public import Statistics

/// The covariance of the neurons: what the metrics on their joint spread start from.
public struct CovarianceAccumulator: NonFiniteCounting {
    /// One row and column a neuron.
    public private(set) var covariance: Covariance

    /// How products are computed.
    public enum Precision: String, Sendable, Hashable, CaseIterable, ExpressibleByArgument {
        /// Double unless the layer is so large that only single precision is quick.
        case automatic
        /// Single-precision products of values stored in single precision.
        case single
        case double
    }

    /// Starts from no samples.
    public init(for layer: Layer, options: Precision) {
        let arithmetic: Covariance.Arithmetic =
            switch options {
            case .automatic: Covariance.automatic(rows: layer.samples, columns: layer.neurons)
            case .single: .single
            case .double: .double
            }
        covariance = Covariance(columns: layer.neurons, arithmetic: arithmetic)
    }

    /// The sums, the copy that is solved, and as much again for what waits for its products.
    public static func memory(for layer: Layer, options: Precision) -> Double {
        24 * Double(layer.neurons) * Double(layer.neurons)
    }

    /// Adds the samples of `block`.
    public mutating func update(with block: ActivationBlock) { covariance.insert(block.values) }

    /// Adds the samples that `other` has seen.
    public mutating func merge(_ other: CovarianceAccumulator) {
        covariance.merge(other.covariance)
    }

    /// Adds products of matrices.
    public static var multipliesMatrices: Bool { true }

    /// Computes what waits for more samples.
    public mutating func finish() { covariance.finish() }

    /// Entries outside `ValueDomain`, one count a neuron.
    public var nonFiniteCounts: [Int] { covariance.nonFiniteCounts }

    /// Those of ``nonFiniteCounts`` that are finite, one count a neuron.
    public var excessiveCounts: [Int] { covariance.excessiveCounts }
}
