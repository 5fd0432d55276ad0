import LinearAlgebra

/// Friedman's function with five inputs that matter and five that do not (DELVE's "add10").
///
/// y = 10 sin(π x₁ x₂) + 20 (x₃ - ½)² + 10 x₄ + 5 x₅ + e, with x₁ ... x₁₀ uniform on [0, 1) and e
/// standard normal.
///
/// - Note: J. H. Friedman, "Multivariate adaptive regression splines", 1991.
public enum Add10 {
    /// `count` samples of ten inputs and one target, with the target's expectation.
    public static func samples(_ count: Int, seed: UInt64, stream: UInt64 = 0) -> LabeledData {
        var generator = SeededGenerator(seed: seed, stream: 0xADD10 &+ stream)
        var numbers: [Double] = []
        numbers.reserveCapacity(10 * count)
        var targets: [Double] = []
        targets.reserveCapacity(count)
        var means: [Double] = []
        means.reserveCapacity(count)
        for _ in 0..<count {
            var x = [Double](repeating: 0, count: 10)
            for index in x.indices { x[index] = generator.uniform() }
            numbers.append(contentsOf: x)
            means.append(mean(x))
            targets.append(means[means.count - 1] + generator.normal())
        }
        let columns = (1...10).map { TableRows.Column.number(name: "x\($0)") }
        return LabeledData(
            inputs: .table(TableRows(columns: columns, count: count, numbers: numbers, codes: [])),
            outcome: .values(Matrix(rows: count, columns: 1, elements: targets), names: ["y"]),
            expectation: Matrix(rows: count, columns: 1, elements: means))
    }

    /// The expectation of y given the inputs.
    static func mean(_ x: [Double]) -> Double {
        let bend = x[2] - 0.5
        return 10 * sineOfPi(times: x[0] * x[1]) + 20 * bend * bend + 10 * x[3] + 5 * x[4]
    }

    /// sin(π t) for t on [0, 1], to 10⁻¹⁵ and with the same bits everywhere, which the C library's
    /// sine does not promise: its Taylor series to the 23rd power on [0, π/2].
    static func sineOfPi(times t: Double) -> Double {
        let x = Double.pi * min(t, 1 - t)
        let square = x * x
        var series = 1.0
        for odd in stride(from: 23.0, through: 3, by: -2) {
            series = 1 - series * square / (odd * (odd - 1))
        }
        return x * series
    }
}
