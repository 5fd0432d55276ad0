import Glibc
import LinearAlgebra

/// A two-component model on one sample, as the search sees it.
protocol MixtureProblem {
    associatedtype Parameters
    var count: Int { get }
    /// The log-likelihood at `parameters`, and where one EM step leads.
    func step(_ parameters: Parameters) -> (logLikelihood: Double, next: Parameters)
    /// Unbounded coordinates (logarithms, logits), in which steps are extrapolated; unused ones 0.
    func coordinates(of parameters: Parameters) -> SIMD8<Double>
    /// The inverse of ``coordinates(of:)``, moved inside the bounds.
    func parameters(at coordinates: SIMD8<Double>) -> Parameters
    /// Where to start; the order decides between equals.
    func starts() -> [Parameters]
    /// The same model on a smaller sample of the same distribution, where there are many values.
    func thinned() -> Self?
}

/// The best of many deterministic runs of accelerated EM.
///
/// A likelihood of mixtures has many maxima, and a run that starts elsewhere is the only way to
/// know of them. Every start runs a few steps; round by round fewer, better and distinct runs go
/// on, the last of them to the end. With many values all rounds but the last use a thinned sample,
/// since what it takes to tell good places from bad ones does not grow with the sample.
struct EMSearch<Problem: MixtureProblem> {
    let problem: Problem
    let options: EMOptions

    /// Passes that a run has made by the end of a round, and runs that go on from there.
    private static var rounds: [(passes: Int, survivors: Int)] {
        [(3, 24), (6, 12), (14, 6), (30, 4)]
    }

    /// The winning run.
    ///
    /// - Complexity: O(n) for each of some hundreds of passes; memory O(starts).
    func best() -> EMRun<Problem> {
        let small = problem.thinned()
        var runs = survivors(on: small ?? problem)
        if small != nil {
            runs = runs.map { run in
                let place = problem.coordinates(of: run.parameters)
                return EMRun<Problem>(start: problem.parameters(at: place))
            }
        }
        advance(&runs, on: problem, to: options.maximumIterations)
        guard let winner = distinct(runs, on: problem, atMost: 1).first else {
            preconditionFailure("a problem without starts")
        }
        return winner
    }

    private func survivors(on problem: Problem) -> [EMRun<Problem>] {
        var runs = problem.starts().map { EMRun<Problem>(start: $0) }
        for round in Self.rounds {
            advance(&runs, on: problem, to: round.passes)
            runs = distinct(runs, on: problem, atMost: round.survivors)
        }
        // What is far behind after the last round does not catch up.
        guard let leader = runs.first else { return runs }
        let hopeless = leader.logLikelihood - 0.05 * Double(problem.count)
        return runs.filter { $0.logLikelihood >= hopeless }
    }

    private func advance(
        _ runs: inout [EMRun<Problem>], on problem: Problem, to iterations: Int
    ) {
        let tolerance = options.tolerance * Double(problem.count)
        let limit = min(iterations, options.maximumIterations)
        runs.withUnsafeMutableBufferPointer { runs in
            // Runs do not know of each other.
            concurrently(runs.count) { index in
                runs[index].advance(problem: problem, tolerance: tolerance, iterations: limit)
            }
        }
    }

    /// The best runs, best first, without those that have come to the same place as a better one.
    private func distinct(
        _ runs: [EMRun<Problem>], on problem: Problem, atMost limit: Int
    ) -> [EMRun<Problem>] {
        let ranked = runs.enumerated().sorted {
            ($1.element.logLikelihood, $0.offset) < ($0.element.logLikelihood, $1.offset)
        }
        var kept: [(run: EMRun<Problem>, place: SIMD8<Double>)] = []
        for (_, run) in ranked where kept.count < limit {
            let place = problem.coordinates(of: run.parameters)
            let isNew = kept.allSatisfy { other in
                let difference = place - other.place
                return (difference * difference).sum() > 1e-4
            }
            if isNew { kept.append((run, place)) }
        }
        return kept.map(\.run)
    }
}

/// One run of EM with squared extrapolation, which never lets the likelihood fall.
///
/// SQUAREM, scheme S3 (Varadhan and Roland 2008): two EM steps θ₀ → θ₁ → θ₂, r = θ₁ − θ₀,
/// v = θ₂ − θ₁ − r, and the jump to θ₀ + 2 s r + s² v with s = |r| / |v|. The jump is kept only if
/// the likelihood there is at least that at θ₁; otherwise the run goes on from θ₂.
struct EMRun<Problem: MixtureProblem> {
    private(set) var parameters: Problem.Parameters
    /// At ``parameters``; −∞ before the first pass.
    private(set) var logLikelihood = -Double.infinity
    /// Passes over the data so far.
    private(set) var iterations = 0
    private(set) var converged = false
    private var next: Problem.Parameters

    init(start: Problem.Parameters) {
        parameters = start
        next = start
    }

    /// Goes on until a cycle gains less than `tolerance`, or to `limit` passes, at least one.
    mutating func advance(problem: Problem, tolerance: Double, iterations limit: Int) {
        if iterations == 0 {
            (logLikelihood, next) = problem.step(parameters)
            iterations = 1
        }
        while !converged, iterations < limit {
            let start = logLikelihood
            let (first, afterFirst) = problem.step(next)
            iterations += 1
            guard let jump = extrapolation(problem, afterFirst), iterations < limit else {
                // Without a second difference (or a pass left for a jump) the plain steps are all.
                move(to: next, first, afterFirst)
                converged = first - start <= tolerance
                continue
            }
            let (jumped, afterJump) = problem.step(jump)
            iterations += 1
            if jumped >= first {
                move(to: jump, jumped, afterJump)
                converged = jumped - start <= tolerance
            } else {
                let (second, afterSecond) = problem.step(afterFirst)
                iterations += 1
                move(to: afterFirst, second, afterSecond)
                converged = second - start <= tolerance
            }
        }
    }

    private mutating func move(
        to parameters: Problem.Parameters, _ logLikelihood: Double, _ next: Problem.Parameters
    ) {
        // Rounding may let a plain step of a run that has arrived seem to lose a last digit.
        guard logLikelihood >= self.logLikelihood else {
            converged = true
            return
        }
        self.parameters = parameters
        self.logLikelihood = logLikelihood
        self.next = next
    }

    private func extrapolation(
        _ problem: Problem, _ afterFirst: Problem.Parameters
    ) -> Problem.Parameters? {
        let place = problem.coordinates(of: parameters)
        let first = problem.coordinates(of: next)
        let second = problem.coordinates(of: afterFirst)
        let r = first - place
        let v = second - first - r
        let curvature = (v * v).sum()
        guard curvature > 0 else { return nil }
        // At least 1, which is the second step itself; longer than 256 has never paid.
        let length = min(max(((r * r).sum() / curvature).squareRoot(), 1), 256)
        return problem.parameters(at: place + 2 * length * r + length * length * v)
    }
}
