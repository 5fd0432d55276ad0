import LinearAlgebra
import MetricCore
import MetricTesting
import Testing

@testable import PCAMetric

/// Fewer samples than neurons: the spectrum comes from the samples' inner products.
@Suite("Few samples") struct FewSamplesTests {
    private let x = cosineMixture(
        samples: 12, spectrum: (0..<30).map { pow(4, -Double($0)) }, mean: 2)

    private func pca(
        _ precision: CovarianceAccumulator.Precision = .double, components: Int? = 30
    ) throws -> PCA {
        PCA(configuration: try PCA.Configuration(components: components, precision: precision))
    }

    /// The same samples, announced as if there were many, go through the covariance.
    private func throughCovariance(_ metric: PCA, _ x: RealMatrix) throws -> PCA.Output {
        var layer = testLayer(x)
        layer.samples = layer.neurons
        var accumulator = PCA.Accumulator(for: layer, options: metric.accumulatorOptions)
        accumulator.update(with: ActivationBlock(x))
        return try metric.output(of: accumulator, for: layer)
    }

    @Test(arguments: CovarianceAccumulator.Precision.allCases)
    func theSpectrumIsThatOfTheCovariance(precision: CovarianceAccumulator.Precision) throws {
        for block in [
            RealMatrix.double(x),
            .float(Matrix(rows: 12, columns: 30, elements: x.elements.map { Float($0) })),
        ] {
            let found = try output(of: pca(precision), on: block, inBlocksOf: 5)
            let expected = try throughCovariance(pca(.double), block)
            // Products in single precision carry 2^-24 of the largest eigenvalue, 1.
            var isFloat = false
            if case .float = block { isFloat = true }
            let tolerance = precision == .single && isFloat ? 1e-6 : 1e-14
            #expect(found.explainedVariance.count == 30)
            for (a, b) in zip(found.explainedVariance, expected.explainedVariance) {
                #expect(abs(a - b) < tolerance)
            }
            #expect(found.explainedVariance[11...].allSatisfy { $0 == 0 })
            #expect(found.reconstructionError.count == 31)
            let warnings = found.warnings.filter { $0.contains("at most 11 components") }
            #expect(warnings.count == 1)
            // The line beneath the table must not claim what the warning takes back.
            #expect(found.summary.hasSuffix("(12 samples show at most 11 components)"))
        }
    }

    /// Also those beyond the rank, of which there are 19.
    @Test func componentsAreOrthonormalAndTheSame() throws {
        let found = try #require(try output(of: pca(), on: .double(x)).components)
        let expected = try #require(try throughCovariance(pca(), .double(x)).components)
        #expect(found.count == 30)
        for (i, a) in found.enumerated() {
            for (j, b) in found.enumerated() {
                #expect(abs(dot(a, b) - (i == j ? 1 : 0)) < 1e-14)
            }
            #expect(a.max { abs($0) < abs($1) } ?? 0 > 0)
        }
        // Rounding turns a vector by 1e-16 λ_1 / gap; the sixth has a gap of 4^-6.
        for (a, b) in zip(found.prefix(6), expected.prefix(6)) {
            #expect(abs(abs(dot(a, b)) - 1) < 1e-14)
        }
    }

    @Test(arguments: [CovarianceAccumulator.Precision.single, .double])
    func mergesAtEveryCut(precision: CovarianceAccumulator.Precision) throws {
        let (whole, merged) = try outputsAtEveryCut(of: pca(precision), on: .double(x))
        for part in merged {
            for (a, b) in zip(part.explainedVariance, whole.explainedVariance) {
                #expect(abs(a - b) < 1e-14)
            }
        }
    }

    @Test func neuronsThatAreNotFiniteTakeNoPart() throws {
        var spoiled = x
        spoiled[7, 4] = .nan
        let kept = Matrix<Double>(
            rows: 12, columns: 29,
            elements: (0..<12).flatMap { row in
                (0..<30).filter { $0 != 4 }.map { x[row, $0] }
            })
        let clean = try output(of: pca(), on: .double(kept))
        let found = try output(of: pca(), on: .double(spoiled), inBlocksOf: 5)
        #expect(found.explainedVariance.count == 29)
        for (a, b) in zip(found.explainedVariance, clean.explainedVariance) {
            #expect(abs(a - b) < 1e-15)
        }
        #expect(try #require(found.components)[0][4].isNaN)
    }

    @Test(arguments: [0x1p-60, 0x1p60, 0x1p-400, 0x1p400])
    func scalesWithTheSquare(scale: Double) throws {
        let scaled = Matrix(rows: 12, columns: 30, elements: x.elements.map { $0 * scale })
        let unit = try output(of: pca(), on: .double(x))
        let found = try output(of: pca(), on: .double(scaled))
        for (a, b) in zip(found.explainedVariance, unit.explainedVariance) {
            #expect(abs(a / scale / scale - b) < 1e-14)
        }
    }

    /// More samples than were announced turn into a covariance instead of growing.
    @Test func moreSamplesThanAnnounced() throws {
        let many = RealMatrix.double(
            cosineMixture(samples: 40, spectrum: [4, 2, 1, 0.5, 0.25], mean: 1))
        var layer = testLayer(many)
        layer.samples = 3
        let metric = try pca(components: nil)
        var accumulator = PCA.Accumulator(for: layer, options: metric.accumulatorOptions)
        var parts = accumulator
        for first in stride(from: 0, to: 40, by: 4) {
            let block = ActivationBlock(many.rows(first..<first + 4))
            accumulator.update(with: block)
            var part = PCA.Accumulator(for: layer, options: metric.accumulatorOptions)
            part.update(with: block)
            parts.merge(part)
        }
        for found in [accumulator, parts] {
            let values = try metric.output(of: found, for: layer).explainedVariance
            for (a, b) in zip(values, [4, 2, 1, 0.5, 0.25]) { #expect(abs(a - b) < 1e-14) }
        }
    }

    @Test func memoryIsThatOfTheSamples() {
        let wide = Layer(name: "wide", neurons: 400_000, samples: 200)
        let metric = ConfiguredMetric(PCA())
        #expect(metric.memory(wide) > 12 * 400_000 * 200 && metric.memory(wide) < 2e9)
    }

    /// All components are those with variance; adding the others changes nothing.
    @Test func accuracyAfterReconstruction() throws {
        var generator = SeededGenerator(seed: 2)
        let values = Matrix<Float>(
            rows: 12, columns: 30, elements: x.elements.map { Float($0) })
        let network = FollowingLayers(
            activation: .relu,
            layers: [
                .init(
                    weight: Matrix(
                        rows: 30, columns: 3,
                        elements: (0..<90).map { _ in Float(generator.normal()) }),
                    bias: [0, 0.1, -0.1], activation: .identity)
            ])
        let labels = network.classes(ofPreActivations: values)
        let metric = PCA(configuration: try PCA.Configuration(accuracy: .everyStep))
        var layer = testLayer(.float(values))
        layer.site = .pre
        layer.context = RunContext(followingLayers: .success(network), labels: .success(()))
        var pass = LayerPass([ConfiguredMetric(metric)], on: layer)
        let block = ActivationBlock(.float(values), labels: labels)
        pass.update(with: block)
        var second = pass.secondPass()
        #expect(second.wants(.followingLayers))
        second.update(with: block)
        second.endPass()
        #expect(!second.isNeeded)
        let output = try #require(try pass.outputs(secondPass: second)[0].get() as? PCA.Output)
        let accuracy = try #require(output.accuracy)
        #expect(accuracy.steps == Array(0...30))
        #expect(accuracy.accuracy[11...].allSatisfy { $0 >= 11.0 / 12 })
    }
}
