import Glibc
import Synchronization

/// The Shapiro-Wilk test of the hypothesis that values are drawn from one normal distribution.
///
/// W = (Σ aᵢ x₍ᵢ₎)² / Σ (xᵢ - x̄)² compares the slope of the normal quantile plot with the spread of
/// the values: 1 for values that lie on a line there, less otherwise. W does not change when the
/// values are permuted, shifted or multiplied by anything but 0.
///
/// W and the p-value agree with those of SciPy (`scipy.stats.shapiro`, double precision). At n = 3
/// the p-value is exact; elsewhere it comes from a normal approximation to a transform of 1 - W,
/// fitted for 4 <= n <= 5000 and, in its author's words, adequate for p < 0.1. With thousands of
/// values the test rejects any real data: then read W, the size of the deviation, not p.
///
/// - Note: P. Royston, Remark AS R94: A remark on algorithm AS 181: the W-test for normality,
///   Applied Statistics 44 (1995) 547; S. S. Shapiro, M. B. Wilk, Biometrika 52 (1965) 591.
public struct ShapiroWilkTest: Sendable, Equatable {
    /// The statistic, above 0 and at most 1.
    public let w: Double
    /// The probability, under the hypothesis, of a W this small or smaller.
    public let pValue: Double
    /// How many values were tested.
    public let sampleSize: Int

    /// The largest sample for which the p-value's approximation was fitted.
    public static let largestCalibratedSize = 5000

    /// Whether the p-value is an extrapolation to a sample larger than
    /// ``largestCalibratedSize``.
    public var pValueIsExtrapolated: Bool { sampleSize > Self.largestCalibratedSize }

    /// Tests `values`, in any order.
    ///
    /// - Throws: ``ShapiroWilkError`` for fewer than 3 values, NaN or infinities among them, or
    ///   values that are all equal.
    /// - Complexity: O(n log n).
    public init(_ values: [Double]) throws(ShapiroWilkError) {
        try self.init(sorted: values.sortedByDistribution())
    }

    /// Tests values that are sorted already.
    ///
    /// - Parameters:
    ///   - sorted: ascending.
    ///   - coefficients: those of the sample's size, for callers that test many samples of it.
    /// - Throws: ``ShapiroWilkError`` for fewer than 3 values, NaN or infinities among them, or
    ///   values that are all equal.
    /// - Complexity: O(n).
    public init(
        sorted: [Double], coefficients: ShapiroWilkCoefficients? = nil
    ) throws(ShapiroWilkError) {
        guard sorted.count >= 3 else { throw .tooFewValues(sorted.count) }
        guard sorted.allSatisfy(\.isFinite) else { throw .notFinite }
        guard let first = sorted.first, let last = sorted.last, first < last else {
            throw .allEqual
        }
        // A power of two scales without rounding: squares neither overflow nor underflow, and the
        // result is that of the values as they are.
        let exponent = max(first.magnitude, last.magnitude).exponent
        let moderate = scaled(sorted, by: -Int(exponent))
        // Centred near the mean before the sums: a large offset must not cost digits. A second
        // scaling serves values that differ in their last digits only.
        let middle = moderate[sorted.count / 2]
        let range = moderate[sorted.count - 1] - moderate[0]
        let factor = Double(sign: .plus, exponent: -range.exponent, significand: 1)
        let x = moderate.map { ($0 - middle) * factor }

        sampleSize = x.count
        if x.count == 3 {
            (w, pValue) = Self.exact(lower: x[1] - x[0], upper: x[2] - x[1])
            return
        }
        let coefficients = coefficients ?? .shared(sampleSize: x.count)
        precondition(
            coefficients.sampleSize == x.count,
            "coefficients for \(coefficients.sampleSize) values, not for \(x.count)")
        let deficit = coefficients.deficit(ofSorted: x)
        w = 1 - deficit
        pValue = Self.pValue(ofDeficit: deficit, sampleSize: x.count)
    }

    /// W and p of three values from the two gaps between them, of which not both are 0.
    ///
    /// p = 6/π (arcsin √W - arcsin √¾), the exact distribution, with the difference of the two
    /// angles written as the angle of one sine: no digits are lost where p is near 0.
    private static func exact(lower: Double, upper: Double) -> (w: Double, pValue: Double) {
        let q = lower * lower + lower * upper + upper * upper
        let w = 0.75 * ((lower + upper) * (lower + upper) / q)
        let deficit = 0.25 * (lower - upper) * (lower - upper) / q
        let sine = 1.5 * (lower * upper / q) / (w.squareRoot() + (3 * deficit).squareRoot())
        return (min(1, w), min(1, 6 / Double.pi * asin(min(0.5, sine))))
    }

    /// The p-value for 1 - W = `deficit`, 4 values or more.
    private static func pValue(ofDeficit deficit: Double, sampleSize: Int) -> Double {
        let n = Double(sampleSize)
        let y = log(deficit)  // -∞ for W = 1, whence p = 1
        if sampleSize <= 11 {
            // The smallest W possible, n a₁² / (n - 1), keeps y below γ.
            let gamma = -2.273 + 0.459 * n
            let mean = polynomial([0.5440, -0.39978, 0.025054, -0.0006714], at: n)
            let deviation = exp(polynomial([1.3822, -0.77857, 0.062767, -0.0020322], at: n))
            return StandardNormal.probability(above: (-log(gamma - y) - mean) / deviation)
        }
        let logarithm = log(n)
        let mean = polynomial([-1.5861, -0.31082, -0.083751, 0.0038915], at: logarithm)
        let deviation = exp(polynomial([-0.4803, -0.082676, 0.0030302], at: logarithm))
        return StandardNormal.probability(above: (y - mean) / deviation)
    }
}

/// Why values have no Shapiro-Wilk statistic.
public enum ShapiroWilkError: Error, Hashable, CustomStringConvertible {
    /// Three values are the fewest that can deviate from a normal distribution.
    case tooFewValues(Int)
    /// Values without spread have no shape.
    case allEqual
    /// NaN or an infinity is among the values.
    case notFinite

    /// One sentence for people.
    public var description: String {
        switch self {
        case .tooFewValues(let count): "the Shapiro-Wilk test needs 3 values, got \(count)"
        case .allEqual: "all values are equal, so they have no distribution to test"
        case .notFinite: "NaN or infinite values cannot be tested"
        }
    }
}

/// The weights of the order statistics in W, which depend on the sample's size only.
///
/// Royston's approximation: normal scores Φ⁻¹((i - 3/8) / (n + 1/4)), scaled to unit length, with
/// polynomials in 1/√n for the outermost one (n <= 5) or two.
public struct ShapiroWilkCoefficients: Sendable, Equatable {
    /// The size they are for.
    public let sampleSize: Int
    /// The positive weights a₁ > a₂ > a₃ and so on of the largest values, the largest first.
    ///
    /// The smallest values have the same, negated; the middle one of an odd number has 0.
    public let upperHalf: [Double]
    /// Σ aᵢ² over all values; 1 up to rounding.
    private let sumOfSquares: Double

    /// The last ones asked for: the layers of a run, and the runs of a folder, often have one size.
    private static let latest = Mutex<ShapiroWilkCoefficients?>(nil)

    /// The coefficients for `sampleSize` values, computed anew only if the last ones were for
    /// another size.
    static func shared(sampleSize: Int) -> ShapiroWilkCoefficients {
        latest.withLock { latest in
            if let latest, latest.sampleSize == sampleSize { return latest }
            let coefficients = ShapiroWilkCoefficients(sampleSize: sampleSize)
            latest = coefficients
            return coefficients
        }
    }

    /// The coefficients for `sampleSize` values.
    ///
    /// - Precondition: at least 3 values.
    /// - Complexity: O(n).
    public init(sampleSize: Int) {
        precondition(sampleSize >= 3, "no coefficients for \(sampleSize) values")
        self.sampleSize = sampleSize
        let n = Double(sampleSize)
        var a = (1...sampleSize / 2).map {
            -Self.normalScore(at: (Double($0) - 0.375) / (n + 0.25))
        }
        if sampleSize == 3 {
            let half = 0.5
            a = [half.squareRoot()]
        } else {
            let squares = 2 * a.reduce(0) { $0 + $1 * $1 }
            let length = squares.squareRoot()
            let u = 1 / n.squareRoot()
            let first =
                a[0] / length
                + polynomial([0, 0.221157, -0.147981, -2.071190, 4.434685, -2.706056], at: u)
            if sampleSize > 5 {
                let second =
                    a[1] / length
                    + polynomial([0, 0.042981, -0.293762, -1.752461, 5.682633, -3.582633], at: u)
                let rest = squares - 2 * a[0] * a[0] - 2 * a[1] * a[1]
                let factor = (rest / (1 - 2 * first * first - 2 * second * second)).squareRoot()
                a = [first, second] + a.dropFirst(2).map { $0 / factor }
            } else {
                let rest = squares - 2 * a[0] * a[0]
                let factor = (rest / (1 - 2 * first * first)).squareRoot()
                a = [first] + a.dropFirst().map { $0 / factor }
            }
        }
        upperHalf = a
        sumOfSquares = 2 * a.reduce(0) { $0 + $1 * $1 }
    }

    /// The normal quantile as AS R94 has it.
    ///
    /// It is off by up to 2e-9, which moves W by up to 1e-9: with ``StandardNormal/quantile(at:)``
    /// W would not be the number that SciPy reports.
    ///
    /// - Parameter probability: above 0, at most 1/2.
    /// - Returns: the quantile, 0 or less.
    /// - Note: J. D. Beasley, S. G. Springer, Algorithm AS 111: The percentage points of the normal
    ///   distribution, Applied Statistics 26 (1977) 118.
    private static func normalScore(at probability: Double) -> Double {
        let q = probability - 0.5
        if q >= -0.42 {
            let r = q * q
            return q
                * polynomial(
                    [2.50662823884, -18.61500062529, 41.39119773534, -25.44106049637], at: r)
                / polynomial(
                    [1, -8.47351093090, 23.08336743743, -21.06224101826, 3.13082909833], at: r)
        }
        let r = (-log(probability)).squareRoot()
        return -polynomial([-2.78718931138, -2.29796479134, 4.85014127135, 2.32121276858], at: r)
            / polynomial([1, 3.54388924762, 1.63706781897], at: r)
    }

    /// 1 - W of ascending values of a range near 1, found without subtracting W from 1.
    fileprivate func deficit(ofSorted x: [Double]) -> Double {
        let mean = sum(of: x) { $0 } / Double(x.count)
        let spread = sum(of: x) { ($0 - mean) * ($0 - mean) }
        let slope = sum(0..<upperHalf.count) { upperHalf[$0] * (x[x.count - 1 - $0] - x[$0]) }
        let root = (sumOfSquares * spread).squareRoot()
        return max(0, (root - slope) * (root + slope) / (sumOfSquares * spread))
    }
}
