public import Datasets
import Dispatch
import FoundationEssentials
import Glibc
import Isolation
import LinearAlgebra
import Synchronization

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
        /// Whether another process works on it, which is no fault.
        public var isHeld: Bool { (error as? StateFileError)?.isHeld ?? false }
    }

    /// Widths evenly spaced on a logarithmic scale.
    ///
    /// - Parameters:
    ///   - first: the smallest, 1 or more.
    ///   - last: the largest, not below the smallest.
    ///   - perOctave: how many for each doubling, 1 to ``mostPerOctave``.
    /// - Returns: the values of 2^(i / perOctave), i = 0, 1, ..., rounded, that lie between the
    ///   two; ascending, each once.
    public static func widths(from first: Int, through last: Int, perOctave: Int) -> [Int] {
        precondition(
            first > 0 && last >= first && (1...mostPerOctave).contains(perOctave),
            "\(first) to \(last), \(perOctave) an octave")
        var widths: [Int] = []
        // Below 2^63, the first power that is no Int.
        for i in 0..<63 * perOctave {
            let power = exp2(Double(i) / Double(perOctave)).rounded()
            guard power < 0x1p63, Int(power) <= last else { break }
            if Int(power) >= first && widths.last != Int(power) { widths.append(Int(power)) }
        }
        return widths
    }

    /// More widths a doubling than any plot can tell apart.
    public static let mostPerOctave = 1000

    /// How many jobs may be under way together.
    ///
    /// - Parameters:
    ///   - count: as many as are asked for; `nil` for one on each core, or fewer if more do not fit
    ///     into the memory.
    ///   - data: the data set of all jobs.
    /// - Returns: a number that ``run(on:atATime:progress:completed:isWanted:)`` takes.
    /// - Throws: ``TrainingError`` if a job's settings make no sense, or `count` of the largest jobs
    ///   do not fit into the memory.
    public func checkedCount(
        _ count: Int?, on data: LoadedDataset
    ) throws(TrainingError) -> Int {
        let available = MemoryShare.byteCount
        for job in jobs { try job.check(on: data, memory: available) }
        let needs = jobs.map {
            $0.memoryNeed(
                inputs: data.train.inputCount, outputs: data.train.outputCount,
                samples: data.train.count) ?? .max
        }.sorted(by: >)
        let cores = ProcessInfo.processInfo.activeProcessorCount
        let most = min(count ?? cores, jobs.count, Self.mostAtATime)
        var sum = CheckedSum()
        for (done, need) in needs.prefix(most).enumerated() {
            sum.add(need)
            if let all = sum.value, all <= available { continue }
            guard count != nil else { return max(1, done) }
            throw .setting(
                name: "jobs", value: "\(most)",
                expected: "at most \(max(1, done)), as the largest of them take "
                    + "\(gigabytes(need)) of memory and there are \(gigabytes(available))")
        }
        return max(1, most)
    }

    /// Does every job that is not complete, going on from checkpoints where there are any.
    ///
    /// The files do not depend on `count`, nor on whether the sweep was stopped in between.
    ///
    /// - Parameters:
    ///   - data: the data set of all jobs, which share its memory.
    ///   - count: jobs under way at the same time; from as many as there are cores on, each has one
    ///     core.
    ///   - progress: called after each batch of each job, on the job's thread; returns whether the
    ///     job is to go on.
    ///   - completed: called when a job has ended, well or not.
    ///   - isWanted: asked before each job, and now and then while one is recorded, whether to go on.
    /// - Returns: the jobs that failed or that other processes work on, in order; the others are
    ///   complete.
    public func run(
        on data: LoadedDataset, atATime count: Int,
        progress: @escaping @Sendable (_ job: Int, TrainingProgress) -> Bool = { _, _ in true },
        completed: @escaping @Sendable (_ job: Int) -> Void = { _ in },
        isWanted: @escaping @Sendable () -> Bool = { true }
    ) -> [Failure] {
        let state = SweepState()
        let jobs = jobs
        let count = min(max(1, count), jobs.count, Self.mostAtATime)
        let hasOneCore = count >= ProcessInfo.processInfo.activeProcessorCount
        @Sendable func work(_ index: Int) {
            do {
                func run() throws {
                    _ = try jobs[index].run(
                        on: data, resuming: true, progress: { progress(index, $0) },
                        isWanted: isWanted)
                }
                // Dividing products among cores that are all busy only costs time.
                try hasOneCore ? withOneCore(run) : run()
            } catch {
                state.add(Failure(job: index, error: error))
            }
        }
        let group = DispatchGroup()
        for worker in 0..<count {
            // A thread of its own: it works for hours, and divides its products among the pool.
            DispatchQueue(label: "training \(worker)").async(group: group) {
                while isWanted(), let index = state.takeJob(of: jobs.count) {
                    work(index)
                    completed(index)
                }
            }
        }
        group.wait()
        // What another process worked on may be complete by now, or left for this one to do.
        for held in state.takeHeld() where isWanted() { work(held.job) }
        return state.failures
    }

    /// Threads beyond this would only wait for each other.
    private static let mostAtATime = 256
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

    /// The jobs that other processes had, which are no failures until they are tried again.
    func takeHeld() -> [TrainingSweep.Failure] {
        failed.withLock { failed in
            let held = failed.filter(\.isHeld)
            failed.removeAll(where: \.isHeld)
            return held
        }
    }

    var failures: [TrainingSweep.Failure] {
        failed.withLock { $0.sorted { $0.job < $1.job } }
    }
}
