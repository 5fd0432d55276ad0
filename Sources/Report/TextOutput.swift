import Glibc

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

    /// Adds `text`.
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

/// Writes all of `bytes`, whatever the pieces; the `errno` of a refusal, else 0.
func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    guard let base = bytes.baseAddress else { return 0 }
    var done = 0
    while done < bytes.count {
        let count = systemWrite(descriptor, base + done, bytes.count - done)
        if count > 0 {
            done += count
        } else if count < 0, errno == EAGAIN {
            // A terminal that another program set non-blocking: wait until it takes more.
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&ready, 1, 1000)
        } else if count < 0, errno != EINTR {
            return errno
        }
    }
    return 0
}

private func systemWrite(_ descriptor: Int32, _ bytes: UnsafeRawPointer, _ count: Int) -> Int {
    Glibc.write(descriptor, bytes, count)
}
