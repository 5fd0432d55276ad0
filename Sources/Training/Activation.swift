/// A nonlinearity, applied to each value by itself.
public enum Activation: String, Sendable, Hashable, Codable, CaseIterable {
    /// max(x, 0), with derivative 0 at 0. NaN stays NaN, as in every activation and derivative, so
    /// that a training that went wrong shows in its loss.
    case relu
    case tanh
    /// 1 / (1 + e⁻ˣ).
    case sigmoid
    case identity

    /// The activation of one value.
    @inline(__always)
    public func callAsFunction<Scalar: NetworkScalar>(_ x: Scalar) -> Scalar {
        switch self {
        case .relu: x <= 0 ? 0 : x
        case .tanh: Scalar.hyperbolicTangent(x)
        case .sigmoid: logistic(x)
        case .identity: x
        }
    }
}

/// 1 / (1 + e⁻ˣ), without overflow: the exponential's argument is never positive.
@inline(__always)
private func logistic<Scalar: NetworkScalar>(_ x: Scalar) -> Scalar {
    let e = Scalar.exponential(-x.magnitude)
    return (x < 0 ? e : 1) / (1 + e)
}

extension Activation {
    /// Adds `bias` to the columns `range` of `pre` and writes their activations to `post`; rows
    /// are `stride` apart.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    func apply<Scalar: NetworkScalar>(
        adding bias: UnsafePointer<Scalar>, to pre: UnsafeMutablePointer<Scalar>,
        post: UnsafeMutablePointer<Scalar>, samples: Int, stride: Int, range: Range<Int>
    ) {
        @inline(__always) func each(_ f: (Scalar) -> Scalar) {
            for sample in 0..<samples {
                let z = pre + sample * stride
                let y = post + sample * stride
                for i in range {
                    let sum = z[i] + bias[i]
                    z[i] = sum
                    y[i] = f(sum)
                }
            }
        }
        switch self {
        case .relu: each { $0 <= 0 ? 0 : $0 }
        case .tanh: each { Scalar.hyperbolicTangent($0) }
        case .sigmoid: each { logistic($0) }
        case .identity: each { $0 }
        }
    }

    /// Multiplies the columns `range` of `gradient` by the derivative, known from the activations
    /// `post`, and writes the sums of the columns to `sums`.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    func differentiate<Scalar: NetworkScalar>(
        _ gradient: UnsafeMutablePointer<Scalar>, post: UnsafePointer<Scalar>,
        sums: UnsafeMutablePointer<Scalar>, samples: Int, stride: Int, range: Range<Int>
    ) {
        for i in range { sums[i] = 0 }
        @inline(__always) func each(_ f: (_ gradient: Scalar, _ y: Scalar) -> Scalar) {
            for sample in 0..<samples {
                let g = gradient + sample * stride
                let y = post + sample * stride
                for i in range {
                    let product = f(g[i], y[i])
                    g[i] = product
                    sums[i] += product
                }
            }
        }
        switch self {
        case .relu: each { $1 > 0 ? $0 : $1 * 0 }
        case .tanh: each { $0 * (1 - $1 * $1) }
        case .sigmoid: each { $0 * ($1 * (1 - $1)) }
        case .identity: each { g, _ in g }
        }
    }
}
