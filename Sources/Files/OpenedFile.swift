import Glibc

/// A regular file open for reading; closed at the end of its life.
public struct OpenedFile: ~Copyable {
    /// The open descriptor.
    public let descriptor: Int32
    /// What the system said when it was opened.
    public let status: FileStatus
    let path: String

    /// Opens the file at `path`.
    ///
    /// A named pipe is refused, not waited for.
    ///
    /// - Throws: ``FileError`` if there is none, it may not be read, or it is no regular file.
    public init(_ path: String) throws(FileError) {
        // Without O_NONBLOCK opening a named pipe would wait for a writer.
        let opened = withSystemPath(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY) }
        guard opened >= 0 else { throw FileError(.read, path, code: errno) }
        guard let status = FileStatus(descriptor: opened), status.kind == .regular else {
            let isFolder = FileStatus(descriptor: opened)?.kind == .folder
            close(opened)
            throw FileError(.read, path, isFolder ? .isFolder : .isNotRegular)
        }
        descriptor = opened
        self.status = status
        self.path = path
    }

    deinit { close(descriptor) }

    /// Up to `count` bytes from `offset`; fewer only at the end of the file.
    public func bytes(at offset: Int, count: Int) throws(FileError) -> [UInt8] {
        var code: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            done = read(into: UnsafeMutableRawBufferPointer(buffer), at: offset, &code)
        }
        guard code == 0 else { throw FileError(.read, path, code: code) }
        return bytes
    }

    /// Fills `buffer` from `offset`; the number of bytes that there were.
    func read(
        into buffer: UnsafeMutableRawBufferPointer, at offset: Int, _ code: inout Int32
    ) -> Int {
        var done = 0
        while done < buffer.count, let base = buffer.baseAddress {
            let got = pread(descriptor, base + done, buffer.count - done, off_t(offset + done))
            if got < 0, errno == EINTR { continue }
            if got < 0 { code = errno }
            if got <= 0 { break }
            done += got
        }
        return done
    }
}

/// The content of the regular file at `path`.
///
/// - Parameters:
///   - path: the file.
///   - limit: more bytes than these are refused before memory is taken for them.
/// - Returns: the bytes; fewer than the file had if it was cut in the meantime.
/// - Throws: ``FileError``.
public func readFile(_ path: String, limit: Int = 1 << 32) throws(FileError) -> [UInt8] {
    let file = try OpenedFile(path)
    guard file.status.size <= limit else {
        throw FileError(.read, path, .isTooLarge(limit: limit))
    }
    return try file.bytes(at: 0, count: file.status.size)
}

/// The first bytes of the regular file at `path`, at most `count`.
public func readStart(of path: String, _ count: Int) throws(FileError) -> [UInt8] {
    let file = try OpenedFile(path)
    return try file.bytes(at: 0, count: min(count, file.status.size))
}

/// Writes all of `bytes` to an open descriptor, whatever the pieces.
///
/// - Returns: the `errno` of a refusal, else 0.
public func writeAll(_ bytes: UnsafeRawBufferPointer, to descriptor: Int32) -> Int32 {
    guard let base = bytes.baseAddress else { return 0 }
    var done = 0
    while done < bytes.count {
        let count = write(descriptor, base + done, bytes.count - done)
        if count > 0 {
            done += count
        } else if count < 0, errno == EAGAIN {
            // A terminal that another program set non-blocking: wait until it takes more.
            var ready = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
            _ = poll(&ready, 1, 1000)
        } else if count < 0, errno != EINTR {
            return errno
        }
    }
    return 0
}
