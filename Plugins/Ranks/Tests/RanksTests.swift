import LinearAlgebra
import MetricCore
import MetricTesting
import Testing

@testable import RanksMetric

/// The integers of the conformance table in the README, 12 samples of 5 neurons.
private let table = Matrix<Double>(
    rows: 12, columns: 5,
    elements: [
        -4, 0, 3, -8, -4, 1, 7, 5, -8, 8, -3, -5, -6, 7, 9, -6, -1, 0, 1, -5, 0, 5, -7, -1, -1,
        -2, -2, 2, 1, -3, 7, 6, -7, -4, 6, -5, -9, 6, 8, -1, 1, 5, -1, 9, 8, 0, 5, 7, 4, 0,
        3, -4, -2, 5, -3, 0, 5, -8, 7, 8,
    ])

@Suite struct RanksTests {
    private func expect(
        _ found: RankSet?, _ numbers: [Double], _ counts: [Int], within tolerance: Double = 1e-11
    ) throws {
        let found = try #require(found)
        let values = [
            found.effectiveRankSingular, found.rankMe, found.effectiveRankEigen, found.stableRank,
            found.nuclearRank, found.participationRatio,
        ]
        for (x, y) in zip(values, numbers) {
            #expect(abs(x - y) < tolerance * max(1, y), "\(x) \(y)")
        }
        #expect([found.srank, found.componentsFor99, found.featureRank] == counts)
    }

    /// NumPy 2.4.6, double precision, 12 digits.
    @Test func theConformanceTable() throws {
        let output = try output(of: Ranks(), on: .double(table))
        try expect(
            output.uncentred,
            [
                4.63281273715, 4.63281433293, 3.86796546661, 2.47854435313, 3.28038188890,
                3.33179955795,
            ], [5, 5, 5])
        try expect(
            output.centred,
            [
                4.62153014359, 4.62153174365, 3.85529815653, 2.47989451785, 3.27618462592,
                3.32755089018,
            ], [5, 5, 5])
        #expect(output.bound == 5)
    }

    /// One spectrum, numbers from 1.01 to 100.
    @Test func spectraByDefinition() throws {
        try expect(
            RankSet(singularValues: [10, 1, 0.1, 0.01], samples: 1),
            [
                1.43359055172, 1.43359201921, 1.05819752458, 1.0101010000, 1.111, 1.02020199980,
            ], [2, 1, 3])
        try expect(
            RankSet(
                singularValues: [100] + Array(repeating: 1, count: 99), samples: 1),
            [19.6710685028, 19.6719039987, 1.10532546432, 1.0099, 1.99, 1.01989700030],
            [99, 1, 100])
    }

    /// Eight equal values: 8 by every definition, but for the 1e-7 that RankMe adds.
    @Test func equalDirectionsAreCounted() throws {
        let set = RankSet(singularValues: Array(repeating: 3, count: 8), samples: 4)
        #expect(abs(set.rankMe - 8.0000069) < 1e-7)
        for value in [
            set.effectiveRankSingular, set.effectiveRankEigen, set.stableRank, set.nuclearRank,
            set.participationRatio,
        ] { #expect(abs(value - 8) < 1e-13) }
        let counts = [set.srank, set.componentsFor99, set.featureRank]
        #expect(counts == Array(repeating: 8, count: 3))
    }

    /// The samples turned on their side: fewer samples than neurons go another way to the same.
    @Test func fewerSamplesThanNeurons() throws {
        let tall = try output(of: Ranks(), on: .double(table))
        let wide = try output(of: Ranks(), on: .double(table.transposed))
        let (a, b) = (try #require(tall.uncentred), try #require(wide.uncentred))
        #expect(abs(a.effectiveRankSingular - b.effectiveRankSingular) < 1e-12)
        #expect(abs(a.stableRank - b.stableRank) < 1e-12)
        #expect(abs(a.rankMe - b.rankMe) < 1e-12)
        #expect(wide.bound == 5)
        // Five centred samples span four directions.
        #expect(try #require(wide.centred).componentsFor99 == 4)
    }

    @Test func aConstantLayer() throws {
        let ones = RealMatrix.float(Matrix(rows: 4, columns: 3, repeating: 1))
        let output = try output(of: Ranks(), on: ones)
        #expect(output.centred?.effectiveRankSingular == 0)
        #expect(abs(try #require(output.uncentred).effectiveRankSingular - 1) < 1e-6)
        #expect(output.uncentred?.srank == 1)
    }

    /// A rank does not change with the scale, but for the absolute threshold of the feature rank.
    @Test(arguments: [1e-6, 3, 1e9]) func scale(factor: Double) throws {
        let scaled = Matrix<Double>(
            rows: 12, columns: 5, elements: table.elements.map { $0 * factor })
        let a = try #require(try output(of: Ranks(), on: .double(table)).uncentred)
        let b = try #require(try output(of: Ranks(), on: .double(scaled)).uncentred)
        #expect(abs(a.effectiveRankSingular - b.effectiveRankSingular) < 1e-12)
        #expect(abs(a.participationRatio - b.participationRatio) < 1e-12)
        #expect(b.featureRank == (factor < 1 ? 0 : 5))
    }

    @Test func mergingAtEveryCutEqualsOnePass() throws {
        let (whole, merged) = try outputsAtEveryCut(of: Ranks(), on: .double(table))
        for part in merged {
            for (a, b) in [(part.centred, whole.centred), (part.uncentred, whole.uncentred)] {
                let (a, b) = (try #require(a), try #require(b))
                #expect(abs(a.effectiveRankSingular - b.effectiveRankSingular) < 1e-12)
                #expect(abs(a.nuclearRank - b.nuclearRank) < 1e-12)
                #expect(a.srank == b.srank)
            }
        }
    }

    @Test func theSumsAreThoseOfPCA() {
        #expect(Ranks().accumulatorOptions == .init(precision: .automatic))
    }

    @Test func oneSampleIsTooFew() throws {
        let output = try output(of: Ranks(), on: .double(table.rows(0..<1)))
        #expect(output.verdict == .insufficient("fewer than two samples"))
        #expect(output.values["centred"] == .null)
    }
}
