import Glibc

/// The right to work on something that only one process may work on, kept in a lock file.
///
/// The system takes the lock (`flock`) away when the process ends, however that happens. The file
/// names the process that has it. It is removed when the lock is given back.
public struct FileLock: ~Copyable {
    private let descriptor: Int32
    private let path: String

    /// Takes the lock whose file is at `path`, without waiting.
    ///
    /// - Throws: ``FileError`` with the cause ``FileError/Cause/isHeld(by:)`` if another process, or
    ///   this one, has it.
    public init(_ path: String) throws(FileError) {
        while true {
            let opened = withSystemPath(path) {
                open($0, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK, 0o666)
            }
            guard opened >= 0 else { throw FileError(.lock, path, code: errno) }
            var isLocked = flock(opened, LOCK_EX | LOCK_NB) == 0
            // A file system without locks cannot keep others away; that is no reason not to work.
            if !isLocked, [ENOTSUP, ENOLCK, ENOSYS, EINVAL].contains(errno) { isLocked = true }
            guard isLocked else {
                let code = errno
                let holder = Self.holder(opened)
                close(opened)
                throw FileError(
                    .lock, path, code == EWOULDBLOCK ? .isHeld(by: holder) : .system(code))
            }
            // The one who had it may have removed the file between the two calls.
            if let own = FileStatus(descriptor: opened), let named = try? FileStatus(of: path),
                own.key == named.key
            {
                let text = Array("process \(getpid()) on \(hostName())\n".utf8)
                _ = ftruncate(opened, 0)
                _ = text.withUnsafeBytes { writeAll($0, to: opened) }
                descriptor = opened
                self.path = path
                return
            }
            close(opened)
        }
    }

    private static func holder(_ descriptor: Int32) -> String {
        var bytes = [UInt8](repeating: 0, count: 300)
        let count = bytes.withUnsafeMutableBytes { pread(descriptor, $0.baseAddress, $0.count, 0) }
        let line = bytes.prefix(max(0, count)).prefix { $0 >= 0x20 && $0 < 0x7F }
        return line.isEmpty ? "another process" : String(decoding: line, as: UTF8.self)
    }

    deinit {
        withSystemPath(path) { _ = unlink($0) }
        close(descriptor)
    }
}
