import Glibc

/// One end of a connection between two processes: messages of a kind and some bytes, in order.
struct Channel: Sendable {
    let descriptor: Int32

    /// What a message is.
    enum Kind: UInt8 {
        case request = 1
        /// Two numbers: how much of how much is done.
        case progress
        case answer
    }

    private static let headBytes = 9

    /// Sends a message; false if the other end is closed.
    func send(_ kind: Kind, _ payload: [UInt8]) -> Bool {
        var message: [UInt8] = [kind.rawValue]
        message.reserveCapacity(Self.headBytes + payload.count)
        withUnsafeBytes(of: UInt64(payload.count)) { message.append(contentsOf: $0) }
        message.append(contentsOf: payload)
        return message.withUnsafeBytes { bytes in
            var sent = 0
            while sent < bytes.count, let base = bytes.baseAddress {
                // Not a pipe: the death of the other process must not raise SIGPIPE here.
                let count = Glibc.send(
                    descriptor, base + sent, bytes.count - sent, Int32(MSG_NOSIGNAL))
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return false }
                sent += count
            }
            return true
        }
    }

    /// Waits for a message; `nil` if the other end is closed.
    func receive() -> (kind: Kind, payload: [UInt8])? {
        guard let head = bytes(Self.headBytes), let kind = Kind(rawValue: head[0]) else {
            return nil
        }
        let count = head[1...].withUnsafeBytes { $0.loadUnaligned(as: UInt64.self) }
        guard let count = Int(exactly: count), let payload = bytes(count) else { return nil }
        return (kind, payload)
    }

    private func bytes(_ count: Int) -> [UInt8]? {
        var isWhole = true
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, done in
            done = 0
            while done < count, let base = buffer.baseAddress {
                let got = read(descriptor, base + done, count - done)
                if got < 0, errno == EINTR { continue }
                if got <= 0 {
                    isWhole = false
                    return
                }
                done += got
            }
        }
        return isWhole ? bytes : nil
    }
}
