import Files

/// The last member of a result file: the number of bytes before it and their digest.
///
/// ```
///   "checksum": {"bytes": 1234, "xxh64": "0123456789abcdef"}
/// }
/// ```
enum Checksum {
    /// How a text agrees with the checksum at its end.
    enum State: Hashable { case right, wrong, missing }

    private static let start = Array(",\n  \"checksum\": {\"bytes\": ".utf8)
    private static let middle = Array(", \"xxh64\": \"".utf8)
    private static let end = Array("\"}\n}\n".utf8)

    /// `document`, which ends with the bracket of its object and a newline, with a checksum.
    static func added(to document: [UInt8]) -> [UInt8] {
        precondition(document.suffix(3) == Array("\n}\n".utf8)[...], "no document")
        var bytes = Array(document.dropLast(3))
        let digest = hexadecimal(Digest.of(bytes))
        let count = bytes.count
        bytes += start + Array(String(count).utf8) + middle + Array(digest.utf8) + end
        return bytes
    }

    /// Compares `bytes` with the checksum at their end.
    static func state(of bytes: [UInt8]) -> State {
        guard bytes.suffix(end.count) == end[...] else { return .missing }
        let digest = bytes.dropLast(end.count).suffix(16)
        let before = bytes.dropLast(end.count + 16)
        guard before.suffix(middle.count) == middle[...] else { return .missing }
        let digits = before.dropLast(middle.count).reversed()
            .prefix { 0x30...0x39 ~= $0 }.reversed()
        guard digits.count <= 19, let count = Int(String(decoding: digits, as: UTF8.self)) else {
            return .missing
        }
        let length = start.count + digits.count + middle.count + 16 + end.count
        guard bytes.count >= length,
            bytes.dropLast(length - start.count).suffix(start.count) == start[...]
        else { return .missing }
        guard count == bytes.count - length else { return .wrong }
        return Array(hexadecimal(Digest.of(bytes[..<count])).utf8) == Array(digest)
            ? .right : .wrong
    }
}
