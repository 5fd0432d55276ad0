public import LinearAlgebra

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
    public func callAsFunction<Scalar: ElementaryScalar>(_ x: Scalar) -> Scalar {
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
private func logistic<Scalar: ElementaryScalar>(_ x: Scalar) -> Scalar {
    let e = Scalar.exponential(-x.magnitude)
    return (x < 0 ? e : 1) / (1 + e)
}

/// Writes `values` plus `bias` to `target`, for the columns `range`; rows are `stride` apart.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func copy<Scalar: ElementaryScalar>(
    _ values: UnsafePointer<Scalar>, adding bias: UnsafePointer<Scalar>,
    to target: UnsafeMutablePointer<Scalar>, samples: Int, stride: Int, range: Range<Int>
) {
    for sample in 0..<samples {
        let x = values + sample * stride
        let y = target + sample * stride
        for i in range { y[i] = x[i] + bias[i] }
    }
}

extension Activation {
    /// Adds `bias` to the columns `range` of `values` and replaces the sums by their activations,
    /// times `factors`, one a column, where there are any; rows are `stride` apart.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    package func apply<Scalar: ElementaryScalar>(
        adding bias: UnsafePointer<Scalar>, to values: UnsafeMutablePointer<Scalar>,
        times factors: UnsafePointer<Scalar>?, samples: Int, stride: Int, range: Range<Int>
    ) {
        @inline(__always) func each(_ f: (Scalar) -> Scalar) {
            for sample in 0..<samples {
                let y = values + sample * stride
                if let factors {
                    for i in range { y[i] = factors[i] * f(y[i] + bias[i]) }
                } else {
                    for i in range { y[i] = f(y[i] + bias[i]) }
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

    /// Multiplies the columns `range` of `gradient` by the derivative, known from the post-activations
    /// `post`, and writes the sums of the columns to `sums`.
    ///
    /// With factors the activation is `post` divided by them, the gradient gets them as well, and
    /// `gateSums` the sums of the products of `gradient`, as it comes, and `post`.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    package func differentiate<Scalar: ElementaryScalar>(
        _ gradient: UnsafeMutablePointer<Scalar>, post: UnsafePointer<Scalar>,
        sums: UnsafeMutablePointer<Scalar>,
        factors: (value: UnsafePointer<Scalar>, inverse: UnsafePointer<Scalar>)?,
        gateSums: UnsafeMutablePointer<Scalar>, samples: Int, stride: Int, range: Range<Int>
    ) {
        for i in range { sums[i] = 0 }
        if factors != nil { for i in range { gateSums[i] = 0 } }
        @inline(__always) func each(_ f: (_ gradient: Scalar, _ y: Scalar) -> Scalar) {
            for sample in 0..<samples {
                let g = gradient + sample * stride
                let y = post + sample * stride
                if let (value, inverse) = factors {
                    for i in range { gateSums[i] += g[i] * y[i] }
                    for i in range {
                        let product = f(g[i] * value[i], y[i] * inverse[i])
                        g[i] = product
                        sums[i] += product
                    }
                } else {
                    for i in range {
                        let product = f(g[i], y[i])
                        g[i] = product
                        sums[i] += product
                    }
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
