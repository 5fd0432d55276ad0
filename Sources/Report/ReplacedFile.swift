import Synchronization
import Glibc

/// Writes the file at `path` as a whole or not at all.
///
/// The text goes to a temporary file in the same folder, which takes the name `path` once it is
/// complete and on the disk; on any error an older file of that name stays as it was. A device or a
/// named pipe is written directly.
///
/// - Parameters:
///   - path: where the file appears.
///   - isDurable: whether to wait until the file is on the disk, so that it survives a loss of
///     power; not needed for what can be computed again.
///   - body: writes the text.
/// - Throws: ``OutputError``, or what `body` throws.
public func writeFile(
    at path: String, isDurable: Bool = true, _ body: (TextOutput) throws -> Void
) throws {
    let file = try ReplacedFile(path)
    let output = TextOutput(descriptor: file.descriptor, name: path)
    try body(output)
    try output.finish()
    try file.commit(isDurable: isDurable)
}

/// Removes from `folder` what writers of this machine left behind when they were killed.
public func removeAbandonedFiles(in folder: String) {
    guard let stream = opendir(folder) else { return }
    defer { closedir(stream) }
    let start = ReplacedFile.prefix(host: hostName())
    while let entry = readdir(stream) {
        let name = withUnsafePointer(to: &entry.pointee.d_name) {
            $0.withMemoryRebound(to: CChar.self, capacity: 256) { String(cString: $0) }
        }
        guard name.hasPrefix(start), name.hasSuffix(ReplacedFile.suffix),
            let process = name.dropFirst(start.count).split(separator: "-").first
                .flatMap({ pid_t($0) }),
            process != getpid(), kill(process, 0) != 0, errno == ESRCH
        else { continue }
        unlink(folder + "/" + name)
    }
}

/// The name of this machine: on a shared disk, processes of several have the same number.
private func hostName() -> String {
    var name = [CChar](repeating: 0, count: 256)
    guard gethostname(&name, name.count - 1) == 0 else { return "localhost" }
    let bytes = name.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }
    return String(decoding: bytes.filter { $0 != UInt8(ascii: "/") }, as: UTF8.self)
}

/// Refuses a path that ``writeFile(at:_:)`` could not write, before long work is done in vain.
public func checkWritable(_ path: String) throws(OutputError) {
    // Its temporary file goes away at once.
    _ = try ReplacedFile(path)
}

/// A file that appears under its name when it is complete.
struct ReplacedFile: ~Copyable {
    let descriptor: Int32
    private let path: String
    /// The path after symbolic links: the linked file is replaced, not the link.
    private let target: String
    /// `nil` where the target is written directly.
    private let temporary: String?

    /// Distinguishes the temporary files of this process.
    private static let made = Atomic<Int>(0)

    static let suffix = ".partial"
    static func prefix(host: String) -> String { ".lamina-\(host)-" }

    init(_ path: String) throws(OutputError) {
        var information = stat()
        let exists = stat(path, &information) == 0
        let kind = information.st_mode & S_IFMT
        if exists, kind == S_IFDIR { throw OutputError(path: path, cause: .isFolder) }
        let resolved = exists ? resolve(path) : path
        var name: String?
        let opened: Int32
        if exists, kind != S_IFREG {
            opened = open(path, O_WRONLY | O_CLOEXEC)
        } else {
            // An existing file that is write-protected is so for a reason, though the folder
            // would let it be replaced.
            if exists, access(resolved, W_OK) != 0 { throw OutputError(path: path, code: errno) }
            let start =
                "\(Self.folder(of: resolved))/\(Self.prefix(host: hostName()))\(getpid())-"
            var attempt: Int32
            repeat {
                let number = Self.made.add(1, ordering: .relaxed).newValue
                let new = "\(start)\(number)\(Self.suffix)"
                attempt = open(new, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o666)
                name = new
                // Left behind by a killed process of the same number.
            } while attempt < 0 && errno == EEXIST
            opened = attempt
        }
        guard opened >= 0 else {
            throw OutputError(path: path, folder: Self.folder(of: path), code: errno)
        }
        if exists, name != nil { _ = fchmod(opened, information.st_mode & 0o777) }
        self.path = path
        target = resolved
        temporary = name
        descriptor = opened
    }

    /// Gives the file its name.
    consuming func commit(isDurable: Bool = true) throws(OutputError) {
        guard let temporary else { return }
        guard !isDurable || fsync(descriptor) == 0, rename(temporary, target) == 0 else {
            throw OutputError(path: path, folder: Self.folder(of: path), code: errno)
        }
    }

    deinit {
        close(descriptor)
        // After a rename there is nothing of this name any more.
        if let temporary { unlink(temporary) }
    }

    private static func folder(of path: String) -> String {
        guard let slash = path.utf8.lastIndex(of: UInt8(ascii: "/")) else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }
}

/// `path` without symbolic links.
private func resolve(_ path: String) -> String {
    guard let resolved = realpath(path, nil) else { return path }
    defer { free(resolved) }
    return String(cString: resolved)
}
