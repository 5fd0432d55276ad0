import Isolation

/// A table in a text file: its dialect, the names of its columns and what their cells hold.
///
/// The file, gzipped or not, is kept in memory as it is; cells become numbers and categories by a
/// ``TableEncoding``.
public struct CSVTable: Sendable {
    /// The file.
    public let path: String
    /// How its records are written, inferred.
    public let dialect: CSVDialect
    /// The names of the columns, as in the header; "column 1" and so on where there is none.
    public let names: [String]
    /// Number of records below the header.
    public let rowCount: Int
    let summaries: [ColumnSummary]
    private let text: [UInt8]

    /// Columns of a table at most.
    static let mostColumns = 1 << 20
    /// Bytes of a column's name at most.
    private static let longestName = 1000

    /// Reads the table at `path`.
    ///
    /// - Parameters:
    ///   - path: of a text file, in UTF-8, or one that is gzipped.
    ///   - hasHeader: whether the first record names the columns; `nil` to infer it.
    /// - Throws: ``DatasetError`` if the file cannot be read, has no rows, or a record is malformed or
    ///   has another number of fields than the first; line and column are named.
    /// - Complexity: two passes over the file, which must fit into memory.
    public init(path: String, hasHeader: Bool? = nil) throws(DatasetError) {
        var source = try ByteSource(path: path)
        let text = try source.rest(limit: MemoryShare.byteCount / 2)
        if text.starts(with: [0xFF, 0xFE]) || text.starts(with: [0xFE, 0xFF]) {
            throw .malformed(
                path: path, line: nil, column: nil,
                reason: "it is UTF-16 text; save the table as UTF-8")
        }
        if text.starts(with: [0x50, 0x4B, 3, 4]) {
            throw .malformed(
                path: path, line: nil, column: nil,
                reason: "it is a zip file, as spreadsheets are; save the table as CSV")
        }
        self.path = path
        self.text = text
        let (dialect, names, summaries, rowCount) = try text.withUnsafeBufferPointer {
            (text) throws(DatasetError) in
            let dialect = try CSVDialect(inferredFrom: text, path: path, hasHeader: hasHeader)
            var reader = RecordReader(text, path: path, separator: dialect.separator)
            let names = try Self.names(&reader, dialect)
            let (summaries, rowCount) = try Self.summaries(&reader, names, dialect)
            return (dialect, names, summaries, rowCount)
        }
        guard rowCount > 0 else {
            throw .malformed(
                path: path, line: nil, column: nil,
                reason: names.isEmpty
                    ? "it is empty; a table has a record in each line"
                    : "it has a header and no rows")
        }
        self.dialect = dialect
        self.names = names
        self.summaries = summaries
        self.rowCount = rowCount
    }

    /// The names of the columns; reads the header if there is one.
    private static func names(
        _ reader: inout RecordReader, _ dialect: CSVDialect
    ) throws(DatasetError) -> [String] {
        guard dialect.hasHeader else {
            var ahead = RecordReader(of: reader)
            return try ahead.next() ? ahead.fields.indices.map(columnName) : []
        }
        guard try reader.next() else { return [] }
        try checkWidth(reader)
        var names: [String] = []
        var positions: [[UInt8]: Int] = [:]
        for index in reader.fields.indices {
            let bytes = reader.withContent(index) { Array($0) }
            guard let name = String(validating: bytes, as: UTF8.self) else {
                throw reader.error(index, "its name is not UTF-8; save the table as UTF-8")
            }
            guard bytes.count <= longestName else {
                throw reader.error(
                    index, "its name has \(bytes.count) bytes, more than \(longestName)")
            }
            // Programs that write row numbers leave their column without a name.
            names.append(name.isEmpty ? columnName(index) : name)
            if let first = positions.updateValue(index, forKey: Array(names[index].utf8)) {
                throw reader.error(
                    index, "it is called \"\(names[index])\" as \(columnName(first)) is; rename one"
                )
            }
        }
        return names
    }

    private static func checkWidth(_ reader: borrowing RecordReader) throws(DatasetError) {
        guard reader.fields.count <= mostColumns else {
            throw .malformed(
                path: reader.path, line: reader.line, column: nil,
                reason: "it has \(reader.fields.count) columns, more than \(mostColumns)")
        }
    }

    private static func summaries(
        _ reader: inout RecordReader, _ names: [String], _ dialect: CSVDialect
    ) throws(DatasetError) -> ([ColumnSummary], Int) {
        var summaries = [ColumnSummary](repeating: ColumnSummary(), count: names.count)
        var rows = 0
        while try reader.next() {
            if rows == 0 { try checkWidth(reader) }
            guard reader.fields.count == names.count else {
                throw .wrongFieldCount(
                    path: reader.path, line: reader.line, expected: names.count,
                    found: reader.fields.count)
            }
            for index in names.indices {
                reader.withContent(index) {
                    summaries[index].add(
                        $0, line: reader.line, hasDecimalComma: dialect.hasDecimalComma)
                }
            }
            rows += 1
        }
        return (summaries, rows)
    }

    /// Calls `body` with each row, of which the reader holds the fields.
    func forEachRow(
        _ body: (borrowing RecordReader) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        try text.withUnsafeBufferPointer { (text) throws(DatasetError) in
            var reader = RecordReader(text, path: path, separator: dialect.separator)
            if dialect.hasHeader { _ = try reader.next() }
            while try reader.next() { try body(reader) }
        }
    }

    /// The position of the column that a user calls `name`: its name, else its number from 1.
    ///
    /// - Throws: ``DatasetError/invalidOption(name:value:expected:)`` if there is none.
    public func position(of name: String, option: String) throws(DatasetError) -> Int {
        if let position = names.firstIndex(where: { $0.utf8.elementsEqual(name.utf8) }) {
            return position
        }
        if let number = Int(name), names.indices.contains(number - 1) { return number - 1 }
        let more = names.count > 20 ? "..." : ""
        throw .invalidOption(
            name: option, value: name,
            expected: "a column of \(path) by its name or its number from 1: "
                + names.prefix(20).joined(separator: ", ") + more)
    }

    /// One line about the file: rows, columns, separator, header.
    public var summary: String {
        "\(path): \(rowCount) rows, \(names.count) columns separated by \(dialect.separatorName), "
            + (dialect.hasHeader ? "named by the first line" : "without a header")
            + (dialect.hasDecimalComma ? ", decimal commas" : "")
    }
}
