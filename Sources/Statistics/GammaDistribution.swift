import Glibc

/// The gamma distribution with density x^(k−1) e^(−x/θ) / (Γ(k) θᵏ) on x > 0.
public struct GammaDistribution: Sendable, Equatable {
    /// k, positive; a pure number.
    public var shape: Double
    /// θ, positive; in the unit of the values.
    public var scale: Double

    /// A gamma distribution.
    ///
    /// - Precondition: both parameters are positive.
    public init(shape: Double, scale: Double) {
        precondition(shape > 0 && scale > 0, "shape \(shape), scale \(scale)")
        self.shape = shape
        self.scale = scale
    }

    /// k θ.
    public var mean: Double { shape * scale }

    /// The natural logarithm of the density at `x`; −∞ for x < 0.
    public func logDensity(at x: Double) -> Double {
        guard x >= 0 else { return -.infinity }
        if x == 0 { return shape > 1 ? -.infinity : shape < 1 ? .infinity : -log(scale) }
        // About the mean: the terms of the plain form cancel when the shape is large.
        let ratio = x / mean
        return stirlingRemainder(shape) + shape * (log(ratio) - ratio + 1) - log(x)
    }

    /// The density at `x`, per unit of the values.
    public func density(at x: Double) -> Double { exp(logDensity(at: x)) }
}

/// The maximum-likelihood shape, which solves ln k − ψ(k) = s with s = ln mean − mean of logarithms.
///
/// Generalized Newton steps on 1/k (Minka 2002, "Estimating a Gamma distribution") from the start
/// k ≈ (3 − s + √((s − 3)² + 24 s)) / (12 s), or from `guess` if this is near, as that of the step
/// before in an iteration. The best within `bounds`; to 1e-13 relative, as far as s has the digits.
func maximumLikelihoodShape(
    logMeanExcess s: Double, _ bounds: ClosedRange<Double>, near guess: Double? = nil
) -> Double {
    // ln k − ψ(k) lies between 1/(2k) and 1/k: outside of what the bounds allow, a bound is best.
    guard s > 0.5 / bounds.upperBound else { return bounds.upperBound }
    guard s < 1 / bounds.lowerBound else { return bounds.lowerBound }
    var k = (3 - s + ((s - 3) * (s - 3) + 24 * s).squareRoot()) / (12 * s)
    if let guess, abs(guess - k) <= 0.02 * k { k = guess }
    // Four steps reach 1e-14 (Minka 2002); the rest is for starts at the edge of the bounds.
    for _ in 0..<20 {
        let (excess, slope) = logMinusDigammaAndSlope(k)
        // 1/k ← 1/k + (s' − s) / (k² (1/k − ψ'(k))), times k.
        let next = k / (1 - (excess - s) / slope)
        guard next > 0, next.isFinite else { break }
        let change = abs(next - k)
        k = next
        // The error is at most the square of the one before.
        if change <= 3e-8 * k { break }
    }
    return min(max(k, bounds.lowerBound), bounds.upperBound)
}
