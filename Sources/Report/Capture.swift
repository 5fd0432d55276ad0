import Glibc

/// What another program wrote, and how it ended.
public struct Captured: Sendable {
    /// Its standard output.
    public var output: [UInt8]
    /// Its standard error.
    public var errors: String
    /// `nil` if a signal ended it.
    public var exitCode: Int?
}

/// Runs the program at `path` without input until it ends, however long that takes.
///
/// - Returns: what it wrote, or why it did not start, in the system's words.
public func capture(_ path: String, _ arguments: [String]) -> Result<Captured, CaptureFailure> {
    // The deadline of somebody who waits: thousands of years.
    run(path, arguments, input: [], seconds: 1 << 40)
        .map {
            Captured(
                output: $0.output, errors: String(decoding: $0.errors, as: UTF8.self),
                exitCode: $0.exitCode.map(Int.init))
        }
        .mapError { CaptureFailure(reason: String(cString: strerror($0.code))) }
}

/// Why a program did not start.
public struct CaptureFailure: Error, Hashable {
    /// In the system's words.
    public var reason: String
}
