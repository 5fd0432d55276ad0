import Glibc
import LinearAlgebra

/// The normal distribution with mean 0 and variance 1.
public enum StandardNormal {
    /// The density at `x`: exp(-x²/2) / √(2π).
    public static func density(at x: Double) -> Double {
        0.3989422804014327 * exp(-0.5 * x * x)
    }

    /// The probability of a value of at most `x`; keeps its relative accuracy in the lower tail.
    public static func probability(below x: Double) -> Double {
        0.5 * erfc(-x * 0.5.squareRoot())
    }

    /// The probability of a value above `x`; keeps its relative accuracy in the upper tail, where
    /// 1 - ``probability(below:)`` has none left: 7.6e-24 at 10.
    public static func probability(above x: Double) -> Double {
        0.5 * erfc(x * 0.5.squareRoot())
    }

    /// The value below which lies the share `probability` of the distribution.
    ///
    /// About 1e-16 relative; odd around 1/2 as far as 1 - p is exact; -∞ at 0, ∞ at 1. Give a
    /// probability near 1 as the negated quantile of its complement, which it cannot resolve.
    ///
    /// - Parameter probability: between 0 and 1.
    /// - Returns: the quantile, in standard deviations.
    /// - Complexity: O(1).
    /// - Note: M. J. Wichura, The percentage points of the normal distribution, Applied Statistics
    ///   37 (1988) 477, algorithm AS 241, routine PPND16.
    public static func quantile(at probability: Double) -> Double {
        precondition(probability >= 0 && probability <= 1, "probability \(probability)")
        if probability == 0 { return -.infinity }
        if probability == 1 { return .infinity }
        return normalQuantile(probability) { log($0) }
    }
}

/// The polynomial with these coefficients, the constant first, at `x`, by Horner's rule.
func polynomial(_ coefficients: [Double], at x: Double) -> Double {
    coefficients.reversed().reduce(0) { $0 * x + $1 }
}
