import Glibc
import ResultStore

/// A share of the runs for one of several processes, which need not know of each other.
///
/// A run belongs to a share by the hash of its path below the folder that was named, so that more runs in the folder, or a run that
/// is gone, move no other run to another share.
public struct Shard: Sendable, Hashable {
    /// From 0.
    public let index: Int
    /// How many shares there are.
    public let count: Int

    /// The share `index`, from 0, of `count`; `nil` unless 0 <= index < count.
    public init?(index: Int, of count: Int) {
        guard index >= 0, index < count else { return nil }
        self.index = index
        self.count = count
    }

    /// Reads "i/n", where i counts from 1 as people do.
    public init?(_ text: String) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map { Int($0) }
        guard parts.count == 2, let index = parts[0], let count = parts[1] else { return nil }
        self.init(index: index - 1, of: count)
    }

    /// The share of a task of a Slurm job array: its position among the array's tasks.
    ///
    /// - Parameter environment: looks up a variable; in the environment of this process if `nil`.
    /// - Returns: the share of this task.
    /// - Throws: ``SlurmError`` where there is no array, or one that is no range with equal steps.
    public static func slurm(
        _ environment: ((String) -> String?)? = nil
    ) throws(SlurmError) -> Shard {
        let environment = environment ?? { getenv($0).map { String(cString: $0) } }
        func number(_ name: String) throws(SlurmError) -> Int {
            guard let text = environment(name) else { throw SlurmError(problem: .notSet(name)) }
            guard let number = Int(text) else {
                throw SlurmError(problem: .noNumber(name, text))
            }
            return number
        }
        let id = try number("SLURM_ARRAY_TASK_ID")
        let count = try number("SLURM_ARRAY_TASK_COUNT")
        let first = try number("SLURM_ARRAY_TASK_MIN")
        let step =
            environment("SLURM_ARRAY_TASK_STEP") == nil ? 1 : try number("SLURM_ARRAY_TASK_STEP")
        guard step > 0, (id - first) % step == 0,
            let shard = Shard(index: (id - first) / step, of: count)
        else { throw SlurmError(problem: .noRange(id: id, first: first, count: count)) }
        return shard
    }

    /// Whether the run whose ``ListedRun/key`` is `name` belongs to this share.
    public func contains(_ name: String) -> Bool {
        stableHash(of: Array(name.utf8)) % UInt64(count) == UInt64(index)
    }
}

/// Why a process does not know its place in a Slurm job array.
public struct SlurmError: Error, Hashable, CustomStringConvertible {
    /// What is wrong.
    public var problem: Problem

    /// What is wrong.
    public enum Problem: Hashable, Sendable {
        case notSet(String)
        case noNumber(String, String)
        case noRange(id: Int, first: Int, count: Int)
    }

    /// One sentence with a remedy.
    public var description: String {
        switch problem {
        case .notSet(let name):
            "--shard slurm needs a job array, but \(name) is not set; submit with "
                + "sbatch --array=0-15, or say --shard 1/16"
        case .noNumber(let name, let text): "--shard slurm: \(name) is \(text), not a number"
        case .noRange(let id, let first, let count):
            "--shard slurm: task \(id) has no place among \(count) tasks from \(first); submit a "
                + "range with sbatch --array=0-15"
        }
    }
}
