import LinearAlgebra
import Networks
import Testing

@Suite struct RampIntegralTests {
    /// By Simpson's rule on a grid that resolves the steepest slope here.
    private func integral(size: Double, slope: Double, units: Int) -> Double {
        let intervals = 200_000
        let step = Double(units) / Double(intervals)
        func sigmoid(_ x: Double) -> Double {
            x < 0
                ? Double.exponential(x) / (1 + Double.exponential(x))
                : 1 / (1 + Double.exponential(-x))
        }
        var sum = 0.0
        for i in 0...intervals {
            let weight: Double = i == 0 || i == intervals ? 1 : i % 2 == 1 ? 4 : 2
            sum += weight * sigmoid(slope * (size - Double(i) * step))
        }
        return sum * step / 3
    }

    @Test(arguments: [0.01, 0.4, 1, 5], [-30.0, 0, 12.5, 40, 100, 130])
    func isTheIntegralOfTheFactors(slope: Double, size: Double) {
        let closed = RampIntegral(size: size, slope: slope, units: 100)
        // Simpson's error: h⁴ / 180 · N · max|f''''| with h = 5e-4, below 1e-12.
        #expect(abs(closed.value - integral(size: size, slope: slope, units: 100)) < 1e-9)
    }

    @Test(arguments: [0.01, 0.4, 1, 5], [-30.0, 0, 12.5, 40, 100, 130])
    func derivatives(slope: Double, size: Double) {
        let step = 1e-4
        func value(_ size: Double, _ slope: Double) -> Double {
            RampIntegral(size: size, slope: slope, units: 100).value
        }
        let exact = RampIntegral(size: size, slope: slope, units: 100)
        let bySize = (value(size + step, slope) - value(size - step, slope)) / (2 * step)
        #expect(abs(exact.bySize - bySize) < 1e-6)
        // By a step relative to the slope: the value changes with its logarithm.
        let change = 1e-4 * slope
        let bySlope = (value(size, slope + change) - value(size, slope - change)) / (2 * change)
        #expect(abs(exact.bySlope - bySlope) < 1e-6 * max(1, abs(bySlope)))
    }

    /// As far as single precision: nothing overflows, and P stays between 0 and N.
    @Test(arguments: [Float(-1e4), 0, 250, 500, 1e4], [Float(0.01), 0.4, 50])
    func extremes(size: Float, slope: Float) {
        let integral = RampIntegral(size: Double(size), slope: Double(slope), units: 500)
        #expect(integral.value >= 0 && integral.value <= 500)
        #expect(integral.bySize >= 0 && integral.bySize <= 1)
        #expect(integral.bySlope.isFinite)
        if size <= -1e4 && slope > 0.4 { #expect(integral.value == 0) }
        if size >= 1e4 && slope > 0.4 { #expect(integral.value == 500) }
    }
}

@Suite struct GateFactorTests {
    private func network(_ gate: Gate) -> Network<Float> {
        Network(inputs: 3, hidden: [5], outputs: 2, gate: gate, seed: 1)
    }

    @Test func filters() {
        var network = network(.filter())
        #expect(network.factors(ofLayer: 0) == [1, 1, 1, 1, 1])
        #expect(network.factors(ofLayer: 1) == nil)
        network[0, "filter"] = Matrix(rows: 5, columns: 1, elements: [2, 0, -1, 0.5, -0.0])
        #expect(network.factors(ofLayer: 0) == [2, 0, 0, 0.5, 0])
    }

    @Test func signedFilters() {
        var network = network(.filter(start: 0, spread: 1, isSigned: true))
        #expect(Set(network.factors(ofLayer: 0) ?? []).count == 5)
        network[0, "filter"] = Matrix(rows: 5, columns: 1, elements: [2, 0, -1, 0.5, -0.0])
        #expect(network.factors(ofLayer: 0) == [2, 0, -1, 0.5, 0])
    }

    /// σ(k (x₀ - i)) by hand: k = log 2 makes each unit beyond x₀ half as likely against its complement.
    @Test func ramps() {
        let network = network(.ramp(start: 2, slope: .fixed(Double.logarithm(2))))
        let expected: [Float] = [4 / 5, 2 / 3, 1 / 2, 1 / 3, 1 / 5]
        for (factor, value) in zip(network.factors(ofLayer: 0) ?? [], expected) {
            #expect(abs(factor - value) < 1e-7)
        }
        let steep = self.network(.ramp(start: 1e4, slope: .fixed(1e4)))
        #expect(steep.factors(ofLayer: 0) == [1, 1, 1, 1, 1])
        let left = self.network(.ramp(start: -1e4, slope: .fixed(1e4)))
        #expect(left.factors(ofLayer: 0) == [0, 0, 0, 0, 0])
    }

    /// Weights are drawn as without a gate, and a filter of 1 changes no bit.
    @Test func aFilterOfOneIsNoFilter() {
        let plain = network(.none)
        let gated = network(.filter())
        let x = Matrix<Float>(rows: 2, columns: 3, elements: [1, -2, 0.5, 3, 0.1, -1])
        #expect(plain[0, "weight"] == gated[0, "weight"])
        #expect(plain.outputs(for: x) == gated.outputs(for: x))
    }

    /// A gate folded into the next layer's weights: V' = V diag(s).
    @Test(arguments: [
        Gate.filter(start: 0.5, spread: 0.5), .filter(start: 0, spread: 1, isSigned: true),
        .ramp(start: 3, slope: .fixed(0.7)),
    ])
    func aFoldedGateIsTheGate(gate: Gate) throws {
        for activation in Activation.allCases {
            let gated = Network<Double>(
                inputs: 3, hidden: [6, 4], outputs: 2, activation: activation, gate: gate, seed: 5)
            var folded = Network<Double>(
                inputs: 3, hidden: [6, 4], outputs: 2, activation: activation, seed: 5)
            for layer in 0..<2 {
                let factors = try #require(gated.factors(ofLayer: layer))
                var weight = gated[layer + 1, "weight"]
                for row in 0..<weight.rows {
                    for column in 0..<weight.columns { weight[row, column] *= factors[column] }
                }
                folded[layer + 1, "weight"] = weight
            }
            let x = Matrix<Double>(
                rows: 4, columns: 3, elements: (0..<12).map { Double($0 * $0 % 7) - 3 })
            let (a, b) = (gated.outputs(for: x), folded.outputs(for: x))
            #expect(zip(a.elements, b.elements).allSatisfy { abs($0 - $1) < 1e-14 })
        }
    }
}
