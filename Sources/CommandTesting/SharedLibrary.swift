import Foundation

/// A small library in C that a command is given before its own (`LD_PRELOAD`), to answer instead of
/// what the machine has.
public struct SharedLibrary: Sendable {
    private let folder: TemporaryFolder

    /// The compiler did not take the source.
    public struct CompilerFailed: Error {}

    /// Compiles `source`.
    ///
    /// - Throws: ``CompilerFailed``, or what Foundation throws if a file cannot be written.
    public init(source: String) throws {
        folder = try TemporaryFolder()
        let file = folder.url.appending(path: "library.c")
        try Data(source.utf8).write(to: file)
        let outcome = try BuiltCommand(name: "/usr/bin/env")(
            "clang", "-shared", "-fPIC", "-o", folder.path("library.so"), file.path())
        guard outcome.code == 0 else { throw CompilerFailed() }
    }

    /// Runs `command` with the library.
    ///
    /// - Parameters:
    ///   - command: what to run.
    ///   - arguments: what follows the command's name.
    ///   - environment: variables besides those of this process.
    /// - Returns: what it left behind.
    /// - Throws: as ``BuiltCommand/run(_:environment:killedAfter:)``.
    public func run(
        _ command: BuiltCommand, _ arguments: [String], environment: [String: String] = [:]
    ) throws -> BuiltCommand.Outcome {
        var environment = environment
        environment["LD_PRELOAD"] = folder.path("library.so")
        return try withExtendedLifetime(folder) {
            try command.run(arguments, environment: environment)
        }
    }
}
