import Analysis
import Comparison
import Executable
import Files
import Isolation
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
        let analyzer = Analyzer(metrics: metrics, selection: selection.selection)
        if let worker = Worker.current {
            await worker.serve { (path: String) in
                Guard.allowTime(for: path)
                return await answer(path, with: analyzer) { worker.report(done: $0, of: $1) }
            }
        }
        for path in selection.runs { InputFiles.add(path) }
        try output.checkTargets()
        let sink: ResultSink
        if let only = selection.runs.first, selection.runs.count == 1 {
            guardReading(only)
            let bar = output.quiet ? nil : ProgressBar(only, total: 0)
            let answer = await answer(only, with: analyzer) { bar?.update(done: $0, of: $1) }
            bar?.finish()
            sink = try output.write { try $0.add(answer) }
        } else {
            let pool = WorkerPool(jobs: 1)
            defer { pool.end() }
            sink = try output.write { sink in
                for path in selection.runs { try sink.add(answer(path, from: pool)) }
            }
        }
        try sink.draw()
        try conclude(sink)
    }

    private func answer(_ path: String, from pool: WorkerPool) -> FileAnswer {
        let bar = output.quiet ? nil : ProgressBar(path, total: 0)
        defer { bar?.finish() }
        do {
            return try pool.answer(to: path) { bar?.update(done: $0, of: $1) }
        } catch {
            return FileAnswer(failure: Failure(error, name: visible(path)))
        }
    }

    private func answer(
        _ path: String, with analyzer: Analyzer,
        onProgress: @escaping @Sendable (Int, Int) -> Void
    ) async -> FileAnswer {
        var answer = FileAnswer()
        do {
            let options = selection.readOptions
            let run = try Guard.readingStructure(of: path) { () throws(RunError) in
                try RunFile(path: path, options: options)
            }
            if let version = run.attributes[Schema.Attribute.version]?.integer,
                version > Schema.version
            {
                answer.warnings = [
                    "\(visible(path)): it was written as version \(version) of the format; "
                        + "this program knows \(Schema.version) and may miss what is new"
                ]
            }
            answer.warnings += try Guard.readingStructure(of: path) { () throws(RunError) in
                try remarks(on: run)
            }
            var analysis = try await analyzer.analyze(run, onProgress: onProgress)
            analysis.noteWidth(run.attributes)
            answer.warnings += analysis.notes.map { "\(visible(path)): \(visible($0))" }
            answer.results = analysis.results
            // Nobody will look at them.
            if output.plot == nil {
                for index in answer.results.indices { answer.results[index].figures = [] }
            }
            answer.failures =
                analysis.failures.map(Failure.init)
                + Remark.failures(in: analysis.results, told: analysis.failures)
        } catch let error as RunError {
            answer.failures.append(Failure(error))
        } catch {
            answer.failures.append(
                Failure(message: "\(visible(path)): \(error)", code: Failure.bug))
        }
        return answer
    }

    /// Which matrices are passed over and which layers have two names, unless layers were named.
    private func remarks(on run: RunFile) throws(RunError) -> [String] {
        let chosen = selection.selection
        guard chosen.datasets.isEmpty, chosen.layers.isEmpty else { return [] }
        return try run.remarks().map { "\(visible(run.path)): \($0)" }
    }

    /// Ends with the exit code of the contract; the reasons were printed.
    private func conclude(_ sink: ResultSink) throws {
        if let code = sink.failureCode {
            throw Ended(code: sink.isUseful ? Failure.partly : code)
        }
        guard sink.isUseful || !sink.hasResults else {
            throw Failure(
                message: "\(selection.runs.map(visible).joined(separator: ", ")): nothing to "
                    + "analyze: " + (sink.firstReason ?? "every result was skipped"),
                code: Failure.badData)
        }
    }
}

extension LayerResult {
    /// Whether a matrix was looked at.
    var isUseful: Bool { status != .failed && status != .skipped }
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
            if let plot, let output, isSame(outputFile(of: plot), outputFile(of: output)) {
                throw Failure(
                    message: "--plot is \(visible(plot)), the file of --output; give another name",
                    code: Failure.usage)
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

    /// Writes what `body` hands to the sink, and to standard error what a reader should know.
    ///
    /// - Returns: the sink, after its end.
    /// - Throws: ``Failure`` if that cannot be written, or what `body` throws.
    @discardableResult
    func write(_ body: (ResultSink) throws -> Void) throws -> ResultSink {
        var written: ResultSink?
        func write(to target: TextOutput?) throws -> ResultSink {
            let sink = ResultSink(self, target: target)
            written = sink
            try body(sink)
            try sink.finish()
            return sink
        }
        do {
            guard let output else { return try write(to: nil) }
            try writeFile(at: output) { _ = try write(to: $0) }
        } catch let error as OutputError {
            throw Failure(error)
        } catch is ResultSink.NothingToWrite {
            // Everything was said; an older file stays.
        }
        guard let written else { preconditionFailure("nobody was asked for results") }
        return written
    }

    /// Writes a document of any kind, in the format that was asked for.
    ///
    /// - Throws: `OutputError`.
    func write(
        table: (TextOutput, Bool) -> Void, csv: (TextOutput) -> Void, json: JSONNode
    ) throws {
        func write(to target: TextOutput, isStyled: Bool) {
            switch format {
            case .table: table(target, isStyled)
            case .csv: csv(target)
            case .json: JSON.writeDocument(json, to: target)
            }
        }
        if let output {
            try writeFile(at: output) { write(to: $0, isStyled: false) }
        } else {
            let target = TextOutput(descriptor: 1, name: "standard output")
            write(to: target, isStyled: Terminal.allowsStyle(1))
            try target.finish()
        }
    }

    func say(warning: String) { if !quiet { Messages.say(warning: warning) } }

    /// Says what readers of `results` should know.
    func say(warningsOf results: [LayerResult]) {
        let told = results.filter { $0.status != .skipped }
        for (remark, metrics) in Remark.all(on: told, \.warnings) {
            say(warning: Remark.line(remark, metrics))
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
