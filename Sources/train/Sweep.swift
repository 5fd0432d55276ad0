import ArgumentParser
import Datasets
import Executable
import Files
import Glibc
import Training

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
    @Option(
        help: ArgumentHelp("Trainings at the same time; else as many as cores.", valueName: "n"))
    var jobs: Int?
    @OptionGroup(title: "Training") var training: TrainingOptions
    @OptionGroup(title: "Recording") var recording: RecordOptions
    @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointOptions
    @Option(help: ArgumentHelp("Folder of the run files.", valueName: "folder"))
    var output: String

    /// Runs of a grid at most: beyond, folders and tables are no longer of use.
    private static let mostRuns = 100_000

    func validate() throws {
        for (name, value) in [("per-octave", perOctave), ("seeds", seeds), ("jobs", jobs ?? 1)]
        where value < 1 {
            throw ValidationError("--\(name) is \(value); expected 1 or more")
        }
        guard perOctave <= TrainingSweep.mostPerOctave else {
            throw ValidationError(
                "--per-octave is \(perOctave); expected 1 to \(TrainingSweep.mostPerOctave)")
        }
        let widths = sizes.values(perOctave: perOctave).count
        guard widths > 0 else {
            throw ValidationError(
                "--sizes \(sizes.text) holds no power of two; give a list or a larger --per-octave")
        }
        guard widths <= Self.mostRuns, seeds <= Self.mostRuns / widths else {
            throw ValidationError(
                "\(widths) widths with \(seeds) seeds each are too many runs; expected at most "
                    + "\(Self.mostRuns) in one grid")
        }
    }

    func run() throws {
        Program.useBestCore()
        let loaded = try data.load()
        try makeRunsFolder(output)
        let folder = output.hasSuffix("/") ? String(output.dropLast()) : output
        let grid = sizes.values(perOctave: perOctave).flatMap { width in
            (1...seeds).map { seed in
                var job = TrainingJob(
                    dataSeed: data.dataSeed, hidden: [width], activation: training.activation,
                    initialization: training.initialization,
                    configuration: training.configuration(
                        seed: UInt64(seed), for: loaded.dataset),
                    recordedPart: recording.record, recording: recording.options,
                    snapshotEvery: recording.snapshotEvery,
                    output: "\(folder)/\(loaded.dataset.id)-\(width)-seed\(seed).h5")
                checkpoints.apply(to: &job)
                return job
            }
        }
        let sweep = TrainingSweep(grid)
        let count = try sweep.checkedCount(jobs, on: loaded)
        let display = SweepDisplay(grid)
        Interruption.wait()
        let failures = sweep.run(on: loaded, atATime: count) { job, progress in
            display.show(progress, ofJob: job)
            return !Interruption.came
        } completed: { job in
            display.completed(job)
        } isWanted: {
            !Interruption.came
        }
        display.finish()
        if Interruption.came { Interruption.end() }
        let held = failures.filter(\.isHeld)
        for failure in held { tell("note: \(failure.error)") }
        for failure in failures where !failure.isHeld {
            let path = grid[failure.job].output
            let text = "\(failure.error)"
            tell("error: " + (text.hasPrefix(path) ? text : "\(path): \(text)"))
        }
        report("\(grid.count - failures.count) of \(grid.count) runs in \(output)")
        if failures.count > held.count { throw ExitCode(1) }
    }
}

/// Makes the folder of the runs unless it is there; that above it must be.
private func makeRunsFolder(_ path: String) throws(FileError) {
    let code = withSystemPath(path) { mkdir($0, 0o777) == 0 || errno == EEXIST ? 0 : errno }
    guard code == 0 else {
        throw code == ENOENT || code == ENOTDIR
            ? FileError(.makeFolder, path, .noSuchFolder(divided(path).folder))
            : FileError(.makeFolder, path, code: code)
    }
    guard isFolder(path) else { throw FileError(.makeFolder, path, code: ENOTDIR) }
    guard withSystemPath(path, { access($0, W_OK) }) == 0 else {
        throw FileError(.makeFolder, path, code: errno)
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
