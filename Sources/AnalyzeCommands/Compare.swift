import Analysis
import ArgumentParser
import Comparison
import Executable
import Isolation
import MetricCore
import Report
import Text

/// `analyze compare runs...`: many runs in groups, or two side by side.
struct Compare<Metrics: MetricList>: AsyncParsableCommand {
    static var configuration: CommandConfiguration {
        CommandConfiguration(
            commandName: "compare",
            abstract: "How metrics change with the width, and which follows the accuracy.",
            discussion: """
                Two runs, or two snapshots of one, stand side by side with their differences. \
                More are put into groups: the seeds of a group are summarized by mean, standard \
                deviation (n - 1) and Student's t interval of the mean; each quantity is correlated \
                with the test accuracy over all runs (Spearman, from three runs on; interval by \
                Fisher's transformation with Bonett and Wright's variance). Data sets, models, \
                snapshots and epochs of one training are kept apart: they are no repetitions.

                --fail-on fails closed. Exit code 2: a number satisfies a condition, whatever else \
                is missing. 65: no result can answer a condition. 1: some result or run lacks the \
                number, or could not be read.

                Examples:
                  analyze compare runs/
                  analyze compare runs/ --by dataset,width --plot comparison.svg
                  analyze compare runs/ --by size         # also: start, penalty, seed, any attribute
                  analyze compare before.h5 after.h5
                  analyze compare run.h5 --snapshot 100 --snapshot final
                  analyze compare runs/ --fail-on 'dead.fraction > 0.3'
                """)
    }

    @OptionGroup(title: "What to compare") var runs: ComparedRuns

    @Option(
        help: ArgumentHelp(
            "Group by these, the last being the axis: width, seed, dataset, epoch, snapshot, run, "
                + "any attribute or training parameter. Default: width; epoch or snapshot where "
                + "all runs have one width.",
            valueName: "a,b"),
        transform: { $0.split(separator: ",").map(String.init) })
    var by: [String] = []

    @Option(
        name: .customLong("quantity"), parsing: .singleValue,
        help: ArgumentHelp(
            "Only these numbers, as pca.effectiveRank; * and ? stand for any characters. "
                + "Repeatable.", valueName: "metric.quantity"))
    var quantities: [String] = []

    @Option(
        help: ArgumentHelp("What to correlate the numbers with.", valueName: "attribute"))
    var target = "test_accuracy"

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "An untrained network of the same shape, to stand beside. Repeatable, one a shape.",
            valueName: "run.h5"), completion: .file(extensions: ["h5", "hdf5", "json"]))
    var baseline: [String] = []

    @Option(
        parsing: .singleValue,
        help: ArgumentHelp(
            "End with exit code 2 if a number satisfies this. Repeatable.",
            valueName: "metric.quantity > number"),
        transform: { try Condition(parsing: $0) })
    var failOn: [Condition] = []

    @Option(help: "The probability with which intervals are to cover.")
    var level = 0.95

    @OptionGroup(title: "Results") var output: OutputOptions

    func validate() throws {
        guard level > 0, level < 1 else {
            throw ValidationError("--level is \(level); expected a number between 0 and 1")
        }
    }

    func run() async throws {
        Program.useBestCore()
        var gathering = try RunGathering(
            runs, messages: RunMessages(isVerbose: output.verbose, isQuiet: output.quiet),
            known: Metrics.metrics, named: failOn.compactMap(\.metric), showsFigures: false)
        if let worker = Worker.current { await gathering.serve(worker) }
        gathering.protect(runs.inputs + baseline)
        try output.checkTargets()
        let states = await gathering.states(in: runs.inputs)
        guard !states.isEmpty else { throw gathering.nothingFound(in: runs.inputs) }
        let baselines = await gathering.states(in: baseline)
        var refusal: Failure?
        do { try compare(states, baselines) } catch let failure as Failure where !failOn.isEmpty {
            // What does not compare can be checked all the same.
            Messages.say(error: failure.message)
            refusal = failure
        }
        try conclude(states, gathering.failures, refusal)
    }

    private func compare(_ states: [RunState], _ baselines: [RunState]) throws {
        do {
            if by.isEmpty, let pair = pair(states, baselines) {
                let differences = try Differences(
                    pair.0, pair.1, layers: runs.layers, quantities: quantities)
                try output.write(
                    table: differences.writeTable, csv: differences.writeCSV,
                    json: differences.json)
                say(differences.warnings)
                if output.plot != nil {
                    throw Failure(
                        message: "two runs side by side have no picture; leave out --plot, or name "
                            + "--by to draw groups", code: Failure.usage)
                }
                return
            }
            let comparison = try Comparison(
                states, baselines: baselines,
                options: ComparisonOptions(
                    by: by, target: target, layers: runs.layers, quantities: quantities,
                    level: level))
            try output.write(
                table: comparison.writeTable, csv: comparison.writeCSV, json: comparison.json)
            say(comparison.warnings)
            try draw(comparison)
        } catch let error as ComparisonError {
            throw Failure(
                message: error.description,
                code: error.isAboutData ? Failure.badData : Failure.usage)
        } catch let error as OutputError {
            throw Failure(error)
        }
    }

    /// The two states to put side by side, if there are just two.
    private func pair(
        _ states: [RunState], _ baselines: [RunState]
    ) -> (RunState, RunState)? {
        switch (states.count, baselines.count) {
        case (2, 0): (states[0], states[1])
        case (1, 1): (baselines[0], states[0])
        default: nil
        }
    }

    private func say(_ warnings: [String]) {
        if !output.quiet { warnings.forEach { Messages.say(warning: $0) } }
    }

    private func draw(_ comparison: Comparison) throws {
        guard let plot = output.plot else { return }
        try output.draw(comparison.figures, to: plot)
    }

    /// Tells what satisfies a condition and what could not be checked, and ends with the contract's
    /// exit code.
    private func conclude(
        _ states: [RunState], _ failures: [Failure], _ refusal: Failure?
    ) throws {
        var codes: Set<Int32> = failures.isEmpty ? [] : [Failure.partly]
        for condition in failOn {
            let verdict = condition.check(states)
            if verdict.checked == 0 {
                // The data are not what the condition needs.
                codes.insert(Failure.badData)
                let first = verdict.gaps.first.map { "; \($0.description)" } ?? ""
                Messages.say(
                    error: "no result can answer --fail-on '\(visible(condition.text))'\(first)")
                continue
            }
            if !verdict.gaps.isEmpty { codes.insert(Failure.partly) }
            if !verdict.hits.isEmpty { codes.insert(Failure.threshold) }
            for hit in verdict.hits { Messages.say(error: hit.description) }
            // Why results failed was told when they were read.
            for gap in verdict.gaps where gap.result?.status != .failed {
                Messages.say(error: gap.description)
            }
        }
        // A hit is a hit, whatever else is missing.
        if let code = refusal?.code, code == Failure.usage || codes.isEmpty { codes.insert(code) }
        let order = [Failure.threshold, Failure.badData, Failure.usage]
        if let code = order.first(where: codes.contains) ?? codes.first { throw Ended(code: code) }
    }
}

extension Failure {
    /// A number satisfies a condition of `--fail-on`.
    static let threshold: Int32 = 2
}
