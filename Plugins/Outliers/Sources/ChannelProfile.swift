internal import LinearAlgebra
public import MetricCore

/// What outliers are judged by: sizes, moments, counts of magnitudes, the largest values.
public struct ChannelProfile: MetricAccumulator {
    /// A value and where it is.
    struct Place: Sendable, Equatable {
        var value: Double
        var row: Int
        var unit: Int

        /// Larger magnitudes first, then earlier ones.
        static func precedes(_ a: Place, _ b: Place) -> Bool {
            (-abs(a.value), a.row, a.unit) < (-abs(b.value), b.row, b.unit)
        }
    }

    /// Samples seen.
    public private(set) var samples = 0
    private(set) var moments: ChannelMoments
    /// Largest |x|, one a neuron.
    private(set) var absoluteMaximum: [Double]
    /// Smallest |x| that is not 0, one a neuron; infinite if there is none.
    private(set) var leastNonZero: [Double]
    /// Σ |x|, one a neuron.
    private(set) var absolutes: [Double]
    /// Σ x², one a neuron.
    private(set) var squares: [Double]
    /// Of all finite values.
    private(set) var magnitudes = MagnitudeCounts()
    /// The three largest |x|, the largest first.
    private(set) var largest: [Place] = []

    /// No samples.
    public init(for layer: Layer, options: NoOptions) {
        let zeros = [Double](repeating: 0, count: layer.neurons)
        moments = ChannelMoments(columns: layer.neurons)
        (absoluteMaximum, absolutes, squares) = (zeros, zeros, zeros)
        leastNonZero = Array(repeating: .infinity, count: layer.neurons)
    }

    /// Numbers a neuron, and the counts of magnitudes.
    public static func memory(for layer: Layer, options: NoOptions) -> Double {
        256 * Double(layer.neurons) + 8 * 0x1p18
    }

    /// Adds the samples of `block`.
    public mutating func update(with block: ActivationBlock) {
        let x = Matrix<Double>(converting: block.values)
        samples += x.rows
        moments.merge(ChannelMoments(of: x))
        let columns = x.columns
        x.withElements { elements in
            for row in 0..<x.rows {
                for unit in 0..<columns {
                    let value = elements[row * columns + unit]
                    guard value.isFinite else { continue }
                    let magnitude = abs(value)
                    magnitudes.insert(value)
                    absolutes[unit] += magnitude
                    squares[unit] += magnitude * magnitude
                    if magnitude > absoluteMaximum[unit] { absoluteMaximum[unit] = magnitude }
                    if magnitude > 0, magnitude < leastNonZero[unit] {
                        leastNonZero[unit] = magnitude
                    }
                    if largest.count < 3 || magnitude > abs(largest[2].value) {
                        keep([Place(value: value, row: block.firstSample + row, unit: unit)])
                    }
                }
            }
        }
    }

    /// Adds the samples that `other` has seen.
    public mutating func merge(_ other: ChannelProfile) {
        samples += other.samples
        moments.merge(other.moments)
        magnitudes.merge(other.magnitudes)
        for unit in absolutes.indices {
            absolutes[unit] += other.absolutes[unit]
            squares[unit] += other.squares[unit]
            absoluteMaximum[unit] = max(absoluteMaximum[unit], other.absoluteMaximum[unit])
            leastNonZero[unit] = min(leastNonZero[unit], other.leastNonZero[unit])
        }
        keep(other.largest)
    }

    private mutating func keep(_ places: [Place]) {
        largest = Array((largest + places).sorted(by: Place.precedes).prefix(3))
    }
}
