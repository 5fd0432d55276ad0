import LinearAlgebra

/// Rows that were centred but not multiplied, and the distances between means passed meanwhile.
struct PendingRows: Sendable {
    var rows = 0
    var isDouble = false
    /// The power of two by which all of the rows were divided.
    var exponent = 0
    /// The exponent of the largest deviation.
    var spread: Int?
    /// Columns in which any of the rows is not zero; empty without rows.
    var varying: [Bool] = []
    /// What centring left of each block's mean, in the unit of the rows, with the block's rows.
    var residuals: [(vector: [Double], rows: Int)] = []
    var steps: [MeanStep] = []

    var isEmpty: Bool { rows == 0 && steps.isEmpty }

    /// Whether `more` rows do not join these; many short blocks would bring many terms.
    func isFull(with more: Int, isDouble: Bool, limit: Int) -> Bool {
        guard !isEmpty else { return false }
        return isDouble != self.isDouble || rows + more > limit || steps.count >= 16
            || residuals.count >= 16
    }

    /// Takes note of a block that was centred behind the rows.
    mutating func append(_ block: CentredBlock, rows count: Int) {
        let largest = block.largest
        exponent = block.exponent
        spread = max(spread ?? .min, block.exponent + Int(largest.exponent))
        residuals.append((block.residual, count))
        rows += count
        if varying.isEmpty {
            varying = block.magnitudes.map { $0 > 0 }
        } else {
            for (column, magnitude) in block.magnitudes.enumerated() where magnitude > 0 {
                varying[column] = true
            }
        }
    }

    var exponents: [Int] { ([spread] + steps.map(\.exponent)).compactMap { $0 } }

    /// The corrections in the unit 2^`sumExponent`.
    func terms(exponent sumExponent: Int) -> [RankOneTerm] {
        residuals.map { residual in
            RankOneTerm(
                vector: residual.vector.map { ldexp($0, exponent - sumExponent) },
                weight: -Double(residual.rows))
        } + steps.flatMap { $0.rankOne(exponent: sumExponent) }
    }
}

/// How far the mean of the parts is apart.
struct MeanStep: Sendable {
    /// A quarter of the distance; empty if there was nothing before.
    var quarter: [Double]
    var weight: Double

    /// Of the largest distance; `nil` if all are zero.
    var exponent: Int? {
        let largest = quarter.reduce(0) { max($0, abs($1)) }
        return largest > 0 ? Int(largest.exponent) + 2 : nil
    }

    func rankOne(exponent: Int) -> [RankOneTerm] {
        guard self.exponent != nil else { return [] }
        return [RankOneTerm(vector: quarter.map { ldexp($0, 2 - exponent) }, weight: weight)]
    }
}
