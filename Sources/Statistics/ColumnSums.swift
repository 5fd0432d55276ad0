import LinearAlgebra

/// Sums of products of columns.
struct ColumnSums: Sendable {
    /// The lower triangle of a symmetric matrix; in the columns' order after ``restoreOrder()``.
    var lower: Matrix<Double>
    /// `nil` before anything was added.
    private var order: ColumnOrder?

    /// Sums of no rows.
    init(columns: Int) { lower = Matrix(rows: columns, columns: columns) }

    /// Whether rows and columns are in the columns' order.
    var isInOrder: Bool { order?.exchanges.isEmpty ?? true }

    /// Puts rows and columns into the columns' order, in which they stay.
    mutating func restoreOrder() {
        if let order { lower.exchangeInLowerTriangle(order.exchanges.reversed()) }
        order = ColumnOrder(columns: lower.columns)
    }

    /// Adds the sums of products of the first `rows` rows of panels, and the terms.
    ///
    /// - Parameters:
    ///   - panels: centred rows; left in another order.
    ///   - rows: how many of them.
    ///   - varying: whether any of them is not zero, one a column.
    ///   - terms: added once.
    mutating func add(
        _ panels: inout GramPanels, rows: Int, varying: [Bool], plus terms: [RankOneTerm]
    ) {
        if rows > 0 { moveSilentColumns(varying: varying) }
        let order = order ?? ColumnOrder(columns: lower.columns)
        self.order = order
        panels.exchange(order.exchanges, rows: rows)
        let terms = terms.map {
            RankOneTerm(vector: order.applied(to: $0.vector), weight: $0.weight)
        }
        lower.addGram(of: panels, rows: rows, used: order.used, times: 1, plus: terms)
    }

    /// Puts columns that have been silent so far last.
    private mutating func moveSilentColumns(varying: [Bool]) {
        if let exchanges = order?.use(varying: varying) {
            lower.exchangeInLowerTriangle(exchanges)
        } else {
            // Nothing but zeros so far.
            order = ColumnOrder(varying: varying)
        }
    }
}

extension Matrix<Double> {
    /// Exchanges rows and columns of a symmetric matrix of which the lower triangle is stored.
    ///
    /// - Complexity: O(pairs · rows).
    mutating func exchangeInLowerTriangle(_ pairs: [ColumnExchange]) {
        // Nor is a copy made for nothing.
        guard !pairs.isEmpty else { return }
        let size = rows
        withMutableElements { elements in
            for pair in pairs {
                let (low, high) = (min(pair.first, pair.second), max(pair.first, pair.second))
                for index in 0..<size where index != low && index != high {
                    let other = max(low, index) * size + min(low, index)
                    elements.swapAt(other, max(high, index) * size + min(high, index))
                }
                elements.swapAt(low * (size + 1), high * (size + 1))
            }
        }
    }
}
