import CHDF5
import Files
import Glibc

/// An open HDF5 file; closed when the last reference goes.
public final class HDF5File: Sendable {
    let handle: HDF5Handle
    /// The path it was opened at.
    public let path: String
    /// Whether links into other files are followed.
    public let followsExternalLinks: Bool
    /// What the file was like when it was opened for reading.
    private let stamp: Stamp?

    /// Opens a file for reading.
    ///
    /// - Throws: ``HDF5Error`` with the cause: no such file, folder, empty, not HDF5, truncated, no
    ///   permission, locked by a writer.
    public init(readingAt path: String, followsExternalLinks: Bool = false) throws(HDF5Error) {
        self.path = path
        self.followsExternalLinks = followsExternalLinks
        try HDF5File.refuseUnreadable(path)
        do {
            handle = try HDF5Handle(.openFile, path, close: { H5Fclose($0) }) {
                withSystemPath(path) {
                    closedOnExecution(H5Fopen($0, chdf5_acc_rdonly(), readAccess))
                }
            }
            let id = handle.id
            stamp = HDF5Library.locked { systemDescriptor(of: id) }.flatMap { Stamp($0) }
        } catch {
            throw HDF5Error(
                .openFile, path, HDF5File.cause(of: error.frames), frames: error.frames)
        }
    }

    /// Creates a file for writing.
    ///
    /// - Parameters:
    ///   - path: where it is made.
    ///   - isEmptied: whether a file that is there is emptied first; otherwise there must be none.
    /// - Throws: ``HDF5Error``.
    public init(creatingAt path: String, isEmptied: Bool = false) throws(HDF5Error) {
        self.path = path
        followsExternalLinks = false
        stamp = nil
        if !isEmptied, withSystemPath(path, { access($0, F_OK) }) == 0 {
            throw HDF5Error(.createFile, path, .exists)
        }
        do {
            handle = try HDF5Handle(.createFile, path, close: { H5Fclose($0) }) {
                let access = H5Pcreate(chdf5_file_access())
                defer { H5Pclose(access) }
                // Strong: closing the file closes what is still open in it, so that the file on
                // disk is complete once close has returned.
                H5Pset_fclose_degree(access, H5F_CLOSE_STRONG)
                let flags = isEmptied ? chdf5_acc_trunc() : chdf5_acc_excl()
                return withSystemPath(path) {
                    closedOnExecution(H5Fcreate($0, flags, chdf5_default_plist(), access))
                }
            }
        } catch {
            throw HDF5Error(
                .createFile, path, HDF5File.causeOfWriting(error.frames), frames: error.frames)
        }
    }

    /// Writes everything to the file.
    public func flush() throws(HDF5Error) {
        let id = handle.id
        try HDF5Library.locked { () throws(HDF5Error) in
            try writing(.flush, path, H5Fflush(id, H5F_SCOPE_GLOBAL))
        }
    }

    /// Closes the file and everything open in it; nothing may use them afterwards.
    public func close() throws(HDF5Error) {
        try handle.closeNow(.closeFile, path)
    }

    /// Size of the file in bytes.
    public func size() throws(HDF5Error) -> Int {
        let id = handle.id
        return try HDF5Library.locked { () throws(HDF5Error) -> Int in
            var size: hsize_t = 0
            try HDF5Library.check(.describe, path, H5Fget_filesize(id, &size))
            return Int(clamping: size)
        }
    }

    /// The descriptor through which the library reads; `nil` if the file is not read through one.
    private func descriptor() -> Int32? {
        let id = handle.id
        return HDF5Library.locked { systemDescriptor(of: id) }
    }

    /// Fails if the file was cut or written to since it was opened for reading.
    ///
    /// The library gives zeros for what a file has lost, and old rows beside new ones for what was
    /// overwritten; so whoever has read values asks this afterwards.
    ///
    /// - Throws: ``HDF5Error`` with the cause `truncated` or `changed`.
    public func checkUnchanged(_ subject: String) throws(HDF5Error) {
        guard let stamp, let descriptor = descriptor(), let now = Stamp(descriptor) else { return }
        if now.size < stamp.size { throw HDF5Error(.read, subject, .truncated) }
        if now != stamp { throw HDF5Error(.read, subject, .changed) }
    }

    /// Size and time of the last change of an open file.
    private struct Stamp: Sendable, Equatable {
        let size: Int
        let seconds: Int
        let nanoseconds: Int

        init?(_ descriptor: Int32) {
            var status = stat()
            guard fstat(descriptor, &status) == 0 else { return nil }
            size = Int(status.st_size)
            seconds = status.st_mtim.tv_sec
            nanoseconds = status.st_mtim.tv_nsec
        }
    }

    private static func refuseUnreadable(_ path: String) throws(HDF5Error) {
        let status: FileStatus
        do { status = try FileStatus(of: path) } catch {
            let isDenied = error.cause == .system(EACCES)
            throw HDF5Error(.openFile, path, isDenied ? .noPermission : .noSuchFile)
        }
        switch status.kind {
        case .folder: throw HDF5Error(.openFile, path, .isFolder)
        case .regular: break
        // Opening a pipe or a terminal would wait for ever.
        default: throw HDF5Error(.openFile, path, .notAFile)
        }
        guard withSystemPath(path, { access($0, R_OK) }) == 0 else {
            throw HDF5Error(.openFile, path, .noPermission)
        }
        guard status.size > 0 else { throw HDF5Error(.openFile, path, .isEmpty) }
        // The library answers "not accessible" to both; the signature tells a cut file from
        // another kind of file.
        let isHDF5 = HDF5Library.locked { withSystemPath(path) { H5Fis_hdf5($0) } }
        guard isHDF5 != 0 else {
            throw HDF5Error(.openFile, path, isLFSPointer(path) ? .lfsPointer : .notHDF5)
        }
    }

    private static func isLFSPointer(_ path: String) -> Bool {
        let signature = Array("version https://git-lfs.github.com/spec/".utf8)
        return (try? readStart(of: path, signature.count)) == signature
    }

    private static func cause(of frames: [String]) -> HDF5Error.Cause {
        if frames.contains(where: { $0.contains("truncated file") }) { return .truncated }
        if frames.contains(where: {
            $0.contains("unable to lock file") || $0.contains("already open for write")
        }) {
            return .locked
        }
        return HDF5Library.isOfNewerFormat(frames) ? .newerFormat : .library
    }

    static func causeOfWriting(_ frames: [String]) -> HDF5Error.Cause {
        let isFull = frames.contains { frame in
            [ENOSPC, EDQUOT, EFBIG].contains { frame.contains("errno = \($0),") }
        }
        if isFull { return .diskFull }
        if frames.contains(where: { $0.contains("errno = \(EACCES)") }) { return .noPermission }
        return .library
    }
}

/// Settings to open files for reading with: by positioned reads of a descriptor, whatever HDF5_DRIVER says,
/// since bytes are read past the library as well.
///
/// First used under the lock. Never closed: that would clear the error stack of a failed opening.
private let readAccess: hid_t = {
    let access = H5Pcreate(chdf5_file_access())
    H5Pset_fapl_sec2(access)
    return access
}()

/// Passes `status` on unless it says that a write failed; knows a full disk.
///
/// Call under the lock.
@discardableResult
func writing<T: SignedInteger>(
    _ operation: HDF5Error.Operation, _ subject: String, _ status: T
) throws(HDF5Error) -> T {
    guard status >= 0 else {
        let frames = HDF5Library.currentFrames()
        throw HDF5Error(operation, subject, HDF5File.causeOfWriting(frames), frames: frames)
    }
    return status
}

/// The system's descriptor of an open file, or `nil`; call it with the lock held.
func systemDescriptor(of file: hid_t) -> Int32? {
    var pointer: UnsafeMutableRawPointer?
    guard H5Fget_vfd_handle(file, chdf5_default_plist(), &pointer) >= 0, let pointer else {
        return nil
    }
    return pointer.load(as: Int32.self)
}

/// Keeps programs that this process starts from inheriting an opened file, and with it the lock that
/// would outlive our closing.
private func closedOnExecution(_ file: hid_t) -> hid_t {
    if file >= 0, let descriptor = systemDescriptor(of: file) {
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
    }
    return file
}
