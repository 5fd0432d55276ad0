import Analysis
import Isolation
import Report
import Text

/// What the analysis of one file gives, wherever it was made.
struct FileAnswer: WireCodable {
    /// What a reader of any result should know of the file.
    var warnings: [String] = []
    var results: [LayerResult] = []
    /// Told after the results.
    var failures: [Failure] = []

    init() {}

    init(failure: Failure) { failures = [failure] }

    func write(to writer: inout WireWriter) {
        writer.write(warnings) { $0.write($1) }
        writer.write(results) { $0.write($1) }
        writer.write(failures) { $0.write($1) }
    }

    init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        warnings = try reader.list { (reader) throws(WireReader.Mismatch) in try reader.text() }
        results = try reader.list { (reader) throws(WireReader.Mismatch) in try reader.value() }
        failures = try reader.list { (reader) throws(WireReader.Mismatch) in try reader.value() }
    }
}

extension Failure: WireCodable {
    func write(to writer: inout WireWriter) {
        writer.write(message)
        writer.write(Int(code))
        writer.write(frames) { $0.write($1) }
    }

    init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        message = try reader.text()
        code = Int32(truncatingIfNeeded: try reader.integer())
        frames = try reader.list { (reader) throws(WireReader.Mismatch) in try reader.text() }
    }

    /// The loss of the process that read the file called `name`.
    init(_ loss: Loss, name: String) {
        self.init(message: "\(name): \(loss.sentence)", code: loss.code)
    }
}

extension Worker {
    /// Answers one request after the other, and ends the process when no more come.
    func serve<Request: WireCodable, Answer: WireCodable>(
        _ answer: @Sendable (Request) async -> Answer
    ) async -> Never {
        await serve { (bytes: [UInt8]) in
            var reader = WireReader(bytes)
            var writer = WireWriter()
            if let request: Request = try? reader.value() { writer.write(await answer(request)) }
            return writer.bytes
        }
    }
}

extension WorkerPool {
    /// What a worker answers to `request`; the thread waits for it.
    ///
    /// - Throws: ``Loss``.
    func answer<Answer: WireCodable>(
        to request: some WireCodable, onProgress: (Int, Int) -> Void = { _, _ in }
    ) throws(Loss) -> Answer {
        try Self.value(in: try answer(to: Self.bytes(of: request), onProgress: onProgress))
    }

    /// What a worker answers to `request`, awaited without keeping a thread.
    ///
    /// - Throws: ``Loss``.
    func awaitAnswer<Answer: WireCodable>(to request: some WireCodable) async throws(Loss) -> Answer
    {
        try Self.value(in: try await answer(to: Self.bytes(of: request)))
    }

    private static func bytes(of request: some WireCodable) -> [UInt8] {
        var writer = WireWriter()
        writer.write(request)
        return writer.bytes
    }

    private static func value<Answer: WireCodable>(in bytes: [UInt8]) throws(Loss) -> Answer {
        var reader = WireReader(bytes)
        do { return try reader.value() } catch {
            preconditionFailure("a worker of another program answered")
        }
    }
}

/// Names the only file of the command, for the line that tells of a fault while it is read.
func guardReading(_ path: String) {
    Guard.read(visible(path), at: path, lineStart: Terminal.allowsStyle(2) ? "\r\u{1B}[K" : "")
}
