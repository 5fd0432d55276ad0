import Files
import ResultStore

/// Why a run file cannot be looked at.
struct FileRefusal: Error {
    var reason: String
    /// Whether there is no such file (any more).
    var isGone = false

    init(reason: String) { self.reason = reason }

    init(_ error: FileError) {
        isGone = error.isGone
        reason =
            isGone
            ? "no such file; it may have been moved since it was listed"
            : error.cause == .isFolder
                ? FileError(.read, "", .isNotRegular).reason : error.reason
    }
}

extension FileIdentity {
    /// What is known of the run file at `path`.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - known: what was known when it was last looked at. Its digest is taken over if the system
    ///     says that the file is still the same; otherwise the whole file is read.
    /// - Throws: ``FileRefusal``.
    init(of path: String, known: FileIdentity?) throws(FileRefusal) {
        do throws(FileError) {
            // Before anything is looked at: what is written later is not in the digest.
            let now = TimeStamp.now
            let file = try OpenedFile(path)
            if let known, known.isSettled, known.describes(file.status) {
                self = known
            } else {
                self.init(file.status, fingerprint: try file.digest(), read: now)
            }
        } catch { throw FileRefusal(error) }
    }

    /// Whether the file at `path` is, as far as the system says, still the one that was digested.
    func stillDescribes(_ path: String) throws(FileRefusal) -> Bool {
        do throws(FileError) { return describes(try OpenedFile(path).status) } catch {
            throw FileRefusal(error)
        }
    }
}
