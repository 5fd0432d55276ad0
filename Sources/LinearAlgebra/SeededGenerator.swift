/// A random generator that gives the same bits for the same seed on every machine.
///
/// xoshiro256** (Blackman and Vigna, "Scrambled linear pseudorandom number generators", 2021) with
/// its state filled by SplitMix64, as its authors advise. Everything derived from it uses integer
/// arithmetic and the operations that IEEE 754 defines to the last bit, never the C library's
/// functions or the standard library's shuffle, which differ between versions. The state can be
/// stored, so that a stopped computation goes on with the same numbers.
public struct SeededGenerator: RandomNumberGenerator, Sendable, Hashable, Codable {
    /// The four words of the state; never all zero.
    public private(set) var state: SIMD4<UInt64>

    /// A generator for `seed`.
    ///
    /// - Parameters:
    ///   - seed: any number; neighbouring seeds give unrelated sequences.
    ///   - stream: for several unrelated sequences from one seed, say one for weights and one for
    ///     the order of samples.
    public init(seed: UInt64, stream: UInt64 = 0) {
        var words = SplitMix64(state: seed &+ SplitMix64.mixed(stream))
        state = SIMD4(words.next(), words.next(), words.next(), words.next())
    }

    /// A generator that goes on from a stored `state`.
    ///
    /// - Precondition: `state` is not all zero, from which the generator would never leave.
    public init(state: SIMD4<UInt64>) {
        precondition(state != .zero, "a generator's state cannot be all zero")
        self.state = state
    }

    /// The next 64 random bits.
    public mutating func next() -> UInt64 {
        var s = state
        let scrambled = s.y &* 5
        let result = (scrambled &<< 7 | scrambled &>> 57) &* 9
        let shifted = s.y &<< 17
        s.z ^= s.x
        s.w ^= s.y
        s.y ^= s.z
        s.x ^= s.w
        s.z ^= shifted
        s.w = s.w &<< 45 | s.w &>> 19
        state = s
        return result
    }

    /// A number uniform on [0, 1): the top 53 bits of one draw, times 2⁻⁵³.
    public mutating func uniform() -> Double { Double(next() &>> 11) * 0x1p-53 }

    /// A whole number uniform on 0 ..< `bound`, without bias.
    ///
    /// - Precondition: `bound` is positive.
    /// - Note: D. Lemire, "Fast random integer generation in an interval", 2019.
    public mutating func integer(below bound: Int) -> Int {
        precondition(bound > 0, "no whole number lies below \(bound) and not below 0")
        let width = UInt64(bound)
        var product = next().multipliedFullWidth(by: width)
        if product.low < width {
            let threshold = (0 &- width) % width
            while product.low < threshold { product = next().multipliedFullWidth(by: width) }
        }
        return Int(product.high)
    }

    /// A number from the standard normal distribution: the quantile of one uniform draw, so that
    /// the k-th number depends on the k-th draw alone.
    public mutating func normal() -> Double {
        // The middles of 2^52 equal cells: never 0 or 1, and symmetric about one half.
        normalQuantile((Double(next() &>> 12) + 0.5) * 0x1p-52, logarithm: portableLogarithm)
    }

    /// Puts the elements of `values` into random order, each order being equally likely.
    ///
    /// - Complexity: O(n), n - 1 draws (Fisher and Yates).
    public mutating func shuffle<Element>(_ values: inout [Element]) {
        for last in stride(from: values.count - 1, to: 0, by: -1) {
            values.swapAt(last, integer(below: last + 1))
        }
    }

    /// The numbers 0 ..< `count` in random order.
    public mutating func permutation(of count: Int) -> [Int] {
        var order = Array(0..<count)
        shuffle(&order)
        return order
    }
}

/// The generator that fills the state: Steele, Lea and Flood, "Fast splittable pseudorandom number
/// generators", 2014.
struct SplitMix64 {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        return Self.mixed(state)
    }

    /// A bijection of the 64-bit words that maps 0 to 0.
    static func mixed(_ word: UInt64) -> UInt64 {
        var z = word
        z = (z ^ z &>> 30) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ z &>> 27) &* 0x94D0_49BB_1331_11EB
        return z ^ z &>> 31
    }
}

/// The natural logarithm of a positive normal number, within 2 units in the last place and the
/// same everywhere.
///
/// With x = 2ᵉ m and s = (m - 1) / (m + 1), log m = 2 (s + s³/3 + s⁵/5 + ...); |s| < 0.172, so
/// that eleven terms reach 10⁻¹⁷.
func portableLogarithm(_ x: Double) -> Double {
    var significand = x.significand
    var exponent = Double(x.exponent)
    if significand > 1.4142135623730951 {
        significand *= 0.5
        exponent += 1
    }
    let s = (significand - 1) / (significand + 1)
    let square = s * s
    var series = (1.0 / 21) * square
    series = (series + 1.0 / 19) * square
    series = (series + 1.0 / 17) * square
    series = (series + 1.0 / 15) * square
    series = (series + 1.0 / 13) * square
    series = (series + 1.0 / 11) * square
    series = (series + 1.0 / 9) * square
    series = (series + 1.0 / 7) * square
    series = (series + 1.0 / 5) * square
    series = (series + 1.0 / 3) * square
    return exponent * 0.69314718055994531 + 2 * (s + s * series)
}
