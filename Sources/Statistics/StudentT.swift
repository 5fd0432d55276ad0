import Glibc

/// Student's t distribution with a whole number of degrees of freedom.
public enum StudentT {
    /// The value t for which a variable with this distribution lies between -t and t with the
    /// probability `level`.
    ///
    /// The probability of |T| < √ν tan θ is a finite sum of powers of cos θ (M. Abramowitz,
    /// I. A. Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4); it grows with θ, which
    /// is found by bisection.
    ///
    /// - Parameters:
    ///   - level: between 0 and 1.
    ///   - degreesOfFreedom: at least 1; from 10,000 on the normal distribution's value is returned,
    ///     which differs by less than 1 in 1,000 for levels up to 0.999,999.
    /// - Returns: a positive number, with a relative error below 1e-9 for levels up to 0.999,999.
    /// - Complexity: O(degreesOfFreedom).
    public static func symmetricQuantile(level: Double, degreesOfFreedom: Int) -> Double {
        precondition(degreesOfFreedom > 0, "\(degreesOfFreedom) degrees of freedom")
        guard degreesOfFreedom < 10_000 else {
            return StandardNormal.quantile(at: (1 + level) / 2)
        }
        var (low, high) = (0.0, Double.pi / 2)
        // Each halving gives a bit; after 60 the ends are neighbours.
        for _ in 0..<60 {
            let middle = (low + high) / 2
            if probability(within: middle, degreesOfFreedom) < level {
                low = middle
            } else {
                high = middle
            }
        }
        return Double(degreesOfFreedom).squareRoot() * tan((low + high) / 2)
    }

    /// The probability of |T| < √ν tan θ.
    private static func probability(within angle: Double, _ degreesOfFreedom: Int) -> Double {
        let (sine, cosine) = (sin(angle), cos(angle))
        let isOdd = !degreesOfFreedom.isMultiple(of: 2)
        // Factors k/(k + 1) with k = 1, 3, 5 ... for even, 2, 4, 6 ... for odd numbers.
        var term = isOdd ? cosine : 1
        var sum = degreesOfFreedom == 1 ? 0 : term
        var factor = isOdd ? 2.0 : 1.0
        while factor + 2 < Double(degreesOfFreedom) {
            term *= factor / (factor + 1) * cosine * cosine
            sum += term
            factor += 2
        }
        return isOdd ? 2 / .pi * (angle + sine * sum) : sine * sum
    }

    /// The interval of the mean of a normal population from a sample of `count` values.
    ///
    /// It covers the population's mean with the probability `level` if the values are independent and
    /// normally distributed, however few they are.
    ///
    /// - Parameters:
    ///   - mean: of the sample.
    ///   - standardDeviation: of the sample, its variance divided by count - 1.
    ///   - count: at least 2.
    ///   - level: between 0 and 1.
    /// - Returns: the interval, around `mean`.
    public static func meanInterval(
        mean: Double, standardDeviation: Double, count: Int, level: Double
    ) -> ClosedRange<Double> {
        let reach =
            symmetricQuantile(level: level, degreesOfFreedom: count - 1) * standardDeviation
            / Double(count).squareRoot()
        return mean - reach...mean + reach
    }
}
