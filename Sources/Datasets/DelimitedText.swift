import LinearAlgebra

/// Reader of delimited text with a declared schema.
///
/// Lines end in LF or CR LF, the last one perhaps in nothing; empty lines are passed over. There is
/// no quoting. Numbers are decimal, finite, with a point whatever the locale.
public enum DelimitedText {
    /// Reads the file at `path`, gzipped or not, of lines of at most 1 MiB.
    ///
    /// - Returns: the samples in the order of the file, numbers as they stand there.
    /// - Throws: ``DatasetError`` if the file is missing or damaged, has no rows, or a field is not
    ///   what its column declares; line and column are named.
    /// - Complexity: O(bytes · categories) time; memory of the compact table and of one line.
    public static func read(
        _ path: String, schema: TableSchema
    ) throws(DatasetError) -> LabeledData {
        var source = try ByteSource(path: path)
        var parser = TableParser(path: path, schema: schema)
        var rows = ParsedRows()
        var text: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 18)
        while true {
            let count = try piece.withUnsafeMutableBufferPointer { target throws(DatasetError) in
                try source.read(into: target)
            }
            text.append(contentsOf: piece[..<count])
            let done = try text.withUnsafeBufferPointer { text throws(DatasetError) in
                try parser.parse(text, isEnd: count == 0, into: &rows)
            }
            if count == 0 { return try parser.samples(rows) }
            text.removeFirst(done)
        }
    }
}

/// The values of the rows read so far, one kind of column beside the other.
private struct ParsedRows {
    var numbers: [Double] = []
    var codes: [UInt8] = []
    var labels: [Int32] = []
    var targets: [Double] = []
    var count = 0
}

/// Parses lines into compact columns.
private struct TableParser {
    let path: String
    let schema: TableSchema
    /// Values of category and label columns as bytes, by column.
    let spellings: [[[UInt8]]]
    private var line = 0
    private var headerPending: Bool

    init(path: String, schema: TableSchema) {
        self.path = path
        self.schema = schema
        headerPending = schema.hasHeader
        spellings = schema.columns.map { column in
            switch column.role {
            case .category(let values), .label(let values): values.map { Array($0.utf8) }
            case .number, .target, .ignored: []
            }
        }
    }

    private static let longestLine = 1 << 20

    /// Parses the whole lines of `text`, at the end of the file also the last one without its end.
    ///
    /// - Returns: the number of bytes that are done with.
    mutating func parse(
        _ text: UnsafeBufferPointer<UInt8>, isEnd: Bool, into rows: inout ParsedRows
    ) throws(DatasetError) -> Int {
        var start = 0
        while start < text.count {
            var end = start
            while end < text.count, text[end] != 0x0A { end += 1 }
            if end - start > Self.longestLine {
                throw .wrongField(
                    path: path, line: line + 1, column: "the line",
                    value: String(decoding: text[start..<start + 60], as: UTF8.self) + "...",
                    expected: "one of at most \(Self.longestLine) bytes")
            }
            if end == text.count && !isEnd { return start }
            line += 1
            let next = end + 1
            if end > start, text[end - 1] == 0x0D { end -= 1 }
            let content = UnsafeBufferPointer(rebasing: text[start..<end])
            start = next
            if content.isEmpty || content[0] == schema.comment { continue }
            if headerPending {
                try checkHeader(content, line: line)
                headerPending = false
            } else {
                try append(content, line: line, to: &rows)
            }
        }
        return text.count
    }

    /// Calls `body` with the number and the bytes of each field.
    private func forEachField(
        of line: UnsafeBufferPointer<UInt8>, number: Int,
        _ body: (Int, UnsafeBufferPointer<UInt8>) throws(DatasetError) -> Void
    ) throws(DatasetError) {
        var found = 1
        for byte in line where byte == schema.separator { found += 1 }
        guard found == schema.columns.count else {
            throw .wrongFieldCount(
                path: path, line: number, expected: schema.columns.count, found: found)
        }
        var first = 0
        for index in 0..<found {
            var last = first
            while last < line.count, line[last] != schema.separator { last += 1 }
            let next = last + 1
            while first < last, line[first] == 0x20 { first += 1 }
            while last > first, line[last - 1] == 0x20 { last -= 1 }
            try body(index, UnsafeBufferPointer(rebasing: line[first..<last]))
            first = next
        }
    }

    private func checkHeader(
        _ line: UnsafeBufferPointer<UInt8>, line number: Int
    ) throws(DatasetError) {
        try forEachField(of: line, number: number) { index, field throws(DatasetError) in
            let name = schema.columns[index].name
            guard field.elementsEqual(name.utf8) else {
                throw wrong(field, index, number, "the header \"\(name)\"")
            }
        }
    }

    private func append(
        _ text: UnsafeBufferPointer<UInt8>, line: Int, to rows: inout ParsedRows
    ) throws(DatasetError) {
        rows.count += 1
        try forEachField(of: text, number: line) { index, field throws(DatasetError) in
            switch schema.columns[index].role {
            case .number: rows.numbers.append(try number(field, index, line))
            case .target: rows.targets.append(try number(field, index, line))
            case .category: rows.codes.append(UInt8(try code(of: field, index, line)))
            case .label:
                var label = field
                if let last = label.last, last == schema.labelTerminator {
                    label = UnsafeBufferPointer(rebasing: label.dropLast())
                }
                rows.labels.append(Int32(try code(of: label, index, line)))
            case .ignored: break
            }
        }
    }

    private func number(
        _ field: UnsafeBufferPointer<UInt8>, _ column: Int, _ line: Int
    ) throws(DatasetError) -> Double {
        guard let value = decimal(field), Float(value).isFinite else {
            throw wrong(field, column, line, "a number")
        }
        return value
    }

    private func code(
        of field: UnsafeBufferPointer<UInt8>, _ column: Int, _ line: Int
    ) throws(DatasetError) -> Int {
        let values = spellings[column]
        for index in values.indices where values[index].count == field.count {
            if values[index].elementsEqual(field) { return index }
        }
        let known = values.prefix(6).map { String(decoding: $0, as: UTF8.self) }
        let more = values.count > 6 ? "..." : ""
        throw wrong(field, column, line, "one of " + known.joined(separator: ", ") + more)
    }

    private func wrong(
        _ field: UnsafeBufferPointer<UInt8>, _ column: Int, _ line: Int, _ expected: String
    ) -> DatasetError {
        .wrongField(
            path: path, line: line, column: schema.columns[column].name,
            value: String(decoding: field.prefix(60), as: UTF8.self), expected: expected)
    }

    /// The rows of all lines.
    func samples(_ rows: ParsedRows) throws(DatasetError) -> LabeledData {
        guard rows.count > 0 else {
            throw .wrongCount(path: path, what: "rows", expected: 1, found: 0)
        }
        let inputs = TableRows(
            columns: schema.inputColumns, count: rows.count, numbers: rows.numbers,
            codes: rows.codes)
        for column in schema.columns {
            if case .label(let spellings) = column.role {
                let names = schema.classNames.isEmpty ? spellings : schema.classNames
                return LabeledData(
                    inputs: .table(inputs), outcome: .classes(rows.labels, names: names))
            }
        }
        let names = schema.columns.filter { $0.role == .target }.map(\.name)
        return LabeledData(
            inputs: .table(inputs),
            outcome: .values(
                Matrix(rows: rows.count, columns: names.count, elements: rows.targets), names: names
            ))
    }
}

/// The value of a decimal number, correctly rounded; `nil` if `text` is anything else.
///
/// A number needs at most 767 digits to be told from its neighbours; longer texts are no numbers.
func decimal(_ text: UnsafeBufferPointer<UInt8>) -> Double? {
    guard text.count <= 1000 else { return nil }
    var digits: UInt64 = 0
    var count = 0
    var fraction = 0
    var seenPoint = false
    var index = 0
    let negative = text.first == UInt8(ascii: "-")
    if negative { index = 1 }
    while index < text.count {
        let byte = text[index]
        if byte >= 0x30, byte <= 0x39, count < 18 {
            digits = digits * 10 + UInt64(byte - 0x30)
            count += 1
            if seenPoint { fraction += 1 }
        } else if byte == UInt8(ascii: "."), !seenPoint {
            seenPoint = true
        } else {
            break
        }
        index += 1
    }
    // Both the digits and the power of ten are exact, so the one division rounds once (Clinger).
    if index == text.count, count > 0, digits <= 1 << 53, fraction <= 22 {
        let value = Double(digits) / powersOfTen[fraction]
        return negative ? -value : value
    }
    // Letters would let "nan", "inf" and hexadecimal numbers through.
    let allowed: (UInt8) -> Bool = { byte in
        (0x30...0x39).contains(byte) || "+-.eE".utf8.contains(byte)
    }
    guard text.allSatisfy(allowed) else { return nil }
    return Double(String(decoding: text, as: UTF8.self))
}

private let powersOfTen: [Double] = [
    1, 1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e7, 1e8, 1e9, 1e10, 1e11, 1e12, 1e13, 1e14, 1e15, 1e16, 1e17,
    1e18, 1e19, 1e20, 1e21, 1e22,
]
