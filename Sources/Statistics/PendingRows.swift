import LinearAlgebra

/// Rows that were centred but not multiplied, and the distances between means passed meanwhile; all of
/// them tiny (``TinyUnit``), or in the ordinary unit.
struct PendingRows: Sendable {
    var rows = 0
    var isDouble = false
    /// Columns in which any of the rows is not zero; empty without rows.
    var varying: [Bool] = []
    /// What centring left of each block's mean, in the unit of the rows, with the block's rows.
    var residuals: [(vector: [Double], rows: Int)] = []
    /// Distances of blocks' means from those of all rows before, in the ordinary unit.
    var steps: [(distance: [Double], weight: Double)] = []

    var isEmpty: Bool { rows == 0 && steps.isEmpty }

    /// Whether `more` rows do not join these; many short blocks would bring many terms.
    func isFull(with more: Int, isDouble: Bool, limit: Int) -> Bool {
        guard !isEmpty else { return false }
        return isDouble != self.isDouble || rows + more > limit || steps.count >= 16
            || residuals.count >= 16
    }

    /// Takes note of a block that was centred behind the rows.
    mutating func append(_ block: CentredBlock, rows count: Int) {
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

    /// The corrections, in the unit of tiny deviations if `isTiny`.
    func terms(isTiny: Bool) -> [RankOneTerm] {
        residuals.map { RankOneTerm(vector: $0.vector, weight: -Double($0.rows)) }
            + steps.map { step in
                let term = RankOneTerm(vector: step.distance, weight: step.weight)
                return isTiny ? term.scaled(by: TinyUnit.scale) : term
            }
    }
}

/// How far two means are apart.
struct MeanDistance {
    /// One a column; empty if there was nothing before.
    let values: [Double]
    /// The largest magnitude.
    let largest: Double

    init(values: [Double]) {
        self.values = values
        largest = values.reduce(0) { max($0, abs($1)) }
    }
}
