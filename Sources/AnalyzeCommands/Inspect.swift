import ArgumentParser
import Files
import HDF5
import Isolation
import MetricCore
import Report
import RunFormat
import Text

/// `analyze inspect run.h5`: what is in the file, and what of it can be analyzed.
struct Inspect: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "inspect",
        abstract: "What is in a file: layers, shapes, types, chunks, and what can be analyzed.",
        discussion: """
            Example:
              analyze inspect run.h5
            """)

    @Argument(
        help: ArgumentHelp("HDF5 files, of whatever layout.", valueName: "run.h5"),
        completion: .file(extensions: ["h5", "hdf5", "he5", "keras"]))
    var runs: [String]
    @Option(help: ArgumentHelp("An earlier step of the same training.", valueName: "step"))
    var snapshot: String?
    @OptionGroup var reading: ReadingOptions
    @Flag(help: "Show what the libraries said about an error.") var verbose = false

    func run() async throws {
        let options = reading.options
        try await forEachRun(runs, verbose: verbose) { path, output throws(RunError) in
            let run = try RunFile(path: path, options: options)
            write(try run.describe(snapshot: snapshot), to: output)
            return true
        }
    }

    private func write(_ run: RunDescription, to output: TextOutput) {
        output.write(line: "\(run.path)  \(readable(bytes: run.fileSize))")
        for attribute in run.attributes.all {
            output.write(line: "  \(attribute.name) = \(attribute.value.display)")
        }
        if !run.snapshots.isEmpty {
            output.write(line: "  snapshots: \(run.snapshots.joined(separator: ", "))")
        }
        for layer in run.layers {
            let kind = [layer.kind, layer.activation].compactMap { $0 }
            let note = kind.isEmpty ? "" : "  (\(kind.joined(separator: ", ")))"
            output.write("\n")
            output.write(line: "\(layer.name)\(note)")
            write(
                ArrayRole.allCases.compactMap { layer.arrays[$0] } + layer.others, to: output,
                note: {
                    $0.path == layer.filter?.path ? "gate of each neuron, which post contains" : ""
                })
        }
        for remark in run.layers.isEmpty ? [] : run.remarks {
            output.write("\n")
            output.write(line: remark)
        }
        if run.layers.isEmpty {
            output.write("\nNo layers; name a matrix with --dataset PATH to analyze it.\n")
        }
        if !run.others.isEmpty {
            output.write(run.layers.isEmpty ? "" : "\nbeside the layers\n")
            write(run.others, to: output, names: \.path)
        }
    }

    /// A line an array, in columns.
    private func write(
        _ arrays: [ArrayInfo], to output: TextOutput,
        names: (ArrayInfo) -> String = { $0.name }, note: (ArrayInfo) -> String = { _ in "" }
    ) {
        let rows = arrays.map { array in
            // Texts are no matrices to analyze, but nothing is wrong with them.
            let isText = array.elementType.map {
                $0.kind == .fixedString || $0.kind == .variableString
            }
            let isReadable = array.refusal == nil || isText == true
            return [
                visible(names(array)), isReadable ? array.shapeDescription : "-",
                isReadable ? array.typeName : "-", isReadable ? storage(of: array) : "-",
                isReadable
                    ? note(array)
                    : array.refusal.map { "cannot be read: \(visible($0.message))" } ?? "",
            ]
        }
        let widths = (0..<4).map { column in rows.map { $0[column].count }.max() ?? 0 }
        for row in rows {
            var line = " "
            for (cell, width) in zip(row, widths + [0]) {
                line += " " + cell + String(repeating: " ", count: max(0, width - cell.count) + 1)
            }
            while line.last == " " { line.removeLast() }
            output.write(line: line)
        }
    }

    private func storage(of array: ArrayInfo) -> String {
        guard let chunk = array.chunkShape else { return array.layout.rawValue }
        let shape = chunk.map(String.init).joined(separator: " x ")
        let filters = array.filters.map { $0.name.isEmpty ? "filter \($0.id)" : $0.name }
        return "chunks of \(shape)"
            + (filters.isEmpty ? "" : ", " + filters.map(visible).joined(separator: " + "))
            + ", " + readable(bytes: array.storageSize)
    }
}

/// `analyze validate run.h5...`: every problem, one a line.
struct Validate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "validate",
        abstract: "Every violation of the run format, one a line.",
        discussion: """
            Ends with 65 if there is a problem.

            Example:
              analyze validate runs/*.h5
            """)

    @Argument(
        help: ArgumentHelp("HDF5 files.", valueName: "run.h5"),
        completion: .file(extensions: ["h5", "hdf5", "he5"]))
    var runs: [String]
    @OptionGroup var reading: ReadingOptions
    @Flag(help: "Show what the libraries said about an error.") var verbose = false

    func run() async throws {
        let options = reading.options
        try await forEachRun(runs, verbose: verbose) { path, output throws(RunError) in
            let problems = try RunFile(path: path, options: options).problems()
            for problem in problems { output.write(line: "\(path): \(problem)") }
            if problems.isEmpty { output.write(line: "\(path): valid") }
            return problems.isEmpty
        }
    }
}

/// Runs `body` over `paths`, prints what it writes, and ends with the contract's exit code: that of
/// the file if there is one, else 1 if some were good.
///
/// Several files are read by a worker, so that none takes the others with it.
private func forEachRun(
    _ paths: [String], verbose: Bool,
    _ body: @escaping @Sendable (String, TextOutput) throws(RunError) -> Bool
) async throws {
    if let worker = Worker.current {
        await worker.serve { (path: String) in
            Guard.allowTime(for: path)
            return TextAnswer(about: path, body)
        }
    }
    for path in paths { InputFiles.add(path) }
    do { try checkStandardOutput() } catch { throw Failure(OutputError(error)) }
    let output = TextOutput(descriptor: 1, name: "standard output")
    let pool = WorkerPool(jobs: 1)
    defer { pool.end() }
    var codes: [Int32] = []
    for path in paths {
        let answer: TextAnswer
        if paths.count == 1 {
            guardReading(path)
            answer = TextAnswer(about: path, body)
        } else {
            do { answer = try pool.answer(to: path) } catch {
                answer = TextAnswer(Failure(error, name: visible(path)))
            }
        }
        output.write(answer.text)
        do { try output.finish() } catch { throw Failure(error) }
        if let failure = answer.failure {
            Messages.say(error: failure.message, frames: verbose ? failure.frames : [])
        }
        if let code = answer.code { codes.append(code) }
    }
    if let first = codes.first {
        throw Ended(code: codes.count == paths.count ? first : Failure.partly)
    }
}

/// What is printed about one file.
private struct TextAnswer: WireCodable {
    var text = ""
    var failure: Failure?
    /// An exit code; `nil` if all is well.
    var code: Int32?

    init(_ failure: Failure) {
        self.failure = failure
        code = failure.code
    }

    init(about path: String, _ body: (String, TextOutput) throws(RunError) -> Bool) {
        let output = TextOutput()
        do {
            let isGood = try Guard.readingStructure(of: path) { () throws(RunError) in
                try body(path, output)
            }
            if !isGood { code = Failure.badData }
        } catch {
            failure = Failure(error)
            code = failure?.code
        }
        text = output.text
    }

    func write(to writer: inout WireWriter) {
        writer.write(text)
        writer.write(failure) { $0.write($1) }
        writer.write(code) { $0.write(Int($1)) }
    }

    init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        text = try reader.text()
        failure = try reader.optional { (reader) throws(WireReader.Mismatch) in
            try reader.value()
        }
        code = try reader.optional { (reader) throws(WireReader.Mismatch) in
            Int32(truncatingIfNeeded: try reader.integer())
        }
    }
}

/// A number of bytes for people: "1.2 MB".
private func readable(bytes: Int) -> String {
    let units = ["bytes", "kB", "MB", "GB", "TB"]
    var value = Double(bytes)
    var unit = 0
    while value >= 1000, unit < units.count - 1 {
        value /= 1000
        unit += 1
    }
    let digits = unit == 0 || value >= 100 ? value.rounded() : (value * 10).rounded() / 10
    return (digits == digits.rounded() ? "\(Int(digits))" : "\(digits)") + " " + units[unit]
}
