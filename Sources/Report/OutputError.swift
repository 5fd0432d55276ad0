import Text
import Glibc

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
        /// The reader of a pipe has gone; a command ends quietly on it.
        case readerGone
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
            case .readerGone: "its reader has gone"
            case .other(let words): words
            }
        return "cannot write \(visible(path)): \(reason)"
    }

    /// The meaning of an `errno`; `folder` is the one that was written to.
    public init(path: String, folder: String = "", code: Int32) {
        self.path = path
        cause =
            switch code {
            case ENOENT, ENOTDIR: .noSuchFolder(folder)
            case EISDIR: .isFolder
            case EACCES, EPERM, EROFS: .notWritable
            case ENOSPC, EDQUOT, EFBIG: .noSpace
            case EPIPE: .readerGone
            default: .other(String(cString: strerror(code)))
            }
    }
}
