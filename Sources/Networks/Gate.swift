import Glibc
import LinearAlgebra

/// What the units of a layer are multiplied by, behind the nonlinearity: unit i passes on sᵢ hᵢ.
///
/// The gradient by a factor is qᵢ = Σ hᵢ ∂L/∂(sᵢ hᵢ) over samples and positions. Only sᵢ hᵢ is kept,
/// no hᵢ: while gradients are computed a factor is at least 2⁻⁶⁰, which no sum in single precision
/// notices, so that uᵢ = Σ sᵢ hᵢ ∂L/∂(sᵢ hᵢ) and the power of two give qᵢ also for a filter of 0.
public enum Gate: Sendable, Hashable, Codable {
    /// No factors.
    case none
    /// A learned factor for each unit, max(f, 0), or f itself if it may have either sign; f begins
    /// uniformly within `spread` of `start`.
    case filter(start: Double = 1, spread: Double = 0, isSigned: Bool = false)
    /// sᵢ = σ(k (x₀ - i)) for i = 0, 1, ...: the learned x₀ is the layer's size, `slope` is k.
    case ramp(start: Double, slope: Slope)

    /// The k of a ramp.
    public enum Slope: Sendable, Hashable, Codable {
        case fixed(Double)
        case learned(start: Double)
        /// Drawn for each batch, so that the width of the gray zone, which is proportional to 1/k, is
        /// uniform between those of the two slopes; the slope of the mean width in evaluation.
        case uniform(low: Double, high: Double)

        /// The slope where nothing is drawn or learned yet.
        var start: Double {
            switch self {
            case .fixed(let k), .learned(let k): k
            case .uniform(let low, let high): 2 / (1 / low + 1 / high)
            }
        }

        /// The slope of one batch of a training: the same for the same seed, step and layer.
        func drawn(seed: UInt64, step: Int, layer: Int) -> Double {
            guard case .uniform(let low, let high) = self else { return start }
            var generator = SeededGenerator(
                seed: seed &+ UInt64(bitPattern: Int64(step)) &* 0x9E37_79B9_7F4A_7C15,
                stream: RandomStream.slope.rawValue &+ UInt64(layer) << 8)
            let share = generator.uniform()
            return 1 / (share / low + (1 - share) / high)
        }
    }

    /// The slope of a ramp in evaluation, unless it is learned.
    var startingSlope: Double {
        if case .ramp(_, let slope) = self { slope.start } else { 1 }
    }

    /// The slope of a ramp in a batch of a training, unless it is learned.
    func drawnSlope(seed: UInt64, step: Int, layer: Int) -> Double {
        if case .ramp(_, let slope) = self {
            slope.drawn(seed: seed, step: step, layer: layer)
        } else {
            1
        }
    }

    /// Whether factors may be negative.
    public var isSigned: Bool {
        if case .filter(_, _, let isSigned) = self { isSigned } else { false }
    }

    /// Whether there are factors.
    public var isPresent: Bool { self != .none }

    /// The names of the slots.
    public enum Name {
        /// One factor a unit.
        public static let filter = "filter"
        /// The size of a layer with a ramp.
        public static let size = "x0"
        /// The learned slope of a ramp.
        public static let slope = "slope"
    }

    /// The parameters that a layer of so many units has for its gate.
    public func slots(units: Int) -> [ParameterSlot] {
        func shared(_ name: String) -> ParameterSlot {
            ParameterSlot(name: name, role: .gate, rows: 1, unitAxis: nil)
        }
        return switch self {
        case .none: []
        case .filter: [ParameterSlot(name: Name.filter, role: .gate, rows: units)]
        case .ramp(_, .learned): [shared(Name.size), shared(Name.slope)]
        case .ramp: [shared(Name.size)]
        }
    }

    /// Fills the values of a slot at the start of a training.
    func initialize<Scalar: ElementaryScalar>(
        _ name: String, _ values: UnsafeMutableBufferPointer<Scalar>,
        using generator: inout SeededGenerator
    ) {
        switch self {
        case .none: return
        case .filter(let start, let spread, _):
            for i in values.indices {
                values[i] = Scalar(
                    spread == 0 ? start : start + spread * (2 * generator.uniform() - 1))
            }
        case .ramp(let start, let slope):
            values.update(repeating: Scalar(name == Name.size ? start : slope.start))
        }
    }

    /// The smallest magnitude of a factor while gradients are computed.
    static let smallest = 0x1p-60

    /// Writes the factors of all units and their inverses.
    ///
    /// - Parameters:
    ///   - parameters: the values of the gate's slots, in their order.
    ///   - slope: k, unless it is learned.
    ///   - isExact: whether factors may be 0, as where no gradient is computed; then inverses are
    ///     not written.
    ///   - value: one factor a unit.
    ///   - inverse: one a unit.
    ///   - units: of the layer.
    func write<Scalar: ElementaryScalar>(
        from parameters: [UnsafePointer<Scalar>], slope: Double, isExact: Bool,
        to value: UnsafeMutablePointer<Scalar>, inverse: UnsafeMutablePointer<Scalar>, units: Int
    ) {
        func put(_ factor: Double, at i: Int) {
            if isExact {
                value[i] = Scalar(factor)
                return
            }
            let magnitude = max(factor.magnitude, Self.smallest)
            let used = Scalar(factor < 0 ? -magnitude : factor.isNaN ? factor : magnitude)
            value[i] = used
            inverse[i] = 1 / used
        }
        switch self {
        case .none: return
        case .filter(_, _, let isSigned):
            for i in 0..<units {
                let f = Double(parameters[0][i])
                put(isSigned || !(f <= 0) ? f : 0, at: i)
            }
        case .ramp:
            let x0 = Double(parameters[0][0])
            let k = parameters.count > 1 ? Double(parameters[1][0]) : slope
            for i in 0..<units { put(sigmoid(k * (x0 - Double(i))), at: i) }
        }
    }

    /// Writes the gradient by the gate's parameters.
    ///
    /// - Parameters:
    ///   - sums: uᵢ for each unit.
    ///   - inverse: of the factors with which they were computed.
    ///   - parameters: the values of the gate's slots.
    ///   - slope: k, unless it is learned.
    ///   - gradients: one for each slot.
    ///   - units: of the layer.
    func differentiate<Scalar: ElementaryScalar>(
        sums: UnsafePointer<Scalar>, inverse: UnsafePointer<Scalar>,
        parameters: [UnsafePointer<Scalar>], slope: Double,
        to gradients: [UnsafeMutablePointer<Scalar>], units: Int
    ) {
        switch self {
        case .none: return
        case .filter(_, _, let isSigned):
            for i in 0..<units {
                // At 0 the derivative from above: it tells whether the unit would grow again.
                gradients[0][i] =
                    parameters[0][i] < 0 && !isSigned ? 0 : sums[i] * inverse[i]
            }
        case .ramp:
            let x0 = Double(parameters[0][0])
            let k = parameters.count > 1 ? Double(parameters[1][0]) : slope
            var (size, steepness) = (0.0, 0.0)
            for i in 0..<units {
                let distance = x0 - Double(i)
                let s = sigmoid(k * distance)
                let share = s * (1 - s) * Double(sums[i]) * Double(inverse[i])
                size += share
                steepness += distance * share
            }
            gradients[0][0] = Scalar(k * size)
            if gradients.count > 1 { gradients[1][0] = Scalar(steepness) }
        }
    }
}

/// 1 / (1 + e⁻ˣ) without overflow.
func sigmoid(_ x: Double) -> Double {
    let e = exp(-x.magnitude)
    return (x < 0 ? e : 1) / (1 + e)
}

/// The size of a ramp: P = ∫₀ᴺ σ(k (x₀ - u)) du, a smooth number of units between 0 and N.
public struct RampIntegral: Sendable, Hashable {
    /// P.
    public let value: Double
    /// ∂P/∂x₀, between 0 and 1.
    public let bySize: Double
    /// ∂P/∂k.
    public let bySlope: Double

    /// The integral over a layer of `units` units, for any finite size and positive slope.
    public init(size: Double, slope: Double, units: Int) {
        let n = Double(units)
        // log(1 + eᶻ) without overflow.
        func softplus(_ z: Double) -> Double { max(z, 0) + log1p(exp(-z.magnitude)) }
        let (left, right) = (slope * size, slope * (size - n))
        // Of the two equal forms the one whose terms are small.
        let raw =
            size < n / 2
            ? (softplus(left) - softplus(right)) / slope
            : n - (softplus(-right) - softplus(-left)) / slope
        value = min(max(raw, 0), n)
        bySize = min(max(sigmoid(left) - sigmoid(right), 0), 1)
        bySlope = (size * sigmoid(left) - (size - n) * sigmoid(right) - value) / slope
    }
}
