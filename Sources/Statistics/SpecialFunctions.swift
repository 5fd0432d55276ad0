import Glibc

/// The natural logarithm of the gamma function.
///
/// - Parameter x: positive.
/// - Returns: ln Γ(x), to the accuracy of the C library (about 1e-15 relative away from the zeros
///   at 1 and 2); infinite at 0.
public func logGamma(_ x: Double) -> Double {
    // The re-entrant form: plain `lgamma` writes the sign to a global variable.
    var sign: Int32 = 0
    return lgamma_r(x, &sign)
}

/// The logarithmic derivative of the gamma function, ψ(x) = Γ'(x) / Γ(x).
///
/// Upward recurrence to x ≥ 12, then the asymptotic series (Abramowitz and Stegun 1964, 6.3.5 and
/// 6.3.18).
///
/// - Parameter x: positive.
/// - Returns: ψ(x), to 1e-14 relative, absolute near the zero at 1.4616.
public func digamma(_ x: Double) -> Double {
    let shifted = ShiftedArgument(x)
    return log(shifted.value) - shifted.logMinusDigamma - shifted.reciprocals
}

/// The second logarithmic derivative of the gamma function, ψ'(x).
///
/// Upward recurrence to x ≥ 12, then the asymptotic series (Abramowitz and Stegun 1964, 6.4.6 and
/// 6.4.12).
///
/// - Parameter x: positive.
/// - Returns: ψ'(x), to 1e-14 relative.
public func trigamma(_ x: Double) -> Double {
    let shifted = ShiftedArgument(x)
    return (1 + shifted.scaledTrigammaMinusOne) / shifted.value + shifted.squaredReciprocals
}

/// ln x − ψ(x), without the cancellation that the difference would suffer for large `x`.
func logMinusDigamma(_ x: Double) -> Double {
    let shifted = ShiftedArgument(x)
    guard shifted.value > x else { return shifted.logMinusDigamma }
    return log(x / shifted.value) + shifted.logMinusDigamma + shifted.reciprocals
}

/// x ψ'(x) − 1, without the cancellation that the difference would suffer for large `x`.
func scaledTrigammaMinusOne(_ x: Double) -> Double {
    let shifted = ShiftedArgument(x)
    guard shifted.value > x else { return shifted.scaledTrigammaMinusOne }
    let trigamma = (1 + shifted.scaledTrigammaMinusOne) / shifted.value + shifted.squaredReciprocals
    return x * trigamma - 1
}

/// ln x − ψ(x) and x ψ'(x) − 1, as the two functions above have them.
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

/// The same to 1e-4, for comparisons that need no more.
///
/// Stirling's series after moving small arguments up by four: Γ(x + 4) = x (x + 1) (x + 2) (x + 3) Γ(x).
func approximateStirlingRemainder(_ x: Double) -> Double {
    guard x < 4 else { return 0.5 * approximateLogarithm(x / (2 * .pi)) - 1 / (12 * x) }
    let z = x + 4
    return x * approximateLogarithm(x) - (z - 0.5) * approximateLogarithm(z) + 4
        - 0.918_938_533_204_672_7 - 1 / (12 * z)
        + approximateLogarithm(x * (x + 1) * (x + 2) * (x + 3))
}

/// The natural logarithm of a positive normal number to 1e-5, for comparisons that need no more.
///
/// The exponent's bits, and with t = (m − 1) / (m + 1) for a significand m between √½ and √2 the
/// series ln m = 2 (t + t³/3 + t⁵/5 + …) (Abramowitz and Stegun 1964, 4.1.27); the term left out is
/// below 2e-6.
@inline(__always)
func approximateLogarithm(_ x: Double) -> Double {
    // √½ becomes the border between two exponents.
    let shifted = x.bitPattern &- (0.5 as Double).squareRoot().bitPattern
    let exponent = Int64(bitPattern: shifted) >> 52
    let significand = Double(bitPattern: x.bitPattern &- UInt64(bitPattern: exponent << 52))
    let t = (significand - 1) / (significand + 1)
    let square = t * t
    return Double(exponent) * 0.693_147_180_559_945_3
        + 2 * t * (1 + square * (1.0 / 3 + square * (1.0 / 5)))
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
