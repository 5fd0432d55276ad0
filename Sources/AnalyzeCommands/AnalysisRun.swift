import Analysis
import Comparison
import Executable
import Files
import MetricCore
import Report
import RunFormat
import Text

/// Metrics over the runs of a command line, from opening the files to the exit code.
struct AnalysisRun {
    let metrics: [ConfiguredMetric]
    let selection: SelectionOptions
    let output: OutputOptions

    func perform() async throws {
        if output.plot != nil, !metrics.contains(where: \.descriptor.draws) {
            let ids = metrics.map(\.descriptor.id).joined(separator: ", ")
            throw Failure(
                message: "\(ids) draws no picture; leave out --plot", code: Failure.usage)
        }
        if metrics.contains(where: \.multipliesMatrices) { Program.useBestCore() }
        for path in selection.runs { InputFiles.add(path) }
        try output.checkTargets()
        let analyzer = Analyzer(metrics: metrics, selection: selection.selection)
        var results: [LayerResult] = []
        var failures: [Failure] = []
        for path in selection.runs {
            do {
                let analysis = try await analyze(path, with: analyzer)
                results += analysis.results
                say(analysis.notes, of: path)
                failures += analysis.failures.map(Failure.init)
                failures += Remark.failures(in: analysis.results, told: analysis.failures)
            } catch let error as RunError {
                failures.append(Failure(error))
            }
        }
        if !results.isEmpty || failures.isEmpty { try output.write(results) }
        for failure in failures { output.say(failure) }
        // Where nothing was computed the reasons were told already.
        if results.contains(where: \.isUseful) { try output.draw(results) }
        try conclude(results, failures)
    }

    private func say(_ notes: [String], of run: String) {
        guard !output.quiet else { return }
        for note in notes { Messages.say(warning: "\(visible(run)): \(visible(note))") }
    }

    private func analyze(_ path: String, with analyzer: Analyzer) async throws -> RunAnalysis {
        let run = try RunFile(
            path: path, options: selection.readOptions)
        if let version = run.attributes[Schema.Attribute.version]?.integer,
            version > Schema.version, !output.quiet
        {
            Messages.say(
                warning: "\(visible(path)): it was written as version \(version) of the format; "
                    + "this program knows \(Schema.version) and may miss what is new")
        }
        try sayRemarks(on: run)
        let bar = output.quiet ? nil : ProgressBar(path, total: 0)
        defer { bar?.finish() }
        var analysis = try await analyzer.analyze(run) { done, total in
            bar?.update(done: done, of: total)
        }
        analysis.noteWidth(run.attributes)
        return analysis
    }

    /// Says which matrices are passed over and which layers have two names, unless layers were named.
    private func sayRemarks(on run: RunFile) throws {
        let chosen = selection.selection
        guard !output.quiet, chosen.datasets.isEmpty, chosen.layers.isEmpty else { return }
        for remark in try run.remarks() {
            Messages.say(warning: "\(visible(run.path)): \(remark)")
        }
    }

    /// Ends with the exit code of the contract; the reasons were printed.
    private func conclude(_ results: [LayerResult], _ failures: [Failure]) throws {
        let isUseful = results.contains(where: \.isUseful)
        if let first = failures.first { throw Ended(code: isUseful ? Failure.partly : first.code) }
        guard isUseful || results.isEmpty else {
            throw Failure(
                message: "\(selection.runs.joined(separator: ", ")): nothing to analyze: "
                    + (results.first?.reason ?? "every result was skipped"),
                code: Failure.badData)
        }
    }
}

extension LayerResult {
    /// Whether a matrix was looked at.
    fileprivate var isUseful: Bool { status != .failed && status != .skipped }
}

/// The process ends with this code; everything was said.
struct Ended: Error {
    var code: Int32
}

extension Failure {
    init(_ error: RunError) {
        let code: Int32 =
            switch error.kind {
            case .usage: Failure.usage
            case .badData: Failure.badData
            case .inputOutput: Failure.inputOutput
            }
        self.init(message: error.description, code: code, frames: error.frames)
    }
}

extension Failure {
    init(_ error: OutputError) {
        self.init(message: error.description, code: Failure.inputOutput)
    }
}

extension OutputOptions {
    /// Refuses targets that cannot be written, or must not be replaced, before anything is read; what
    /// the command reads is among ``InputFiles`` by then.
    func checkTargets() throws {
        do {
            if let plot, plot != "-" {
                _ = try Plotter.format(of: plot)
                try checkWritable(plot)
            }
            if let output {
                try checkWritable(output)
            } else {
                do { try checkStandardOutput() } catch { throw OutputError(error) }
            }
        } catch let error as PlotError {
            throw Failure(message: error.description, code: Failure.usage)
        } catch let error as OutputError {
            throw Failure(error)
        }
    }

    /// Writes the numbers, and to standard error what their reader should know.
    func write(_ results: [LayerResult]) throws {
        do {
            if let output {
                try writeFile(at: output) { format(results, to: $0, width: nil, isStyled: false) }
            } else {
                let target = TextOutput(descriptor: 1, name: "standard output")
                let width = Terminal.isTerminal(1) ? Terminal.size(of: 1).columns : nil
                format(results, to: target, width: width, isStyled: Terminal.allowsStyle(1))
                try target.finish()
            }
        } catch let error as OutputError {
            throw Failure(error)
        }
        guard !quiet else { return }
        let told = results.filter { $0.status != .skipped }
        for (remark, metrics) in Remark.all(on: told, \.warnings) {
            Messages.say(warning: Remark.line(remark, metrics))
        }
    }

    private func format(
        _ results: [LayerResult], to target: TextOutput, width: Int?, isStyled: Bool
    ) {
        switch format {
        case .table: Table(width: width, isStyled: isStyled).write(results, to: target)
        case .json: JSON.write(results, to: target)
        case .csv: CSV.write(results, to: target)
        }
    }

    /// Draws the figures, after the numbers, which a broken gnuplot must not take away.
    func draw(_ results: [LayerResult]) throws {
        guard let plot, !results.isEmpty else { return }
        try draw(
            to: plot,
            picture: { try Plotter().draw(results, to: $0) },
            drawing: {
                try Plotter().drawing(of: results, columns: $0, lines: $1, hasColours: $2)
            })
    }

    /// Draws figures that belong to no single result.
    func draw(_ figures: [Figure], to plot: String) throws {
        let plotter = Plotter(panelLimit: 30)
        try draw(
            to: plot,
            picture: { try plotter.draw(figures: figures, to: $0) },
            drawing: {
                try plotter.drawing(ofFigures: figures, columns: $0, lines: $1, hasColours: $2)
            })
    }

    private func draw(
        to plot: String, picture: (String) throws -> [String],
        drawing: (Int, Int, Bool) throws -> (text: String, warnings: [String])
    ) throws {
        do {
            var warnings: [String]
            if plot == "-" {
                let size = Terminal.size(of: 1)
                let drawn = try drawing(
                    size.columns ?? 79, min(size.lines ?? 24, 40), Terminal.allowsStyle(1))
                warnings = drawn.warnings
                let target = TextOutput(descriptor: 1, name: "standard output")
                target.write(drawn.text)
                try target.finish()
            } else {
                warnings = try picture(plot)
            }
            if !quiet { warnings.forEach { Messages.say(warning: $0) } }
        } catch let error as PlotError {
            throw Failure(
                message: error.description,
                code: error == .nothingToDraw ? Failure.badData : Failure.inputOutput)
        } catch let error as OutputError {
            throw Failure(error)
        }
    }

    func say(_ failure: Failure) {
        Messages.say(error: failure.message, frames: verbose ? failure.frames : [])
    }
}
