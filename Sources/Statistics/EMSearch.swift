import Glibc
import LinearAlgebra

/// A two-component model on one sample, as the search sees it.
protocol MixtureProblem {
    associatedtype Parameters
    /// Free parameters, for criteria that count them.
    static var parameterCount: Int { get }
    /// The values, scaled.
    var sample: SortedSample { get }
    /// Where components stop being populations.
    var interior: MixtureInterior { get }
    /// The log-likelihood at `parameters`, and where one EM step leads.
    func step(_ parameters: Parameters) -> (logLikelihood: Double, next: Parameters)
    /// Unbounded coordinates (logarithms, logits), in which steps are extrapolated; unused ones 0.
    func coordinates(of parameters: Parameters) -> SIMD8<Double>
    /// The inverse of ``coordinates(of:)``, moved inside the bounds.
    func parameters(at coordinates: SIMD8<Double>) -> Parameters
    /// Where to start; the order decides between equals.
    func starts() -> [Parameters]
    /// Share and coefficient of variation of both components.
    func components(of parameters: Parameters) -> [(share: Double, variation: Double)]
    /// ln(weight density) of both components at the value of a rank, but for a common term.
    func logDensities(_ parameters: Parameters, at rank: Int) -> (Double, Double)
    /// The same model on 512 quantiles of the sample, where there are many more values.
    func thinned() -> Self?
}

extension MixtureProblem {
    var count: Int { sample.count }

    func isInterior(_ parameters: Parameters) -> Bool {
        components(of: parameters).allSatisfy {
            interior.contains(share: $0.share, variation: $0.variation)
        }
    }

    /// What a run outside of the interior sits on.
    func spike(of run: EMRun<Self>) -> MixtureSpike {
        let parts = components(of: run.parameters)
        let isFirst = (0..<2).map { index in
            !interior.contains(share: parts[index].share, variation: parts[index].variation)
        }
        // Of two, the smaller one.
        let first = isFirst[0] && (!isFirst[1] || parts[0].share <= parts[1].share)
        let leads = (0..<count).map { rank in
            let (one, other) = logDensities(run.parameters, at: rank)
            return first ? one - other : other - one
        }
        var ranks = (0..<count).filter { leads[$0] > 0 }
        if ranks.isEmpty, let rank = (0..<count).max(by: { leads[$0] < leads[$1] }) {
            ranks = [rank]
        }
        let logLikelihood = run.logLikelihood + sample.logJacobian
        return MixtureSpike(
            count: ranks.count, least: sample.original(ranks[0]),
            largest: sample.original(ranks[ranks.count - 1]),
            logLikelihood: logLikelihood,
            bic: bic(
                logLikelihood: logLikelihood, parameters: Self.parameterCount, count: count))
    }
}

/// Runs of accelerated EM from a few deterministic starts.
struct EMSearch<Problem: MixtureProblem> {
    let problem: Problem
    let options: EMOptions

    /// The likeliest run that ended in the interior, and the likeliest spike above it.
    ///
    /// - Throws: ``MixtureFailure/onlySpikes(_:)`` if no run ended in the interior.
    /// - Complexity: O(n) for each of some tens of passes; memory O(starts).
    func run() throws(MixtureFailure) -> (best: EMRun<Problem>, spike: MixtureSpike?) {
        let runs = ends()
        let spike = runs.first { !problem.isInterior($0.parameters) }
        guard let best = runs.first(where: { problem.isInterior($0.parameters) }) else {
            guard let spike else { preconditionFailure("a problem without starts") }
            throw .onlySpikes(problem.spike(of: spike))
        }
        guard let spike, spike.logLikelihood > best.logLikelihood else { return (best, nil) }
        return (best, problem.spike(of: spike))
    }

    /// Where the starts lead, the likeliest first.
    ///
    /// First roughly, with many values on quantiles of them, which have about the same maxima; then
    /// the two likeliest interior places and the likeliest spike to the end, with all values.
    private func ends() -> [EMRun<Problem>] {
        let small = problem.thinned()
        let rough = EMOptions(
            tolerance: max(options.tolerance, 1e-7),
            maximumIterations: min(options.maximumIterations, 100))
        let starts = (small ?? problem).starts().map { EMRun<Problem>(start: $0) }
        let runs = distinct(advanced(starts, on: small ?? problem, rough))
        let inside = runs.filter { problem.isInterior($0.parameters) }.prefix(2)
        let outside = runs.filter { !problem.isInterior($0.parameters) }.prefix(1)
        let kept = Array(inside) + outside
        return distinct(
            advanced(
                small == nil ? kept : kept.map { EMRun(start: $0.parameters) }, on: problem, options
            ))
    }

    private func advanced(
        _ runs: [EMRun<Problem>], on problem: Problem, _ options: EMOptions
    ) -> [EMRun<Problem>] {
        var runs = runs
        let tolerance = options.tolerance * Double(problem.count)
        runs.withUnsafeMutableBufferPointer { runs in
            // Runs do not know of each other.
            concurrently(runs.count) { index in
                runs[index].advance(
                    problem: problem, tolerance: tolerance, iterations: options.maximumIterations)
            }
        }
        return runs
    }

    /// The runs, best first, without those that have come to the same place as a better one.
    private func distinct(_ runs: [EMRun<Problem>]) -> [EMRun<Problem>] {
        let ranked = runs.enumerated().sorted {
            ($1.element.logLikelihood, $0.offset) < ($0.element.logLikelihood, $1.offset)
        }
        var kept: [EMRun<Problem>] = []
        for (_, run) in ranked {
            let place = problem.coordinates(of: run.parameters)
            let isNew = kept.allSatisfy { other in
                let difference = place - problem.coordinates(of: other.parameters)
                return (difference * difference).sum() > 1e-4
            }
            if isNew { kept.append(run) }
        }
        return kept
    }
}
