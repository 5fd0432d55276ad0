import CKernels
import LinearAlgebra
import Testing

/// A scalar with its update kernels.
protocol KernelScalar: BinaryFloatingPoint {
    static func descend(_ set: ckernels_set, _ arrays: inout UpdateArrays<Self>)
    static func momentum(_ set: ckernels_set, _ arrays: inout UpdateArrays<Self>)
    static func adam(_ set: ckernels_set, _ arrays: inout UpdateArrays<Self>)
    static func adaMax(_ set: ckernels_set, _ arrays: inout UpdateArrays<Self>)
}

extension Float: KernelScalar {
    static func descend(_ set: ckernels_set, _ a: inout UpdateArrays<Float>) {
        ckernels_descend_floats(set, &a.p, a.g, a.p.count, kernelTerms)
    }
    static func momentum(_ set: ckernels_set, _ a: inout UpdateArrays<Float>) {
        ckernels_momentum_floats(set, &a.p, a.g, &a.m, a.p.count, kernelTerms)
    }
    static func adam(_ set: ckernels_set, _ a: inout UpdateArrays<Float>) {
        ckernels_adam_floats(set, &a.p, a.g, &a.m, &a.v, a.p.count, kernelTerms)
    }
    static func adaMax(_ set: ckernels_set, _ a: inout UpdateArrays<Float>) {
        ckernels_adamax_floats(set, &a.p, a.g, &a.m, &a.v, a.p.count, kernelTerms)
    }
}

extension Double: KernelScalar {
    static func descend(_ set: ckernels_set, _ a: inout UpdateArrays<Double>) {
        ckernels_descend_doubles(set, &a.p, a.g, a.p.count, kernelTerms)
    }
    static func momentum(_ set: ckernels_set, _ a: inout UpdateArrays<Double>) {
        ckernels_momentum_doubles(set, &a.p, a.g, &a.m, a.p.count, kernelTerms)
    }
    static func adam(_ set: ckernels_set, _ a: inout UpdateArrays<Double>) {
        ckernels_adam_doubles(set, &a.p, a.g, &a.m, &a.v, a.p.count, kernelTerms)
    }
    static func adaMax(_ set: ckernels_set, _ a: inout UpdateArrays<Double>) {
        ckernels_adamax_doubles(set, &a.p, a.g, &a.m, &a.v, a.p.count, kernelTerms)
    }
}

private let (beta1, beta2, epsilon, rate, decay, step) = (0.9, 0.999, 1e-8, 0.01, 0.125, 3.0)

/// Step 3 of Adam.
private let kernelTerms = ckernels_update_terms(
    decay: decay, keep: beta1, take: 1 - beta1, keep_square: beta2, take_square: 1 - beta2,
    epsilon: epsilon, rate: rate / (1 - beta1 * beta1 * beta1),
    root_correction: 1 / (1 - beta2 * beta2 * beta2).squareRoot())

struct UpdateArrays<Scalar: BinaryFloatingPoint> {
    var p: [Scalar]
    var g: [Scalar]
    var m: [Scalar]
    /// Never negative.
    var v: [Scalar]

    /// Numbers of all sizes, with zeros, subnormal numbers, infinities, NaN and numbers whose
    /// squares overflow among them.
    init(count: Int, seed: UInt64) {
        var generator = SeededGenerator(seed: seed)
        let special: [Scalar] = [
            0, -0, .leastNonzeroMagnitude, -.leastNormalMagnitude / 2, .infinity, -.infinity, .nan,
            .greatestFiniteMagnitude, 1,
        ]
        func values(_ magnitudes: ClosedRange<Int>) -> [Scalar] {
            (0..<count).map { _ in
                guard generator.integer(below: 5) > 0 else {
                    return special[generator.integer(below: special.count)]
                }
                let span = magnitudes.upperBound - magnitudes.lowerBound + 1
                let exponent = magnitudes.lowerBound + generator.integer(below: span)
                return Scalar(
                    sign: .plus, exponent: Scalar.Exponent(exponent),
                    significand: Scalar(generator.normal()))
            }
        }
        p = values(-10...2)
        g = values(-40...10)
        m = values(-40...10)
        v = values(-60...10).map { $0.magnitude }
    }
}

/// The same number, or NaN both.
private func same<Scalar: BinaryFloatingPoint>(_ a: [Scalar], _ b: [Scalar]) -> Bool {
    a.count == b.count && zip(a, b).allSatisfy { $0 == $1 || ($0.isNaN && $1.isNaN) }
}

/// Each set against the formulas of PyTorch's documentation (torch.optim.SGD, Adam, Adamax).
@Suite struct UpdateKernelTests {
    static let sets = [CKERNELS_BASELINE, CKERNELS_AVX2, CKERNELS_AVX512].filter {
        ckernels_supports($0) != 0
    }
    /// Whole vectors, their rests, and a weight of shape (16, 5).
    static let counts = [0, 1, 7, 8, 9, 80, 1000]

    private func check<Scalar: KernelScalar>(_ type: Scalar.Type, count: Int) {
        let start = UpdateArrays<Scalar>(count: count, seed: UInt64(count))
        let t = kernelTerms
        let gradients = zip(start.g, start.p).map { $0 + Scalar(t.decay) * $1 }
        let first = zip(start.m, gradients).map { $0 + Scalar(t.take) * ($1 - $0) }
        let second = zip(start.v, gradients).map {
            Scalar(t.keep_square) * $0 + Scalar(t.take_square) * $1 * $1
        }
        let largest = zip(start.v, gradients).map { v, g -> Scalar in
            let (faded, size) = (Scalar(t.keep_square) * v, g.magnitude + Scalar(t.epsilon))
            return faded.isNaN || size.isNaN ? .nan : max(faded, size)
        }
        let buffer = zip(start.m, gradients).map { Scalar(t.keep) * $0 + $1 }
        let rate = Scalar(t.rate)
        for set in Self.sets {
            var arrays = start
            Scalar.descend(set, &arrays)
            #expect(same(arrays.p, zip(start.p, gradients).map { $0 - rate * $1 }))
            arrays = start
            Scalar.momentum(set, &arrays)
            #expect(same(arrays.m, buffer))
            #expect(same(arrays.p, zip(start.p, buffer).map { $0 - rate * $1 }))
            arrays = start
            Scalar.adam(set, &arrays)
            #expect(same(arrays.m, first))
            #expect(same(arrays.v, second))
            let denominators = second.map {
                $0.squareRoot() * Scalar(t.root_correction) + Scalar(t.epsilon)
            }
            let moved = zip(first, denominators).map { rate * $0 / $1 }
            #expect(same(arrays.p, zip(start.p, moved).map { $0 - $1 }))
            arrays = start
            Scalar.adaMax(set, &arrays)
            #expect(same(arrays.m, first))
            #expect(same(arrays.v, largest))
            let steps = zip(first, largest).map { rate * $0 / $1 }
            #expect(same(arrays.p, zip(start.p, steps).map { $0 - $1 }))
        }
    }

    @Test("sets round as IEEE 754 demands of the formula's operations", arguments: counts)
    func everySet(count: Int) {
        check(Float.self, count: count)
        check(Double.self, count: count)
    }

    /// In exact arithmetic: m̂ = m / (1 - β₁ᵗ), v̂ = v / (1 - β₂ᵗ), p - lr m̂ / (√v̂ + ε).
    @Test(arguments: sets) func singlePrecisionIsAccurate(set: ckernels_set) {
        let start = UpdateArrays<Float>(count: 1000, seed: 1)
        var end = start
        Float.adam(set, &end)
        for i in start.p.indices {
            let (p, m, v) = (Double(start.p[i]), Double(start.m[i]), Double(start.v[i]))
            let g = Double(start.g[i]) + decay * p
            let first = beta1 * m + (1 - beta1) * g
            let second = beta2 * v + (1 - beta2) * g * g
            let update =
                rate * (first / (1 - (beta1 * beta1 * beta1)))
                / ((second / (1 - beta2 * beta2 * beta2)).squareRoot() + epsilon)
            // Only where nothing overflows in single precision.
            guard update.isFinite, second < 1e37, g.magnitude < 1e18, first.magnitude < 1e30,
                p.magnitude < 1e30, update.magnitude < 1e30
            else { continue }
            // Five roundings of the first moment, as many of the rest; 2⁻²⁴ each, and what is lost
            // below the normal numbers.
            let scale = m.magnitude + Double(start.g[i]).magnitude + decay * p.magnitude
            let size = rate * scale / (second.squareRoot() + epsilon)
            #expect(abs(Double(end.p[i]) - (p - update)) <= 0x1p-21 * (p.magnitude + 10 * size))
        }
    }
}
