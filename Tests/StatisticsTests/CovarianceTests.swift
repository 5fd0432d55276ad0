import LinearAlgebra
import Statistics
import Testing

@Suite struct CovarianceTests {
    /// Deviations from the mean in double, then all products: the definition.
    private func definition(_ x: RealMatrix) -> [Double] {
        let (rows, columns) = (x.rows, x.columns)
        let centred = (0..<columns).map { column in
            let values = (0..<rows).map { x[$0, column] }
            let mean = twoPasses(values).mean
            return values.map { $0 - mean }
        }
        return (0..<columns).flatMap { i in
            (0..<columns).map { j in
                zip(centred[i], centred[j]).reduce(0) { $0 + $1.0 * $1.1 } / Double(rows - 1)
            }
        }
    }

    private func largestError(
        _ covariance: Covariance, _ expected: [Double], columns: [Int]? = nil
    ) -> Double {
        let (matrix, exponent) = covariance.sample(
            of: columns ?? Array(0..<covariance.columns))
        #expect(exponent == 0)
        return zip(matrix.elements, expected).reduce(0) { max($0, abs($1.0 - $1.1)) }
    }

    /// 150 columns make three tiles, of unequal sides.
    @Test(arguments: [Covariance.Arithmetic.single, .double], [0.0, 1e4])
    func equalsTheDefinition(arithmetic: Covariance.Arithmetic, mean: Double) {
        let x = testMatrix(rows: 30, columns: 150, seed: 2) { _, column, u in
            mean + u + Double(column % 3) * u
        }
        for block in [RealMatrix.float(single(x)), .double(x)] {
            var covariance = Covariance(columns: 150, arithmetic: arithmetic)
            covariance.insert(block)
            let isSingle = arithmetic == .single && covariance.usedSinglePrecision
            // Elements are at most 9/3; float32 products carry 2^-24 of them each.
            #expect(
                largestError(covariance, definition(block)) < (isSingle ? 1e-6 : 1e-12 * (1 + mean))
            )
            if case .double = block { #expect(!covariance.usedSinglePrecision) }
        }
    }

    @Test(arguments: [Covariance.Arithmetic.single, .double])
    func mergesAtEveryCut(arithmetic: Covariance.Arithmetic) {
        // The mean drifts by many deviations, so that merging matters.
        let x = testMatrix(rows: 30, columns: 4, seed: 6) { row, column, u in
            1000 + Double(row * column) + u
        }
        let block = RealMatrix.float(single(x))
        let expected = definition(block)
        for cut in 0...30 {
            var merged = Covariance(columns: 4, arithmetic: arithmetic)
            for part in [0..<cut, cut..<30] {
                var covariance = Covariance(columns: 4, arithmetic: arithmetic)
                covariance.insert(block.rows(part))
                merged.merge(covariance)
            }
            #expect(merged.count == 30)
            // The largest element is the variance of 0, 3, ... 87: 697.5.
            #expect(
                largestError(merged, expected) < 700 * (arithmetic == .single ? 1e-6 : 1e-13))
        }
    }

    /// More rows than one block, in one call and in several.
    @Test func blocksDoNotShow() {
        let x = testMatrix(rows: 4500, columns: 3, seed: 9) { row, _, u in Double(row) * 1e-3 + u }
        let expected = definition(.double(x))
        var once = Covariance(columns: 3, arithmetic: .double)
        once.insert(.double(x))
        #expect(largestError(once, expected) < 1e-13)
        var pieces = Covariance(columns: 3, arithmetic: .double)
        for part in [0..<1, 1..<2500, 2500..<4500] { pieces.insert(.double(x.rows(part))) }
        #expect(largestError(pieces, expected) < 1e-13)
    }

    @Test(arguments: [Covariance.Arithmetic.single, .double])
    func aConstantColumnIsExactlyNothing(arithmetic: Covariance.Arithmetic) {
        var x = testMatrix(rows: 500, columns: 5, seed: 4) { _, _, u in u }
        var without = Covariance(columns: 5, arithmetic: arithmetic)
        for row in 0..<500 { x[row, 2] = 0 }
        without.insert(.float(single(x)))
        for row in 0..<500 { x[row, 2] = -50.1 }
        var with = Covariance(columns: 5, arithmetic: arithmetic)
        with.insert(.float(single(x)))
        #expect(with.sample(of: Array(0..<5)).matrix == without.sample(of: Array(0..<5)).matrix)
        for column in 0..<5 { #expect(with.sample(of: [0, 1, 2, 3, 4]).matrix[2, column] == 0) }
    }

    @Test(arguments: [Covariance.Arithmetic.single, .double])
    func nonFiniteEntriesSpoilTheirOwnColumnOnly(arithmetic: Covariance.Arithmetic) {
        var x = testMatrix(rows: 90, columns: 4, seed: 12) { _, _, u in 7 + u }
        var clean = Covariance(columns: 4, arithmetic: arithmetic)
        let parts = [0..<40, 40..<90]
        for part in parts { clean.insert(.float(single(x.rows(part)))) }
        x[0, 1] = .nan
        x[60, 3] = .infinity
        x[61, 3] = -.infinity
        var covariance = Covariance(columns: 4, arithmetic: arithmetic)
        for part in parts { covariance.insert(.float(single(x.rows(part)))) }
        #expect(covariance.nonFiniteCounts == [0, 1, 0, 2])
        #expect(covariance.sample(of: [0, 2]).matrix == clean.sample(of: [0, 2]).matrix)
        #expect(covariance.mean[0] == clean.mean[0])
    }

    /// Wide enough for panels, with a last one that is not full.
    @Test(arguments: [0, -20])
    func wideMatricesEqualDoublePrecision(exponent: Int) {
        let columns = 801
        let unit = Double(sign: .plus, exponent: exponent, significand: 1)
        var x = testMatrix(rows: 300, columns: columns, seed: 15) { row, column, u in
            unit * (u + Double(column % 5) * u + Double(row) / 100)
        }
        func covariance(_ arithmetic: Covariance.Arithmetic) -> Covariance {
            var covariance = Covariance(columns: columns, arithmetic: arithmetic)
            for part in [0..<100, 100..<133, 133..<300] {
                covariance.insert(.float(single(x.rows(part))))
            }
            return covariance
        }
        let others = (0..<columns).filter { $0 != 7 }
        let whole = covariance(.single)
        let (found, exact) = (whole.sample(of: others), covariance(.double).sample(of: others))
        #expect(whole.usedSinglePrecision && found.exponent == exact.exponent)
        let largest = exact.matrix.elements.reduce(0) { max($0, abs($1)) }
        let differences = zip(found.matrix.elements, exact.matrix.elements).map { abs($0 - $1) }
        #expect(differences.reduce(0, max) < 1e-6 * largest)
        // What is not finite changes no bit of the others.
        x[250, 7] = .nan
        #expect(covariance(.single).sample(of: others).matrix == found.matrix)
    }

    /// Deviations of ±3e38 fit into no float, nor their squares: a² n / (n − 1) beside ones of ±1.
    @Test(arguments: [Covariance.Arithmetic.single, .double])
    func deviationsBeyondTheRangeOfFloat(arithmetic: Covariance.Arithmetic) {
        let largest: Float = 3e38
        // Every 61st row is looked at for the mean: those of one sign only.
        let signs: [Float] = (0..<122).map { $0 % 2 == 0 ? 1 : -1 }
        let x = Matrix<Float>(
            rows: 122, columns: 2, elements: signs.flatMap { [$0 * largest, $0] })
        var covariance = Covariance(columns: 2, arithmetic: arithmetic)
        covariance.insert(.float(x))
        let (matrix, exponent) = covariance.sample(of: [0, 1])
        let unit = Double(sign: .plus, exponent: exponent, significand: 1)
        let deviation = Double(largest) / unit
        let expected = deviation * deviation * 122 / 121
        #expect(!covariance.usedSinglePrecision)
        #expect(abs(matrix[0, 0] / expected - 1) < 1e-12)
        #expect(abs(matrix[0, 1] * Double(largest) / expected - 1) < 1e-12)
        #expect(abs(matrix[1, 1] - 122.0 / 121) < 1e-12)
    }

    /// Single precision is left for good by the first block that does not fit, and what was summed before
    /// stays.
    @Test(arguments: [Float(1e-20), 1e12])
    func singlePrecisionIsForWhatItHolds(scale: Float) {
        let x = testMatrix(rows: 90, columns: 3, seed: 31) { row, column, u in
            (row < 30 || row >= 60 ? 1 : Double(scale)) * (u + Double(column))
        }
        let block = RealMatrix.float(single(x))
        let expected = definition(block)
        let parts = [0..<30, 30..<60, 60..<90]
        var covariance = Covariance(columns: 3, arithmetic: .single)
        for part in parts { covariance.insert(block.rows(part)) }
        #expect(covariance.usedSinglePrecision)
        let largest = expected.reduce(0) { max($0, abs($1)) }
        #expect(largestError(covariance, expected) < 1e-6 * largest)
        var merged = Covariance(columns: 3, arithmetic: .single)
        for part in parts.reversed() {
            var next = Covariance(columns: 3, arithmetic: .single)
            next.insert(block.rows(part))
            merged.merge(next)
        }
        #expect(largestError(merged, expected) < 1e-6 * largest)
    }

    /// Deviations down to the smallest numbers, in blocks of which some vary not at all, some by so little
    /// that squares vanish, and some ordinarily; far means apart, in any order.
    @Test(arguments: [0x1p-1050, 1e-200, 1e-62, 1e-59, 1e-10], [1, 850])
    func blocksOfDifferentMagnitude(small: Double, columns: Int) {
        let magnitudes = [0, small, 0, small, 1e3 * small]
        for order in [[0, 1, 2, 3, 4], [4, 3, 2, 1, 0], [1, 0, 4, 3, 2]] {
            // Means differ from block to block, and columns are multiples of each other.
            let x = testMatrix(rows: 100, columns: columns, seed: 8) { row, column, u in
                let magnitude = magnitudes[order[row / 20]]
                let sign: Double = (row % 20) % 2 == 0 ? 1 : -1
                return Double(1 + column % 3) * (magnitude * sign + small * Double(row / 20))
            }
            // In a unit in which nothing vanishes.
            let exponent = small.exponent
            let unit = Double(sign: .plus, exponent: -(exponent / 2), significand: 1)
            let scaled = Matrix<Double>(
                rows: 100, columns: 3,
                elements: (0..<300).map { x[$0 / 3, min($0 % 3, columns - 1)] * unit * unit })
            let expected = definition(.double(scaled))
            var covariance = Covariance(columns: columns, arithmetic: .double)
            var merged = covariance
            for first in stride(from: 0, to: 100, by: 20) {
                let block = RealMatrix.double(x.rows(first..<first + 20))
                covariance.insert(block)
                var part = Covariance(columns: columns, arithmetic: .double)
                part.insert(block)
                merged.merge(part)
            }
            let chosen = Array(0..<min(3, columns))
            for sums in [covariance, merged] {
                let (matrix, power) = sums.sample(of: chosen)
                let factor =
                    Double(sign: .plus, exponent: power - 2 * (exponent / 2), significand: 1)
                for row in chosen {
                    for column in chosen {
                        let found = matrix[row, column] * factor * factor
                        // Subnormal numbers have few digits.
                        let tolerance = small < 0x1p-1030 ? 1e-6 : 1e-12
                        #expect(relativeError(found, expected[3 * row + column]) < tolerance)
                    }
                }
            }
        }
    }

    /// A constant of 1e150 and spoiled columns beside deviations of a few units in the last place.
    @Test func tinyDeviationsBesideLargeConstants() {
        var x = testMatrix(rows: 40, columns: 4, seed: 3) { row, column, _ in
            column == 0 ? 1e150 : (row % 2 == 0 ? 0x1p-1056 : -0x1p-1056)
        }
        x[7, 2] = .nan
        x[8, 3] = 1e151
        x[9, 3] = .infinity
        var covariance = Covariance(columns: 4, arithmetic: .double)
        covariance.insert(.double(x.rows(0..<20)))
        covariance.insert(.double(x.rows(20..<40)))
        #expect(covariance.nonFiniteCounts == [0, 0, 1, 2])
        #expect(covariance.excessiveCounts == [0, 0, 0, 1])
        let (matrix, exponent) = covariance.sample(of: [0, 1])
        #expect(matrix[0, 0] == 0 && matrix[0, 1] == 0)
        let deviation = (matrix[1, 1] * 39 / 40).squareRoot()
        let unit = Double(sign: .plus, exponent: exponent, significand: 1)
        #expect(relativeError(deviation * unit, 0x1p-1056) < 1e-5)
    }

    /// Columns at the border of the domain, one entry beyond it, far from 0 and around it.
    @Test(arguments: [Covariance.Arithmetic.single, .double], [3, 801])
    func entriesBeyondTheDomainSpoilTheirOwnColumnOnly(
        arithmetic: Covariance.Arithmetic, columns: Int
    ) {
        var x = testMatrix(rows: 90, columns: columns, seed: 12) { row, column, u in
            column == 0 ? (row % 2 == 0 ? 1e150 : -1e150) : 7 + u
        }
        func sums() -> Covariance {
            var sums = Covariance(columns: columns, arithmetic: arithmetic)
            for part in [0..<40, 40..<90] { sums.insert(.double(x.rows(part))) }
            return sums
        }
        let clean = sums()
        #expect(clean.nonFiniteCounts.allSatisfy { $0 == 0 })
        let expected = 1e150 * 1e150 * (90.0 / 89)
        #expect(relativeError(clean.sample(of: [0]).matrix[0, 0], expected) < 1e-13)
        x[60, 2] = 1e150.nextUp
        x[61, 2] = -Double.greatestFiniteMagnitude
        x[62, 2] = .nan
        let spoiled = sums()
        #expect(spoiled.nonFiniteCounts[2] == 3 && spoiled.nonFiniteCounts.reduce(0, +) == 3)
        #expect(spoiled.excessiveCounts[2] == 2 && spoiled.excessiveCounts.reduce(0, +) == 2)
        #expect(spoiled.sample(of: [0, 1]).matrix == clean.sample(of: [0, 1]).matrix)
    }

    /// Scaling by a power of two changes nothing but the exponent.
    @Test(arguments: [-1000, -500, -60, 60, 490])
    func powersOfTwoAreExact(exponent: Int) {
        let scale = Double(sign: .plus, exponent: exponent, significand: 1)
        let x = testMatrix(rows: 64, columns: 3, seed: 5) { _, _, u in u }
        let scaled = Matrix(rows: 64, columns: 3, elements: x.elements.map { $0 * scale })
        func sums(_ block: RealMatrix, _ arithmetic: Covariance.Arithmetic) -> [Double] {
            var covariance = Covariance(columns: 3, arithmetic: arithmetic)
            covariance.insert(block.rows(0..<20))
            covariance.insert(block.rows(20..<64))
            let (matrix, unit) = covariance.sample(of: [0, 1, 2])
            // In two steps, since neither square may be representable.
            let root = Double(sign: .plus, exponent: unit, significand: 1) / scale
            return block == .double(scaled) || block == .float(single(scaled))
                ? matrix.elements.map { $0 * root * root } : matrix.elements
        }
        let unscaled = sums(.double(x), .double)
        for (a, b) in zip(sums(.double(scaled), .double), unscaled) {
            #expect(abs(a - b) < 1e-14)
        }
        if abs(exponent) == 60 {
            for (a, b) in zip(sums(.float(single(scaled)), .single), unscaled) {
                #expect(abs(a - b) < 1e-6)
            }
        }
    }

    @Test func theArithmeticFollowsTheShape() {
        #expect(Covariance.automatic(rows: 2000, columns: 1024) == .double)
        #expect(Covariance.automatic(rows: 60_000, columns: 1024) == .double)
        #expect(Covariance.automatic(rows: 60_000, columns: 2048) == .single)
    }
}
