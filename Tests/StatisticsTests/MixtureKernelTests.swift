import CKernels
import Foundation
import Testing

@testable import Statistics

/// Every instruction set that this processor has, against the plain formulas.
@Suite struct MixtureKernelTests {
    static let sets = [CKERNELS_BASELINE, CKERNELS_AVX2].filter { ckernels_supports($0) == 1 }

    @Test(arguments: sets)
    func exponentialIsWithinThreeUnitsOfTheSixteenthDigit(set: ckernels_set) {
        for step in 0...200_000 {
            let y = SIMD4(0, 0.25, 0.5, 0.75) * -0.00354 - Double(step) * 0.00353
            let result = exponential(y, set)
            for lane in 0..<4 where y[lane] >= -708 {
                let expected = exp(y[lane])
                // The library is off by less than one unit in the last place itself.
                #expect(abs(result[lane] - expected) <= 3e-16 * expected + expected.ulp)
            }
        }
    }

    @Test(arguments: sets)
    func exponentialOfEndsOfTheRange(set: ckernels_set) {
        let near = exponential(
            SIMD4(0, -0.0, -.leastNonzeroMagnitude, -0x1p-60), set)
        #expect(near == SIMD4(repeating: 1))
        let least = exponential(SIMD4(repeating: -708), set)
        #expect(abs(least[0] / exp(-708) - 1) < 4e-16)
        let far = exponential(
            SIMD4(-708.000_001, -746, -1e300, -.infinity), set)
        #expect(far == least)
    }

    /// e to the power of −|y|.
    private func exponential(_ y: SIMD4<Double>, _ set: ckernels_set) -> SIMD4<Double> {
        let numbers = (0..<4).map { y[$0] }
        var results = [Double](repeating: 0, count: 4)
        ckernels_exponential(set, numbers, &results, 4)
        return SIMD4(results)
    }

    /// All remainders of a vector, around a block's end and in between; components near and far.
    @Test(arguments: sets)
    func sumsAgreeWithThePlainFormula(set: ckernels_set) {
        for count in Array(4...21) + Array(253...262) + [511, 512, 515, 1026, 5003] {
            let values = (0..<count).map { rank in
                (Double(rank * 7919 % count) + 0.5) / Double(count)
            }
            for forms in Self.forms {
                for feature in [
                    MixtureFeature.logarithms(values.map { log($0) }),
                    .squaredDeviations(center: 0.3),
                ] {
                    expectAgreement(values, forms, feature, set)
                }
            }
        }
    }

    /// Components that overlap, that are equal, of which one is hopeless for some or all values, and
    /// whose logarithms differ by about as much as a double can have in its exponent.
    static let forms: [(LogDensityForm, LogDensityForm)] = [
        (form(0.4, -5, 0), form(0.9, 0, -50)), (form(0.4, -5, 0), form(0.4, -5, 0)),
        (form(0.4, -5, 0), form(3, 0, -5e5)), (form(3, 0, -5e5), form(0.4, -5, 0)),
        (form(1, -3, 2), form(-7e4, -9e4, 1e5)), (form(0, 0, 0), form(-708, 0, 0)),
        (form(-745.2, 0, 0), form(0, 0, 0)), (form(-30, 0, 0), form(0, 0, 0)),
        (form(0, -1400, 0), form(-700, 0, 0)), (form(1e8, 0, 0), form(-1e8, 1, 1)),
    ]

    private static func form(_ constant: Double, _ value: Double, _ feature: Double)
        -> LogDensityForm
    {
        LogDensityForm(constant: constant, valueFactor: value, featureFactor: feature)
    }

    private func expectAgreement(
        _ values: [Double], _ forms: (LogDensityForm, LogDensityForm), _ feature: MixtureFeature,
        _ set: ckernels_set
    ) {
        let sums = responsibilitySums(of: values, forms, feature, instructionSet: set)
        var first = WeightedSums()
        var second = WeightedSums()
        var logDensity = 0.0
        var size = 0.0
        for (index, x) in values.enumerated() {
            let g =
                switch feature {
                case .logarithms(let logarithms): logarithms[index]
                case .squaredDeviations(let center): (x - center) * (x - center)
                }
            let one = forms.0.constant + forms.0.valueFactor * x + forms.0.featureFactor * g
            let two = forms.1.constant + forms.1.valueFactor * x + forms.1.featureFactor * g
            first.add(1 / (1 + exp(two - one)), x, g)
            second.add(1 / (1 + exp(one - two)), x, g)
            logDensity += max(one, two) + log1p(exp(-abs(one - two)))
            // What the terms of the exponents are rounded to moves the responsibilities.
            size = max(size, abs(forms.0.constant), abs(forms.1.constant))
            size = max(size, abs(forms.0.featureFactor * g), abs(forms.1.featureFactor * g))
            size = max(size, abs(forms.0.valueFactor * x), abs(forms.1.valueFactor * x))
        }
        let tolerance = 1e-15 * (1 + size)
        let scale = tolerance * Double(values.count)
        for (found, expected) in [(sums.first, first), (sums.second, second)] {
            // Below e^-708 the kernel has e^-708 for the ratio of two densities.
            let floor = 4e-308 * Double(values.count)
            let allowed = min(1, 10 * tolerance)
            #expect(abs(found.weight - expected.weight) <= allowed * expected.weight + floor)
            #expect(abs(found.value - expected.value) <= allowed * expected.value + floor)
            #expect(
                abs(found.feature - expected.feature)
                    <= allowed * abs(expected.feature) + 20 * floor)
        }
        #expect(abs(sums.logDensity - logDensity) <= 10 * scale)
    }

    /// A total of nearly everything must not cost the other component its digits.
    @Test(arguments: sets)
    func aSmallComponentKeepsItsDigits(set: ckernels_set) {
        let values = (1...1000).map { Double($0) / 1000 }
        let sums = responsibilitySums(
            of: values, (Self.form(0, 0, 0), Self.form(-50, 0, 0)),
            .squaredDeviations(center: 0.5), instructionSet: set)
        #expect(abs(sums.second.weight / (1000 * exp(-50)) - 1) < 1e-14)
        #expect(abs(sums.second.value / (500.5 * exp(-50)) - 1) < 1e-14)
    }

    @Test(arguments: sets)
    func theSameArgumentsGiveTheSameBits(set: ckernels_set) {
        let values = (1...777).map { log(1 + Double($0)) / 7 }
        // Copies, whose memory lies elsewhere.
        let results = (0..<5).map { _ in
            responsibilitySums(
                of: values.map { $0 }, Self.forms[0], .squaredDeviations(center: 0.4),
                instructionSet: set)
        }
        #expect(Set(results.map(\.logDensity)).count == 1)
        #expect(Set(results.map(\.first.feature)).count == 1)
        #expect(Set(results.map(\.second.value)).count == 1)
    }
}

extension WeightedSums {
    fileprivate mutating func add(_ responsibility: Double, _ x: Double, _ g: Double) {
        weight += responsibility
        value += responsibility * x
        feature += responsibility * g
    }
}
