import Files
import Text

/// Any JSON text, as read back from a file.
public enum JSONNode: Sendable, Equatable {
    case null
    case flag(Bool)
    /// A number without point and exponent that fits.
    case integer(Int)
    case number(Double)
    case text(String)
    case list([JSONNode])
    /// In the order of the text; no name twice.
    case object([Field])

    /// A named part of an object.
    public struct Field: Sendable, Equatable {
        /// The name, unescaped.
        public var name: String
        /// What it names.
        public var node: JSONNode

        /// A field from its parts.
        public init(_ name: String, _ node: JSONNode) {
            self.name = name
            self.node = node
        }
    }

    /// The field called `name`, byte for byte; `nil` if there is none or this is no object.
    ///
    /// - Complexity: O(fields).
    public subscript(name: String) -> JSONNode? {
        fields.first { isSame($0.name, name) }?.node
    }

    /// The fields of an object; none of anything else.
    public var fields: [Field] {
        if case .object(let fields) = self { fields } else { [] }
    }

    /// The elements of a list; none of anything else.
    public var elements: [JSONNode] {
        if case .list(let elements) = self { elements } else { [] }
    }

    /// The text, if it is one.
    public var text: String? { if case .text(let text) = self { text } else { nil } }

    /// The whole number, if it is one.
    public var integer: Int? {
        switch self {
        case .integer(let integer): integer
        case .number(let number): Int(exactly: number)
        default: nil
        }
    }

    /// The number, if it is one.
    public var number: Double? {
        switch self {
        case .integer(let integer): Double(integer)
        case .number(let number): number
        default: nil
        }
    }

    /// The truth value, if it is one.
    public var flag: Bool? { if case .flag(let flag) = self { flag } else { nil } }

    /// Reads one JSON text (RFC 8259), strictly: nothing before or after it but white space.
    ///
    /// - Throws: ``JSONError`` for anything that is not JSON, a name that occurs twice in an object,
    ///   numbers beyond Float64, and nesting deeper than 128.
    /// - Complexity: O(length).
    public init(parsing bytes: [UInt8]) throws(JSONError) {
        var reader = JSONReader(bytes)
        self = try reader.value()
        try reader.finish()
    }
}

/// Why a text is not JSON.
public struct JSONError: Error, Hashable, CustomStringConvertible {
    /// Bytes before the mistake.
    public var offset: Int
    /// What should stand there.
    public var expected: String

    /// One sentence.
    public var description: String { "not JSON: expected \(expected) at byte \(offset)" }
}
