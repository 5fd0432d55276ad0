import LinearAlgebra

/// Memory for centred rows of one precision whose products are still to be summed: a matrix, or
/// panels where products are summed from those.
struct CentredRows<Scalar: GramScalar>: Sendable {
    private var matrix: Matrix<Scalar>
    private var panels = GramPanels()
    private let usesPanels: Bool

    /// No memory yet.
    init(columns: Int) {
        matrix = Matrix(rows: 0, columns: columns)
        usesPanels = GramPanels.areFastest(columns: columns, in: Scalar.gramPrecision)
    }

    private var columns: Int { matrix.columns }

    /// Makes room for rows with unspecified elements, in the same memory if it is enough.
    mutating func reuse(rows: Int) {
        if usesPanels {
            panels.reuse(rows: rows, columns: columns, in: Scalar.gramPrecision)
        } else {
            matrix.reuse(rows: rows)
        }
    }

    /// Gives the memory back.
    mutating func release() { self = CentredRows(columns: columns) }

    /// Centres `rows` rows behind the first `first` ones.
    ///
    /// - Parameters:
    ///   - rows: how many rows to centre.
    ///   - first: rows that stay.
    ///   - toRows: writes deviations into rows.
    ///   - toPanels: writes deviations into panels.
    /// - Returns: what centring found out.
    mutating func centre(
        rows: Int, behind first: Int,
        _ toRows: (StripeStatistics, UnsafeMutableBufferPointer<Scalar>) -> Void,
        toPanels: (StripeStatistics, GramDeviations) -> Void
    ) -> CentredBlock {
        CentredBlock(columns: columns) { statistics in
            if usesPanels {
                panels.withDeviations(behind: first) { toPanels(statistics, $0) }
                return
            }
            let place = first * columns..<(first + rows) * columns
            matrix.withMutableElements {
                toRows(statistics, UnsafeMutableBufferPointer(rebasing: $0[place]))
            }
        }
    }

    /// Adds the sums of products of the first `rows` rows, and the terms; the rows are left in another
    /// order of columns.
    ///
    /// - Parameters:
    ///   - rows: how many of them.
    ///   - varying: whether any of them is not zero, one a column.
    ///   - sums: to what is added.
    ///   - terms: added once.
    mutating func addProducts(
        rows: Int, varying: [Bool], to sums: inout ColumnSums, plus terms: [RankOneTerm]
    ) {
        if usesPanels {
            sums.add(&panels, rows: rows, varying: varying, plus: terms)
            return
        }
        sums.restoreOrder()
        matrix.withElements { elements in
            guard let base = elements.baseAddress else { return }
            sums.lower.addGram(
                of: base, rows: rows, times: 1, plus: terms, reusing: &panels)
        }
    }
}
