import Foundation
import Testing

@testable import Statistics

@Suite struct SpecialFunctionTests {
    @Test func agreeWithSciPy() throws {
        let table = try MixtureReference.load().special
        for (index, x) in table.x.enumerated() {
            let (excess, slope) = logMinusDigammaAndSlope(x)
            // SciPy's differences lose digits to cancellation.
            let terms = abs(log(x)) + abs(table.digamma[index])
            #expect(abs(excess - (log(x) - table.digamma[index])) <= 1e-14 * terms, "\(x)")
            #expect(abs(slope - (x * table.trigamma[index] - 1)) <= 1e-14 * (slope + 2), "\(x)")
            let gamma = table.logGamma[index]
            #expect(abs(logGamma(x) - gamma) <= 1e-14 * max(1, abs(gamma)), "ln Γ(\(x))")
        }
    }

    @Test func haveTheirClosedForms() {
        let euler = 0.577_215_664_901_532_9
        #expect(abs(logMinusDigammaAndSlope(1).0 - euler) < 1e-15)
        #expect(abs(logMinusDigammaAndSlope(0.5).0 - euler - log(2)) < 4e-15)
        #expect(abs(logMinusDigammaAndSlope(1).1 - (.pi * .pi / 6 - 1)) < 2e-15)
        // Γ(1/2) = √π.
        #expect(abs(logGamma(0.5) - 0.5 * log(Double.pi)) < 1e-15)
    }

    @Test(arguments: [0.02, 0.7, 3, 11.9, 12, 40, 1e3])
    func stirlingRemainderEqualsItsTerms(x: Double) {
        let plain = x * log(x) - x - logGamma(x)
        #expect(abs(stirlingRemainder(x) - plain) < 1e-15 * (x * abs(log(x)) + x + 1))
    }

    /// The leading terms of the series are all that is left: 1/(2x), where a difference of
    /// logarithm and ψ would keep no digit.
    @Test func differencesKeepTheirDigitsAtLargeArguments() {
        let (excess, slope) = logMinusDigammaAndSlope(1e12)
        #expect(abs(excess * 2e12 - 1) < 1e-11)
        #expect(abs(slope * 2e12 - 1) < 1e-11)
    }
}
