/// What a delimited text file holds, declared by whoever knows the data set: nothing is guessed.
public struct TableSchema: Sendable {
    /// What one column is for.
    public enum Role: Hashable, Sendable {
        /// A number that becomes one input.
        case number
        /// A category that becomes one 0-or-1 input for each value, in this order. A value that
        /// stands for "missing" is a category like the others if it is listed.
        case category([String])
        /// A number to be learned.
        case target
        /// A class to be learned: the spelling of each class in the file, in the order of the
        /// class numbers.
        case label([String])
        /// Not used, not checked.
        case ignored
    }

    /// One column.
    public struct Column: Hashable, Sendable {
        /// Name for errors and inputs.
        public var name: String
        /// What it is for.
        public var role: Role

        /// A column.
        public init(_ name: String, _ role: Role) {
            self.name = name
            self.role = role
        }
    }

    /// The columns in the order of the file.
    public var columns: [Column]
    /// The byte between fields; spaces around a field do not count.
    public var separator: UInt8
    /// Whether the first line names the columns; it is checked against them.
    public var hasHeader: Bool
    /// Lines that begin with this byte are passed over.
    public var comment: UInt8?
    /// A byte that may stand at the end of a label and does not belong to it.
    public var labelTerminator: UInt8?
    /// Names of the classes for people; empty for the spellings in the file.
    public var classNames: [String]

    /// A schema.
    ///
    /// - Parameters:
    ///   - columns: what each field is, in the order of the file.
    ///   - separator: the character between fields, an ASCII one.
    ///   - hasHeader: whether the first line names the columns.
    ///   - comment: lines beginning with this ASCII character are passed over.
    ///   - labelTerminator: ASCII character that may end a label.
    ///   - classNames: names of the classes, if not as spelled in the file.
    public init(
        columns: [Column], separator: Unicode.Scalar = ",", hasHeader: Bool = false,
        comment: Unicode.Scalar? = nil, labelTerminator: Unicode.Scalar? = nil,
        classNames: [String] = []
    ) {
        self.columns = columns
        self.separator = UInt8(ascii: separator)
        self.hasHeader = hasHeader
        self.comment = comment.map { UInt8(ascii: $0) }
        self.labelTerminator = labelTerminator.map { UInt8(ascii: $0) }
        self.classNames = classNames
    }

    /// The same as an encoding of further rows, which are written as those of the data set.
    var encoding: TableEncoding {
        TableEncoding(
            columns: columns.map { column in
                let use: TableEncoding.Use =
                    switch column.role {
                    case .number: .number(hasMissing: false)
                    case .category(let values): .category(values: values, hasMissing: false)
                    case .target: .target
                    case .label(let classes): .label(classes: classes)
                    case .ignored: .unused("it is not part of the data set")
                    }
                return TableEncoding.Column(column.name, use)
            }, hasHeader: hasHeader)
    }

    /// The columns that become inputs, in order.
    var inputColumns: [TableRows.Column] {
        columns.compactMap { column in
            switch column.role {
            case .number: .number(name: column.name)
            case .category(let values): .category(name: column.name, values: values)
            case .target, .label, .ignored: nil
            }
        }
    }
}
