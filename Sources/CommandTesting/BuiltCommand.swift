public import Foundation

/// A command as it was built beside the tests that run it.
public struct BuiltCommand: Sendable {
    /// Name of a product, or the path of another program.
    public let name: String

    /// The product, or the program at the path, `name`.
    public init(name: String) { self.name = name }

    /// What a run of the command left behind.
    public struct Outcome: Sendable {
        /// Its standard output.
        public var output: String
        /// Its standard error.
        public var errors: String
        /// Its exit code; 128 more than the signal where one ended it.
        public var code: Int32

        /// The lines that begin as errors do.
        public var errorLines: [Substring] {
            errors.split(separator: "\n").filter { $0.hasPrefix("error:") }
        }
    }

    /// Whether the commands were built with a sanitizer, as `Scripts/sanitize` says: it maps terabytes of
    /// addresses and multiplies the time.
    public static let isSanitized =
        ProcessInfo.processInfo.environment["LAMINA_SANITIZER"] != nil

    private static let timeLimit = isSanitized ? 600.0 : 60

    /// The command was still running after a minute.
    public struct TimedOut: Error {}

    /// The folder of the package.
    public static let package = URL(filePath: #filePath).deletingLastPathComponent()
        .deletingLastPathComponent().deletingLastPathComponent()

    /// The folder that products are built into.
    public static let folder = URL(filePath: "/proc/self/exe").resolvingSymlinksInPath()
        .deletingLastPathComponent()

    /// Runs the command in the package's folder, for at most a minute.
    ///
    /// - Throws: ``TimedOut``, or what Foundation throws if the command cannot be started.
    public func callAsFunction(
        _ arguments: String..., environment: [String: String] = [:]
    ) throws -> Outcome {
        try run(arguments, environment: environment)
    }

    /// Runs the command in the package's folder, for at most a minute.
    ///
    /// - Parameters:
    ///   - arguments: what follows the command's name.
    ///   - environment: variables besides those of this process.
    ///   - seconds: time after which the command is killed, with a signal that it cannot handle;
    ///     `nil` for never.
    /// - Returns: what it left behind.
    /// - Throws: ``TimedOut``, or what Foundation throws if the command cannot be started.
    public func run(
        _ arguments: [String], environment: [String: String] = [:],
        killedAfter seconds: Double? = nil
    ) throws -> Outcome {
        let process = Process()
        process.executableURL =
            name.hasPrefix("/") ? URL(filePath: name) : Self.folder.appending(path: name)
        process.arguments = arguments
        process.currentDirectoryURL = Self.package
        process.environment = ProcessInfo.processInfo.environment.merging(environment) { $1 }
        let folder = try TemporaryFolder()
        // Files rather than pipes: nothing to drain, nothing to block on.
        let outputs = ["out", "err"].map { folder.url.appending(path: $0) }
        let handles = try outputs.map { url in
            try Data().write(to: url)
            return try FileHandle(forWritingTo: url)
        }
        process.standardInput = FileHandle.nullDevice
        process.standardOutput = handles[0]
        process.standardError = handles[1]
        let ended = DispatchSemaphore(value: 0)
        process.terminationHandler = { _ in ended.signal() }
        try process.run()
        if let seconds, ended.wait(timeout: .now() + seconds) == .timedOut {
            kill(process.processIdentifier, SIGKILL)
            ended.wait()
        } else if seconds == nil, ended.wait(timeout: .now() + Self.timeLimit) == .timedOut {
            process.terminate()
            throw TimedOut()
        }
        let texts = try outputs.map { String(decoding: try Data(contentsOf: $0), as: UTF8.self) }
        return Outcome(
            output: texts[0], errors: texts[1],
            code: process.terminationReason == .exit
                ? process.terminationStatus : 128 + process.terminationStatus)
    }
}

/// A folder that goes away with the value.
public final class TemporaryFolder: Sendable {
    /// The folder.
    public let url: URL

    /// An empty folder.
    ///
    /// - Throws: what Foundation throws if it cannot be made.
    public init() throws {
        url = FileManager.default.temporaryDirectory.appending(path: "lamina-\(UUID())")
        try FileManager.default.createDirectory(at: url, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(at: url) }

    /// The path of `name` in this folder.
    public func path(_ name: String) -> String { url.appending(path: name).path() }
}
