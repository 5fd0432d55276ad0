import LinearAlgebra
import MetricCore
import MetricTesting
import Testing

@testable import PCAMetric

@Suite("Randomized solver") struct RandomizedTests {
    private func pca(
        _ components: Int, oversampling: Int = 10, powerIterations: Int = 2, seed: Int = 0
    ) throws -> PCA {
        PCA(
            configuration: try PCA.Configuration(
                components: components,
                solver: .randomized(
                    PCA.RandomizedSolver(
                        oversampling: oversampling, powerIterations: powerIterations, seed: seed))))
    }

    /// All passes over `x`.
    private func search(
        _ metric: PCA, _ x: RealMatrix, inBlocksOf rows: Int = .max
    ) throws -> PCA.Output {
        var pass = LayerPass([ConfiguredMetric(metric)], on: testLayer(x))
        let blocks = stride(from: 0, to: x.rows, by: min(rows, x.rows)).map { first in
            ActivationBlock(
                x.rows(first..<first + min(rows, x.rows - first)), firstSample: first)
        }
        for block in blocks { pass.update(with: block) }
        var second = pass.secondPass()
        #expect(!second.wants(.followingLayers))
        while second.isNeeded {
            for block in blocks { second.update(with: block) }
            second.endPass()
        }
        #expect(second.refusals.isEmpty)
        return try #require(try pass.outputs(secondPass: second)[0].get() as? PCA.Output)
    }

    private func exact(_ x: RealMatrix, components: Int? = nil) throws -> PCA.Output {
        try output(
            of: PCA(
                configuration: PCA.Configuration(components: components, precision: .double)),
            on: x)
    }

    /// Eigenvalues fall by a factor of 10^(1/3.1) each: over 10 of them by 1700.
    private let decaying = RealMatrix.double(
        cosineMixture(
            samples: 150, spectrum: (0..<80).map { pow(10, -Double($0) / 3.1) }, mean: 3))

    /// Independent normal numbers: the spectrum of Marchenko and Pastur, without gaps.
    private static func flat(rows: Int, columns: Int) -> RealMatrix {
        var generator = SeededGenerator(seed: 11)
        return .float(
            Matrix(
                rows: rows, columns: columns,
                elements: (0..<rows * columns).map { _ in Float(generator.normal()) }))
    }

    /// Against LAPACK's spectrum of the whole covariance.
    @Test(arguments: [0, 1, 2], [0, 7])
    func aDecayingSpectrumIsFound(powerIterations: Int, seed: Int) throws {
        let expected = try exact(decaying, components: 8)
        let found = try search(
            pca(8, powerIterations: powerIterations, seed: seed), decaying, inBlocksOf: 47)
        #expect(found.explainedVariance.count == 8)
        // What is missing of the eigenvalue k is the square of (λ_18 / λ_k)^(passes - 1), times
        // some hundreds for the luck of the draw: 2e-5 for the last and one product.
        let tolerance = powerIterations == 0 ? 1e-4 : 1e-8
        for (a, b) in zip(found.explainedVariance, expected.explainedVariance) {
            #expect(abs(a - b) <= tolerance * b)
        }
        let ratios = try #require(expected.explainedVarianceRatio)
        for (a, b) in zip(try #require(found.explainedVarianceRatio), ratios) {
            #expect(abs(a - b) <= tolerance * b)
        }
        for (a, b) in zip(found.reconstructionError, expected.reconstructionError) {
            #expect(abs(a - b) <= tolerance * expected.reconstructionError[0])
        }
        #expect(found.reconstructionError.count == 9)
        #expect(found.componentsFor.map(\.count) == expected.componentsFor.map(\.count))
        #expect(abs((found.stableRank ?? 0) - (expected.stableRank ?? 1)) < 1e-8)
        #expect(found.participationRatio == nil && found.effectiveRank == nil)
        let residual = try #require(found.residual)
        let rest = ratios[8...].reduce(0, +)
        #expect(abs(residual.share - rest) < tolerance)
        #expect(residual.norms.count == 8)
        guard powerIterations == 2 else { return }
        let components = try #require(found.components)
        for (a, b) in zip(components, try #require(expected.components)) {
            #expect(abs(abs(dot(a, b)) - 1) < 1e-12)
        }
        #expect(found.warnings.isEmpty)
        #expect(residual.norms.allSatisfy { $0 < 1e-8 })
    }

    /// Never above (Courant and Fischer), and an eigenvalue within the residual (Krylov, Weinstein).
    @Test(arguments: [0, 2, 5])
    func aFlatSpectrumIsBounded(powerIterations: Int) throws {
        let x = Self.flat(rows: 300, columns: 120)
        let expected = try exact(x).explainedVariance
        let found = try search(
            pca(12, oversampling: 4, powerIterations: powerIterations), x, inBlocksOf: 128)
        let norms = try #require(found.residual).norms
        let largest = found.explainedVariance[0]
        for (index, value) in found.explainedVariance.enumerated() {
            #expect(value <= expected[index] * (1 + 1e-13))
            let nearest = expected.map { abs($0 - value) }.min() ?? .infinity
            #expect(nearest <= norms[index] * largest + 1e-13 * largest)
        }
        let total = expected.reduce(0, +)
        let kept = found.explainedVariance.reduce(0, +)
        #expect(abs((found.residual?.share ?? 0) - (1 - kept / total)) < 1e-12)
        if powerIterations == 0 { #expect(found.warnings.count == 1) }
    }

    /// One neuron of variance 1e12 beside 299 of variance 1: bounds of a few tenths of the others are far
    /// below rounding of the largest, and still tell how far off the others are.
    @Test(arguments: [0, 1, 2], [1.0, 1e6])
    func theWarningCountsEveryValueThatIsOff(powerIterations: Int, loudness: Double) throws {
        guard case .float(let flat) = Self.flat(rows: 600, columns: 300) else { return }
        var elements = flat.elements.map(Double.init)
        for row in 0..<600 { elements[300 * row + 7] *= loudness }
        let x = RealMatrix.double(Matrix(rows: 600, columns: 300, elements: elements))
        let expected = try exact(x).explainedVariance
        let found = try search(pca(10, powerIterations: powerIterations), x, inBlocksOf: 256)
        let residual = try #require(found.residual)
        let off = zip(found.explainedVariance, expected).count { abs($0 - $1) > 0.01 * $1 }
        #expect(off > 0)
        #expect(residual.uncertain >= off)
        #expect(found.warnings.contains { $0.contains("\(residual.uncertain) of 10 eigenvalues") })
        // Relative to what they bound.
        for (index, value) in found.explainedVariance.enumerated() {
            let bound = residual.norms[index] * found.explainedVariance[0]
            #expect(abs(residual.bounds[index] * value - bound) <= 1e-14 * bound)
            if abs(value - expected[index]) > 0.01 * expected[index] {
                #expect(residual.bounds[index] > 0.01)
            }
        }
    }

    /// Directions without variance are known exactly, whatever is left of them by rounding.
    @Test func directionsWithoutVarianceAreNoReasonToWarn() throws {
        let x = RealMatrix.double(
            cosineMixture(
                samples: 400, spectrum: [1e8, 3, 1] + Array(repeating: 0, count: 97), mean: 2))
        let found = try search(pca(12), x, inBlocksOf: 100)
        #expect(found.warnings.isEmpty)
    }

    /// Each pass raises every value or leaves it.
    @Test func morePassesDoNotHarm() throws {
        let x = Self.flat(rows: 200, columns: 90)
        var before = [Double](repeating: 0, count: 6)
        for powerIterations in 0...5 {
            let found = try search(
                pca(6, oversampling: 3, powerIterations: powerIterations), x
            ).explainedVariance
            for (a, b) in zip(found, before) { #expect(a >= b * (1 - 1e-13)) }
            before = found
        }
    }

    /// As many vectors as neurons leave nothing to chance; NumPy's numbers are in PCALawTests.
    @Test func allVectorsGiveTheWholeSpectrum() throws {
        let x = RealMatrix.double(
            cosineMixture(samples: 40, spectrum: [4, 2, 1, 0.5, 1e-6], mean: -7))
        let expected = try exact(x)
        for components in [3, 5, Int.max] {
            let found = try search(
                pca(components, oversampling: .max, powerIterations: 0), x, inBlocksOf: 9)
            #expect(found.explainedVariance.count == min(components, 5))
            for (a, b) in zip(found.explainedVariance, expected.explainedVariance) {
                #expect(abs(a - b) < 1e-14 * 4)
            }
            for (a, b) in zip(found.reconstructionError, expected.reconstructionError) {
                #expect(abs(a - b) < 1e-14 * 8)
            }
            #expect(try #require(found.residual).norms.allSatisfy { $0 < 1e-14 })
        }
    }

    @Test func componentsAreOrthonormalAndTheErrorIsTheirs() throws {
        let x = Self.flat(rows: 60, columns: 25)
        let found = try search(pca(5, oversampling: 2, powerIterations: 0), x, inBlocksOf: 13)
        let components = try #require(found.components)
        for (i, a) in components.enumerated() {
            for (j, b) in components.enumerated() {
                #expect(abs(dot(a, b) - (i == j ? 1 : 0)) < 1e-14)
            }
            #expect(a.max { abs($0) < abs($1) } ?? 0 > 0)
        }
        let means = (0..<25).map { column in
            (0..<60).reduce(0) { $0 + x[$1, column] } / 60
        }
        for count in 0...5 {
            var error = 0.0
            for row in 0..<60 {
                let centred = (0..<25).map { x[row, $0] - means[$0] }
                var rest = centred
                for component in components.prefix(count) {
                    let share = dot(component, centred)
                    for index in rest.indices { rest[index] -= share * component[index] }
                }
                error += rest.reduce(0) { $0 + $1 * $1 } / 60
            }
            #expect(abs(error - found.reconstructionError[count]) < 1e-13 * error)
        }
    }

    /// The first pass merges at every cut, with the same search after it.
    @Test func mergesAtEveryCut() throws {
        let x = RealMatrix.double(
            cosineMixture(samples: 25, spectrum: [5, 3, 1, 0.1, 0.01, 0.001], mean: 100))
        let metric = try pca(2, oversampling: 1, powerIterations: 1)
        let layer = testLayer(x)
        func finish(_ accumulator: PCA.Accumulator) throws -> PCA.Output {
            var second = try metric.secondPass(after: accumulator, for: layer).get()
            repeat { second.update(with: ActivationBlock(x)) } while try second.endPass()
            return try metric.output(of: accumulator, and: second, for: layer)
        }
        let whole = try finish(accumulate(x, by: metric))
        for cut in 0...25 {
            var merged = PCA.Accumulator(for: layer, options: metric.accumulatorOptions)
            for part in [0..<cut, cut..<25] {
                var accumulator = PCA.Accumulator(for: layer, options: metric.accumulatorOptions)
                accumulator.update(with: ActivationBlock(x.rows(part)))
                merged.merge(accumulator)
            }
            let found = try finish(merged)
            for (a, b) in zip(found.explainedVariance, whole.explainedVariance) {
                #expect(abs(a - b) < 1e-12)
            }
        }
    }

    @Test func theOrderOfSamplesDoesNotMatter() throws {
        guard case .double(let x) = decaying else { return }
        let reversed = Matrix(
            rows: x.rows, columns: x.columns,
            elements: (0..<x.rows).reversed().flatMap { x.row($0) })
        let a = try search(pca(6), decaying).explainedVariance
        let b = try search(pca(6), .double(reversed)).explainedVariance
        for (p, q) in zip(a, b) { #expect(abs(p - q) < 1e-13) }
    }

    @Test(arguments: [0x1p-60, 0x1p60, 0x1p-400, 0x1p400, 0x1p-190, 0x1p-210])
    func scalesWithTheSquare(scale: Double) throws {
        guard case .double(let x) = decaying else { return }
        let scaled = Matrix(
            rows: x.rows, columns: x.columns, elements: x.elements.map { $0 * scale })
        let unit = try search(pca(6), decaying)
        let found = try search(pca(6), .double(scaled))
        for (a, b) in zip(found.explainedVariance, unit.explainedVariance) {
            #expect(abs(a / scale / scale - b) < 1e-13)
        }
        #expect(abs((found.residual?.share ?? 0) - (unit.residual?.share ?? 1)) < 1e-13)
    }

    @Test func seedsAreReproducible() throws {
        let x = Self.flat(rows: 100, columns: 40)
        let first = try search(pca(3, oversampling: 2, powerIterations: 0, seed: 4), x)
        let again = try search(pca(3, oversampling: 2, powerIterations: 0, seed: 4), x)
        let other = try search(pca(3, oversampling: 2, powerIterations: 0, seed: 5), x)
        #expect(first == again)
        #expect(first != other)
    }

    /// The result is that of the other neurons alone, with the same random vectors.
    @Test func nonFiniteNeuronsTakeNoPart() throws {
        guard case .double(var x) = decaying else { return }
        let bad = [2, 31]
        let kept = Matrix<Double>(
            rows: x.rows, columns: 78,
            elements: (0..<x.rows).flatMap { row in
                (0..<80).filter { !bad.contains($0) }.map { x[row, $0] }
            })
        x[3, 2] = 1e30
        x[140, 2] = .infinity
        x[0, 31] = .nan
        let clean = try search(pca(5), .double(kept), inBlocksOf: 50)
        let found = try search(pca(5), .double(x), inBlocksOf: 50)
        for (a, b) in zip(found.explainedVariance, clean.explainedVariance) {
            #expect(abs(a - b) < 1e-13)
        }
        #expect(abs((found.stableRank ?? 0) - (clean.stableRank ?? 1)) < 1e-13)
        let component = try #require(found.components)[0]
        #expect(component.indices.filter { component[$0].isNaN } == bad)
        #expect(found.summary.contains("of 78 components"))
    }

    @Test func tooLittleDataHasNoSpectrum() throws {
        let one = try search(pca(2), .float(Matrix(rows: 1, columns: 3)))
        #expect(one.verdict == .insufficient("a covariance needs 2 samples; there is 1"))
        #expect(one.values["residual"] == .null)
        let constant = try search(pca(2), .float(Matrix(rows: 5, columns: 3, repeating: 0.1)))
        #expect(constant.verdict == .degenerate("the neurons have no variance"))
        #expect(constant.explainedVariance == [0, 0])
        #expect(constant.values["residual"] == .null)
        let bad = try search(
            pca(2), .float(Matrix(rows: 5, columns: 3, repeating: Float.nan)))
        #expect(bad.verdict == .degenerate("no neuron has finite values only"))
    }

    @Test func onePassIsNotEnough() throws {
        #expect(throws: SecondPassMissing()) {
            try output(of: pca(2), on: .float(Matrix(rows: 5, columns: 3)))
        }
    }

    /// 30,000 neurons: the covariance is 7.2 GB, the products with 40 vectors 10 MB.
    @Test func memoryGrowsWithTheNeurons() throws {
        let wide = Layer(name: "wide", neurons: 30_000, samples: 60_000)
        let memory = ConfiguredMetric(try pca(30)).memory(wide)
        #expect(memory > 2 * 8 * 30_000 * 40 && memory < 2e8)
        let exact = ConfiguredMetric(PCA())
        #expect(exact.memory(wide) > 7.2e9)
        #expect(exact.memoryRemedy == "analyze pca --solver randomized --components COUNT")
        #expect(ConfiguredMetric(try pca(30)).memoryRemedy == nil)
    }

    @Test func settingsAreChecked() throws {
        typealias Configuration = PCA.Configuration
        let solver = Configuration.Solver.randomized(PCA.RandomizedSolver())
        #expect(
            throws: InvalidOption(
                "solver", "randomized", expected: "--components COUNT beside it")
        ) { try Configuration(solver: solver) }
        #expect(
            throws: InvalidOption(
                "precision", "single", expected: "double beside --solver randomized")
        ) { try Configuration(components: 3, precision: .single, solver: solver) }
        #expect(
            throws: InvalidOption(
                "solver", "randomized", expected: "exact beside --accuracy and --every-k")
        ) { try Configuration(components: 3, accuracy: .grid, solver: solver) }
        #expect(throws: InvalidOption("seed", -1, expected: "a number not below 0")) {
            try PCA.RandomizedSolver(seed: -1)
        }
        let stored = try Configuration(components: 3, solver: solver).values
        #expect(stored["solver"] == .text("randomized"))
        #expect(stored["oversampling"] == .integer(10))
        #expect(stored["powerIterations"] == .integer(2))
        #expect(stored["seed"] == .integer(0))
        let plain = Configuration().values
        #expect(plain["solver"] == .text("exact"))
        #expect(plain["seed"] == .null)
    }
}
