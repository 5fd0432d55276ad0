import Glibc

/// Why a file or folder cannot be read, written, listed or locked.
///
/// The path is as the user named it and may hold anything; who prints it makes it visible first.
public struct FileError: Error, Hashable, CustomStringConvertible {
    /// What was to be done.
    public enum Operation: String, Sendable {
        case read, write, list, lock
        case makeFolder = "make the folder"
    }

    /// What stands in the way.
    public enum Cause: Hashable, Sendable {
        /// An `errno`.
        case system(Int32)
        /// The folder that the file is to lie in is not there.
        case noSuchFolder(String)
        /// It is a folder where a file is needed.
        case isFolder
        /// A device, named pipe or socket where a regular file is needed.
        case isNotRegular
        /// A disk or partition, which is not written to.
        case isBlockDevice
        /// The command reads this file, perhaps under another name.
        case isInput
        /// The file begins like a run (HDF5), which results must not replace.
        case holdsRun
        /// It has more bytes than the limit.
        case isTooLarge(limit: Int)
        /// Another process has it, as that describes itself.
        case isHeld(by: String)
    }

    /// The file or folder, as the caller named it.
    public var path: String
    /// What was to be done with it.
    public var operation: Operation
    /// What stands in the way.
    public var cause: Cause

    /// The error of `operation` on the file at `path`, which `cause` prevented.
    public init(_ operation: Operation, _ path: String, _ cause: Cause) {
        self.path = path
        self.operation = operation
        self.cause = cause
    }

    /// The error of the system call that failed just now.
    public init(_ operation: Operation, _ path: String, code: Int32) {
        self.init(operation, path, .system(code))
    }

    /// Whether there is no file of that name (any more).
    public var isGone: Bool { cause == .system(ENOENT) }

    /// Why, with a remedy where one is known.
    public var reason: String {
        switch cause {
        case .system(ENOSPC), .system(EDQUOT):
            "the disk is full; free some space or choose another disk"
        case .system(EFBIG): "it would exceed the size that a file may have (ulimit -f)"
        case .system(EACCES), .system(EPERM), .system(EROFS):
            operation == .read || operation == .list
                ? "no permission to read it" : "no permission to write there; choose another folder"
        case .system(ELOOP): "its symbolic links lead in a circle"
        case .system(let code): String(cString: strerror(code))
        case .noSuchFolder(let folder): "there is no folder \(folder); create it first"
        case .isFolder: "it is a folder; name a file in it"
        case .isNotRegular: "it is no regular file"
        case .isBlockDevice: "it is a disk; name a file"
        case .isInput: "the command reads this file; choose another name"
        case .holdsRun: "it is an HDF5 file, which may be a run; choose another name or remove it"
        case .isTooLarge(let limit): "it has more than \(limit) bytes"
        case .isHeld(let holder): "\(holder) works on it"
        }
    }

    /// One sentence.
    public var description: String { "cannot \(operation.rawValue) \(path): \(reason)" }
}
