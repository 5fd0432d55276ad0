public import Files
import Glibc
import Text

/// What kept a file or stream from being written, in one sentence with a remedy.
public struct OutputError: Error, Hashable, CustomStringConvertible {
    /// The path as the user named it, or "standard output".
    public var path: String
    /// Why writing was refused.
    public var cause: Cause

    /// The refusal of `path` for `cause`.
    public init(path: String, cause: Cause) {
        self.path = path
        self.cause = cause
    }

    /// What stands in the way.
    public enum Cause: Hashable, Sendable {
        case noSuchFolder(String)
        /// The path names a folder, not a file.
        case isFolder
        /// No permission, or a read-only file system.
        case notWritable
        case noSpace
        /// The file would be larger than the system lets this process write.
        case exceedsLimit
        /// The reader of a pipe has gone; a command ends quietly on it.
        case readerGone
        /// The command reads the file that it would replace.
        case isInput
        /// The file that would be replaced begins like a run.
        case holdsRun
        /// A device or pipe where a file is needed.
        case isNotRegular
        /// What the system said.
        case other(String)
    }

    /// One sentence with the remedy.
    public var description: String {
        let reason =
            switch cause {
            case .noSuchFolder(let folder): "there is no folder \(visible(folder)); create it first"
            case .isFolder: "it is a folder; name a file in it"
            case .notWritable: "no permission to write there; choose another folder"
            case .noSpace: "the disk is full; free some space or choose another disk"
            case .exceedsLimit: "it would exceed the size that a file may have (ulimit -f)"
            case .readerGone: "its reader has gone"
            case .isInput: "the command reads this file; choose another name"
            case .holdsRun:
                "it is an HDF5 file, which may be a run; choose another name or remove it"
            case .isNotRegular: "it is no regular file"
            case .other(let words): words
            }
        return "cannot write \(visible(path)): \(reason)"
    }

    /// The meaning of the `errno` of a write to `path`.
    public init(path: String, code: Int32) {
        self.init(FileError(.write, path, code: code))
    }

    /// The same in the words of outputs.
    public init(_ error: FileError) {
        path = error.path
        cause =
            switch error.cause {
            case .noSuchFolder(let folder): .noSuchFolder(folder)
            case .system(ENOENT), .system(ENOTDIR): .noSuchFolder(divided(error.path).folder)
            case .isFolder, .system(EISDIR): .isFolder
            case .system(EACCES), .system(EPERM), .system(EROFS): .notWritable
            case .system(ENOSPC), .system(EDQUOT): .noSpace
            case .system(EFBIG): .exceedsLimit
            case .system(EPIPE): .readerGone
            case .isInput: .isInput
            case .holdsRun: .holdsRun
            case .isNotRegular: .isNotRegular
            default: .other(error.reason)
            }
    }
}
