import Glibc

/// Positive values prepared for a mixture: sorted and scaled.
///
/// Sorting makes every fit independent of the order of the values, to the bit; a scale that is a
/// power of two makes it independent of such a factor in the data, to the bit.
struct SortedSample {
    /// Ascending, at most 1: the values over two to the power of ``exponent``.
    let values: [Double]
    /// The binary exponent that was taken out.
    let exponent: Int
    /// Mean of the scaled values.
    let mean: Double
    /// Variance of the scaled values; divides by n.
    let variance: Double
    /// The least of the original values, those that lose digits in the scaling or vanish.
    private let vanishing: [Double]

    /// - Precondition: `sample` holds at least one value; all are positive and finite.
    init(_ sample: [Double]) {
        let sorted = sample.sortedByDistribution()
        guard let least = sorted.first, let largest = sorted.last else {
            preconditionFailure("no values")
        }
        precondition(least > 0 && largest.isFinite, "values from \(least) to \(largest)")
        let exponent = Int(largest.exponent) + 1
        let values = scaled(sorted, by: -exponent)
        let vanishing = values.prefix { !$0.isNormal }.count
        self.init(values: values, exponent: exponent, vanishing: Array(sorted[..<vanishing]))
    }

    private init(values: [Double], exponent: Int, vanishing: [Double]) {
        let mean = sum(of: values) { $0 } / Double(values.count)
        self.values = values
        self.exponent = exponent
        self.vanishing = vanishing
        self.mean = mean
        variance = sum(of: values) { ($0 - mean) * ($0 - mean) } / Double(values.count)
    }

    /// ln of the scaled values.
    ///
    /// A tiny value beside a huge one may vanish in the scaling; its logarithm does not.
    func logarithms() -> [Double] {
        vanishing.map { log($0) - Double(exponent) * log(2) }
            + values[vanishing.count...].map { log($0) }
    }

    /// The values of some ranks, in the same scale.
    ///
    /// - Parameter ranks: ascending, at least one.
    /// - Returns: a sample of as many values.
    func values(ofRanks ranks: [Int]) -> SortedSample {
        SortedSample(
            values: ranks.map { values[$0] }, exponent: exponent,
            vanishing: ranks.prefix { $0 < vanishing.count }.map { vanishing[$0] })
    }

    var count: Int { values.count }
    /// Whether all values are equal to within a millionth, as rounding to single precision leaves
    /// them; of values closer together a gamma's logarithm has no digits left.
    var isConstant: Bool { values[count - 1] - values[0] <= 1e-6 * values[count - 1] }

    /// The rank below which the share `share` of the values lies; at least 1, leaving at least 1.
    func rank(at share: Double) -> Int {
        min(max(1, Int((share * Double(count)).rounded())), count - 1)
    }

    /// 512 ranks at equal steps of probability; `nil` where there are hardly more values, or so many
    /// equal ones that the 512 would be constant.
    var ranksForSearch: [Int]? {
        guard count > 700 else { return nil }
        let ranks = (0..<512).map { (2 * $0 + 1) * count / (2 * 512) }
        let (least, largest) = (values[ranks[0]], values[ranks[511]])
        return largest - least <= 1e-6 * largest ? nil : ranks
    }

    /// What a log-likelihood of the scaled values lacks to be that of the values: the logarithm of
    /// the Jacobian.
    var logJacobian: Double { -Double(count) * Double(exponent) * log(2) }

    /// The value of a rank, in the unit of the values.
    func original(_ rank: Int) -> Double {
        rank < vanishing.count ? vanishing[rank] : unscaled(values[rank])
    }

    /// A length in the unit of the scaled values, in that of the values.
    func unscaled(_ length: Double) -> Double { scalbn(length, exponent) }
}

/// The sum of `term` over the values, in four lanes.
@inline(__always)
func sum(of values: [Double], _ term: (Double) -> Double) -> Double {
    values.withUnsafeBufferPointer { values in
        sum(0..<values.count) { term(values[$0]) }
    }
}

/// The sum of `term` over `indices`, in four lanes: one sum would wait for each addition.
@inline(__always)
func sum(_ indices: Range<Int>, _ term: (Int) -> Double) -> Double {
    var lanes = SIMD4<Double>.zero
    var index = indices.lowerBound
    while index + 4 <= indices.upperBound {
        lanes += SIMD4(term(index), term(index + 1), term(index + 2), term(index + 3))
        index += 4
    }
    return (index..<indices.upperBound).reduce(lanes.sum()) { $0 + term($1) }
}

/// The values times 2^`exponent`, rounded once where they leave the normal range.
func scaled(_ values: [Double], by exponent: Int) -> [Double] {
    // One factor serves unless it is itself out of range.
    guard abs(exponent) < 1000 else { return values.map { scalbn($0, exponent) } }
    let factor = Double(sign: .plus, exponent: exponent, significand: 1)
    return values.map { $0 * factor }
}
