import Analysis
import MetricCore
import Report

/// Where the results of a command go, file by file.
///
/// JSON and CSV are written as they come, so that what ends the command takes the file in hand and
/// not those before, and memory holds the arrays of one file. A table needs all rows before its
/// first line, but no arrays.
final class ResultSink {
    private let options: OutputOptions
    private let target: TextOutput
    /// Whether `target` is a terminal, which messages would tear the document on.
    private let isSeen: Bool
    private var isBegun = false
    private var isEmpty = true
    /// For the table and the figures, without what these do not show.
    private var kept: [LayerResult] = []
    private var messages: [() -> Void] = []

    /// Whether some result has values.
    private(set) var isUseful = false
    /// Why the first result that was not ok is so.
    private(set) var firstReason: String?
    private(set) var hasResults = false
    /// Of the first failure.
    private(set) var failureCode: Int32?

    /// A sink that writes to standard output unless another target is given.
    init(_ options: OutputOptions, target: TextOutput? = nil) {
        self.options = options
        self.target = target ?? TextOutput(descriptor: 1, name: "standard output")
        isSeen = target == nil && Terminal.isTerminal(1)
    }

    /// Takes what was found in a file.
    ///
    /// - Throws: `OutputError` if it cannot be written.
    func add(_ answer: FileAnswer) throws {
        let results = answer.results
        if hasResults == false { firstReason = results.first?.reason }
        hasResults = hasResults || !results.isEmpty
        isUseful = isUseful || results.contains(where: \.isUseful)
        failureCode = failureCode ?? answer.failures.first?.code
        for warning in answer.warnings { tell { [options] in options.say(warning: warning) } }
        if !results.isEmpty { begin() }
        switch options.format {
        case .json:
            for result in results {
                JSON.write(next: result, isFirst: isEmpty, to: target)
                isEmpty = false
            }
        case .csv: for result in results { CSV.write(result, to: target) }
        case .table: break
        }
        if options.format != .table { try target.finish() }
        if options.format == .table || options.plot != nil {
            kept += results.map {
                var result = $0
                result.values = Object()
                if options.plot == nil { result.figures = [] }
                return result
            }
        }
        tell { [options] in
            options.say(warningsOf: results.map(\.withoutValues))
            for failure in answer.failures { options.say(failure) }
        }
    }

    /// Ends the document; a command that has only failures to tell writes none.
    ///
    /// - Throws: `OutputError` if it cannot be written; ``NothingToWrite``.
    func finish() throws {
        defer { messages.forEach { $0() } }
        guard hasResults || failureCode == nil else { throw NothingToWrite() }
        begin()
        switch options.format {
        case .json: JSON.end(isEmpty: isEmpty, to: target)
        case .csv: break
        case .table:
            let width = isSeen ? Terminal.size(of: 1).columns : nil
            Table(width: width, isStyled: isSeen && Terminal.allowsStyle(1)).write(kept, to: target)
        }
        try target.finish()
    }

    /// Why a target stays as it was.
    struct NothingToWrite: Error {}

    /// Draws the figures of all results; where nothing was computed the reasons were told already.
    func draw() throws { if isUseful { try options.draw(kept) } }

    private func begin() {
        guard !isBegun else { return }
        isBegun = true
        switch options.format {
        case .json: JSON.begin(to: target)
        case .csv: CSV.writeHeader(to: target)
        case .table: break
        }
    }

    /// Says something on standard error, after what it is about.
    private func tell(_ message: @escaping () -> Void) {
        if options.format == .table || isSeen { messages.append(message) } else { message() }
    }
}

extension LayerResult {
    /// The result as far as messages about it need it.
    fileprivate var withoutValues: LayerResult {
        var result = self
        result.values = Object()
        result.quantities = []
        result.figures = []
        return result
    }
}
