public import Analysis
import Files
import Glibc
public import MetricCore
import Text

/// Draws the figures of results with gnuplot.
public struct Plotter: Sendable {
    /// The program: a path, or a name to be found in PATH.
    public var program: String
    /// How many panels a picture holds at most.
    public var panelLimit: Int

    /// A plotter; `program` is by default what the environment's `LAMINA_GNUPLOT` says, else
    /// the gnuplot in PATH.
    public init(program: String? = nil, panelLimit: Int = 12) {
        self.program = program ?? Terminal.environment("LAMINA_GNUPLOT") ?? "gnuplot"
        self.panelLimit = panelLimit
    }

    /// Draws all figures into the file at `path`, `.svg`, `.png` or `.pdf`, which is replaced only
    /// by a complete picture.
    ///
    /// - Returns: what the user should know: how many panels did not fit.
    /// - Throws: ``PlotError``, also if there is nothing to draw, or ``OutputError``; the file is not
    ///   touched then.
    public func draw(_ results: [LayerResult], to path: String) throws -> [String] {
        try draw(try selection(from: panels(of: results)), to: path)
    }

    /// Draws `figures`, a panel each, into the file at `path`, like ``draw(_:to:)`` for results.
    public func draw(figures: [Figure], to path: String) throws -> [String] {
        try draw(try selection(from: figures.map { Panel($0) }), to: path)
    }

    private func draw(_ selection: Selection, to path: String) throws -> [String] {
        let format = try Self.format(of: path)
        let (panels, warnings) = selection
        // Opened before drawing: a folder that does not exist need not wait for gnuplot.
        let file = try writing { () throws(FileError) in try ReplacedFile(path) }
        let picture = try run(GnuplotScript(panels, on: .picture(format)))
        let code = picture.withUnsafeBytes { writeAll($0, to: file.descriptor) }
        guard code == 0 else { throw OutputError(path: path, code: code) }
        do { try file.commit() } catch { throw OutputError(error) }
        return warnings
    }

    /// Draws all figures with characters, one beneath the other.
    ///
    /// The drawing is at most `columns` wide, each figure `lines` high.
    ///
    /// - Returns: the drawing, and what the user should know.
    /// - Throws: ``PlotError``.
    public func drawing(
        of results: [LayerResult], columns: Int = 79, lines: Int = 24, hasColours: Bool = false
    ) throws -> (text: String, warnings: [String]) {
        try drawing(
            of: try selection(from: panels(of: results)), columns: columns, lines: lines,
            hasColours: hasColours)
    }

    /// Draws `figures` with characters, like ``drawing(of:columns:lines:hasColours:)`` for results.
    public func drawing(
        ofFigures figures: [Figure], columns: Int = 79, lines: Int = 24, hasColours: Bool = false
    ) throws -> (text: String, warnings: [String]) {
        try drawing(
            of: try selection(from: figures.map { Panel($0) }), columns: columns, lines: lines,
            hasColours: hasColours)
    }

    private func drawing(
        of selection: Selection, columns: Int, lines: Int, hasColours: Bool
    ) throws -> (text: String, warnings: [String]) {
        let (panels, warnings) = selection
        let canvas = Canvas.terminal(columns: columns, lines: lines, hasColours: hasColours)
        let bytes = try run(GnuplotScript(panels, on: canvas))
        // gnuplot fills lines with blanks up to the width, which would wrap in a narrower window,
        // and puts form feeds before pictures, which some terminals show.
        let drawn = String(decoding: bytes, as: UTF8.self)
            .split(separator: "\n", omittingEmptySubsequences: false)
            .flatMap { line in
                let parts = line.split(separator: "\u{C}")
                return (parts.isEmpty ? [""] : parts).map { part in
                    part.dropLast(part.reversed().prefix { $0 == " " }.count)
                }
            }
        return (drawn.joined(separator: "\n"), warnings)
    }

    /// The kind of picture that the ending of `path` asks for; to be called before the analysis, so
    /// that a wrong name costs nothing.
    ///
    /// - Throws: ``PlotError/unknownFormat(_:)``.
    public static func format(of path: String) throws(PlotError) -> PictureFormat {
        guard let dot = path.lastIndex(of: "."),
            let format = PictureFormat(rawValue: path[path.index(after: dot)...].lowercased())
        else { throw PlotError.unknownFormat(path) }
        return format
    }

    private typealias Selection = (panels: [Panel], warnings: [String])

    private func selection(from all: [Panel]) throws(PlotError) -> Selection {
        guard all.contains(where: { !$0.drawable.isEmpty }) else { throw .nothingToDraw }
        guard all.count > panelLimit else { return (all, []) }
        let warning =
            "the picture shows \(panelLimit) of \(all.count) figures, \(all.count - panelLimit) "
            + "are left out; choose layers with --layer to see others"
        return (Array(all.prefix(panelLimit)), [warning])
    }

    private func run(_ script: GnuplotScript) throws(PlotError) -> [UInt8] {
        // -d: the user's own settings (~/.gnuplot) do not apply.
        let result = Report.run(program, ["-d", "-"], input: Array(script.text.utf8), seconds: 120)
        let finished: Finished
        switch result {
        case .success(let value): finished = value
        case .failure(let failure):
            throw [ENOENT, ENOTDIR, EACCES].contains(failure.code)
                ? .notFound(program)
                : .failed(program, String(cString: strerror(failure.code)))
        }
        if finished.timedOut { throw .failed(program, "it did not end within two minutes") }
        let words = Self.complaint(in: finished.errors)
        guard let code = finished.exitCode else {
            throw .failed(program, words ?? "it was ended by a signal")
        }
        guard code == 0 else { throw .failed(program, words ?? "it ended with exit code \(code)") }
        guard !finished.output.isEmpty else {
            throw .failed(program, words ?? "it wrote no picture")
        }
        return finished.output
    }

    /// The line of gnuplot's errors that says what is wrong: it repeats the command first, with a
    /// caret beneath.
    private static func complaint(in errors: [UInt8]) -> String? {
        let lines = String(decoding: errors, as: UTF8.self)
            .split(whereSeparator: \.isNewline)
            .map { $0.drop { $0 == " " } }
            .filter { !$0.isEmpty && $0 != "^" }
        let line = lines.last { $0.hasPrefix("line ") || $0.hasPrefix("\"") } ?? lines.first
        return line.map { visible(shortened(String($0), to: 200)) }
    }
}

/// Why there is no picture.
public enum PlotError: Error, Hashable, CustomStringConvertible {
    /// The ending of the file's name is none of those known.
    case unknownFormat(String)
    /// gnuplot could not be started.
    case notFound(String)
    /// gnuplot ended with an error: the program and its words, in one line.
    case failed(String, String)
    /// No result has a figure, or no figure a point.
    case nothingToDraw

    /// One sentence with the remedy.
    public var description: String {
        switch self {
        case .unknownFormat(let path):
            "cannot tell the kind of picture from \(visible(path)); "
                + "name it .svg, .png or .pdf, or - to draw in the terminal"
        case .notFound(let program):
            "\(visible(program)) cannot be started, which draws the pictures; install it "
                + "(apt install gnuplot-nox) or set LAMINA_GNUPLOT to its path"
        case .failed(let program, let words): "\(visible(program)) drew nothing: \(words)"
        case .nothingToDraw: "there is nothing to draw: no result has a figure"
        }
    }
}
