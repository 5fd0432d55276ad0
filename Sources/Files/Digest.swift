import Glibc

/// A digest of bytes that is the same in every process and on every machine: XXH64 with seed 0
/// (Collet, 2012; specification 0.1.1), which reads several gigabytes a second.
///
/// It finds accidents and changes. It is no protection from somebody who wants two contents of one
/// digest.
///
/// - Complexity: O(bytes) time, O(1) memory.
public struct Digest: Sendable {
    private static let primes: (UInt64, UInt64, UInt64, UInt64, UInt64) = (
        0x9E37_79B1_85EB_CA87, 0xC2B2_AE3D_27D4_EB4F, 0x1656_67B1_9E37_79F9,
        0x85EB_CA77_C2B2_AE63, 0x27D4_EB2F_1656_67C5
    )

    private var lanes: (UInt64, UInt64, UInt64, UInt64)
    private var pending: [UInt8] = []
    private var count: UInt64 = 0

    /// The digest of nothing yet.
    public init() {
        let (one, two, _, _, _) = Self.primes
        lanes = (one &+ two, two, 0, 0 &- one)
        pending.reserveCapacity(32)
    }

    /// The digest of `bytes`.
    public static func of(_ bytes: some Collection<UInt8>) -> UInt64 {
        var digest = Digest()
        if bytes.withContiguousStorageIfAvailable({ digest.update(UnsafeRawBufferPointer($0)) })
            == nil
        {
            Array(bytes).withUnsafeBytes { digest.update($0) }
        }
        return digest.value
    }

    /// Adds bytes; how they are divided among calls does not matter.
    public mutating func update(_ bytes: UnsafeRawBufferPointer) {
        count &+= UInt64(bytes.count)
        var rest = bytes[...]
        if !pending.isEmpty {
            let taken = rest.prefix(32 - pending.count)
            pending += taken
            rest = rest.dropFirst(taken.count)
            guard pending.count == 32 else { return }
            pending.withUnsafeBytes { stripes(of: $0) }
            pending.removeAll(keepingCapacity: true)
        }
        let whole = rest.count & ~31
        stripes(of: UnsafeRawBufferPointer(rebasing: rest.prefix(whole)))
        pending += rest.dropFirst(whole)
    }

    private mutating func stripes(of bytes: UnsafeRawBufferPointer) {
        var (a, b, c, d) = lanes
        guard var next = bytes.baseAddress else { return }
        for _ in 0..<bytes.count / 32 {
            a = Self.round(a, Self.word(next))
            b = Self.round(b, Self.word(next + 8))
            c = Self.round(c, Self.word(next + 16))
            d = Self.round(d, Self.word(next + 24))
            next += 32
        }
        lanes = (a, b, c, d)
    }

    /// The digest of all bytes so far.
    public var value: UInt64 {
        let (one, two, three, four, five) = Self.primes
        var hash: UInt64
        if count >= 32 {
            hash =
                Self.rotate(lanes.0, 1) &+ Self.rotate(lanes.1, 7) &+ Self.rotate(lanes.2, 12)
                &+ Self.rotate(lanes.3, 18)
            for lane in [lanes.0, lanes.1, lanes.2, lanes.3] {
                hash = (hash ^ Self.round(0, lane)) &* one &+ four
            }
        } else {
            hash = five
        }
        hash = hash &+ count
        pending.withUnsafeBytes { bytes in
            var offset = 0
            while let start = bytes.baseAddress, offset + 8 <= bytes.count {
                hash ^= Self.round(0, Self.word(start + offset))
                hash = Self.rotate(hash, 27) &* one &+ four
                offset += 8
            }
            if offset + 4 <= bytes.count {
                let word = UInt32(
                    littleEndian: bytes.loadUnaligned(fromByteOffset: offset, as: UInt32.self))
                hash = Self.rotate(hash ^ UInt64(word) &* one, 23) &* two &+ three
                offset += 4
            }
            for byte in bytes[offset...] {
                hash = Self.rotate(hash ^ UInt64(byte) &* five, 11) &* one
            }
        }
        hash = (hash ^ hash >> 33) &* two
        hash = (hash ^ hash >> 29) &* three
        return hash ^ hash >> 32
    }

    private static func rotate(_ word: UInt64, _ bits: UInt64) -> UInt64 {
        word &<< bits | word &>> (64 - bits)
    }

    private static func round(_ lane: UInt64, _ word: UInt64) -> UInt64 {
        rotate(lane &+ word &* primes.1, 31) &* primes.0
    }

    private static func word(_ bytes: UnsafeRawPointer) -> UInt64 {
        UInt64(littleEndian: bytes.loadUnaligned(as: UInt64.self))
    }
}

extension OpenedFile {
    /// The digest of the whole content as it is now.
    ///
    /// - Throws: ``FileError`` if it cannot be read.
    /// - Complexity: O(size) time, 1 MiB of memory.
    public func digest() throws(FileError) -> UInt64 {
        posix_fadvise(descriptor, 0, 0, POSIX_FADV_SEQUENTIAL)
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 20, alignment: 64)
        defer { buffer.deallocate() }
        var digest = Digest()
        var offset = 0
        var code: Int32 = 0
        while true {
            let count = read(into: buffer, at: offset, &code)
            guard code == 0 else { throw FileError(.read, path, code: code) }
            if count == 0 { return digest.value }
            digest.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
            offset += count
        }
    }
}

/// `digest` as 16 hexadecimal digits.
public func hexadecimal(_ digest: UInt64) -> String {
    let digits = String(digest, radix: 16)
    return String(repeating: "0", count: 16 - digits.utf8.count) + digits
}
