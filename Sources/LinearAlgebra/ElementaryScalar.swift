import Glibc

/// A scalar with the elementary functions that activations, losses and gates are made of: `Float`, or
/// `Double` where gradients are checked.
public protocol ElementaryScalar: BLASScalar {
    /// e to the power of `x`.
    static func exponential(_ x: Self) -> Self
    /// The natural logarithm of `x`.
    static func logarithm(_ x: Self) -> Self
    /// The hyperbolic tangent of `x`.
    static func hyperbolicTangent(_ x: Self) -> Self
}

extension Float: ElementaryScalar {
    /// e to the power of `x`.
    public static func exponential(_ x: Float) -> Float { exp(x) }
    /// The natural logarithm of `x`.
    public static func logarithm(_ x: Float) -> Float { log(x) }
    /// The hyperbolic tangent of `x`.
    public static func hyperbolicTangent(_ x: Float) -> Float { tanh(x) }
}

extension Double: ElementaryScalar {
    /// e to the power of `x`.
    public static func exponential(_ x: Double) -> Double { exp(x) }
    /// The natural logarithm of `x`.
    public static func logarithm(_ x: Double) -> Double { log(x) }
    /// The hyperbolic tangent of `x`.
    public static func hyperbolicTangent(_ x: Double) -> Double { tanh(x) }
}
