import CFiles
import Synchronization

/// The files that this process reads for its user: no output may replace one of them, whatever its
/// name.
///
/// A command adds the files that it is told to read before it looks at its outputs; what opens a run
/// or a data set adds that file as well, so that a new command cannot forget to. In a process that
/// never calls ``beginCommand()``, whose reading may have ended long ago, nothing is kept.
public enum InputFiles {
    /// The path of each; `nil` before the command begins.
    private static let paths = Mutex<[FileStatus.Key: String]?>(nil)

    fileprivate static func begin() { paths.withLock { $0 = $0 ?? [:] } }

    /// Adds the file at `path`; one that is not there needs no protection.
    public static func add(_ path: String) {
        guard let status = try? FileStatus(of: path), status.kind == .regular else { return }
        let full = path.utf8.first == UInt8(ascii: "/") ? path : joined(currentFolder(), path)
        paths.withLock { _ = $0?.updateValue(full, forKey: status.key) }
    }

    /// Whether the file is one of them.
    ///
    /// One that is no longer under its name does not count: its number may be that of a new file.
    static func contains(_ status: FileStatus) -> Bool {
        guard let path = paths.withLock({ $0?[status.key] }) else { return false }
        return (try? FileStatus(of: path))?.key == status.key
    }
}

/// Refuses a standard output that the shell appends to a file that the command reads.
///
/// - Throws: ``FileError``.
public func checkStandardOutput() throws(FileError) {
    if let status = FileStatus(descriptor: 1), status.kind == .regular, InputFiles.contains(status)
    {
        throw FileError(.write, "standard output", .isInput)
    }
}

/// What every command does first.
///
/// From now on files that are read are not replaced, a write beyond the size limit of the process
/// (`ulimit -f`) is an error instead of a signal, and SIGINT, SIGTERM and SIGHUP are told as errors
/// before they end the process.
public func beginCommand() {
    InputFiles.begin()
    cfiles_refuse_oversize()
    cfiles_tell_of_signals()
}
