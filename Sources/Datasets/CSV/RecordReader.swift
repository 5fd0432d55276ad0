/// Reads the records of a delimited text one after the other.
///
/// The format is that of RFC 4180: a field that begins with a quotation mark ends with one, and may hold
/// separators, line breaks and, doubled, quotation marks. Beyond the RFC, lines may end in LF, CR LF or
/// CR, spaces around a field do not count, a quotation mark inside a field that does not begin with one
/// stands for itself, and empty lines are passed over.
struct RecordReader: ~Copyable {
    /// A field of the record that was read last.
    struct Field {
        /// Positions in the text, without quotation marks around them.
        var range: Range<Int>
        /// Whether it holds doubled quotation marks.
        var hasDoubledQuotes = false
    }

    let path: String
    let separator: UInt8
    private let text: UnsafeBufferPointer<UInt8>
    private var position: Int
    private var nextLine = 1
    /// The line, from 1, where the record that was read last begins.
    private(set) var line = 0
    /// The fields of that record.
    private(set) var fields: [Field] = []

    /// A reader of `text`, which must outlive it; a byte order mark at its start is passed over.
    init(_ text: UnsafeBufferPointer<UInt8>, path: String, separator: UInt8) {
        self.path = path
        self.text = text
        self.separator = separator
        position = text.starts(with: [0xEF, 0xBB, 0xBF]) ? 3 : 0
    }

    /// Reads the next record into ``fields``.
    ///
    /// - Returns: whether there was one.
    /// - Throws: ``DatasetError/malformed(path:line:column:reason:)`` for a NUL byte, a quotation mark
    ///   that is not closed, and text after one that is.
    mutating func next() throws(DatasetError) -> Bool {
        skipEmptyLines()
        guard position < text.count else { return false }
        fields.removeAll(keepingCapacity: true)
        line = nextLine
        while true {
            skipSpaces()
            if position < text.count, text[position] == UInt8(ascii: "\"") {
                try readQuoted()
            } else {
                try readPlain()
            }
            if position == text.count { return true }
            if text[position] == separator {
                position += 1
                // Spaces at the end of a line are no field where spaces separate.
                if separator == 0x20, isAtEndAfterSpaces() { return true }
            } else {
                endLine()
                return true
            }
        }
    }

    /// Calls `body` with the content of field `index`.
    func withContent<R>(_ index: Int, _ body: (UnsafeBufferPointer<UInt8>) -> R) -> R {
        let field = fields[index]
        let raw = UnsafeBufferPointer(rebasing: text[field.range])
        guard field.hasDoubledQuotes else { return body(raw) }
        var content: [UInt8] = []
        content.reserveCapacity(raw.count)
        var at = 0
        while at < raw.count {
            content.append(raw[at])
            at += raw[at] == UInt8(ascii: "\"") ? 2 : 1
        }
        return content.withUnsafeBufferPointer(body)
    }

    /// An error about field `index` of this record.
    func error(_ index: Int, named name: String? = nil, _ reason: String) -> DatasetError {
        .malformed(path: path, line: line, column: name ?? columnName(index), reason: reason)
    }

    private func isLineEnd(_ byte: UInt8) -> Bool { byte == 0x0A || byte == 0x0D }

    private mutating func skipSpaces() {
        while position < text.count, text[position] == 0x20 { position += 1 }
    }

    private mutating func skipEmptyLines() {
        while position < text.count {
            let start = position
            skipSpaces()
            guard position < text.count else { return }
            guard isLineEnd(text[position]) else {
                position = start
                return
            }
            endLine()
        }
    }

    private mutating func isAtEndAfterSpaces() -> Bool {
        skipSpaces()
        if position == text.count { return true }
        guard isLineEnd(text[position]) else { return false }
        endLine()
        return true
    }

    /// Steps over the end of a line.
    private mutating func endLine() {
        if text[position] == 0x0D, position + 1 < text.count, text[position + 1] == 0x0A {
            position += 1
        }
        position += 1
        nextLine += 1
    }

    private mutating func readPlain() throws(DatasetError) {
        let start = position
        while position < text.count {
            let byte = text[position]
            if byte == separator || isLineEnd(byte) { break }
            if byte == 0 { throw nul() }
            position += 1
        }
        var end = position
        while end > start, text[end - 1] == 0x20 { end -= 1 }
        fields.append(Field(range: start..<end))
    }

    private mutating func readQuoted() throws(DatasetError) {
        let openedAt = nextLine
        position += 1
        let start = position
        var hasDoubledQuotes = false
        while true {
            guard position < text.count else {
                throw .malformed(
                    path: path, line: openedAt, column: columnName(fields.count),
                    reason: "a quotation mark is opened and never closed; close it, or double it "
                        + "if it stands for itself")
            }
            let byte = text[position]
            if byte == UInt8(ascii: "\"") {
                guard position + 1 < text.count, text[position + 1] == byte else { break }
                hasDoubledQuotes = true
                position += 1
            } else if isLineEnd(byte) {
                endLine()
                continue
            } else if byte == 0 {
                throw nul()
            }
            position += 1
        }
        fields.append(Field(range: start..<position, hasDoubledQuotes: hasDoubledQuotes))
        position += 1
        let afterQuote = position
        skipSpaces()
        // Where spaces separate, one of them is the separator.
        if separator == 0x20, position > afterQuote { position -= 1 }
        guard position < text.count, text[position] != separator, !isLineEnd(text[position]) else {
            return
        }
        throw .malformed(
            path: path, line: nextLine, column: columnName(fields.count - 1),
            reason: "text follows a closing quotation mark; double quotation marks that stand for "
                + "themselves")
    }

    private func nul() -> DatasetError {
        .malformed(
            path: path, line: nextLine, column: columnName(fields.count),
            reason: "it holds a NUL byte; save the table as UTF-8 text")
    }
}

/// What a column without a name is called; columns count from 1.
func columnName(_ index: Int) -> String { "column \(index + 1)" }

extension RecordReader {
    /// A reader of the same text from its start.
    init(of other: borrowing RecordReader) {
        self.init(other.text, path: other.path, separator: other.separator)
    }
}
