import Glibc
public import LinearAlgebra

/// A scalar in which networks are computed: `Float`, or `Double` where gradients are checked.
public protocol NetworkScalar: BLASScalar {
    /// eˣ.
    static func exponential(_ x: Self) -> Self
    /// The natural logarithm of `x`.
    static func logarithm(_ x: Self) -> Self
    /// tanh x.
    static func hyperbolicTangent(_ x: Self) -> Self
}

extension Float: NetworkScalar {
    /// eˣ.
    public static func exponential(_ x: Float) -> Float { exp(x) }
    /// The natural logarithm of `x`.
    public static func logarithm(_ x: Float) -> Float { log(x) }
    /// tanh x.
    public static func hyperbolicTangent(_ x: Float) -> Float { tanh(x) }
}

extension Double: NetworkScalar {
    /// eˣ.
    public static func exponential(_ x: Double) -> Double { exp(x) }
    /// The natural logarithm of `x`.
    public static func logarithm(_ x: Double) -> Double { log(x) }
    /// tanh x.
    public static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
}
