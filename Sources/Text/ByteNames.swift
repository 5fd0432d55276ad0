/// A name as text that keeps every byte.
///
/// Names in HDF5 files and in file systems are bytes. Those that are not UTF-8 are mapped to the last
/// scalars of the private use area (byte 0xNN to U+10FFNN), so that any object can be named, opened again
/// and displayed. The bytes of those scalars themselves are mapped one by one as well: different bytes
/// never become equal text.
///
/// - Complexity: O(bytes).
public func decodeName(_ bytes: some Sequence<UInt8>) -> String {
    let bytes = Array(bytes)
    if let text = String(validating: bytes, as: UTF8.self),
        !text.unicodeScalars.contains(where: isForeign)
    {
        return text
    }
    var scalars = String.UnicodeScalarView()
    var next = 0
    while next < bytes.count {
        let length = scalarLength(bytes[next...])
        if length > 0, let scalar = decodeScalar(bytes[next..<next + length]), !isForeign(scalar) {
            scalars.append(scalar)
            next += length
        } else {
            if let scalar = Unicode.Scalar(0x10_FF00 + UInt32(bytes[next])) {
                scalars.append(scalar)
            }
            next += 1
        }
    }
    return String(scalars)
}

/// The bytes of a name made by ``decodeName(_:)``.
public func encodeName(_ name: String) -> [UInt8] {
    if !name.unicodeScalars.contains(where: isForeign) { return Array(name.utf8) }
    var bytes: [UInt8] = []
    for scalar in name.unicodeScalars {
        if isForeign(scalar) {
            bytes.append(UInt8(scalar.value & 0xFF))
        } else {
            bytes.append(contentsOf: UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter)
        }
    }
    return bytes
}

/// Whether a name holds bytes that are not UTF-8.
public func isForeignName(_ name: String) -> Bool { name.unicodeScalars.contains(where: isForeign) }

/// Whether the scalar stands for a byte of a name that is not UTF-8.
func isForeign(_ scalar: Unicode.Scalar) -> Bool { scalar.value >= 0x10_FF80 }

/// Bytes of the scalar that begins `bytes`; 0 if no well-formed UTF-8 begins there.
private func scalarLength(_ bytes: ArraySlice<UInt8>) -> Int {
    guard let first = bytes.first else { return 0 }
    let length =
        switch first {
        case 0x00...0x7F: 1
        case 0xC2...0xDF: 2
        case 0xE0...0xEF: 3
        case 0xF0...0xF4: 4
        default: 0
        }
    guard length <= bytes.count,
        bytes.dropFirst().prefix(max(0, length - 1)).allSatisfy({ $0 & 0xC0 == 0x80 })
    else { return 0 }
    return length
}

/// The scalar of a whole sequence; `nil` for surrogates, overlong forms and values above U+10FFFF.
private func decodeScalar(_ bytes: ArraySlice<UInt8>) -> Unicode.Scalar? {
    guard let first = bytes.first else { return nil }
    if bytes.count == 1 { return Unicode.Scalar(first) }
    var value = UInt32(first & (0x7F >> UInt8(bytes.count)))
    for byte in bytes.dropFirst() { value = value << 6 | UInt32(byte & 0x3F) }
    let smallest: [UInt32] = [0, 0, 0x80, 0x800, 0x1_0000]
    guard value >= smallest[bytes.count] else { return nil }
    return Unicode.Scalar(value)
}

/// A name that is equal to another only if their bytes are.
///
/// `String` compares by canonical equivalence: "é" as one scalar equals "e" with an accent. Two layers or
/// files of such names are two; keys of sets and dictionaries must be of this type.
public struct ExactName: Hashable, Comparable, Sendable, CustomStringConvertible {
    /// The name.
    public let text: String

    /// A name to compare by its bytes.
    public init(_ text: String) { self.text = text }

    /// Whether the bytes are equal.
    public static func == (a: ExactName, b: ExactName) -> Bool { isSame(a.text, b.text) }

    /// Whether `a` comes first by its bytes.
    public static func < (a: ExactName, b: ExactName) -> Bool {
        a.text.utf8.lexicographicallyPrecedes(b.text.utf8)
    }

    /// Hashes the bytes.
    public func hash(into hasher: inout Hasher) {
        var text = text
        text.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(0xFF as UInt8)
    }

    /// The name itself.
    public var description: String { text }
}

/// Whether two names have the same bytes.
public func isSame(_ a: String, _ b: String) -> Bool { a.utf8.elementsEqual(b.utf8) }

/// Each name once, in the order of its first occurrence; names differ if their bytes do.
public func distinctNames(_ names: some Sequence<String>) -> [String] {
    var seen: Set<ExactName> = []
    return names.filter { seen.insert(ExactName($0)).inserted }
}
