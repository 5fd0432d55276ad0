import DormantMetric
import LinearAlgebra
import MetricCore
import MetricTesting
import Testing

/// The integers of the conformance table in the README, 12 samples of 5 neurons, behind a ReLU.
private let positivePart = RealMatrix.double(
    Matrix(
        rows: 12, columns: 5,
        elements: [
            -4, 0, 3, -8, -4, 1, 7, 5, -8, 8, -3, -5, -6, 7, 9, -6, -1, 0, 1, -5, 0, 5, -7, -1, -1,
            -2, -2, 2, 1, -3, 7, 6, -7, -4, 6, -5, -9, 6, 8, -1, 1, 5, -1, 9, 8, 0, 5, 7, 4, 0,
            3, -4, -2, 5, -3, 0, 5, -8, 7, 8,
        ].map { max(0, $0) }))

@Suite("Dormant neurons") struct DormantTests {
    /// Mean values 0, 2, 4/3 and 0.02, whose mean is 0.8383...: computed with NumPy.
    private let rows = RealMatrix.double(
        Matrix(rows: 3, columns: 4, elements: [0, 1, 2, 0.01, 0, 3, 0, 0.03, 0, 2, 4, 0.02]))

    @Test func scoresAreRelativeToTheMean() throws {
        let output = try output(of: Dormant(), on: rows)
        let expected = [0, 1.99004975124, 1.99004975124, 0.0199004975124]
        for (found, expected) in zip(output.score, expected) {
            #expect(abs(found - expected) < 1e-11)
        }
        #expect(output.dormantFraction(at: 0) == 0.25)
        #expect(output.dormantFraction(at: 0.025) == 0.5)
        #expect(output.dormantFraction(at: 0.1) == 0.5)
        #expect(output.aliveFraction == 0.75)
        #expect(output.summary == "2 of 4 neurons are dormant (score up to 0.025)")
    }

    @Test func ratesByCounting() throws {
        let output = try output(of: Dormant(), on: positivePart)
        let counts: [Double] = [4, 6, 5, 8, 5]
        #expect(output.firingRate == counts.map { $0 / 12 })
        #expect(abs(try #require(output.activePerSample) - 7.0 / 3) < 1e-15)
        #expect(output.aliveFraction == 1)
        #expect(output.positiveRate == output.firingRate)
    }

    @Test func negativeValuesFireToo() throws {
        let x = RealMatrix.float(Matrix(rows: 2, columns: 2, elements: [-1, 1, 0, 1]))
        let output = try output(of: Dormant(), on: x)
        #expect(output.firingRate == [0.5, 1])
        #expect(output.positiveRate == [0, 1])
    }

    @Test func aSilentLayerIsDormant() throws {
        let output = try output(of: Dormant(), on: .float(Matrix(rows: 2, columns: 3)))
        #expect(output.score == [0, 0, 0])
        #expect(output.dormantFraction(at: 0) == 1)
        #expect(output.aliveFraction == 0)
    }

    @Test func scaleAndOrderOfNeurons() throws {
        let scaled = RealMatrix.double(
            Matrix(
                rows: 3, columns: 4, elements: [0.04, 8, 4, 0, 0.12, 0, 12, 0, 0.08, 16, 8, 0]))
        let (a, b) = (try output(of: Dormant(), on: rows), try output(of: Dormant(), on: scaled))
        for (x, y) in zip(a.score.reversed(), b.score) { #expect(abs(x - y) < 1e-14) }
    }

    @Test func mergingAtEveryCutEqualsOnePass() throws {
        let (whole, merged) = try outputsAtEveryCut(of: Dormant(), on: positivePart)
        for part in merged { #expect(part == whole) }
    }

    @Test func neuronsWithNaNAreLeftOut() throws {
        let x = RealMatrix.float(Matrix(rows: 2, columns: 2, elements: [.nan, 1, 1, 3]))
        let output = try output(of: Dormant(), on: x)
        #expect(output.score[0].isNaN && output.score[1] == 1)
        #expect(output.activePerSample == 1)
    }

    @Test func noSamplesAreInsufficient() throws {
        let output = try output(of: Dormant(), on: .float(Matrix(rows: 0, columns: 2)))
        #expect(output.verdict == .insufficient("no samples"))
        #expect(
            output.values["dormantFraction"] == .object(["0": .null, "0.025": .null, "0.1": .null]))
    }
}
