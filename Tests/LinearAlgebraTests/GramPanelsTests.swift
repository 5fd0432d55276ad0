import CKernels
import Testing

@testable import LinearAlgebra

/// Rows in panels of every layout that the processor has a kernel for.
@Suite struct GramPanelsTests {
    struct Layout: Sendable {
        let precision: GramPrecision
        let set: ckernels_set

        func of(rows: Int, columns: Int) -> GramLayout {
            GramLayout(rows: rows, columns: columns, in: precision, for: set)
        }
    }

    static let layouts = [GramPrecision.single, .double].flatMap { precision in
        GramKernel.available(in: precision).map { Layout(precision: precision, set: $0) }
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
        of x: Matrix<Float>, capacity: Int, cuts: [Int] = [], in layout: Layout
    ) -> GramPanels {
        var panels = GramPanels()
        panels.reuse(layout.of(rows: capacity, columns: x.columns))
        func copy(_ x: Matrix<some GramScalar>) {
            var first = 0
            for end in cuts + [x.rows] {
                x.withElements { elements in
                    guard let base = elements.baseAddress else { return }
                    panels.copy(base + first * x.columns, rows: end - first, behind: first)
                }
                first = end
            }
        }
        layout.precision == .single ? copy(x) : copy(widened(x))
        return panels
    }

    private func widened(_ x: Matrix<Float>) -> Matrix<Double> {
        Matrix(
            rows: x.rows, columns: x.columns, elements: x.withElements { $0.map { Double($0) } })
    }

    /// Two slabs of 250 rows each, which the pieces do not respect.
    @Test(arguments: layouts, [[], [1, 249, 250, 251], [300]])
    func rowsThatArriveInPiecesAreTheSameRows(layout: Layout, cuts: [Int]) {
        for columns in [1, 15, 16, 17, 33, 80, 97] {
            let x = integers(rows: 500, columns: columns)
            let panels = panels(of: x, capacity: 500, cuts: cuts, in: layout)
            #expect(
                products(of: panels, rows: 500, columns: columns) == gramByDefinition(of: x),
                "\(columns) columns")
        }
    }

    /// What deviations of the columns `stripe` from their centres come with.
    struct Written<Scalar: GramScalar> {
        let stripe: Range<Int>
        var centre: [Scalar] { stripe.map { Scalar($0 % 5) - 2 } }
        var sums: [Double]
        var largest: [Scalar]

        init(stripe: Range<Int>) {
            self.stripe = stripe
            sums = stripe.map { _ in 0 }
            largest = stripe.map { _ in 0 }
        }
    }

    @Test(arguments: layouts)
    func deviationsAreWrittenAndSummedAcrossSlabs(layout: Layout) {
        guard layout.precision == .double else {
            checkDeviations(in: layout, of: { $0 }) {
                (written: inout Written<Float>, deviations, x, stride, rows) in
                deviations.write(
                    x, stride: stride, rows: rows, columns: written.stripe,
                    centre: written.centre, sums: &written.sums, largest: &written.largest)
            }
            return
        }
        checkDeviations(in: layout, of: { $0 }) {
            (written: inout Written<Double>, deviations, x, stride, rows) in
            deviations.write(
                x, stride: stride, rows: rows, columns: written.stripe,
                centre: written.centre, sums: &written.sums, largest: &written.largest)
        }
        checkDeviations(in: layout, of: widened) {
            (written: inout Written<Double>, deviations, x, stride, rows) in
            deviations.write(
                x, stride: stride, rows: rows, columns: written.stripe,
                centre: written.centre, sums: &written.sums, largest: &written.largest)
        }
    }

    private func checkDeviations<Input, Output: GramScalar>(
        in layout: Layout, of convert: (Matrix<Float>) -> Matrix<Input>,
        write: (inout Written<Output>, GramDeviations, UnsafePointer<Input>, Int, Int) -> Void
    ) {
        for columns in [20, 31, 32, 33, 48, 60, 128, 131] {
            let x = integers(rows: 500, columns: columns)
            let values = convert(x)
            var panels = GramPanels()
            panels.reuse(layout.of(rows: 500, columns: columns))
            var centred = x
            for stripe in [0..<min(columns, 32), min(columns, 32)..<columns]
            where !stripe.isEmpty {
                var written = Written<Output>(stripe: stripe)
                for (first, end) in [(0, 201), (201, 300), (300, 500)] {
                    values.withElements { elements in
                        guard let base = elements.baseAddress else { return }
                        panels.withDeviations(behind: first) {
                            write(&written, $0, base + first * columns, columns, end - first)
                        }
                    }
                }
                for (index, column) in stripe.enumerated() {
                    let deviations = (0..<500).map { x[$0, column] - Float(written.centre[index]) }
                    for row in 0..<500 { centred[row, column] = deviations[row] }
                    #expect(written.sums[index] == deviations.reduce(0) { $0 + Double($1) })
                    #expect(written.largest[index] == deviations.map { Output(abs($0)) }.max())
                }
            }
            #expect(
                products(of: panels, rows: 500, columns: columns) == gramByDefinition(of: centred),
                "\(columns) columns")
        }
    }

    @Test(arguments: layouts)
    func columnsChangePlaces(layout: Layout) {
        let x = integers(rows: 500, columns: 70)
        var panels = panels(of: x, capacity: 600, in: layout)
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

    @Test(arguments: layouts)
    func aColumnIsClearedInTheRowsThatWereWritten(layout: Layout) {
        var x = integers(rows: 900, columns: 40)
        var panels = panels(of: x, capacity: 900, in: layout)
        panels.withDeviations(behind: 400) { $0.clear(column: 33, rows: 300) }
        for row in 400..<700 { x[row, 33] = 0 }
        #expect(products(of: panels, rows: 900, columns: 40) == gramByDefinition(of: x))
    }

    /// The last columns are zeros, of which nothing is read.
    @Test(arguments: layouts)
    func unusedColumnsAreLeftOut(layout: Layout) {
        var x = integers(rows: 60, columns: 200)
        for used in [0, 1, 47, 48, 150, 199] {
            let panels = panels(of: x, capacity: 60, in: layout)
            var sums = Matrix<Double>(rows: 200, columns: 200)
            sums.addGram(of: panels, rows: 60, used: used, times: 1, plus: [])
            for row in 0..<60 { for column in used..<200 { x[row, column] = 0 } }
            #expect(sums == gramByDefinition(of: x), "\(used) columns")
            x = integers(rows: 60, columns: 200)
        }
    }
}
