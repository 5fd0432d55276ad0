import LinearAlgebra
import MetricCore
import MetricTesting
import Testing

@testable import PCAMetric

@Suite struct PCATests {
    private static func pca(
        _ precision: CovarianceAccumulator.Precision = .automatic, components: Int? = nil
    ) throws -> PCA {
        PCA(configuration: try PCA.Configuration(components: components, precision: precision))
    }

    /// Rows (2,0), (0,0), (-2,0): Σx² = 8, n - 1 = 2.
    @Test func threePointsOnALine() throws {
        let x = Matrix<Float>(rows: 3, columns: 2, elements: [2, 0, 0, 0, -2, 0])
        let result = try output(of: Self.pca(components: 2), on: .float(x))
        #expect(result.explainedVariance == [4, 0])
        #expect(result.explainedVarianceRatio == [1, 0])
        #expect(abs(result.reconstructionError[0] - 8.0 / 3) < 1e-15)
        #expect(result.reconstructionError[1...] == [0, 0])
        #expect(result.componentsFor.map(\.count) == [1, 1, 1])
        #expect(result.components == [[1, 0], [0, 1]])
        #expect(result.verdict == .ok)
        #expect(result.summary == "1 of 2 components carries 90 % of the variance")
    }

    /// The orthonormal cosines have mean 0, so that the eigenvalues are those put in: condition
    /// 1e7 over 90 components.
    @Test(arguments: CovarianceAccumulator.Precision.allCases, [0.0, 1000])
    func aHardSpectrumIsRecovered(
        precision: CovarianceAccumulator.Precision, mean: Double
    ) throws {
        let (samples, neurons) = (300, 90)
        let spectrum = (0..<neurons).map { pow(10, -7 * Double($0) / Double(neurons - 1)) }
        let x = cosineMixture(samples: samples, spectrum: spectrum, mean: mean)
        let result = try output(of: Self.pca(precision), on: .double(x), inBlocksOf: 128)
        for (found, expected) in zip(result.explainedVariance, spectrum) {
            #expect(abs(found - expected) < (mean == 0 ? 1e-14 : 1e-12))
        }
        guard mean == 0 else { return }
        let stored = RealMatrix.float(
            Matrix(rows: samples, columns: neurons, elements: x.elements.map { Float($0) }))
        let float = try output(of: Self.pca(precision), on: stored, inBlocksOf: 128)
        for (found, expected) in zip(float.explainedVariance, spectrum) {
            #expect(abs(found - expected) < 1e-6)
            // What was stored is within 6e-8 of what was put in; the products add nothing to it.
            if precision != .single && expected > 1e-6 {
                #expect(abs(found - expected) < 1e-5 * expected)
            }
        }
    }

    @Test func silentNeuronsChangeNothing() throws {
        let spectrum = (0..<50).map { 1 / Double(1 + $0) }
        let x = cosineMixture(samples: 200, spectrum: spectrum, mean: 0)
        let silent = Matrix<Float>(
            rows: 200, columns: 52,
            elements: (0..<200).flatMap { row in
                [-50] + x.row(row).map { Float($0) } + [-50]
            })
        for precision in CovarianceAccumulator.Precision.allCases {
            let result = try output(of: Self.pca(precision), on: .float(silent), inBlocksOf: 33)
            for (found, expected) in zip(result.explainedVariance, spectrum + [0, 0]) {
                #expect(abs(found - expected) < 1e-6)
            }
            #expect(result.explainedVariance[50...].allSatisfy { $0 < 1e-15 })
        }
    }

    /// Float32 rows (10001, 10000) and (10000, 10001): one component along (1, -1) / √2.
    ///
    /// A sum of raw products would lose it.
    @Test(arguments: CovarianceAccumulator.Precision.allCases)
    func farFromZeroTheDirectionSurvives(precision: CovarianceAccumulator.Precision) throws {
        let x = Matrix<Float>(rows: 2, columns: 2, elements: [10001, 10000, 10000, 10001])
        let result = try output(of: Self.pca(precision, components: 1), on: .float(x))
        #expect(abs(result.explainedVariance[0] - 1) < 1e-15)
        #expect(abs(result.explainedVariance[1]) < 1e-15)
        let direction = try #require(result.components)[0]
        #expect(abs(abs(direction[0]) - 0.5.squareRoot()) < 1e-15)
        #expect(abs(direction[0] + direction[1]) < 1e-15)
    }

    @Test func tooLittleDataHasNoSpectrum() throws {
        let one = try output(of: Self.pca(), on: .float(Matrix(rows: 1, columns: 3)))
        #expect(one.verdict == .insufficient("a covariance needs 2 samples; there is 1"))
        #expect(one.values["explainedVariance"] == .null)
        let constant = try output(
            of: Self.pca(), on: .float(Matrix(rows: 5, columns: 3, repeating: 0.1)))
        #expect(constant.verdict == .degenerate("the neurons have no variance"))
        #expect(constant.explainedVariance == [0, 0, 0])
        #expect(constant.reconstructionError == [0, 0, 0, 0])
        #expect(constant.participationRatio == nil)
        let bad = try output(
            of: Self.pca(), on: .float(Matrix(rows: 5, columns: 3, repeating: Float.nan)))
        #expect(bad.verdict == .degenerate("no neuron has finite values only"))
    }

    @Test func nonFiniteNeuronsTakeNoPart() throws {
        var x = cosineMixture(samples: 40, spectrum: [4, 2, 1, 0.5], mean: 3)
        let kept = Matrix<Double>(
            rows: 40, columns: 2, elements: (0..<40).flatMap { [x[$0, 0], x[$0, 2]] })
        x[17, 1] = .nan
        x[0, 3] = -.infinity
        for precision in CovarianceAccumulator.Precision.allCases {
            let clean = try output(of: Self.pca(precision, components: 2), on: .double(kept))
            let result = try output(
                of: Self.pca(precision, components: 2), on: .double(x), inBlocksOf: 7)
            #expect(result.explainedVariance.count == 2)
            for (a, b) in zip(result.explainedVariance, clean.explainedVariance) {
                #expect(abs(a - b) < 1e-14)
            }
            let component = try #require(result.components)[0]
            #expect(component[1].isNaN && component[3].isNaN)
            #expect(component[0].isFinite && component[2].isFinite)
        }
    }

    @Test func fewerSamplesThanNeuronsIsSaid() throws {
        let x = cosineMixture(samples: 4, spectrum: [3, 2, 1, 0, 0, 0], mean: 0)
        let result = try output(of: Self.pca(), on: .double(x))
        for (found, expected) in zip(result.explainedVariance, [3, 2, 1, 0, 0, 0] as [Double]) {
            #expect(abs(found - expected) < 1e-14)
        }
        #expect(result.warnings.count == 1)
    }

    @Test func aNonPositiveNumberOfComponentsIsRefused() {
        #expect(throws: InvalidOption("components", 0, expected: "a positive number")) {
            try PCA.Configuration(components: 0, precision: .single)
        }
    }

    @Test func figuresOverlay() throws {
        let x = cosineMixture(samples: 20, spectrum: [3, 2, 1], mean: 0)
        let figures = try output(of: Self.pca(), on: .double(x)).figures
        #expect(figures.map(\.overlays) == [true, true])
        #expect(figures[0].series[0].x == [1, 2, 3])
        #expect(figures[1].series[0].x == [0, 1, 2, 3])
    }
}
