import LinearAlgebra
import Statistics
import Testing

@Suite struct ScatterSketchTests {
    private let vectors = testMatrix(rows: 3, columns: 4, seed: 77) { _, _, u in u }

    private func sketch(_ parts: [RealMatrix]) -> ScatterSketch {
        var sketch = ScatterSketch(vectors: vectors)
        for part in parts { sketch.insert(part) }
        return sketch
    }

    /// Deviations from the mean in double, the covariance of all, then its products.
    private func definition(_ x: RealMatrix, of columns: [Int]) -> [Double] {
        let centred = columns.map { column in
            let values = (0..<x.rows).map { x[$0, column] }
            let mean = twoPasses(values).mean
            return values.map { $0 - mean }
        }
        return (0..<vectors.rows).flatMap { vector in
            columns.indices.map { i in
                columns.indices.reduce(0) { sum, j in
                    let product = zip(centred[i], centred[j]).reduce(0) { $0 + $1.0 * $1.1 }
                    return sum + product / Double(x.rows - 1) * vectors[vector, columns[j]]
                }
            }
        }
    }

    private func expect(
        _ sketch: ScatterSketch, near expected: [Double], within tolerance: Double
    ) {
        for (a, b) in zip(sketch.products(of: Array(0..<4)).elements, expected) {
            #expect(abs(a - b) < tolerance)
        }
    }

    @Test func mergesAtEveryCut() {
        // The mean drifts by many deviations, so that merging matters.
        let x = RealMatrix.float(
            single(
                testMatrix(rows: 30, columns: 4, seed: 6) { row, column, u in
                    1000 + Double(row * column) + u
                }))
        let expected = definition(x, of: Array(0..<4))
        // The largest variance is 697.5.
        expect(sketch([x]), near: expected, within: 1e-10)
        for cut in 0...30 {
            let parts = [x.rows(0..<cut), x.rows(cut..<30)]
            expect(sketch(parts), near: expected, within: 1e-10)
            var merged = ScatterSketch(vectors: vectors)
            for part in parts { merged.merge(sketch([part])) }
            #expect(merged.count == 30)
            expect(merged, near: expected, within: 1e-10)
        }
    }

    /// More rows than one block.
    @Test func blocksDoNotShow() {
        let x = testMatrix(rows: 4500, columns: 4, seed: 9) { row, _, u in Double(row) * 1e-3 + u }
        let expected = definition(.double(x), of: Array(0..<4))
        expect(sketch([.double(x)]), near: expected, within: 1e-12)
        expect(
            sketch([0..<1, 1..<2500, 2500..<4500].map { .double(x.rows($0)) }), near: expected,
            within: 1e-12)
    }

    /// More columns than are multiplied at a time, and fewer rows together than a block has.
    @Test func wideRows() {
        let (rows, columns) = (9, 150_000)
        let x = testMatrix(rows: rows, columns: columns, seed: 3) { row, _, u in Double(row) + u }
        let vectors = testMatrix(rows: 2, columns: columns, seed: 4) { _, _, u in u }
        var sketch = ScatterSketch(vectors: vectors)
        for row in 0..<rows { sketch.insert(.double(x.rows(row..<row + 1))) }
        let chosen = [0, 1, 2047, 2048, 77_777, columns - 1]
        let found = sketch.products(of: chosen)
        let means = (0..<columns).map { column in
            (0..<rows).reduce(0) { $0 + x[$1, column] } / Double(rows)
        }
        for vector in 0..<2 {
            let scores = (0..<rows).map { row in
                (0..<columns).reduce(0) { sum, column in
                    sum + (x[row, column] - means[column]) * vectors[vector, column]
                }
            }
            for (position, column) in chosen.enumerated() {
                let expected =
                    (0..<rows).reduce(0) { $0 + (x[$1, column] - means[column]) * scores[$1] }
                    / Double(rows - 1)
                #expect(relativeError(found[vector, position], expected) < 1e-9)
            }
        }
    }

    @Test func theTotalIsTheTrace() {
        let x = testMatrix(rows: 50, columns: 4, seed: 8) { _, column, u in
            1e6 + Double(column) * u
        }
        let sum = (0..<3).reduce(0.0) { $0 + twoPasses(x.column($1)).variance * 50 / 49 }
        let found = sketch([.double(x.rows(0..<20)), .double(x.rows(20..<50))])
            .totalVariance(of: [0, 1, 2])
        #expect(relativeError(found, sum) < 1e-9)
    }

    /// Zeros in the vectors keep a column out of the products of the others.
    @Test func aSpoiledColumnWithoutWeightChangesNothing() {
        var x = testMatrix(rows: 90, columns: 4, seed: 12) { _, _, u in 7 + u }
        var weightless = vectors
        for row in 0..<3 { weightless[row, 1] = 0 }
        var clean = ScatterSketch(vectors: weightless)
        clean.insert(.double(x))
        x[60, 1] = .infinity
        x[10, 1] = 1e30
        var spoiled = ScatterSketch(vectors: weightless)
        spoiled.insert(.double(x.rows(0..<50)))
        spoiled.insert(.double(x.rows(50..<90)))
        #expect(spoiled.moments.nonFiniteCounts == [0, 1, 0, 0])
        let root = Double(sign: .plus, exponent: spoiled.exponent, significand: 1)
        for (a, b) in zip(
            spoiled.products(of: [0, 2, 3]).elements, clean.products(of: [0, 2, 3]).elements)
        {
            #expect(abs(a * root * root - b) < 1e-14)
        }
    }

    /// Scaling by a power of two changes nothing but the exponent.
    @Test(arguments: [-1000, -500, -60, 60, 490])
    func powersOfTwoAreExact(exponent: Int) {
        let scale = Double(sign: .plus, exponent: exponent, significand: 1)
        let x = testMatrix(rows: 64, columns: 4, seed: 5) { _, _, u in u }
        let scaled = Matrix(rows: 64, columns: 4, elements: x.elements.map { $0 * scale })
        let unit = sketch([.double(x.rows(0..<20)), .double(x.rows(20..<64))])
        let other = sketch([.double(scaled.rows(0..<20)), .double(scaled.rows(20..<64))])
        let root = Double(sign: .plus, exponent: other.exponent, significand: 1) / scale
        for (a, b) in zip(
            other.products(of: Array(0..<4)).elements, unit.products(of: Array(0..<4)).elements)
        {
            #expect(abs(a * root * root - b) < 1e-14)
        }
        let total = other.totalVariance(of: [0, 1]) * root * root
        #expect(relativeError(total, unit.totalVariance(of: [0, 1])) < 1e-14)
    }

    /// Blocks that vary by so little that squares vanish before and after one that does not, or alone.
    @Test(arguments: [[1e-300, 1e-301], [1e-300, 1.0, 1e-10], [1.0, 1e-300], [1e-70, 1e-50]])
    func blocksOfDifferentMagnitude(magnitudes: [Double]) {
        let unit = magnitudes.max() ?? 1
        let blocks = magnitudes.enumerated().map { index, magnitude in
            testMatrix(rows: 20, columns: 4, seed: UInt64(index)) { _, _, u in magnitude * u }
        }
        let all = Matrix<Double>(
            rows: 20 * blocks.count, columns: 4,
            elements: blocks.flatMap { $0.elements.map { $0 / unit } })
        let expected = definition(.double(all), of: Array(0..<4))
        let whole = sketch(blocks.map { .double($0) })
        var merged = ScatterSketch(vectors: vectors)
        for block in blocks { merged.merge(sketch([.double(block)])) }
        let trace = (0..<4).reduce(0.0) { $0 + twoPasses(all.column($1)).variance }
        for sums in [whole, merged] {
            let factor = Double(sign: .plus, exponent: sums.exponent, significand: 1) / unit
            for (a, b) in zip(sums.products(of: Array(0..<4)).elements, expected) {
                #expect(abs(a * factor * factor - b) < 1e-13)
            }
            let total = sums.totalVariance(of: Array(0..<4)) * factor * factor
            let count = Double(all.rows)
            #expect(relativeError(total, trace * count / (count - 1)) < 1e-13)
        }
    }
}
