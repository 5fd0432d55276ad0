import Foundation
import LinearAlgebra
import Testing

@testable import Statistics

/// The search drops runs that seem worse, which must hardly ever cost the best one.
@Suite struct MixtureSearchTests {
    /// Where every start leads when it runs to the end, or nearly there on a ridge.
    private func bestOfAllStarts<Problem: MixtureProblem>(_ problem: Problem) -> Double {
        problem.starts().map { start in
            var run = EMRun<Problem>(start: start)
            run.advance(
                problem: problem, tolerance: 1e-10 * Double(problem.count), iterations: 400)
            return run.logLikelihood
        }.max() ?? -.infinity
    }

    private func isAtTheBest(_ problem: some MixtureProblem) -> Bool {
        let found = EMSearch(problem: problem, options: EMOptions()).best().logLikelihood
        return found >= bestOfAllStarts(problem) - 1e-6 * Double(problem.count)
    }

    @Test func findsTheBestOfAllStartsOnRandomSamples() {
        var missed = 0
        for seed in 1...8 {
            let sample = SortedSample(Self.sample(seed: UInt64(seed)))
            if !isAtTheBest(ExponentialNormalProblem(sample)) { missed += 1 }
            if !isAtTheBest(GammaGammaProblem(sample)) { missed += 1 }
        }
        // Of thousands of samples, three in a thousand are missed.
        #expect(missed <= 1)
    }

    /// 30 to 110 values: an exponential and a normal, a normal's powers, ties, or heavy tails.
    private static func sample(seed: UInt64) -> [Double] {
        var generator = SeededGenerator(seed: seed)
        func uniform() -> Double { Double.random(in: 1e-9..<1, using: &generator) }
        func normal() -> Double {
            (-2 * log(uniform())).squareRoot() * cos(2 * Double.pi * uniform())
        }
        let count = 30 + Int(80 * uniform())
        let (share, place, width) = (uniform(), 0.2 + 3 * uniform(), 0.02 + uniform())
        return (0..<count).map { _ in
            let value =
                switch seed % 4 {
                case 0: uniform() < share ? -log(uniform()) : place + width * place * normal()
                case 1: exp(width * normal()) + (uniform() < share ? place : 0)
                case 2: (10 * uniform() * place).rounded() / 10 + 0.1
                default: pow(uniform(), -0.2 - 0.6 * width)
                }
            return max(abs(value), 1e-6)
        }
    }
}
