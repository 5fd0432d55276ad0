import CFiles
import Glibc
import Text

/// A file that appears under its name when it is complete.
///
/// It has no name while it is written (`O_TMPFILE`), so that nothing is left of it however the
/// process ends. Where the file system has no such files, or another library opens the content, it
/// has a hidden name in the same folder, which SIGINT, SIGTERM and SIGHUP remove and
/// ``removeAbandonedFiles(in:)`` finds after SIGKILL.
/// Links are followed to their targets. A device or a named pipe is opened once and written
/// directly.
///
/// Nothing replaces a file in ``InputFiles``, nor, unless it is asked for, one that begins as HDF5
/// files do.
public struct ReplacedFile: ~Copyable {
    /// Where the content is to be written.
    public let descriptor: Int32
    private let target: OutputTarget
    private let replaceable: OutputTarget.Replaceable
    /// The hidden file in the folder of the target; `nil` while the content has no name.
    private var temporary: TemporaryName?

    /// Prepares to write the file at `path`.
    ///
    /// - Parameters:
    ///   - path: where the file appears.
    ///   - replacesRuns: whether an HDF5 file may be replaced.
    ///   - isSeekable: whether a device or pipe is refused.
    ///   - isNamed: whether the content has its hidden name from the start, because another library
    ///     opens it. HDF5 resolves links in the name, and the link of a nameless file leads nowhere.
    /// - Throws: ``FileError`` if the path cannot be written, or what is there must not be replaced.
    public init(
        _ path: String, replacesRuns: Bool = false, isSeekable: Bool = false, isNamed: Bool = false
    ) throws(FileError) {
        let target = try OutputTarget(path)
        let replaceable: OutputTarget.Replaceable = replacesRuns ? .everything : .allButRuns
        try target.check(replacing: replaceable)
        let (opened, temporary) = try Self.open(target, isSeekable: isSeekable, isNamed: isNamed)
        self.target = target
        self.replaceable = replaceable
        self.temporary = temporary
        descriptor = opened
    }

    private static func open(
        _ target: OutputTarget, isSeekable: Bool, isNamed: Bool
    ) throws(FileError) -> (Int32, TemporaryName?) {
        var opened: Int32
        var temporary: TemporaryName?
        switch target.place {
        case .file(_, let folder, let older):
            if isNamed { removeAbandonedFiles(in: folder) }
            opened = isNamed ? -1 : withSystemPath(folder) { cfiles_open_unnamed($0) }
            if opened >= 0, access("/proc/self/fd/\(opened)", F_OK) != 0 {
                // Without /proc it would never get a name.
                close(opened)
                opened = -1
                errno = EOPNOTSUPP
            }
            if isNamed || opened < 0 && [EOPNOTSUPP, EISDIR, EINVAL, ENOENT].contains(errno) {
                let new = TemporaryName(in: folder)
                opened = new.create()
                temporary = new
            }
            if opened >= 0, let older { _ = fchmod(opened, older.permissions) }
        case .stream, .descriptor:
            guard !isSeekable else { throw FileError(.write, target.path, .isNotRegular) }
            if case .descriptor(let own) = target.place {
                opened = fcntl(own, F_DUPFD_CLOEXEC, 3)
            } else {
                opened = withSystemPath(target.path) {
                    Glibc.open($0, O_WRONLY | O_CLOEXEC | O_NOCTTY)
                }
            }
        }
        guard opened >= 0 else { throw FileError(.write, target.path, code: errno) }
        return (opened, temporary)
    }

    /// The hidden name of the content while it is written; `nil` where it has none.
    public var temporaryPath: String? { temporary?.path }

    /// Gives the file its name.
    ///
    /// - Parameter isDurable: whether to wait until file and name are on the disk, so that they
    ///   survive a loss of power; not needed for what can be computed again and carries a checksum.
    /// - Throws: ``FileError``; then an older file of that name is as it was.
    public consuming func commit(isDurable: Bool = true) throws(FileError) {
        guard case .file(let full, let folder, _) = target.place else { return }
        if isDurable, fsync(descriptor) != 0, errno != EINVAL { throw failure() }
        try target.check(replacing: replaceable)
        if temporary == nil {
            // Where nothing is replaced the name is given in one step.
            if withSystemPath(full, { cfiles_name(descriptor, $0) }) == 0 {
                if isDurable { try synchronize(folder) }
                return
            }
            guard errno == EEXIST else { throw failure() }
            let new = TemporaryName(in: folder)
            guard new.link(descriptor) else { throw failure() }
            temporary = new
        }
        guard let temporary, temporary.rename(to: full) else { throw failure() }
        if isDurable { try synchronize(folder) }
    }

    private borrowing func failure() -> FileError { FileError(.write, target.path, code: errno) }

    private borrowing func synchronize(_ folder: String) throws(FileError) {
        do { try synchronizeFolder(folder) } catch {
            throw FileError(.write, target.path, error.cause)
        }
    }

    deinit { close(descriptor) }
}

/// Waits until the names in the folder at `path` are on the disk.
///
/// - Throws: ``FileError`` if the disk refuses.
public func synchronizeFolder(_ path: String) throws(FileError) {
    let opened = withSystemPath(path) { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
    // A folder that may be written but not read has no way to be flushed.
    guard opened >= 0 else { return }
    defer { close(opened) }
    // Some file systems cannot flush folders; they order renames in other ways.
    if fsync(opened) != 0, errno != EINVAL, errno != EROFS {
        throw FileError(.write, path, code: errno)
    }
}

/// Refuses a path that ``ReplacedFile`` could not write, before long work is done in vain.
///
/// A device or pipe is not opened: its reader would see the end of the output.
///
/// - Throws: ``FileError``.
public func checkReplaceable(_ path: String, isSeekable: Bool = false) throws(FileError) {
    let target = try OutputTarget(path)
    try target.check(replacing: .allButRuns)
    switch target.place {
    case .file: _ = try ReplacedFile(path)
    case .stream, .descriptor:
        guard !isSeekable else { throw FileError(.write, path, .isNotRegular) }
        guard withSystemPath(path, { access($0, W_OK) }) == 0 else {
            throw FileError(.write, path, code: errno)
        }
    }
}

/// The hidden name of a file that is being written; the file goes away with the last reference
/// unless it was renamed.
final class TemporaryName {
    let path: String
    private var removal: RemovalBySignal?
    static let suffix = ".partial"
    static let prefix = ".lamina-"

    init(in folder: String) {
        // Random, because a process of the same number may write from another container.
        let number = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        path = joined(folder, "\(Self.prefix)\(hostName())-\(getpid())-\(number)\(Self.suffix)")
    }

    /// Creates the file; its descriptor, or -1 with errno.
    func create() -> Int32 {
        remember()
        return withSystemPath(path) { open($0, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0o666) }
    }

    /// Gives this name to a file that has none; false with errno if that fails.
    func link(_ descriptor: Int32) -> Bool {
        remember()
        return withSystemPath(path) { cfiles_name(descriptor, $0) } == 0
    }

    func rename(to target: String) -> Bool {
        withSystemPath(path) { old in withSystemPath(target) { Glibc.rename(old, $0) } } == 0
    }

    private func remember() { removal = RemovalBySignal(of: path) }

    deinit {
        // After a rename there is nothing of this name any more.
        let code = errno
        withSystemPath(path) { _ = unlink($0) }
        errno = code
    }
}

/// As long as it lives, SIGINT, SIGTERM and SIGHUP remove a file as they end the process.
public final class RemovalBySignal {
    private let slot: Int32

    /// Lets signals remove the file at `path`, which need not be there.
    public init(of path: String) { slot = withSystemPath(path) { cfiles_remember($0) } }

    deinit { cfiles_forget(slot) }
}

/// The name of this machine: on a shared disk, processes of several have the same number.
func hostName() -> String {
    var name = [UInt8](repeating: 0, count: 256)
    let code = name.withUnsafeMutableBytes {
        $0.baseAddress.map { gethostname($0.assumingMemoryBound(to: CChar.self), 255) } ?? -1
    }
    guard code == 0 else { return "localhost" }
    return decodeName(name.prefix { $0 != 0 }.filter { $0 != UInt8(ascii: "/") })
}
