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
        converged = false
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
