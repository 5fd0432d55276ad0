import LinearAlgebra
import Statistics
import Testing

@Suite struct ColumnMomentsTests {
    /// NIST StRD NumAcc4: certified mean 10000000.2, standard deviation (n - 1) 0.1.
    @Test func meetsNumAcc4AsFarAsDoubleAllows() {
        let values = [10_000_000.2] + (0..<500).flatMap { _ in [10_000_000.1, 10_000_000.3] }
        var moments = ColumnMoments(columns: 1)
        moments.insert(.double(Matrix(rows: 1001, columns: 1, elements: values)))
        #expect(abs(moments.mean[0] - 10_000_000.2) < 2e-9)
        // The stored values are not the decimal ones: their spacing is 1.9e-9.
        let sample = (moments.populationVariances[0] * 1001 / 1000).squareRoot()
        #expect(abs(sample - 0.1) < 1e-9)
    }

    @Test(arguments: [0.0, 1e6, -3e9])
    func equalsTwoPassesHoweverFarTheMeanIs(mean: Double) {
        let x = testMatrix(rows: 1500, columns: 7, seed: 3) { row, column, u in
            mean * Double(column + 1) + Double(column + 1) * u
        }
        for block in [RealMatrix.double(x), .float(single(x))] {
            var moments = ColumnMoments(columns: 7)
            moments.insert(block)
            for column in 0..<7 {
                let expected = twoPasses((0..<1500).map { block[$0, column] })
                #expect(relativeError(moments.mean[column], expected.mean) < 1e-12)
                #expect(
                    relativeError(moments.populationVariances[column], expected.variance) < 1e-12)
                #expect(moments.minimum[column] == expected.minimum)
                #expect(moments.maximum[column] == expected.maximum)
            }
        }
    }

    @Test func anOutlyingFirstRowCostsNoDigits() {
        let x = testMatrix(rows: 20_000, columns: 1, seed: 5) { row, _, u in row == 0 ? 1e6 : u }
        var moments = ColumnMoments(columns: 1)
        moments.insert(.double(x))
        let expected = twoPasses(x.elements)
        #expect(relativeError(moments.populationVariances[0], expected.variance) < 1e-12)
    }

    @Test func mergesAtEveryCut() {
        let x = testMatrix(rows: 40, columns: 3, seed: 8) { row, column, u in
            1e6 + Double(row) * 0.1 + u * Double(column)
        }
        var whole = ColumnMoments(columns: 3)
        whole.insert(.double(x))
        for cut in 0...40 {
            var merged = ColumnMoments(columns: 3)
            for part in [0..<cut, cut..<40] {
                var moments = ColumnMoments(columns: 3)
                moments.insert(.double(x.rows(part)))
                merged.merge(moments)
            }
            #expect(merged.count == 40)
            #expect(merged.minimum == whole.minimum && merged.maximum == whole.maximum)
            for column in 0..<3 {
                #expect(relativeError(merged.mean[column], whole.mean[column]) < 1e-15)
                #expect(
                    relativeError(
                        merged.populationVariances[column], whole.populationVariances[column])
                        < 1e-13)
            }
        }
    }

    @Test(arguments: [0.1, -50, 1e-30, 3.4e38, 0])
    func aConstantColumnHasNoVarianceAtAll(value: Double) {
        var moments = ColumnMoments(columns: 1)
        for rows in [300, 1, 77] {
            moments.insert(.double(Matrix(rows: rows, columns: 1, repeating: value)))
            moments.insert(.float(Matrix(rows: rows, columns: 1, repeating: Float(value))))
        }
        var single = ColumnMoments(columns: 1)
        single.insert(.float(Matrix(rows: 999, columns: 1, repeating: Float(value))))
        #expect(single.populationVariances == [0])
        #expect(single.mean == [Double(Float(value))])
        if Double(Float(value)) == value { #expect(moments.populationVariances == [0]) }
    }

    @Test func nonFiniteEntriesSpoilTheirOwnColumnOnly() {
        var x = testMatrix(rows: 600, columns: 4, seed: 1) { _, _, u in u }
        var clean = ColumnMoments(columns: 4)
        clean.insert(.double(x))
        x[0, 1] = .nan
        x[599, 1] = .infinity
        x[300, 3] = -.infinity
        for block in [RealMatrix.double(x), .float(single(x))] {
            var moments = ColumnMoments(columns: 4)
            moments.insert(block)
            #expect(moments.nonFiniteCounts == [0, 2, 0, 1])
            for column in [1, 3] {
                #expect(moments.mean[column].isNaN && moments.populationVariances[column].isNaN)
                #expect(moments.minimum[column].isNaN && moments.maximum[column].isNaN)
            }
        }
        var moments = ColumnMoments(columns: 4)
        moments.insert(.double(x))
        #expect(moments.mean[0] == clean.mean[0] && moments.mean[2] == clean.mean[2])
        var one = ColumnMoments(columns: 1)
        one.insert(.float(Matrix(rows: 1, columns: 1, repeating: .nan)))
        #expect(one.nonFiniteCounts == [1] && one.mean[0].isNaN)
    }

    /// Values ±a have mean 0 and standard deviation a.
    @Test(arguments: [0x1p-1074, 0x1p-1030, 1e-300, 1e-200, 6e-61, 7e-61, 1e-20, 1e20, 1e150])
    func extremeScalesNeitherVanishNorOverflow(scale: Double) {
        let values = (0..<1024).map { $0 % 2 == 0 ? scale : -scale }
        var moments = ColumnMoments(columns: 1)
        moments.insert(.double(Matrix(rows: 1024, columns: 1, elements: values)))
        #expect(relativeError(moments.standardDeviations[0], scale) < 1e-14)
        #expect(abs(moments.mean[0]) <= 1e-14 * scale)
        // In two constant halves all the variance is between the parts.
        var halves = ColumnMoments(columns: 1)
        halves.insert(.double(Matrix(rows: 512, columns: 1, repeating: scale)))
        halves.insert(.double(Matrix(rows: 512, columns: 1, repeating: -scale)))
        #expect(relativeError(halves.standardDeviations[0], scale) < 1e-14)
    }

    /// 40,000 rows alternating between ±a, in blocks, parts and tiles of any length: once, values around
    /// 1e152 lost their variance when the units of two parts were taken for one.
    @Test(arguments: [1e-160, 1e-61, 1e-59, 1, 1e149, 1e150], [31, 257, 4096])
    func alternatingRowsInManyBlocks(scale: Double, rows: Int) {
        let values = (0..<40_000).map { $0 % 2 == 0 ? scale : -scale }
        let x = RealMatrix.double(Matrix(rows: 40_000, columns: 1, elements: values))
        var moments = ColumnMoments(columns: 1)
        for first in stride(from: 0, to: 40_000, by: rows) {
            var part = ColumnMoments(columns: 1)
            part.insert(x.rows(first..<min(40_000, first + rows)))
            moments.merge(part)
        }
        // Thousands of parts are rounded one after the other.
        #expect(relativeError(moments.standardDeviations[0], scale) < 1e-12)
        #expect(relativeError(moments.populationVariances[0], scale * scale) < 1e-12)
    }

    /// Columns over 470 decades beside each other: each has its own deviation.
    ///
    /// The values are ±a around an offset that they can be told from.
    @Test func columnsOfEveryMagnitude() {
        let scales = [0x1p-1074, 0x1p-1061, 1e-300, 1e-160, 1e-61, 6.2e-61, 1e-30, 1, 1e60, 1e150]
        let offsets = [0, 0x1p-1056, 1e-290, 0, 1e-50, 0, 1e-20, 1e15, 0, 0]
        let rows = 600
        let x = Matrix<Double>(rows: rows, columns: scales.count) { elements in
            for index in elements.indices {
                let (row, column) = (index / scales.count, index % scales.count)
                let value = row % 2 == 0 ? scales[column] : -scales[column]
                elements.initializeElement(at: index, to: offsets[column] + value)
            }
        }
        var moments = ColumnMoments(columns: scales.count)
        for part in [0..<256, 256..<300, 300..<600] { moments.insert(.double(x.rows(part))) }
        for column in scales.indices {
            // Of what is left of the decimal numbers beside their offset.
            let stored = x[0, column] / 2 - x[1, column] / 2
            #expect(relativeError(moments.standardDeviations[column], stored) < 1e-12)
        }
    }

    /// One part that varies little and one that varies much, or two far apart, in either order.
    @Test(arguments: [0x1p-1030, 1e-120, 6.3e-61, 1e-40], [0, 1e-59, 1e-20, 1.0])
    func partsOfDifferentMagnitude(small: Double, far: Double) {
        func part(_ scale: Double, around mean: Double) -> ColumnMoments {
            var moments = ColumnMoments(columns: 1)
            let values = (0..<500).map { mean + ($0 % 2 == 0 ? scale : -scale) }
            moments.insert(.double(Matrix(rows: 500, columns: 1, elements: values)))
            return moments
        }
        let parts = [part(small, around: 0), part(2 * small, around: far)]
        // In a unit in which neither square vanishes.
        let (a, b) = (small / 0x1p-500, far / 0x1p-500)
        let isLost = far + 2 * small == far
        let expected =
            far == 0
            ? 2.5.squareRoot() * small
            : ((a * a + (isLost ? 0 : 4 * a * a)) / 2 + b * b / 4).squareRoot() * 0x1p-500
        for order in [parts, parts.reversed()] {
            var merged = order[0]
            merged.merge(order[1])
            if a < 0x1p500 && b < 0x1p500 {
                #expect(relativeError(merged.standardDeviations[0], expected) < 1e-11)
            }
        }
    }

    /// Beyond 1e150 entries are excluded with their column, as NaN is, and counted on their own.
    @Test func entriesBeyondTheDomainSpoilTheirOwnColumnOnly() {
        #expect(ValueDomain.contains(1e150) && ValueDomain.contains(-1e150))
        #expect(!ValueDomain.contains(1e150.nextUp) && !ValueDomain.contains(-.infinity))
        #expect(!ValueDomain.contains(.nan))
        var x = testMatrix(rows: 600, columns: 5, seed: 1) { _, _, u in u }
        x[3, 0] = 1e150
        x[599, 1] = 1e150.nextUp
        x[20, 1] = .nan
        for row in 0..<600 { x[row, 2] = -1e300 }
        x[0, 3] = -Double.greatestFiniteMagnitude
        x[1, 3] = Double.greatestFiniteMagnitude
        var moments = ColumnMoments(columns: 5)
        moments.insert(.double(x.rows(0..<300)))
        var rest = ColumnMoments(columns: 5)
        rest.insert(.double(x.rows(300..<600)))
        moments.merge(rest)
        #expect(moments.nonFiniteCounts == [0, 2, 600, 2, 0])
        #expect(moments.excessiveCounts == [0, 1, 600, 2, 0])
        #expect(moments.standardDeviations.map(\.isFinite) == [true, false, false, false, true])
        #expect(moments.mean.map(\.isFinite) == [true, false, false, false, true])
        // sqrt(599) / 600 of 1e150.
        #expect(
            relativeError(moments.standardDeviations[0], 1e150 * 599.0.squareRoot() / 600) < 1e-12)
    }

    @Test func singlePrecisionExtremesFit() {
        for scale in [Float(1e-40), 1e-30, 1e30, 3e38] {
            let values = (0..<1000).map { $0 % 2 == 0 ? scale : -scale }
            var moments = ColumnMoments(columns: 1)
            moments.insert(.float(Matrix(rows: 1000, columns: 1, elements: values)))
            #expect(relativeError(moments.standardDeviations[0], Double(scale)) < 1e-14)
        }
    }

    @Test func noRowsHaveNoMoments() {
        var moments = ColumnMoments(columns: 2)
        moments.insert(.float(Matrix(rows: 0, columns: 2)))
        #expect(moments.count == 0)
        #expect(moments.mean.allSatisfy(\.isNaN) && moments.standardDeviations.allSatisfy(\.isNaN))
        var none = ColumnMoments(columns: 0)
        none.insert(.float(Matrix(rows: 5, columns: 0)))
        #expect(none.mean.isEmpty && none.count == 5)
    }
}
