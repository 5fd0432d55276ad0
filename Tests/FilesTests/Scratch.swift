import Files
import Glibc
import Testing

/// A folder that goes away.
final class Scratch {
    let path: String

    init() throws {
        path = "/tmp/lamina-files-\(getpid())-\(UInt64.random(in: 0...UInt64.max))"
        try makeFolder(path)
    }

    deinit {
        _ = try? system("chmod -R u+rwx '\(path)'; rm -rf '\(path)'")
    }

    func file(_ name: String) -> String { path + "/" + name }

    @discardableResult
    func write(_ name: String, _ bytes: [UInt8]) throws -> String {
        let path = file(name)
        try makeFolder(divided(path).folder)
        let descriptor = withSystemPath(path) { open($0, O_WRONLY | O_CREAT | O_TRUNC, 0o644) }
        try #require(descriptor >= 0)
        #expect(bytes.withUnsafeBytes { writeAll($0, to: descriptor) } == 0)
        close(descriptor)
        return path
    }

    @discardableResult
    func write(_ name: String, _ text: String) throws -> String {
        try write(name, Array(text.utf8))
    }

    func read(_ name: String) throws -> String {
        String(decoding: try readFile(file(name)), as: UTF8.self)
    }

    func link(_ name: String, to target: String) {
        #expect(
            withSystemPath(target) { old in withSystemPath(file(name)) { symlink(old, $0) } } == 0)
    }

    /// The names in the folder, hidden ones too.
    func names(in folder: String = "") throws -> [String] {
        try entries(of: file(folder)).map(\.name)
    }
}

/// Runs a line of the shell; its exit code.
@discardableResult
func system(_ line: String) throws -> Int32 {
    var words: [UnsafeMutablePointer<CChar>?] = []
    for word in ["/bin/sh", "-c", line] { words.append(strdup(word)) }
    defer { for word in words { free(word) } }
    words.append(nil)
    var child: pid_t = 0
    try #require(posix_spawn(&child, "/bin/sh", nil, nil, words, environ) == 0)
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    return status & 0x7F == 0 ? (status >> 8) & 0xFF : 128 + status & 0x7F
}
