import LinearAlgebra

/// An order in which columns whose deviations are all zero come last, so that their products can be
/// left out: of a layer with dead neurons, most of the work.
struct ColumnOrder: Sendable {
    /// Made one after the other.
    private(set) var exchanges: [ColumnExchange]
    /// Columns that come first, the others being silent.
    private(set) var used: Int

    /// The order of the columns themselves, all of them used.
    init(columns: Int) {
        exchanges = []
        used = columns
    }

    /// The order that puts columns that do not vary last, if they are worth the exchange.
    init(varying: [Bool]) {
        let count = varying.count { $0 }
        guard varying.count - count >= 16 else {
            self = ColumnOrder(columns: varying.count)
            return
        }
        let silent = (0..<count).filter { !varying[$0] }
        let behind = (count..<varying.count).filter { varying[$0] }
        exchanges = zip(silent, behind).map { ColumnExchange(first: $0, second: $1) }
        used = count
    }

    /// Elements, one a column, in this order.
    func applied<Element>(to elements: [Element]) -> [Element] {
        var elements = elements
        for pair in exchanges { elements.swapAt(pair.first, pair.second) }
        return elements
    }

    /// Puts silent columns that vary now behind those that come first, where they stay.
    ///
    /// - Returns: the exchanges that this takes.
    mutating func use(varying: [Bool]) -> [ColumnExchange] {
        let before = exchanges.count
        let varying = applied(to: varying)
        for position in used..<varying.count where varying[position] {
            if position > used {
                exchanges.append(ColumnExchange(first: used, second: position))
            }
            used += 1
        }
        return Array(exchanges[before...])
    }
}

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

    /// Adds `factor` times the sums of products of the first `rows` rows of panels, and the terms.
    ///
    /// - Parameters:
    ///   - panels: centred rows; left in another order.
    ///   - rows: how many of them.
    ///   - varying: whether any of them is not zero, one a column.
    ///   - factor: applied to the sums of products.
    ///   - terms: added once.
    mutating func add(
        _ panels: inout GramPanels, rows: Int, varying: [Bool], times factor: Double,
        plus terms: [RankOneTerm]
    ) {
        if rows > 0 { moveSilentColumns(varying: varying) }
        let order = order ?? ColumnOrder(columns: lower.columns)
        self.order = order
        panels.exchange(order.exchanges, rows: rows)
        let terms = terms.map {
            RankOneTerm(vector: order.applied(to: $0.vector), weight: $0.weight)
        }
        lower.addGram(of: panels, rows: rows, used: order.used, times: factor, plus: terms)
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
