public import Datasets
import Dispatch
import Synchronization
import Glibc

/// Many jobs on one data set, some at a time.
public struct TrainingSweep: Sendable {
    /// The jobs, in the order in which they begin; no two with the same output.
    public var jobs: [TrainingJob]

    /// A sweep of these jobs.
    public init(_ jobs: [TrainingJob]) { self.jobs = jobs }

    /// A job that did not end well.
    public struct Failure: Sendable {
        /// Its index.
        public var job: Int
        /// Why.
        public var error: any Error
    }

    /// Widths evenly spaced on a logarithmic scale.
    ///
    /// - Parameters:
    ///   - first: the smallest, 1 or more.
    ///   - last: the largest, not below the smallest.
    ///   - perOctave: how many for each doubling, 1 or more.
    /// - Returns: the values of 2^(i / perOctave), i = 0, 1, ..., rounded, that lie between the
    ///   two; ascending, each once.
    public static func widths(from first: Int, through last: Int, perOctave: Int) -> [Int] {
        precondition(
            first > 0 && last >= first && perOctave > 0,
            "\(first) to \(last), \(perOctave) an octave")
        var widths: [Int] = []
        var i = 0
        while true {
            let width = Int(exp2(Double(i) / Double(perOctave)).rounded())
            if width > last { return widths }
            if width >= first && widths.last != width { widths.append(width) }
            i += 1
        }
    }

    /// Does every job that is not complete, going on from checkpoints where there are any.
    ///
    /// The files do not depend on `count`, nor on whether the sweep was stopped in between.
    ///
    /// - Parameters:
    ///   - data: the data set of all jobs, which share its memory.
    ///   - count: jobs under way at the same time.
    ///   - progress: called after each batch of each job, on the job's thread; returns whether the
    ///     job is to go on.
    ///   - completed: called when a job has ended, well or not.
    /// - Returns: the jobs that failed, in order; the others are complete.
    public func run(
        on data: LoadedDataset, atATime count: Int,
        progress: @escaping @Sendable (_ job: Int, TrainingProgress) -> Bool = { _, _ in true },
        completed: @escaping @Sendable (_ job: Int) -> Void = { _ in }
    ) -> [Failure] {
        let state = SweepState()
        let jobs = jobs
        let group = DispatchGroup()
        for worker in 0..<min(max(1, count), jobs.count) {
            // A thread of its own: it works for hours, and divides its products among the pool.
            DispatchQueue(label: "training \(worker)").async(group: group) {
                while let index = state.takeJob(of: jobs.count) {
                    do {
                        _ = try jobs[index].run(on: data, resuming: true) { progress(index, $0) }
                    } catch {
                        state.add(Failure(job: index, error: error))
                    }
                    completed(index)
                }
            }
        }
        group.wait()
        return state.failures
    }
}

/// What the threads of a sweep share.
private final class SweepState: Sendable {
    private let next = Atomic(0)
    private let failed = Mutex<[TrainingSweep.Failure]>([])

    func takeJob(of count: Int) -> Int? {
        let index = next.add(1, ordering: .relaxed).oldValue
        return index < count ? index : nil
    }

    func add(_ failure: TrainingSweep.Failure) {
        failed.withLock { $0.append(failure) }
    }

    var failures: [TrainingSweep.Failure] {
        failed.withLock { $0.sorted { $0.job < $1.job } }
    }
}
