import LinearAlgebra
import MetricCore
import MetricTesting
import Testing

@testable import PCAMetric

@Suite struct SpectrumTests {
    private func spectrum(
        _ eigenvalues: [Double], samples: Int = 10, isSingle: Bool = false
    ) throws -> Spectrum {
        try Spectrum(
            eigenvalues: eigenvalues,
            summed: SumRounding(
                isSingle: isSingle, terms: samples, dimensions: eigenvalues.count))
    }

    @Test func effectiveDimensionsOfKnownSpectra() throws {
        let first = try spectrum([4, 1, 1])
        #expect(abs((first.participationRatio ?? 0) - 2) < 1e-14)
        #expect(first.stableRank == 1.5)
        #expect(abs((first.effectiveRank ?? 0) - 2.381_101_577_952_30) < 1e-13)
        let second = try spectrum([0.5, 0.25, 0.125, 0.125])
        #expect(abs((second.participationRatio ?? 0) - 2.909_090_909_090_91) < 1e-13)
        #expect(abs((second.effectiveRank ?? 0) - 3.363_585_661_014_86) < 1e-13)
        #expect(second.stableRank == 2)
        let third = try spectrum([0.6, 0.3, 0.06, 0.03, 0.01])
        #expect([0.9, 0.95, 0.99].map { third.componentsFor($0) } == [2, 3, 4])
        let equal = try spectrum(Array(repeating: 3, count: 7))
        #expect(abs((equal.participationRatio ?? 0) - 7) < 1e-13)
        #expect(abs((equal.effectiveRank ?? 0) - 7) < 1e-13)
    }

    @Test func negativeEigenvaluesAreRoundingOrAnError() throws {
        #expect(try spectrum([1, 0, -1e-16], samples: 5).values == [1, 0, 0])
        // 4 units of rounding over a million rows are nothing, and 1e-8 is no rounding of doubles.
        #expect(try spectrum([3, 1, -2.7e-15], samples: 1_000_000).values == [3, 1, 0])
        for samples in [5, 1_000_000, 1_000_000_000] {
            #expect(
                throws: IndefiniteCovariance(smallest: -1e-8, largest: 1, isSingle: false)
            ) { try spectrum([1, -1e-8], samples: samples) }
        }
        #expect(throws: IndefiniteCovariance(smallest: -1e-3, largest: 1, isSingle: true)) {
            try spectrum([1, -1e-3], samples: 60_000, isSingle: true)
        }
        // Behind the rank of a few samples there are zeros.
        #expect(throws: IndefiniteCovariance(smallest: -0.1, largest: 1, isSingle: false)) {
            try spectrum([1, -0.1, 0, 0])
        }
        #expect(throws: IndefiniteCovariance(smallest: -1, largest: -0.5, isSingle: false)) {
            try spectrum([-0.5, -1])
        }
    }

    @Test func theRemedyIsOneThatIsLeft() {
        let single = IndefiniteCovariance(smallest: -1, largest: 1, isSingle: true)
        #expect(single.description.hasSuffix("try --precision double"))
        let double = IndefiniteCovariance(smallest: -1, largest: 1, isSingle: false)
        #expect(!double.description.contains("--precision"))
    }

    /// Neurons that depend on one another, over a million rows: their sums are rounded as often.
    enum Dependence: CaseIterable { case sum, softmaxOfThree, softmaxOfTwo, repeated }

    @Test(
        arguments: Dependence.allCases,
        [(true, CovarianceAccumulator.Precision.single), (true, .double), (false, .double)])
    func dependentNeuronsOverAMillionRowsHaveASpectrum(
        dependence: Dependence,
        arithmetic: (isFloat: Bool, precision: CovarianceAccumulator.Precision)
    ) throws {
        let metric = PCA(configuration: try PCA.Configuration(precision: arithmetic.precision))
        let columns = dependence == .softmaxOfTwo ? 2 : 3
        let values = Self.values(dependence, rows: 20_000, seed: 1)
        let layer = Layer(name: "output", neurons: columns, samples: 1_000_000)
        var accumulator = PCA.Accumulator(for: layer, options: metric.accumulatorOptions)
        // Of other magnitudes where that keeps the dependence, so that blocks are not rounded alike.
        let scales = dependence == .sum || dependence == .repeated ? [1, 1.2, 1.7] : [1]
        let blocks = scales.map { scale in
            arithmetic.isFloat
                ? RealMatrix.float(
                    Matrix(
                        rows: 20_000, columns: columns,
                        elements: values.map { Float($0 * scale) }))
                : .double(
                    Matrix(
                        rows: 20_000, columns: columns, elements: values.map { $0 * scale }))
        }
        for index in 0..<50 {
            accumulator.update(with: ActivationBlock(blocks[index % blocks.count]))
        }
        accumulator.finish()
        let output = try metric.output(of: accumulator, for: layer)
        #expect(output.samples == 1_000_000)
        let smallest = try #require(output.explainedVariance.last)
        // Single-precision values depend on one another up to their own rounding.
        let rounding = arithmetic.isFloat ? 1e-7 : 1e-12
        #expect(smallest >= 0 && smallest <= rounding * output.explainedVariance[0])
    }

    private static func values(_ dependence: Dependence, rows: Int, seed: UInt64) -> [Double] {
        var generator = SeededGenerator(seed: seed)
        func uniform() -> Double { Double(generator.next() >> 11) * 0x1p-53 }
        return (0..<rows).flatMap { _ -> [Double] in
            let (a, b) = (2 * uniform() - 1, 2 * uniform() - 1)
            switch dependence {
            case .sum: return [a, b, a + b]
            case .repeated: return [a, a, a]
            case .softmaxOfTwo:
                let first = 1 / (1 + pow(2.718281828459045, 3 * a))
                return [first, 1 - first]
            case .softmaxOfThree:
                let (p, q) = (pow(2.718281828459045, 3 * a), pow(2.718281828459045, 3 * b))
                return [p / (p + q + 1), q / (p + q + 1), 1 / (p + q + 1)]
            }
        }
    }
}
