import CZlib
import Files
import Glibc

/// A file read from front to back, inflated on the way if it is gzip.
///
/// What the file is shows in its first two bytes, not in its name. Memory is one input buffer,
/// whatever the file claims about itself; the gzip checksum and length are verified at the end.
struct ByteSource: ~Copyable {
    let path: String
    /// Length of the file as stored, in bytes.
    let fileSize: Int
    /// Bytes handed out so far.
    private(set) var position = 0
    private let descriptor: Int32
    private let input = UnsafeMutableBufferPointer<UInt8>.allocate(capacity: 1 << 18)
    private var available = 0
    private var consumed = 0
    /// On the heap: zlib keeps the address of its stream.
    private var stream: UnsafeMutablePointer<z_stream>?
    private var memberEnded = false

    /// Opens the file at `path`.
    init(path: String) throws(DatasetError) {
        self.path = path
        // Without O_NONBLOCK opening a named pipe would wait for a writer.
        descriptor = withSystemPath(path) { open($0, O_RDONLY | O_CLOEXEC | O_NONBLOCK) }
        guard descriptor >= 0, let status = FileStatus(descriptor: descriptor) else {
            let reason = String(cString: strerror(errno))
            fileSize = 0
            throw .unreadable(path: path, reason: "cannot be opened, \(reason)")
        }
        fileSize = status.size
        guard status.kind == .regular else {
            throw .unreadable(path: path, reason: "is not a regular file")
        }
        InputFiles.add(path)
        try refill()
        if available >= 2, input[0] == 0x1F, input[1] == 0x8B {
            let stream = UnsafeMutablePointer<z_stream>.allocate(capacity: 1)
            stream.initialize(to: z_stream())
            self.stream = stream
            guard czlib_inflate_init_gzip(stream) == Z_OK else {
                throw .unreadable(path: path, reason: "no memory to inflate it")
            }
        }
    }

    deinit {
        if let stream {
            inflateEnd(stream)
            stream.deallocate()
        }
        input.deallocate()
        if descriptor >= 0 { close(descriptor) }
    }

    /// The most bytes that the file can hold: deflate never shrinks more than 1032-fold.
    var largestContent: Int {
        guard stream != nil else { return fileSize }
        let (most, overflows) = fileSize.multipliedReportingOverflow(by: 1032)
        return overflows ? .max : most
    }

    /// Fills `target` from the file.
    ///
    /// - Returns: the number of bytes written; less than `target` holds only at the end.
    mutating func read(into target: UnsafeMutableBufferPointer<UInt8>) throws(DatasetError) -> Int {
        var filled = 0
        while filled < target.count {
            let rest = UnsafeMutableBufferPointer<UInt8>(rebasing: target[filled...])
            let count = stream == nil ? try copy(into: rest) : try inflate(into: rest)
            if count == 0 { break }
            filled += count
        }
        position += filled
        return filled
    }

    /// The next `count` bytes; the error when they are not there says that the whole content must
    /// be `total` bytes long.
    mutating func bytes(_ count: Int, of total: Int? = nil) throws(DatasetError) -> [UInt8] {
        let expected = total ?? position + count
        guard count <= largestContent else {
            throw .implausibleSize(path: path, claimed: expected, fileSize: fileSize)
        }
        let before = position
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count)
        // In pieces: a file that claims more than it holds takes addresses, but no memory for the rest.
        while bytes.count < count {
            let piece = min(count - bytes.count, 1 << 18)
            let start = bytes.count
            bytes.append(contentsOf: repeatElement(0, count: piece))
            let filled = try bytes.withUnsafeMutableBufferPointer { target throws(DatasetError) in
                try read(into: UnsafeMutableBufferPointer(rebasing: target[start...]))
            }
            guard filled == piece else {
                throw .truncated(path: path, expected: expected, found: before + start + filled)
            }
        }
        return bytes
    }

    /// Checks that nothing follows.
    mutating func expectEnd() throws(DatasetError) {
        let expected = position
        var byte: [UInt8] = [0]
        let more = try byte.withUnsafeMutableBufferPointer { target throws(DatasetError) in
            try read(into: target)
        }
        guard more == 0 else { throw .trailingBytes(path: path, expected: expected) }
    }

    /// Everything that is left, at most `limit` bytes.
    mutating func rest(limit: Int) throws(DatasetError) -> [UInt8] {
        var bytes: [UInt8] = []
        guard stream != nil || fileSize - position <= limit else {
            throw .tooLarge(path: path, limit: limit)
        }
        bytes.reserveCapacity(stream == nil ? max(0, fileSize - position) : 0)
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = try piece.withUnsafeMutableBufferPointer { target throws(DatasetError) in
                try read(into: target)
            }
            if count == 0 { return bytes }
            guard bytes.count + count <= limit else {
                throw .tooLarge(path: path, limit: limit)
            }
            bytes.append(contentsOf: piece[..<count])
        }
    }

    private mutating func refill() throws(DatasetError) {
        consumed = 0
        available = 0
        while true {
            let count = Self.systemRead(descriptor, input)
            if count >= 0 {
                available = count
                return
            }
            guard errno == EINTR else {
                throw .unreadable(
                    path: path, reason: "cannot be read, \(String(cString: strerror(errno)))")
            }
        }
    }

    private static func systemRead(
        _ descriptor: Int32, _ buffer: UnsafeMutableBufferPointer<UInt8>
    ) -> Int {
        Glibc.read(descriptor, buffer.baseAddress, buffer.count)
    }

    private mutating func copy(
        into target: UnsafeMutableBufferPointer<UInt8>
    ) throws(DatasetError) -> Int {
        if consumed == available { try refill() }
        let count = min(target.count, available - consumed)
        _ = target.update(from: input[consumed..<consumed + count])
        consumed += count
        return count
    }

    /// Inflates until something came out or the last member ended.
    private mutating func inflate(
        into target: UnsafeMutableBufferPointer<UInt8>
    ) throws(DatasetError) -> Int {
        guard let stream else { return 0 }
        while true {
            if consumed == available { try refill() }
            if memberEnded {
                // A gzip file may be several members one after the other (RFC 1952, 2.2).
                if available == consumed { return 0 }
                guard input[consumed] == 0x1F else {
                    throw .corruptGzip(path: path, reason: "bytes follow the end of the stream")
                }
                inflateReset(stream)
                memberEnded = false
            }
            guard available > consumed else {
                throw .corruptGzip(path: path, reason: "the file ends inside the stream")
            }
            let room = min(target.count, Int(UInt32.max))
            stream.pointee.next_in = input.baseAddress.map { $0 + consumed }
            stream.pointee.avail_in = UInt32(available - consumed)
            stream.pointee.next_out = target.baseAddress
            stream.pointee.avail_out = UInt32(room)
            let result = CZlib.inflate(stream, Z_NO_FLUSH)
            consumed = available - Int(stream.pointee.avail_in)
            guard result == Z_OK || result == Z_STREAM_END || result == Z_BUF_ERROR else {
                let reason =
                    stream.pointee.msg.map { String(cString: $0) } ?? "zlib error \(result)"
                throw .corruptGzip(path: path, reason: reason)
            }
            memberEnded = result == Z_STREAM_END
            let written = room - Int(stream.pointee.avail_out)
            if written > 0 { return written }
        }
    }
}

/// The value of an environment variable, unless it is unset or empty.
func environment(_ name: String) -> String? {
    getenv(name).map { pathText(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
}
