import Foundation
import LinearAlgebra
import MetricCore
import MetricTesting
import Testing

@testable import PCAMetric

@Suite struct PCALawTests {
    private let all = 100

    private func pca(
        _ precision: CovarianceAccumulator.Precision = .double
    ) throws -> PCA {
        PCA(configuration: try PCA.Configuration(components: all, precision: precision))
    }

    /// NumPy's singular values in float64, with the error of every k by explicit projection.
    @Test func agreesWithNumPy() throws {
        struct Reference: Decodable {
            struct Case: Decodable {
                var samples: Int
                var neurons: Int
                var seed: UInt64
                var explainedVariance: [Double]
                var reconstructionError: [Double]
                var componentsFor: [Int]
                var participationRatio: Double
                var effectiveRank: Double
                var stableRank: Double
                var components: [[Double]]
            }
            var cases: [Case]
        }
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../../Fixtures/reference/pca.json")
        let reference = try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
        for expected in reference.cases {
            let x = data(expected.samples, expected.neurons, expected.seed)
            let result = try output(of: pca(), on: .float(x), inBlocksOf: 16)
            let largest = expected.explainedVariance[0]
            for (a, b) in zip(result.explainedVariance, expected.explainedVariance) {
                #expect(abs(a - b) < 1e-14 * largest)
            }
            #expect(result.reconstructionError.count == expected.neurons + 1)
            for (a, b) in zip(result.reconstructionError, expected.reconstructionError) {
                #expect(abs(a - b) < 1e-14 * expected.reconstructionError[0])
            }
            #expect(result.componentsFor.map(\.count) == expected.componentsFor)
            #expect(near(result.participationRatio, expected.participationRatio, 1e-12))
            #expect(near(result.effectiveRank, expected.effectiveRank, 1e-12))
            #expect(near(result.stableRank, expected.stableRank, 1e-12))
            let components = try #require(result.components)
            for (a, b) in zip(components.joined(), expected.components.joined()) {
                #expect(abs(a - b) < 1e-10)
            }
        }
    }

    @Test(arguments: [(30, 6), (5, 12), (2, 3)])
    func theErrorIsThatOfAnExplicitProjection(samples: Int, neurons: Int) throws {
        let x = data(samples, neurons, 3)
        let result = try output(of: pca(), on: .float(x))
        let components = try #require(result.components)
        let means = (0..<neurons).map { column in
            (0..<samples).reduce(0) { $0 + Double(x[$1, column]) } / Double(samples)
        }
        for count in 0...neurons {
            var error = 0.0
            for row in 0..<samples {
                let centred = (0..<neurons).map { Double(x[row, $0]) - means[$0] }
                var rest = centred
                for component in components.prefix(count) {
                    let share = zip(component, centred).reduce(0) { $0 + $1.0 * $1.1 }
                    for index in rest.indices { rest[index] -= share * component[index] }
                }
                error += rest.reduce(0) { $0 + $1 * $1 } / Double(samples)
            }
            #expect(
                abs(error - result.reconstructionError[count])
                    < 1e-13 * result.reconstructionError[0])
        }
    }

    @Test func componentsAreOrthonormalAndSigned() throws {
        let x = data(40, 15, 21)
        let components = try #require(try output(of: pca(), on: .float(x)).components)
        for (i, a) in components.enumerated() {
            for (j, b) in components.enumerated() {
                let product = zip(a, b).reduce(0) { $0 + $1.0 * $1.1 }
                #expect(abs(product - (i == j ? 1 : 0)) < 1e-14)
            }
            let largest = a.max { abs($0) < abs($1) } ?? 0
            #expect(largest > 0)
        }
    }

    @Test(arguments: [CovarianceAccumulator.Precision.single, .double])
    func mergesAtEveryCut(precision: CovarianceAccumulator.Precision) throws {
        let tolerance = precision == .single ? 1e-6 : 1e-13
        let (whole, merged) = try outputsAtEveryCut(
            of: PCA(configuration: PCA.Configuration(precision: precision)),
            on: .float(data(25, 8, 5)))
        for part in merged {
            for (a, b) in zip(part.explainedVariance, whole.explainedVariance) {
                #expect(abs(a - b) < tolerance * whole.explainedVariance[0])
            }
        }
    }

    @Test func orderOfSamplesAndNeuronsDoesNotMatter() throws {
        let x = data(25, 8, 5)
        let reversed = Matrix<Float>(rows: 25, columns: 8, elements: x.elements.reversed())
        let a = try output(of: pca(), on: .float(x))
        let b = try output(of: pca(), on: .float(reversed))
        for (p, q) in zip(a.explainedVariance, b.explainedVariance) {
            #expect(abs(p - q) < 1e-14 * a.explainedVariance[0])
        }
    }

    /// Scaling by c scales variances by c² and leaves dimensions alone, over the whole range of
    /// the type that stores the values.
    @Test(arguments: [0x1p-60, 0x1p60, 0x1p-400, 0x1p400, 0x1p-190, 0x1p-210])
    func scalesWithTheSquare(scale: Double) throws {
        let x = data(25, 8, 5)
        let unit = try output(of: pca(), on: .float(x))
        let scaled = Matrix<Double>(
            rows: 25, columns: 8, elements: x.elements.map { Double($0) * scale })
        var results = [try output(of: pca(), on: .double(scaled))]
        if abs(scale.exponent) < 100 {
            let single = RealMatrix.float(
                Matrix(rows: 25, columns: 8, elements: scaled.elements.map { Float($0) }))
            results.append(try output(of: pca(.single), on: single))
            results.append(try output(of: pca(), on: single))
        }
        for (index, result) in results.enumerated() {
            let tolerance = index == 1 ? 1e-6 : 1e-13
            for (a, b) in zip(result.explainedVariance, unit.explainedVariance) {
                #expect(
                    abs(a / scale / scale - b) < tolerance * unit.explainedVariance[0])
            }
            #expect(near(result.participationRatio, unit.participationRatio ?? 0, tolerance))
            #expect(near(result.effectiveRank, unit.effectiveRank ?? 0, 10 * tolerance))
            #expect(result.componentsFor.map(\.count) == unit.componentsFor.map(\.count))
        }
    }

    private func near(_ value: Double?, _ expected: Double, _ tolerance: Double) -> Bool {
        value.map { abs($0 - expected) <= tolerance * abs(expected) } ?? false
    }

    /// What `data` in Fixtures/reference/pca.py returns.
    private func data(_ samples: Int, _ neurons: Int, _ seed: UInt64) -> Matrix<Float> {
        var state = seed
        var x = Matrix<Float>(rows: samples, columns: neurons)
        for row in 0..<samples {
            var first = 0.0
            for column in 0..<neurons {
                state &+= 0x9E37_79B9_7F4A_7C15
                var z = state
                z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
                z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
                z ^= z >> 31
                var value = Double(z >> 11) * 0x1p-52 - 1
                value *= Foundation.pow(2, -Double(column % 12))
                if column == 0 { first = value }
                if column == 1 { value = first }
                if column == 2 { value = -50 }
                x[row, column] = Float(value + 1)
            }
        }
        return x
    }
}
