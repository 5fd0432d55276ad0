import ArgumentParser
import Datasets
import Executable
import Training
import Glibc

/// `train sweep`: a grid of widths and seeds.
struct Sweep: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "sweep",
        abstract: "Train one hidden layer of many widths with many seeds, one run file each.",
        discussion: """
            Called again it does what is missing: finished runs are left alone, unfinished ones go on \
            from their checkpoints. The files do not depend on --jobs.

            EXAMPLE
              train sweep --dataset mnist --sizes 16..11585 --per-octave 2 --seeds 11 \\
                --jobs 2 --output runs/
            """)

    @OptionGroup(title: "Data") var data: DataOptions
    @Option(help: ArgumentHelp("Widths: from..to, or a list as 16,64,256.", valueName: "widths"))
    var sizes: Widths
    @Option(help: ArgumentHelp("Widths for each doubling.", valueName: "n"))
    var perOctave = 1
    @Option(help: ArgumentHelp("Trainings of each width, with seeds 1 to n.", valueName: "n"))
    var seeds = 1
    @Option(help: ArgumentHelp("Trainings at the same time.", valueName: "n"))
    var jobs = 1
    @OptionGroup(title: "Training") var training: TrainingOptions
    @OptionGroup(title: "Recording") var recording: RecordOptions
    @Option(help: ArgumentHelp("Folder of the run files.", valueName: "folder"))
    var output: String

    func validate() throws {
        for (name, value) in [("per-octave", perOctave), ("seeds", seeds), ("jobs", jobs)]
        where value < 1 {
            throw ValidationError("--\(name) is \(value); expected 1 or more")
        }
        guard !sizes.values(perOctave: perOctave).isEmpty else {
            throw ValidationError(
                "--sizes \(sizes.text) holds no power of two; give a list or a larger --per-octave")
        }
    }

    func run() throws {
        Program.useBestCore()
        let loaded = try data.load()
        try makeFolder(output)
        let folder = output.hasSuffix("/") ? String(output.dropLast()) : output
        let grid = sizes.values(perOctave: perOctave).flatMap { width in
            (1...seeds).map { seed in
                TrainingJob(
                    dataSeed: data.dataSeed, hidden: [width], activation: training.activation,
                    initialization: training.initialization,
                    configuration: training.configuration(
                        seed: UInt64(seed), for: loaded.dataset),
                    recordedPart: recording.record, recording: recording.options,
                    snapshotEvery: recording.snapshotEvery,
                    output: "\(folder)/\(loaded.dataset.id)-\(width)-seed\(seed).h5")
            }
        }
        let display = SweepDisplay(grid)
        let failures = TrainingSweep(grid).run(on: loaded, atATime: jobs) { job, progress in
            display.show(progress, ofJob: job)
            return true
        } completed: { job in
            display.completed(job)
        }
        display.finish()
        for failure in failures {
            writeToStandardError("error: \(grid[failure.job].output): \(failure.error)\n")
        }
        print("\(grid.count - failures.count) of \(grid.count) runs in \(output)")
        if !failures.isEmpty { throw ExitCode(1) }
    }
}

/// Makes a folder unless it is there.
///
/// - Throws: ``OutputError`` if it cannot be made, or something else has that name.
private func makeFolder(_ path: String) throws {
    var status = stat()
    if mkdir(path, 0o777) != 0 {
        let code = errno
        guard code == EEXIST, stat(path, &status) == 0 else { throw OutputError(path, code) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw OutputError(path, ENOTDIR) }
    }
    guard access(path, W_OK) == 0 else { throw OutputError(path, errno) }
}

/// A folder that the system does not let us write into.
struct OutputError: Error, CustomStringConvertible {
    let description: String

    init(_ path: String, _ code: Int32) {
        description =
            "\(path): cannot be used as the folder of the runs: "
            + "\(String(cString: strerror(code))); name another with --output"
    }
}

/// The widths of a sweep.
enum Widths: ExpressibleByArgument {
    case range(Int, Int)
    case list([Int])

    init?(argument: String) {
        let list = argument.split(separator: ",").map { Int($0) }
        if let values = list as? [Int], !values.isEmpty, values.allSatisfy({ $0 > 0 }) {
            self = .list(values)
            return
        }
        let ends = argument.split(separator: ".", omittingEmptySubsequences: true)
        guard argument.contains(".."), ends.count == 2, let first = Int(ends[0]),
            let last = Int(ends[1]), first > 0, last >= first
        else { return nil }
        self = .range(first, last)
    }

    /// As on the command line.
    var text: String {
        switch self {
        case .range(let first, let last): "\(first)..\(last)"
        case .list(let values): values.map { "\($0)" }.joined(separator: ",")
        }
    }

    /// The widths, ascending.
    func values(perOctave: Int) -> [Int] {
        switch self {
        case .list(let values): return Array(Set(values)).sorted()
        case .range(let first, let last):
            return TrainingSweep.widths(from: first, through: last, perOctave: perOctave)
        }
    }
}
