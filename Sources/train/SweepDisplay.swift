import Synchronization
import Training

/// One line for a whole grid: how much is done, and the time left.
final class SweepDisplay: Sendable {
    private struct State {
        var done = 0
        /// Share of each job that is done.
        var share: [Double]
        /// Cost of what was done in this call.
        var worked = 0.0
        var lastShown: ContinuousClock.Instant?
        /// Of the job that reported last.
        var latest: (job: Int, progress: TrainingProgress)?
    }

    private let isTerminal = rewritesLines()
    private let costs: [Double]
    /// What tells one job from another.
    private let names: [String]
    private let start = ContinuousClock().now
    private let state: Mutex<State>

    init(_ grid: [TrainingJob]) {
        // Products grow with the width; the rest of a step costs about as much as 100 neurons.
        costs = grid.map { 100 + $0.hidden.reduce(0) { $0 + Double($1) } }
        names = grid.map {
            let widths = $0.hidden.map { "\($0)" }.joined(separator: "-")
            return "\(widths) neurons, seed \($0.configuration.seed)"
        }
        state = Mutex(State(share: grid.map { _ in 0 }))
    }

    func show(_ progress: TrainingProgress, ofJob job: Int) {
        state.withLock { state in
            let batches = Double(progress.batches)
            let share =
                (Double(progress.epoch - 1) + Double(progress.batch) / batches)
                / Double(progress.epochs)
            state.worked += costs[job] / batches / Double(progress.epochs)
            state.share[job] = share
            state.latest = (job, progress)
            let now = ContinuousClock().now
            guard isTerminal, state.lastShown.map({ now - $0 > .milliseconds(200) }) ?? true
            else { return }
            state.lastShown = now
            writeToStandardError(rewriting(line(state, now)))
        }
    }

    func completed(_ job: Int) {
        state.withLock { state in
            state.done += 1
            state.share[job] = 1
            if !isTerminal { writeToStandardError("\(line(state, ContinuousClock().now))\n") }
        }
    }

    func finish() {
        if isTerminal { writeToStandardError("\r\u{1B}[K") }
    }

    private func line(_ state: State, _ now: ContinuousClock.Instant) -> String {
        let total = costs.reduce(0, +)
        let done = zip(costs, state.share).reduce(0) { $0 + $1.0 * $1.1 }
        var text = "\(bar(done / total)) \(state.done)/\(costs.count) runs"
        if state.worked > 0 {
            let left = (now - start).seconds * (total - done) / state.worked
            text += "  \(duration(left)) left"
        }
        if let (job, progress) = state.latest {
            text += "  (\(names[job]): loss \(significant(progress.loss))"
            if let accuracy = progress.accuracy { text += ", accuracy \(percent(accuracy))" }
            text += ")"
        }
        return text
    }
}
