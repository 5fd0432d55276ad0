/// A name that equals another only if every byte does.
///
/// Swift's strings are equal if Unicode holds them for equal: `café` in one and in two scalars. Files
/// of these two names are two files, so a set or dictionary of paths or of runs has these as keys.
/// The order is that of the bytes.
public struct ExactName: Hashable, Comparable, Sendable {
    /// The name.
    public let text: String

    /// The name `text`.
    public init(_ text: String) { self.text = text }

    /// Whether both have the same bytes.
    public static func == (a: ExactName, b: ExactName) -> Bool {
        a.text.utf8.elementsEqual(b.text.utf8)
    }

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
}

extension StringProtocol {
    /// Whether both have the same bytes; see ``ExactName``.
    public func isExactly(_ other: some StringProtocol) -> Bool { utf8.elementsEqual(other.utf8) }
}
