import Files
import Glibc
import Text

/// A cursor in a JSON text, strict to RFC 8259.
///
/// Besides whole values it gives the parts of objects and lists one by one, and skips what nobody
/// asks for: the head of a long document is read without its tail.
///
/// - Complexity: O(bytes passed).
public struct JSONReader {
    /// The text.
    public let bytes: [UInt8]
    /// The next byte to be read.
    public private(set) var offset = 0
    private var depth = 0
    private let maximumDepth: Int

    /// A cursor at the beginning of `bytes`.
    public init(_ bytes: [UInt8], maximumDepth: Int = 128) {
        self.bytes = bytes
        self.maximumDepth = maximumDepth
    }

    /// Reads the next value.
    public mutating func value() throws(JSONError) -> JSONNode {
        switch try peek() {
        case UInt8(ascii: "{"):
            var members: [JSONNode.Field] = []
            try object { (name, reader) throws(JSONError) in
                members.append(JSONNode.Field(name, try reader.value()))
                return true
            }
            return .object(members)
        case UInt8(ascii: "["):
            var elements: [JSONNode] = []
            try list { (reader) throws(JSONError) in elements.append(try reader.value()) }
            return .list(elements)
        case UInt8(ascii: "\""): return .text(try string())
        case UInt8(ascii: "t"):
            try literal("true")
            return .flag(true)
        case UInt8(ascii: "f"):
            try literal("false")
            return .flag(false)
        case UInt8(ascii: "n"):
            try literal("null")
            return .null
        default: return try number()
        }
    }

    /// Whether the next value is a list.
    public mutating func isAtList() throws(JSONError) -> Bool { try peek() == UInt8(ascii: "[") }

    /// Passes over the next value and checks it.
    ///
    /// - Returns: where it stands.
    @discardableResult
    public mutating func skip() throws(JSONError) -> Range<Int> {
        let first = try peek()
        let start = offset
        switch first {
        case UInt8(ascii: "{"):
            try object { (_, reader) throws(JSONError) in
                try reader.skip()
                return true
            }
        case UInt8(ascii: "["):
            try list { (reader) throws(JSONError) in _ = try reader.skip() }
        case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"): _ = try numberRange()
        default: _ = try value()
        }
        return start..<offset
    }

    /// Reads an object; a name that occurs twice is an error.
    ///
    /// - Parameter body: is called after each name and must read or skip the value; it returns
    ///   whether to go on. After `false` the cursor stays where it is and the object is not
    ///   finished.
    /// - Throws: ``JSONError`` where it is no object, and what `body` throws.
    public mutating func object(
        _ body: (_ name: String, inout JSONReader) throws(JSONError) -> Bool
    ) throws(JSONError) {
        try open(UInt8(ascii: "{"))
        if try peek() == UInt8(ascii: "}") { return close() }
        var names: Set<ExactName> = []
        while true {
            guard try peek() == UInt8(ascii: "\"") else { throw error("a name") }
            let name = try string()
            guard names.insert(ExactName(name)).inserted else { throw error("each name once") }
            guard try peek() == UInt8(ascii: ":") else { throw error("':'") }
            offset += 1
            guard try body(name, &self) else { return }
            guard try goesOn(before: UInt8(ascii: "}")) else { return }
        }
    }

    /// Reads a list; `body` is called before each element and must read or skip it.
    public mutating func list(
        _ body: (inout JSONReader) throws(JSONError) -> Void
    ) throws(JSONError) {
        try open(UInt8(ascii: "["))
        if try peek() == UInt8(ascii: "]") { return close() }
        while true {
            try body(&self)
            guard try goesOn(before: UInt8(ascii: "]")) else { return }
        }
    }

    /// Checks that nothing but white space is left.
    public mutating func finish() throws(JSONError) {
        passSpace()
        if offset < bytes.count { throw error("nothing more") }
    }

    private mutating func open(_ bracket: UInt8) throws(JSONError) {
        guard try peek() == bracket else {
            throw error(bracket == UInt8(ascii: "{") ? "an object" : "a list")
        }
        depth += 1
        guard depth <= maximumDepth else { throw error("at most \(maximumDepth) levels") }
        offset += 1
    }

    private mutating func close() {
        depth -= 1
        offset += 1
    }

    /// Passes a comma, or the closing bracket.
    private mutating func goesOn(before bracket: UInt8) throws(JSONError) -> Bool {
        switch try peek() {
        case UInt8(ascii: ","):
            offset += 1
            return true
        case bracket:
            close()
            return false
        default: throw error("',' or '\(Character(Unicode.Scalar(bracket)))'")
        }
    }

    private func error(_ expected: String) -> JSONError {
        JSONError(offset: offset, expected: expected)
    }

    private mutating func passSpace() {
        while offset < bytes.count {
            switch bytes[offset] {
            case 0x20, 0x09, 0x0A, 0x0D: offset += 1
            default: return
            }
        }
    }

    /// The first byte of what comes next.
    private mutating func peek() throws(JSONError) -> UInt8 {
        passSpace()
        guard offset < bytes.count else { throw error("something more") }
        return bytes[offset]
    }

    private mutating func literal(_ word: StaticString) throws(JSONError) {
        let length = word.utf8CodeUnitCount
        let isThere =
            offset + length <= bytes.count
            && (0..<length).allSatisfy { bytes[offset + $0] == word.utf8Start[$0] }
        guard isThere else { throw error("'\(word)'") }
        offset += length
    }
}

// MARK: Numbers

extension JSONReader {
    private mutating func number() throws(JSONError) -> JSONNode {
        let (range, isWhole) = try numberRange()
        if isWhole, let integer = integer(range) { return .integer(integer) }
        // strtod wants a terminator; a number is short.
        var text = bytes[range].map { CChar(bitPattern: $0) }
        text.append(0)
        let value = strtod(text, nil)
        guard value.isFinite else {
            throw JSONError(
                offset: range.lowerBound, expected: "a number that fits Float64")
        }
        return .number(value)
    }

    private func integer(_ range: Range<Int>) -> Int? {
        let isNegative = bytes[range.lowerBound] == UInt8(ascii: "-")
        var value = 0
        for byte in bytes[range].dropFirst(isNegative ? 1 : 0) {
            let (shifted, overflows) = value.multipliedReportingOverflow(by: 10)
            let (next, carries) = shifted.addingReportingOverflow(Int(byte - UInt8(ascii: "0")))
            if overflows || carries { return nil }
            value = next
        }
        return isNegative ? -value : value
    }

    /// Passes a number: -? (0 | [1-9][0-9]*) (. [0-9]+)? ([eE] [+-]? [0-9]+)?
    private mutating func numberRange() throws(JSONError) -> (range: Range<Int>, isWhole: Bool) {
        let start = offset
        var isWhole = true
        if next() == UInt8(ascii: "-") { offset += 1 }
        guard let first = next(), isDigit(first) else {
            throw error(offset == start ? "a value" : "a digit")
        }
        offset += 1
        if first != UInt8(ascii: "0") { passDigits() }
        if next() == UInt8(ascii: ".") {
            isWhole = false
            offset += 1
            guard passDigits() > 0 else { throw error("a digit") }
        }
        if let letter = next(), letter | 0x20 == UInt8(ascii: "e") {
            isWhole = false
            offset += 1
            if let sign = next(), sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") {
                offset += 1
            }
            guard passDigits() > 0 else { throw error("a digit") }
        }
        if let after = next(), isDigit(after) { throw error("no digits after a leading zero") }
        return (start..<offset, isWhole)
    }

    private func next() -> UInt8? { offset < bytes.count ? bytes[offset] : nil }

    private func isDigit(_ byte: UInt8) -> Bool { byte &- UInt8(ascii: "0") < 10 }

    @discardableResult
    private mutating func passDigits() -> Int {
        let start = offset
        while let byte = next(), isDigit(byte) { offset += 1 }
        return offset - start
    }
}

// MARK: Strings

extension JSONReader {
    private mutating func string() throws(JSONError) -> String {
        offset += 1
        var start = offset
        var text = ""
        while true {
            guard let byte = next() else { throw error("'\"'") }
            switch byte {
            case UInt8(ascii: "\""):
                text += try decoded(start..<offset)
                offset += 1
                return text
            case UInt8(ascii: "\\"):
                text += try decoded(start..<offset)
                offset += 1
                text.unicodeScalars.append(try escape())
                start = offset
            case 0..<0x20: throw error("an escaped control character")
            default: offset += 1
            }
        }
    }

    private func decoded(_ range: Range<Int>) throws(JSONError) -> String {
        guard let text = String(validating: bytes[range], as: UTF8.self) else {
            throw JSONError(offset: range.lowerBound, expected: "UTF-8")
        }
        return text
    }

    private mutating func escape() throws(JSONError) -> Unicode.Scalar {
        guard let letter = next() else { throw error("an escape") }
        offset += 1
        switch letter {
        case UInt8(ascii: "\""): return "\""
        case UInt8(ascii: "\\"): return "\\"
        case UInt8(ascii: "/"): return "/"
        case UInt8(ascii: "b"): return "\u{8}"
        case UInt8(ascii: "f"): return "\u{C}"
        case UInt8(ascii: "n"): return "\n"
        case UInt8(ascii: "r"): return "\r"
        case UInt8(ascii: "t"): return "\t"
        case UInt8(ascii: "u"):
            var code = try hexadecimal()
            if 0xD800..<0xDC00 ~= code {
                try literal("\\u")
                let low = try hexadecimal()
                guard 0xDC00..<0xE000 ~= low else {
                    throw error("the second half of a pair")
                }
                code = 0x10000 + (code - 0xD800) << 10 + (low - 0xDC00)
            }
            guard let scalar = Unicode.Scalar(code) else { throw error("a character") }
            return scalar
        default: throw error("an escape")
        }
    }

    private mutating func hexadecimal() throws(JSONError) -> UInt32 {
        var code: UInt32 = 0
        for _ in 0..<4 {
            guard let byte = next() else { throw error("four hexadecimal digits") }
            let digit: UInt8
            switch byte {
            case UInt8(ascii: "0")...UInt8(ascii: "9"): digit = byte - UInt8(ascii: "0")
            case UInt8(ascii: "a")...UInt8(ascii: "f"): digit = byte - UInt8(ascii: "a") + 10
            case UInt8(ascii: "A")...UInt8(ascii: "F"): digit = byte - UInt8(ascii: "A") + 10
            default: throw error("four hexadecimal digits")
            }
            code = code << 4 | UInt32(digit)
            offset += 1
        }
        return code
    }
}
