import Foundation
import LinearAlgebra
import MetricCore
import MetricTesting
import Testing

@testable import OutliersMetric

/// The integers of the conformance table in the README, 12 samples of 5 neurons.
private let table = Matrix<Double>(
    rows: 12, columns: 5,
    elements: [
        -4, 0, 3, -8, -4, 1, 7, 5, -8, 8, -3, -5, -6, 7, 9, -6, -1, 0, 1, -5, 0, 5, -7, -1, -1,
        -2, -2, 2, 1, -3, 7, 6, -7, -4, 6, -5, -9, 6, 8, -1, 1, 5, -1, 9, 8, 0, 5, 7, 4, 0,
        3, -4, -2, 5, -3, 0, 5, -8, 7, 8,
    ])

@Suite struct OutliersTests {
    private func expect(_ found: [Double], _ expected: [Double], within tolerance: Double = 1e-10) {
        #expect(found.count == expected.count)
        for (x, y) in zip(found, expected) { #expect(abs(x - y) < tolerance, "\(x) \(y)") }
    }

    /// NumPy 2.4.6, double precision, 12 digits.
    @Test func theConformanceTable() throws {
        let output = try output(of: Outliers(), on: .double(table))
        #expect(output.absoluteMaximum == [7, 9, 8, 9, 9])
        expect(
            output.rootMeanSquare.map { $0 * $0 },
            [12.5, 26, 27.1666666667, 35.9166666667, 30.8333333333])
        expect(
            output.kurtosis,
            [2.84945528680, 1.9952, 1.58886761382, 1.94321470376, 1.30816637205])
        #expect(abs(try #require(output.entropy) - 0.969684183976) < 1e-11)
        #expect(abs(try #require(output.dynamicRange) - 3.16992500144) < 1e-11)
        // The first three nines, in the order of the samples.
        #expect(output.largest.values == [9, -9, 9])
        #expect(output.largest.rows == [2, 7, 8])
        #expect(output.largest.units == [4, 1, 3])
        // Σ x² is 12 times the sum of the means above.
        let crest = 9 / (1589.0 / 60).squareRoot()
        #expect(abs(try #require(output.crest) - crest) < 1e-13)
        #expect(output.exactQuantiles)
        #expect(output.massiveCount == 0)
    }

    /// Skewness and kurtosis of 1 2 3 4 10; one 1 among 99 zeros: kurtosis (1 - 3pq) / pq, p = 0.01.
    @Test func shapesOfDistributions() throws {
        let five = Matrix<Double>(rows: 5, columns: 1, elements: [1, 2, 3, 4, 10])
        let output = try output(of: Outliers(), on: .double(five))
        expect(output.skewness, [1.13841995766])
        expect(output.kurtosis, [2.788])
        let rare = Matrix<Float>(rows: 100, columns: 1, elements: (0..<100).map { $0 == 7 ? 1 : 0 })
        let other = try found(rare)
        expect(other.kurtosis, [98.0101010101])
        #expect(other.medianAbsolute == 0)
        #expect(other.largest.rows[0] == 7)
    }

    private func found(_ x: Matrix<Float>) throws -> Outliers.Output {
        try output(of: Outliers(), on: .float(x))
    }

    @Test func constantNeuronsHaveNoShape() throws {
        let output = try found(Matrix(rows: 3, columns: 2, elements: [2, 0, 2, 0, 2, 0]))
        #expect(output.kurtosis.allSatisfy(\.isNaN) && output.skewness.allSatisfy { $0.isNaN })
        #expect(output.dynamicRange == 0)
        #expect(output.entropy == 0)
        let zeros = try found(Matrix(rows: 3, columns: 2))
        #expect(zeros.crest == nil && zeros.entropy == nil && zeros.dynamicRange == nil)
    }

    /// One value of 500 beside 0.25: above 100 and above 1,000 medians; 240 is not above 250.
    @Test func massiveValuesAreCounted() throws {
        var elements = [Float](repeating: 0.25, count: 98)
        elements += [-500, 240]
        let output = try found(Matrix(rows: 10, columns: 10, elements: elements))
        #expect(output.massiveCount == 1)
        #expect(output.largest.values == [-500, 240, 0.25])
        #expect(output.medianAbsolute == 0.25)
    }

    /// Of 16-bit values exact, of others at most 2^-10 too small.
    @Test func quantilesOfCounts() throws {
        let x = (1...1000).map { Float($0) / 7 }
        let output = try found(Matrix(rows: 100, columns: 10, elements: x))
        #expect(!output.exactQuantiles)
        let sorted = x.map { Double($0) }
        for (name, value) in output.quantiles {
            let position = try #require(Double(name)) * 999
            let below = sorted[Int(position)]
            let exact =
                below + (position - position.rounded(.down)) * (sorted[Int(position) + 1] - below)
            let found = try #require(value)
            #expect(found <= exact && found > exact * (1 - 0x1p-10))
        }
        let halves = (1...1000).map { Float(Float16($0)) / 1024 }
        let sixteen = try found(Matrix(rows: 100, columns: 10, elements: halves))
        #expect(sixteen.exactQuantiles)
        // Position 0.99 * 999 = 989.01: between 990 / 1024 and 991 / 1024.
        let found = try #require(sixteen.quantiles[0].value)
        #expect(abs(found - 990.01 / 1024) < 1e-12)
    }

    @Test func scale() throws {
        let scaled = Matrix<Double>(rows: 12, columns: 5, elements: table.elements.map { -8 * $0 })
        let (a, b) = (
            try output(of: Outliers(), on: .double(table)),
            try output(of: Outliers(), on: .double(scaled))
        )
        expect(b.kurtosis, a.kurtosis)
        expect(b.skewness, a.skewness.map { -$0 })
        #expect(b.crest == a.crest && b.entropy == a.entropy && b.dynamicRange == a.dynamicRange)
        #expect(b.medianAbsolute == a.medianAbsolute.map { 8 * $0 })
    }

    @Test func mergingAtEveryCutEqualsOnePass() throws {
        let (whole, merged) = try outputsAtEveryCut(of: Outliers(), on: .double(table))
        for part in merged {
            expect(part.kurtosis, whole.kurtosis)
            expect(part.skewness, whole.skewness)
            #expect(part.largest == whole.largest)
            #expect(part.quantiles.map(\.value) == whole.quantiles.map(\.value))
            #expect(part.absoluteMaximum == whole.absoluteMaximum)
        }
    }

    @Test func neuronsWithNaNAreLeftOut() throws {
        let output = try found(Matrix(rows: 2, columns: 2, elements: [.nan, 1, 9, 3]))
        #expect(output.absoluteMaximum[0].isNaN && output.absoluteMaximum[1] == 3)
        #expect(output.crest == 3 / 5.0.squareRoot())
    }

    @Test func noSamplesAreInsufficient() throws {
        let output = try found(Matrix(rows: 0, columns: 2))
        #expect(output.verdict == .insufficient("no samples"))
        #expect(output.medianAbsolute == nil)
    }
}
