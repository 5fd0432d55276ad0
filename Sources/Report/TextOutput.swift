import Files
import Text

/// Where the writers of this module put their bytes: memory, or a descriptor behind a buffer.
///
/// A refusal is kept, what follows it is dropped, and ``finish()`` reports it: writers need not
/// look at every number whether it arrived.
public final class TextOutput {
    private var buffer: [UInt8] = []
    private let descriptor: Int32?
    private let name: String
    private var failure: OutputError?
    private static let capacity = 1 << 16

    /// Collects everything in memory, for ``text``.
    public init() {
        descriptor = nil
        name = "memory"
    }

    /// Writes to an open descriptor, which stays open.
    ///
    /// A pipe whose reader has gone raises SIGPIPE as usual; where that is ignored it is an error.
    public init(descriptor: Int32, name: String) {
        self.descriptor = descriptor
        self.name = name
        buffer.reserveCapacity(Self.capacity + 4096)
    }

    /// What was written since the last flush; for an output in memory, everything.
    public var text: String { String(decoding: buffer, as: UTF8.self) }

    /// The bytes of ``text``.
    public var bytes: [UInt8] { buffer }

    /// Adds a line for people: characters that a terminal could act on, or that hide or turn text, are
    /// spelled out as ``visible(_:)`` does, wherever in the line they come from.
    ///
    /// - Parameters:
    ///   - line: without a line break at its end.
    ///   - isBold: whether escape sequences set it off.
    public func write(line: String, isBold: Bool = false) {
        let shown = visible(line)
        write(isBold ? "\u{1B}[1m\(shown)\u{1B}[0m\n" : "\(shown)\n")
    }

    /// Adds `text` as it is, for formats that programs read.
    public func write(_ text: String) {
        buffer.append(contentsOf: text.utf8)
        if buffer.count >= Self.capacity, descriptor != nil { flush() }
    }

    /// Adds `bytes`.
    public func write(_ bytes: [UInt8]) {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.capacity, descriptor != nil { flush() }
    }

    func write(_ byte: UInt8) { buffer.append(byte) }

    /// Hands everything to the system.
    ///
    /// - Throws: the first refusal since the output was made.
    public func finish() throws(OutputError) {
        flush()
        if let failure { throw failure }
    }

    private func flush() {
        guard let descriptor else { return }
        defer { buffer.removeAll(keepingCapacity: true) }
        guard failure == nil else { return }
        let code = buffer.withUnsafeBytes { writeAll($0, to: descriptor) }
        if code != 0 { failure = OutputError(path: name, code: code) }
    }
}
