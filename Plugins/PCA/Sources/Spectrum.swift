internal import Glibc

/// The eigenvalues of a covariance, in a unit in which their squares neither vanish nor overflow.
struct Spectrum: Equatable, Sendable {
    /// Descending, not negative; all, or the leading ones.
    let values: [Double]
    /// Whether there are no others.
    let isComplete: Bool
    /// The sum of all.
    let total: Double
    /// At index k, the sum of all but the first k; from the small end, so that small ones count.
    let tails: [Double]
    /// Values above a millionth of the largest that the arithmetic does not give to five digits.
    let unresolved: Int

    /// Clips eigenvalues that rounding made negative.
    ///
    /// - Parameters:
    ///   - eigenvalues: all of them, in any order of those that are not positive, else descending.
    ///   - rounding: how their matrix was summed.
    /// - Throws: ``IndefiniteCovariance`` if one is more negative than `rounding` explains.
    init(
        eigenvalues: [Double], summed rounding: SumRounding
    ) throws(IndefiniteCovariance) {
        let values = try rounding.clipped(eigenvalues)
        self.values = values
        isComplete = true
        tails = Self.tails(of: values, beyond: 0)
        total = tails[0]
        // Measured on real layers and on spectra over seven decades; see the README.
        let error =
            1e-4 / Double(rounding.terms).squareRoot() * total
            / Double(max(1, rounding.dimensions))
        let largest = values.first ?? 0
        unresolved =
            rounding.isSingle ? values.count { $0 > 1e-6 * largest && $0 < 1e5 * error } : 0
    }

    /// The leading eigenvalues of a matrix of which all add up to `total`.
    ///
    /// - Throws: ``IndefiniteCovariance`` if one is more negative than `rounding` explains.
    init(
        leading: [Double], total: Double, summed rounding: SumRounding
    ) throws(IndefiniteCovariance) {
        values = try rounding.clipped(leading, total: total)
        isComplete = false
        self.total = total
        // Below 0 by rounding where they are all that there are.
        tails = Self.tails(of: values, beyond: max(0, total - values.reduce(0, +)))
        unresolved = 0
    }

    private static func tails(of values: [Double], beyond rest: Double) -> [Double] {
        var tails = [Double](repeating: rest, count: values.count + 1)
        for index in values.indices.reversed() { tails[index] = tails[index + 1] + values[index] }
        return tails
    }

    /// Shares of the total; none without variance.
    var shares: [Double]? { total > 0 ? values.map { $0 / total } : nil }

    /// The smallest k such that the first k values make up `share` of the total.
    func componentsFor(_ share: Double) -> Int? {
        guard total > 0 else { return nil }
        // A share that is reached exactly must not be missed by the rounding of a sum.
        return tails.indices.first { 1 - tails[$0] / total >= share - 1e-12 }
    }

    /// (Σ λ)² / Σ λ²; `nil` unless all are known.
    var participationRatio: Double? {
        !isComplete ? nil : shares.map { 1 / $0.reduce(0) { $0 + $1 * $1 } }
    }

    /// exp(−Σ p ln p) of the shares p; `nil` unless all are known.
    var effectiveRank: Double? {
        !isComplete ? nil : shares.map { exp(-$0.reduce(0) { $0 + ($1 > 0 ? $1 * log($1) : 0) }) }
    }

    /// Σ λ / max λ.
    var stableRank: Double? { values.first.flatMap { $0 > 0 ? total / $0 : nil } }
}
