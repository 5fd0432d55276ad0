import Testing

@testable import Files

@Suite struct DigestTests {
    /// The XXH64 of known bytes by python-xxhash 4.1.0 (Fixtures/reference/digest.py).
    @Test(arguments: digestReference)
    func agreesWithTheReference(length: Int, digest: UInt64) {
        #expect(Digest.of((0..<length).map { UInt8($0 % 251) }) == digest)
    }

    @Test func everyDivisionGivesTheSame() {
        let bytes = (0..<101).map { UInt8($0 * 7 % 256) }
        let whole = Digest.of(bytes)
        for first in 0...bytes.count {
            for second in stride(from: first, through: bytes.count, by: 5) {
                var digest = Digest()
                for part in [bytes[..<first], bytes[first..<second], bytes[second...]] {
                    part.withUnsafeBytes { digest.update($0) }
                }
                #expect(digest.value == whole)
            }
        }
        // A collection without contiguous storage.
        #expect(Digest.of(bytes.lazy.map { $0 }) == whole)
    }

    @Test func filesAreDigestedWhole() throws {
        let scratch = try Scratch()
        var bytes = (0..<(5 << 20) / 2 + 3).map { UInt8(truncatingIfNeeded: $0 &* 31 ^ $0 >> 8) }
        let path = try scratch.write("a", bytes)
        let digest = Digest.of(bytes)
        #expect(try OpenedFile(path).digest() == digest)
        bytes[bytes.count / 2] ^= 1
        try scratch.write("a", bytes)
        #expect(try OpenedFile(path).digest() != digest)
    }

    @Test func sixteenDigits() {
        #expect(hexadecimal(0xAB) == "00000000000000ab")
        #expect(hexadecimal(.max) == "ffffffffffffffff")
    }
}
