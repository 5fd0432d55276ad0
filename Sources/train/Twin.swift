import ArgumentParser
import Datasets
import Executable
import RunFormat
import Training

/// `train twin`: the plain network of a run's final sizes.
struct Twin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "twin",
        abstract: "Train the plain network that has the final sizes of one that resized itself.",
        discussion: """
            It has no filters, ramps or penalties, and the run's data, seed and other settings: what it \
            reaches, the sizes alone can do.

            EXAMPLE
              train twin small.h5 --equal multiply-adds --output plain.h5
            """)

    @Argument(help: "A run of `train compress`, `flexible`, `grow` or `fit`.")
    var original: String
    @Option(help: ArgumentHelp("What it is given as much of as the run.", valueName: "what"))
    var equal = TwinPlan.Equality.epochs
    @Option(
        help: """
            Folder of the data sets; else the environment's LAMINA_DATA, else ./data. Or the table, if it \
            is no longer where it was.
            """)
    var data: String?
    @OptionGroup(title: "Checkpoints") var checkpoints: CheckpointOptions
    @Flag(help: "Go on from the checkpoint of an earlier call.")
    var resume = false
    @Option(help: "The run file.")
    var output: String

    func run() throws {
        Program.useBestCore()
        let plan = try RunFile.reading(original) { run throws(RunError) in
            try TwinPlan(of: run, equal: equal, output: output)
        }
        let loaded = try recordedDataset(plan.data, in: data)
            .load(from: data, options: plan.data.options)
        for note in loaded.notes { tell("note: \(note)") }
        var job = try plan.job(on: loaded)
        checkpoints.apply(to: &job)
        try carryOut(job, on: loaded, resuming: resume)
    }
}
