import CKernels
import Testing

@testable import LinearAlgebra

/// Rows in panels of every width that the processor has a kernel for.
@Suite struct GramPanelsTests {
    static let sets = [CKERNELS_AVX2, CKERNELS_AVX512].filter {
        ckernels_gram_is_available($0) != 0
    }

    /// Small integers, of which everything is exact.
    private func integers(rows: Int, columns: Int) -> Matrix<Float> {
        let values = (0..<rows * columns).map { (index: Int) -> Float in
            let value: Int = (index * 7 + index / 11) % 13
            return Float(value - 5)
        }
        return Matrix(rows: rows, columns: columns, elements: values)
    }

    private func products(of panels: GramPanels, rows: Int, columns: Int) -> Matrix<Double> {
        var result = Matrix<Double>(rows: columns, columns: columns)
        result.addGram(of: panels, rows: rows, used: columns, times: 1, plus: [])
        return result
    }

    /// Panels with room for `capacity` rows that hold `x`, in pieces that end at `cuts`.
    private func panels(
        of x: Matrix<Float>, capacity: Int, cuts: [Int], for set: ckernels_set
    ) -> GramPanels {
        var panels = GramPanels()
        panels.reuse(GramLayout(rows: capacity, columns: x.columns, for: set))
        var first = 0
        for end in cuts + [x.rows] {
            x.withElements { elements in
                guard let base = elements.baseAddress else { return }
                panels.copy(base + first * x.columns, rows: end - first, behind: first)
            }
            first = end
        }
        return panels
    }

    /// Two slabs of 250 rows each, which the pieces do not respect.
    @Test(arguments: sets, [[], [1, 249, 250, 251], [300]])
    func rowsThatArriveInPiecesAreTheSameRows(set: ckernels_set, cuts: [Int]) {
        for columns in [1, 15, 16, 17, 33, 80, 97] {
            let x = integers(rows: 500, columns: columns)
            let panels = panels(of: x, capacity: 500, cuts: cuts, for: set)
            #expect(
                products(of: panels, rows: 500, columns: columns) == gramByDefinition(of: x),
                "\(columns) columns")
        }
    }

    @Test(arguments: sets)
    func deviationsAreWrittenAndSummedAcrossSlabs(set: ckernels_set) {
        for columns in [20, 31, 32, 33, 48, 60, 128, 131] {
            let x = integers(rows: 500, columns: columns)
            var panels = GramPanels()
            panels.reuse(GramLayout(rows: 500, columns: columns, for: set))
            var centred = x
            for stripe in [0..<min(columns, 32), min(columns, 32)..<columns]
            where !stripe.isEmpty {
                let centre = stripe.map { Float($0 % 5 - 2) }
                var sums = centre.map { _ in 0.0 }
                var largest = centre.map { _ in Float(0) }
                for (first, end) in [(0, 201), (201, 300), (300, 500)] {
                    x.withElements { elements in
                        guard let base = elements.baseAddress else { return }
                        panels.withDeviations(behind: first) {
                            $0.write(
                                base + first * columns, stride: columns, rows: end - first,
                                columns: stripe, centre: centre, sums: &sums, largest: &largest)
                        }
                    }
                }
                for (index, column) in stripe.enumerated() {
                    let deviations = (0..<500).map { x[$0, column] - centre[index] }
                    for row in 0..<500 { centred[row, column] = deviations[row] }
                    #expect(sums[index] == deviations.reduce(0) { $0 + Double($1) })
                    #expect(largest[index] == deviations.map(abs).max())
                }
            }
            #expect(
                products(of: panels, rows: 500, columns: columns) == gramByDefinition(of: centred),
                "\(columns) columns")
        }
    }

    @Test(arguments: sets)
    func columnsChangePlaces(set: ckernels_set) {
        let x = integers(rows: 500, columns: 70)
        var panels = panels(of: x, capacity: 600, cuts: [], for: set)
        panels.exchange(
            [ColumnExchange(first: 3, second: 69), ColumnExchange(first: 17, second: 18)], rows: 500
        )
        var order = Array(0..<70)
        order.swapAt(3, 69)
        order.swapAt(17, 18)
        let exchanged = Matrix<Float>(
            rows: 500, columns: 70, elements: (0..<x.count).map { x[$0 / 70, order[$0 % 70]] })
        #expect(products(of: panels, rows: 500, columns: 70) == gramByDefinition(of: exchanged))
    }

    @Test(arguments: sets)
    func rowsMoveToTheBeginning(set: ckernels_set) {
        let x = integers(rows: 900, columns: 40)
        var panels = panels(of: x, capacity: 900, cuts: [], for: set)
        panels.moveToBeginning(rows: 350, from: 550)
        let last = Matrix<Float>(
            rows: 350, columns: 40, elements: (550 * 40..<900 * 40).map { x[$0 / 40, $0 % 40] })
        #expect(products(of: panels, rows: 350, columns: 40) == gramByDefinition(of: last))
    }

    @Test(arguments: sets)
    func aColumnIsClearedInTheRowsThatWereWritten(set: ckernels_set) {
        var x = integers(rows: 900, columns: 40)
        var panels = panels(of: x, capacity: 900, cuts: [], for: set)
        panels.withDeviations(behind: 400) { $0.clear(column: 33, rows: 300) }
        for row in 400..<700 { x[row, 33] = 0 }
        #expect(products(of: panels, rows: 900, columns: 40) == gramByDefinition(of: x))
    }

    /// The last columns are zeros, of which nothing is read.
    @Test(arguments: sets)
    func unusedColumnsAreLeftOut(set: ckernels_set) {
        var x = integers(rows: 60, columns: 200)
        for used in [0, 1, 47, 48, 150, 199] {
            let panels = panels(of: x, capacity: 60, cuts: [], for: set)
            var sums = Matrix<Double>(rows: 200, columns: 200)
            sums.addGram(of: panels, rows: 60, used: used, times: 1, plus: [])
            for row in 0..<60 { for column in used..<200 { x[row, column] = 0 } }
            #expect(sums == gramByDefinition(of: x), "\(used) columns")
            x = integers(rows: 60, columns: 200)
        }
    }
}
