import Foundation

/// The ranks that go by different names, of one set of singular values.
public struct RankSet: Sendable, Equatable {
    /// exp of the entropy of the shares σᵢ / Σσ (Roy and Vetterli 2007).
    public let effectiveRankSingular: Double
    /// exp of the entropy of the shares σᵢ² / Σσ².
    public let effectiveRankEigen: Double
    /// exp(−Σ q ln q), q = σᵢ / Σσ + 1e-7 (Garrido and others 2023).
    public let rankMe: Double
    /// Σσ² / σ₁² (Rudelson and Vershynin 2007).
    public let stableRank: Double
    /// Σσ / σ₁.
    public let nuclearRank: Double
    /// (Σσ²)² / Σσ⁴.
    public let participationRatio: Double
    /// The smallest k whose first k values reach 99 % of Σσ (Kumar and others 2020).
    public let srank: Int
    /// The smallest k whose first k squares reach 99 % of Σσ² (Yang and others 2020).
    public let componentsFor99: Int
    /// The number of σᵢ / √n above 0.01 (Lyle and others 2022).
    public let featureRank: Int

    /// The ranks of a matrix of `samples` rows with these singular values, zeros included; values below the
    /// part `floor` of the largest are rounding and taken for 0.
    init(singularValues: [Double], samples: Int, floor: Double = 0) {
        let largest = singularValues.reduce(0) { max($0, $1) }
        guard largest > 0 else {
            (effectiveRankSingular, effectiveRankEigen, rankMe) = (0, 0, 0)
            (stableRank, nuclearRank, participationRatio) = (0, 0, 0)
            (srank, componentsFor99, featureRank) = (0, 0, 0)
            return
        }
        // Relative to the largest, so that no square overflows; the smallest first, for the sums.
        let relative = singularValues.map { $0 / largest }.map { $0 < floor ? 0 : $0 }.sorted()
        let squares = relative.map { $0 * $0 }
        let (sum, sumOfSquares) = (relative.reduce(0, +), squares.reduce(0, +))
        effectiveRankSingular = exp(entropy(relative.map { $0 / sum }))
        effectiveRankEigen = exp(entropy(squares.map { $0 / sumOfSquares }))
        rankMe = exp(entropy(relative.map { $0 / sum + 1e-7 }))
        stableRank = sumOfSquares
        nuclearRank = sum
        participationRatio = sumOfSquares * sumOfSquares / squares.reduce(0) { $0 + $1 * $1 }
        srank = fewest(of: relative, reaching: 0.99 * sum)
        componentsFor99 = fewest(of: squares, reaching: 0.99 * sumOfSquares)
        let least = 0.01 * Double(samples).squareRoot() / largest
        featureRank = relative.count { $0 > least }
    }
}

/// −Σ p ln p, with 0 ln 0 = 0.
private func entropy(_ shares: [Double]) -> Double {
    shares.reduce(0) { $0 - ($1 > 0 ? $1 * log($1) : 0) }
}

/// How many of the largest of `ascending` reach `bound` together.
private func fewest(of ascending: [Double], reaching bound: Double) -> Int {
    var sum = 0.0
    for (index, value) in ascending.reversed().enumerated() {
        sum += value
        if sum >= bound { return index + 1 }
    }
    return ascending.count
}
