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
