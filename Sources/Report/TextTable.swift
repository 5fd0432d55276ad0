import Text

/// Text in columns: heads, an optional line of notes beneath them, rows.
public struct TextTable {
    private var columns: [(head: String, note: String, isNumeric: Bool)]
    private var rows: [[String]] = []
    private let isStyled: Bool

    /// A table without rows.
    ///
    /// - Parameters:
    ///   - columns: head, note beneath it, and whether cells are aligned to the right.
    ///   - isStyled: whether heads are set off with escape sequences.
    public init(
        _ columns: [(head: String, note: String, isNumeric: Bool)], isStyled: Bool = false
    ) {
        self.columns = columns.map { (visible($0.head), visible($0.note), $0.isNumeric) }
        self.isStyled = isStyled
    }

    /// Adds a row, a cell a column.
    public mutating func append(_ cells: [String]) {
        precondition(cells.count == columns.count, "\(cells.count) cells in \(columns.count)")
        rows.append(cells.map(visible))
    }

    /// Whether nothing was added.
    public var isEmpty: Bool { rows.isEmpty }

    /// Writes the table, each line without trailing blanks.
    public func write(to output: TextOutput) {
        let heads = columns.map(\.head), notes = columns.map(\.note)
        let widths = columns.indices.map { column in
            ([heads, notes] + rows).map { displayWidth($0[column]) }.max() ?? 0
        }
        func line(_ cells: [String], isHead: Bool = false) {
            var line = ""
            for (index, cell) in cells.enumerated() {
                let blanks = String(repeating: " ", count: widths[index] - displayWidth(cell))
                if index > 0 { line += "  " }
                line += columns[index].isNumeric ? blanks + cell : cell + blanks
            }
            while line.last == " " { line.removeLast() }
            output.write(line: line, isBold: isHead && isStyled)
        }
        line(heads, isHead: true)
        if notes.contains(where: { !$0.isEmpty }) { line(notes) }
        for row in rows { line(row) }
    }
}
