import LinearAlgebra
import Statistics
import Testing

@Suite struct SampleRowsTests {
    private let x = testMatrix(rows: 13, columns: 40, seed: 21) { row, column, u in
        5 + Double(row) + u * Double(1 + column % 7)
    }

    private func rows(_ parts: [RealMatrix], columns: Int = 40) -> SampleRows {
        var rows = SampleRows(columns: columns)
        for part in parts { rows.insert(part) }
        return rows
    }

    /// LAPACK's eigenvalues and vectors of the covariance itself, of shape (40, 40).
    @Test(arguments: [Covariance.Arithmetic.single, .double], [false, true])
    func equalsTheCovariance(arithmetic: Covariance.Arithmetic, isFloat: Bool) throws {
        let block: RealMatrix = isFloat ? .float(single(x)) : .double(x)
        var covariance = Covariance(columns: 40, arithmetic: .double)
        covariance.insert(block)
        let matrix = covariance.sample(of: Array(0..<40)).matrix
        let expected = try matrix.symmetricEigen(vectors: 40)
        let found = try rows([block.rows(0..<4), block.rows(4..<13)])
            .eigen(of: Array(0..<40), vectors: 40, arithmetic: arithmetic)
        #expect(found.usedSinglePrecision == (isFloat && arithmetic == .single))
        // Elements of the products carry 2^-24 or 2^-53 of the largest eigenvalue.
        let tolerance = (found.usedSinglePrecision ? 1e-6 : 1e-14) * expected.values[0]
        #expect(found.values.count == 40)
        for (a, b) in zip(found.values, expected.values) { #expect(abs(a - b) < tolerance) }
        #expect(found.values[12...].allSatisfy { $0 == 0 })
        #expect(found.vectors.rows == 40)
        let products = found.vectors.times(found.vectors, transposingOther: true)
        let images = found.vectors.times(matrix)
        for i in 0..<40 {
            for j in 0..<40 {
                #expect(abs(products[i, j] - (i == j ? 1 : 0)) < 1e-14)
                // The vectors of zeros are where the covariance is nothing.
                #expect(
                    abs(images[i, j] - found.values[i] * found.vectors[i, j]) < 10 * tolerance)
            }
            #expect(found.vectors.row(i).max { abs($0) < abs($1) } ?? 0 > 0)
        }
    }

    @Test func mergesAtEveryCut() throws {
        let whole = try rows([.double(x)])
            .eigen(of: Array(0..<40), vectors: 3, arithmetic: .double)
        for cut in 0...13 {
            var merged = SampleRows(columns: 40)
            for part in [0..<cut, cut..<13] { merged.merge(rows([.double(x.rows(part))])) }
            let found = try merged.eigen(of: Array(0..<40), vectors: 3, arithmetic: .double)
            for (a, b) in zip(found.values, whole.values) {
                #expect(abs(a - b) < 1e-14 * whole.values[0])
            }
        }
    }

    /// Fewer columns than rows remain: the values are those of the columns.
    @Test func someColumns() throws {
        var bad = x
        bad[3, 1] = .nan
        let spoiled = rows([.double(bad)])
        #expect(spoiled.moments.nonFiniteCounts[1] == 1)
        let chosen = [0, 2, 5, 30]
        let kept = Matrix<Double>(
            rows: 13, columns: 4, elements: (0..<13).flatMap { row in chosen.map { x[row, $0] } })
        var covariance = Covariance(columns: 4, arithmetic: .double)
        covariance.insert(.double(kept))
        let expected = try covariance.sample(of: [0, 1, 2, 3]).matrix.symmetricEigen(vectors: 4)
        let found = try spoiled.eigen(of: chosen, vectors: .max, arithmetic: .double)
        #expect(found.values.count == 4)
        for (a, b) in zip(found.values, expected.values) {
            #expect(abs(a - b) < 1e-13 * expected.values[0])
        }
        for (a, b) in zip(found.vectors.elements, expected.vectors.elements) {
            #expect(abs(a - b) < 1e-11)
        }
    }

    @Test(arguments: [-1000, -500, -60, 60, 490])
    func powersOfTwoAreExact(exponent: Int) throws {
        let scale = Double(sign: .plus, exponent: exponent, significand: 1)
        let scaled = Matrix(rows: 13, columns: 40, elements: x.elements.map { $0 * scale })
        let unit = try rows([.double(x)]).eigen(of: Array(0..<40), vectors: 0, arithmetic: .double)
        var cases: [RealMatrix] = [.double(scaled)]
        if abs(exponent) == 60 { cases.append(.float(single(scaled))) }
        for block in cases {
            let found = try rows([block])
                .eigen(of: Array(0..<40), vectors: 0, arithmetic: .single)
            let root = Double(sign: .plus, exponent: found.exponent, significand: 1) / scale
            // Values are rounded when they are stored; products are single only within 2^±30.
            #expect(!found.usedSinglePrecision)
            let tolerance = block == .double(scaled) ? 1e-13 : 1e-6
            for (a, b) in zip(found.values, unit.values) {
                #expect(abs(a * root * root - b) < tolerance * unit.values[0])
            }
        }
    }

    @Test func constantRowsHaveNoVariance() throws {
        let constant = Matrix<Float>(rows: 4, columns: 6, repeating: 0.1)
        let found = try rows([.float(constant)], columns: 6)
            .eigen(of: Array(0..<6), vectors: 2, arithmetic: .single)
        #expect(found.values == [0, 0, 0, 0, 0, 0])
        #expect(!found.usedSinglePrecision)
    }
}
