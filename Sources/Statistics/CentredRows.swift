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

    /// Centres `rows` rows behind the first `first` ones, into panels by way of the matrix if they have
    /// to be scaled.
    ///
    /// - Parameters:
    ///   - start: the first value.
    ///   - rows: how many rows to centre.
    ///   - first: rows that stay.
    ///   - guess: the power of two by which deviations are divided if that suits them.
    ///   - toRows: writes deviations divided by a power of two into rows.
    ///   - toPanels: writes deviations of ordinary magnitude into panels.
    /// - Returns: what centring found out.
    mutating func centre<Input: BinaryFloatingPoint>(
        _ start: UnsafePointer<Input>, rows: Int, behind first: Int, guess: Int,
        toRows: (Int, StripeStatistics, UnsafeMutableBufferPointer<Scalar>) -> Void,
        toPanels: (StripeStatistics, GramDeviations) -> Void
    ) -> CentredBlock {
        Statistics.centre(start, rows, columns, guess) { exponent, statistics in
            if usesPanels && exponent == 0 {
                panels.withDeviations(behind: first) { toPanels(statistics, $0) }
                return
            }
            let place = usesPanels ? 0 : first * columns
            if usesPanels { matrix.reuse(rows: rows) }
            let width = columns
            matrix.withMutableElements { all in
                let rows = UnsafeMutableBufferPointer(
                    rebasing: all[place..<place + rows * width])
                toRows(exponent, statistics, rows)
            }
            guard usesPanels else { return }
            matrix.withElements { scaled in
                scaled.baseAddress.map { panels.copy($0, rows: rows, behind: first) }
            }
        }
    }

    /// Moves `rows` rows from behind the first `first` ones to the beginning.
    mutating func moveToBeginning(rows: Int, from first: Int) {
        if usesPanels {
            panels.moveToBeginning(rows: rows, from: first)
            return
        }
        let (from, count) = (first * columns, rows * columns)
        matrix.withMutableElements { all in
            for index in 0..<count { all[index] = all[from + index] }
        }
    }

    /// Adds `factor` times the sums of products of the first `rows` rows, and the terms; the rows are
    /// left in another order of columns.
    ///
    /// - Parameters:
    ///   - rows: how many of them.
    ///   - varying: whether any of them is not zero, one a column.
    ///   - factor: applied to the sums of products.
    ///   - sums: to what is added.
    ///   - terms: added once.
    mutating func addProducts(
        rows: Int, varying: [Bool], times factor: Double, to sums: inout ColumnSums,
        plus terms: [RankOneTerm]
    ) {
        if usesPanels {
            sums.add(&panels, rows: rows, varying: varying, times: factor, plus: terms)
            return
        }
        sums.restoreOrder()
        matrix.withElements { elements in
            guard let base = elements.baseAddress else { return }
            sums.lower.addGram(
                of: base, rows: rows, times: factor, plus: terms, reusing: &panels)
        }
    }
}
