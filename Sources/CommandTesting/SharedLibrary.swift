import Foundation

/// A small library in C that a command is given before its own (`LD_PRELOAD`), to answer instead of
/// what the machine has.
public struct SharedLibrary: Sendable {
    private let folder: TemporaryFolder

    /// What the dynamic linker is told.
    public var environment: [String: String] { ["LD_PRELOAD": folder.path("library.so")] }

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
}
