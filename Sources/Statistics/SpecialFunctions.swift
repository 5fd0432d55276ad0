import Glibc

/// The natural logarithm of the gamma function.
///
/// - Parameter x: positive.
/// - Returns: ln Γ(x), to the accuracy of the C library (about 1e-15 relative away from the zeros
///   at 1 and 2); infinite at 0.
func logGamma(_ x: Double) -> Double {
    // The re-entrant form: plain `lgamma` writes the sign to a global variable.
    var sign: Int32 = 0
    return lgamma_r(x, &sign)
}

/// ln x − ψ(x) and x ψ'(x) − 1, ψ being the logarithmic derivative of the gamma function.
///
/// Upward recurrence to x ≥ 12, then the asymptotic series (Abramowitz and Stegun 1964, 6.3.5,
/// 6.3.18, 6.4.6 and 6.4.12), without the cancellation that the differences would suffer for large
/// `x`; to 1e-14 relative.
func logMinusDigammaAndSlope(_ x: Double) -> (Double, Double) {
    let shifted = ShiftedArgument(x)
    let (excess, slope) = (shifted.logMinusDigamma, shifted.scaledTrigammaMinusOne)
    guard shifted.value > x else { return (excess, slope) }
    let trigamma = (1 + slope) / shifted.value + shifted.squaredReciprocals
    return (log(x / shifted.value) + excess + shifted.reciprocals, x * trigamma - 1)
}

/// x ln x − x − ln Γ(x): what normalizes a gamma density written about its mean.
///
/// Stirling's series from 12 on, where the difference of the three terms would lose digits.
func stirlingRemainder(_ x: Double) -> Double {
    guard x >= 12 else { return x * log(x) - x - logGamma(x) }
    let z = 1 / (x * x)
    let series =
        1.0 / 12 - z * (1.0 / 360 - z * (1.0 / 1260 - z * (1.0 / 1680 - z * (1.0 / 1188))))
    return 0.5 * log(x / (2 * .pi)) - series / x
}

/// An argument moved up by whole steps to where the asymptotic series hold to double precision.
private struct ShiftedArgument {
    /// At least 12.
    var value: Double
    /// Σ 1/x over the steps.
    var reciprocals = 0.0
    /// Σ 1/x² over the steps.
    var squaredReciprocals = 0.0

    init(_ x: Double) {
        precondition(x > 0, "argument \(x) is not positive")
        value = x
        while value < 12 {
            let reciprocal = 1 / value
            reciprocals += reciprocal
            squaredReciprocals += reciprocal * reciprocal
            value += 1
        }
    }

    /// ln v − ψ(v) = 1/(2v) + Σ B₂ₖ / (2k v²ᵏ); the term left out is below 1e-17 of the first.
    var logMinusDigamma: Double {
        let z = 1 / (value * value)
        let series =
            1.0 / 12
            - z
            * (1.0 / 120
                - z * (1.0 / 252 - z * (1.0 / 240 - z * (1.0 / 132 - z * (691.0 / 32760 - z / 12)))))
        return 0.5 / value + z * series
    }

    /// v ψ'(v) − 1 = 1/(2v) + Σ B₂ₖ / v²ᵏ.
    var scaledTrigammaMinusOne: Double {
        let z = 1 / (value * value)
        let series =
            1.0 / 6
            - z
            * (1.0 / 30
                - z
                * (1.0 / 42 - z * (1.0 / 30 - z * (5.0 / 66 - z * (691.0 / 2730 - z * 7.0 / 6)))))
        return 0.5 / value + z * series
    }
}
