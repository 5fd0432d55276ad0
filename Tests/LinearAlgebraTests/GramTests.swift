import Testing

@testable import LinearAlgebra

@Suite struct GramTests {
    /// Our own kernels only where the processor runs them.
    static func kernels(in precision: GramPrecision) -> [GramKernel] {
        GramKernel.available(in: precision).map(GramKernel.own) + [.library]
    }

    static let kernels: [(GramPrecision, GramKernel)] = [.single, .double].flatMap { precision in
        kernels(in: precision).map { (precision, $0) }
    }

    /// Small integers, whose products are exact in either precision.
    private func integers(rows: Int, columns: Int) -> [Float] {
        (0..<rows * columns).map { (index: Int) -> Float in
            let value: Int = (index * 5 + index / 7) % 9
            return Float(value - 4)
        }
    }

    /// What a kernel adds to a matrix whose elements are all `initial`.
    private func gram(
        of values: [Float], rows: Int, columns: Int, onto initial: Double = 0, times factor: Double,
        plus terms: [RankOneTerm] = [], reusing scratch: inout GramPanels,
        in precision: GramPrecision, by kernel: GramKernel
    ) -> Matrix<Double> {
        var matrix = Matrix<Double>(rows: columns, columns: columns, repeating: initial)
        func add<Scalar: GramScalar>(_ x: [Scalar]) {
            x.withUnsafeBufferPointer { x in
                guard let base = x.baseAddress else { return }
                matrix.addGram(
                    of: base, rows: rows, times: factor, plus: terms, reusing: &scratch,
                    by: kernel)
            }
        }
        precision == .single ? add(values) : add(values.map(Double.init))
        return matrix
    }

    /// Exactly the definition: every edge of panels, micro-tiles and tiles, and slabs of all kinds.
    @Test(arguments: kernels)
    func equalsTheDefinitionOnIntegers(precision: GramPrecision, kernel: GramKernel) {
        let small = (1...40).flatMap { columns in
            [1, 2, 7, 8, 9, 40].map { rows in (rows, columns) }
        }
        let square = (1...40).map { ($0, $0) }
        let large = [
            (0, 5), (417, 1), (61, 61), (500, 61), (833, 100), (48, 96), (30, 257), (1250, 145),
            (11, 300), (3, 769), (9, 1000),
        ]
        var scratch = GramPanels()
        for (rows, columns) in small + square + large {
            let values = integers(rows: rows, columns: columns)
            let vector = (0..<columns).map { Double($0 % 4) }
            let terms = [RankOneTerm(vector: vector, weight: 3)]
            let sums = gram(
                of: values, rows: rows, columns: columns, onto: 1, times: 2, plus: terms,
                reusing: &scratch, in: precision, by: kernel)
            let expected = gramByDefinition(
                of: Matrix(rows: rows, columns: columns, elements: values), onto: 1, times: 2,
                plus: terms)
            #expect(sums == expected, "\(rows) x \(columns)")
        }
    }

    /// Sums of 3,000 numbers between 0 and 1 in one go are several times less accurate.
    @Test(arguments: kernels(in: .single))
    func roundsLikeShortSums(kernel: GramKernel) {
        let (rows, columns) = (3000, 70)
        var generator = SeededGenerator(seed: 3)
        let values = (0..<rows * columns).map { _ in Float.random(in: 0..<1, using: &generator) }
        var scratch = GramPanels()
        let sums = gram(
            of: values, rows: rows, columns: columns, times: 0.5, reusing: &scratch,
            in: .single, by: kernel)
        var (error, errorInOneGo) = (0.0, 0.0)
        for i in 0..<columns {
            for j in 0...i {
                var (exact, single) = (0.0, Float(0))
                for row in 0..<rows {
                    let (x, y) = (values[row * columns + i], values[row * columns + j])
                    exact += Double(x) * Double(y)
                    single += x * y
                }
                error = max(error, abs(sums[i, j] - exact / 2))
                errorInOneGo = max(errorInOneGo, abs(Double(single) - exact) / 2)
            }
        }
        #expect(error < errorInOneGo / 3)
    }

    /// Neither what the memory held before nor what runs at the same time shows.
    @Test(arguments: kernels)
    func givesTheSameBitsEveryTime(precision: GramPrecision, kernel: GramKernel) {
        let columns = 200
        var generator = SeededGenerator(seed: 4)
        let values = (0..<700 * columns).map { _ in Float.random(in: -1..<1, using: &generator) }
        var scratch = GramPanels()
        for rows in [700, 300, 700] {
            var fresh = GramPanels()
            let first = gram(
                of: values, rows: rows, columns: columns, times: 1, reusing: &scratch,
                in: precision, by: kernel)
            let second = gram(
                of: values, rows: rows, columns: columns, times: 1, reusing: &fresh,
                in: precision, by: kernel)
            #expect(first == second)
        }
    }

    @Test(arguments: [GramPrecision.single, .double])
    func smallProblemsAreTheLibrarys(precision: GramPrecision) {
        #expect(GramKernel.fastest(rows: 2048, columns: 31, in: precision) == .library)
        #expect(GramKernel.fastest(rows: 3, columns: 2048, in: precision) == .library)
        #expect(
            GramKernel.fastest(rows: 2048, columns: 2048, in: precision)
                == Self.kernels(in: precision).first)
    }
}

/// `initial + factor · XᵀX` and the terms below and on the diagonal, `initial` above it: the
/// definition.
func gramByDefinition(
    of x: Matrix<Float>, onto initial: Double = 0, times factor: Double = 1,
    plus terms: [RankOneTerm] = []
) -> Matrix<Double> {
    let columns = x.columns
    var result = Matrix<Double>(rows: columns, columns: columns, repeating: initial)
    result.withMutableElements { sums in
        x.withElements { values in
            for i in 0..<columns {
                for j in 0...i {
                    var sum = 0.0
                    for row in 0..<x.rows {
                        sum += Double(values[row * columns + i]) * Double(values[row * columns + j])
                    }
                    sums[i * columns + j] += factor * sum
                    for term in terms {
                        sums[i * columns + j] += term.weight * term.vector[i] * term.vector[j]
                    }
                }
            }
        }
    }
    return result
}
