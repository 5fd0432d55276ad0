import LinearAlgebra

/// The encoded rows of a table.
public struct EncodedTable: Sendable {
    /// The inputs.
    public var inputs: TableRows
    /// What is to be learned of them; `nil` if it was not asked for or is not in the file.
    public var outcome: LabeledData.Outcome?
    /// Rows left out because their target is missing.
    public var dropped = 0

    /// Rows that are not normalised.
    public var data: LabeledData? {
        outcome.map { LabeledData(inputs: .table(inputs), outcome: $0) }
    }
}

extension TableEncoding {
    /// Encodes the rows of `table`.
    ///
    /// - Parameters:
    ///   - table: the training file, or another whose columns ``positions(in:)`` finds.
    ///   - needsOutcome: whether targets are wanted; rows without them are then left out.
    /// - Returns: the rows in the order of the file; the outcome is `nil` where it is not needed and
    ///   the table lacks a target.
    /// - Throws: ``DatasetError`` for a column that is missing or unknown, a cell that is no number,
    ///   a category or a missing value that the training had none of; file, line and column are named.
    public func rows(
        of table: CSVTable, needsOutcome: Bool
    ) throws(DatasetError) -> EncodedTable {
        let positions = try positions(in: table)
        var encoder = RowEncoder(self, positions, hasDecimalComma: table.dialect.hasDecimalComma)
        if needsOutcome {
            for index in targets where positions[index] == nil {
                throw .malformed(
                    path: table.path, line: nil, column: columns[index].name,
                    reason: "the target is not there")
            }
        }
        let hasOutcome = needsOutcome && targets.allSatisfy { positions[$0] != nil }
        try table.forEachRow { (row) throws(DatasetError) in
            try encoder.append(row, withOutcome: hasOutcome)
        }
        guard encoder.count > 0 else {
            throw .malformed(
                path: table.path, line: nil, column: targets.first.map { columns[$0].name },
                reason: "no row has a value of the target")
        }
        return EncodedTable(
            inputs: TableRows(
                columns: inputColumns, count: encoder.count, numbers: encoder.numbers,
                codes: encoder.codes),
            outcome: hasOutcome ? encoder.outcome : nil, dropped: encoder.dropped)
    }

    /// Where the columns are in `table`, by name where there is a header, else by position; a target
    /// or an unused column may be missing.
    ///
    /// - Throws: ``DatasetError`` naming a column that is missing, or is not one of the training's.
    func positions(in table: CSVTable) throws(DatasetError) -> [Int?] {
        guard hasHeader else {
            if table.names.count == columns.count { return Array(columns.indices) }
            // The table without its targets.
            let inputs = columns.indices.filter { !targets.contains($0) }
            guard table.names.count == inputs.count else {
                throw .malformed(
                    path: table.path, line: nil, column: nil,
                    reason: "it has \(table.names.count) columns; expected the \(columns.count) of "
                        + "the training, or \(inputs.count) without the target")
            }
            var positions = [Int?](repeating: nil, count: columns.count)
            for (position, index) in inputs.enumerated() { positions[index] = position }
            return positions
        }
        let found = Dictionary(
            table.names.enumerated().map { (Array($1.utf8), $0) }, uniquingKeysWith: { a, _ in a })
        let known = Set(columns.map { Array($0.name.utf8) })
        if let extra = table.names.firstIndex(where: { !known.contains(Array($0.utf8)) }) {
            throw .malformed(
                path: table.path, line: 1, column: columnName(extra),
                reason: "\"\(table.names[extra])\" is no column of the training; remove it, or "
                    + "rename it to one of "
                    + columns.prefix(20).map(\.name).joined(separator: ", ")
                    + (columns.count > 20 ? "..." : ""))
        }
        var positions: [Int?] = []
        for column in columns {
            let position = found[Array(column.name.utf8)]
            switch column.use {
            case .number, .category:
                guard position != nil else {
                    throw .malformed(
                        path: table.path, line: 1, column: column.name,
                        reason: "the column is not there; the network needs it")
                }
            case .target, .label, .unused: break
            }
            positions.append(position)
        }
        return positions
    }
}

/// Turns cells into numbers and codes, row after row.
private struct RowEncoder {
    private(set) var numbers: [Double] = []
    private(set) var codes: [UInt8] = []
    private(set) var count = 0
    private(set) var dropped = 0
    private var labels: [Int32] = []
    private var targets: [Double] = []
    private let encoding: TableEncoding
    private let positions: [Int?]
    private let hasDecimalComma: Bool
    /// Of each column, the codes of its categories or classes.
    private let known: [[[UInt8]: Int]]

    init(_ encoding: TableEncoding, _ positions: [Int?], hasDecimalComma: Bool) {
        self.encoding = encoding
        self.positions = positions
        self.hasDecimalComma = hasDecimalComma
        known = encoding.columns.map { column in
            let values: [String] =
                switch column.use {
                case .category(let values, _): values
                case .label(let classes): classes
                default: []
                }
            return Dictionary(
                values.enumerated().map { (Array($1.utf8), $0) }, uniquingKeysWith: { a, _ in a })
        }
    }

    /// What is to be learned of the rows so far.
    var outcome: LabeledData.Outcome {
        if let classes = encoding.classes { return .classes(labels, names: classes) }
        let names = encoding.targets.map { encoding.columns[$0].name }
        return .values(
            Matrix(rows: count, columns: names.count, elements: targets), names: names)
    }

    mutating func append(
        _ row: borrowing RecordReader, withOutcome: Bool
    ) throws(DatasetError) {
        if withOutcome {
            let isIncomplete = encoding.targets.contains { index in
                positions[index].map { row.withContent($0) { isMissing($0) } } ?? true
            }
            if isIncomplete {
                dropped += 1
                return
            }
        }
        for index in encoding.columns.indices {
            guard let position = positions[index] else { continue }
            switch encoding.columns[index].use {
            case .number(let hasMissing):
                let value = try number(row, position, index, mayMiss: hasMissing)
                numbers.append(value ?? .nan)
                if hasMissing { codes.append(value == nil ? 1 : 0) }
            case .category(let values, let hasMissing):
                let code = try code(row, position, index, missing: hasMissing ? values.count : nil)
                codes.append(UInt8(code))
            case .target:
                guard withOutcome else { continue }
                targets.append(try number(row, position, index, mayMiss: false) ?? .nan)
            case .label:
                guard withOutcome else { continue }
                labels.append(Int32(try code(row, position, index, missing: nil)))
            case .unused: continue
            }
        }
        count += 1
    }

    private func error(
        _ row: borrowing RecordReader, _ position: Int, _ index: Int, _ reason: String
    ) -> DatasetError {
        row.error(position, named: encoding.columns[index].name, reason)
    }

    /// The number in a cell; `nil` if it is missing and may be.
    private func number(
        _ row: borrowing RecordReader, _ position: Int, _ index: Int, mayMiss: Bool
    ) throws(DatasetError) -> Double? {
        let found: (value: Double?, isMissing: Bool) = row.withContent(position) {
            (Datasets.number($0, hasDecimalComma: hasDecimalComma), isMissing($0))
        }
        if found.isMissing {
            if mayMiss { return nil }
            throw error(
                row, position, index,
                "it is empty; no value of it was missing in the training, so give one")
        }
        guard let value = found.value, Float(value).isFinite else {
            throw error(
                row, position, index, "it is \"\(text(row, position))\", expected a number")
        }
        return value
    }

    /// The code of the category in a cell; `missing` is that of no value, where it has one.
    private func code(
        _ row: borrowing RecordReader, _ position: Int, _ index: Int, missing: Int?
    ) throws(DatasetError) -> Int {
        let found: (code: Int?, isMissing: Bool) = row.withContent(position) {
            (known[index][Array($0)], isMissing($0))
        }
        if let code = found.code { return code }
        if found.isMissing, let missing { return missing }
        let values = encoding.columns[index].use.values
        throw error(
            row, position, index,
            "it is \"\(text(row, position))\", which the training did not have; expected one of "
                + values.prefix(8).joined(separator: ", ") + (values.count > 8 ? "..." : ""))
    }

    private func text(_ row: borrowing RecordReader, _ position: Int) -> String {
        row.withContent(position) { String(decoding: $0.prefix(60), as: UTF8.self) }
    }
}

extension TableEncoding.Use {
    /// The categories or classes.
    fileprivate var values: [String] {
        switch self {
        case .category(let values, _): values
        case .label(let classes): classes
        default: []
        }
    }
}
