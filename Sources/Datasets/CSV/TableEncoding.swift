/// How the columns of a table become the inputs of a network and what it learns.
///
/// It is inferred from the training file, or declared, and kept with the network, so that new rows are
/// encoded as those were.
public struct TableEncoding: Hashable, Codable, Sendable {
    /// What one column is for.
    public enum Use: Hashable, Codable, Sendable {
        /// A number, one input; with `hasMissing` a second input tells where it is missing.
        case number(hasMissing: Bool)
        /// A category, one input of 0 or 1 for each value; with `hasMissing` one more for no value.
        case category(values: [String], hasMissing: Bool)
        /// A number to be learned.
        case target
        /// The class to be learned, one of these in this order.
        case label(classes: [String])
        /// Not used, with the reason.
        case unused(String)
    }

    /// One column of the table.
    public struct Column: Hashable, Codable, Sendable {
        /// As in the header, else "column 1" and so on.
        public var name: String
        /// What it is for.
        public var use: Use

        /// A column.
        public init(_ name: String, _ use: Use) {
            self.name = name
            self.use = use
        }
    }

    /// The columns in the order of the training file.
    public var columns: [Column]
    /// Whether columns are found by their names, which the first line of a file then holds, or by
    /// their positions.
    public var hasHeader: Bool

    /// An encoding of these columns.
    public init(columns: [Column], hasHeader: Bool) {
        self.columns = columns
        self.hasHeader = hasHeader
    }

    /// The category that stands for no value.
    static let missing = "(missing)"

    /// The columns of the encoded rows, in the order of the network's inputs.
    var inputColumns: [TableRows.Column] {
        columns.flatMap { column -> [TableRows.Column] in
            switch column.use {
            case .number(let hasMissing):
                [.number(name: column.name)] + (hasMissing ? [.missing(name: column.name)] : [])
            case .category(let values, let hasMissing):
                [
                    .category(
                        name: column.name, values: values + (hasMissing ? [Self.missing] : []))
                ]
            case .target, .label, .unused: []
            }
        }
    }

    /// Positions of the columns to be learned.
    public var targets: [Int] {
        columns.indices.filter {
            switch columns[$0].use {
            case .target, .label: true
            default: false
            }
        }
    }

    /// The classes to be learned; `nil` if numbers are.
    public var classes: [String]? {
        for case .label(let classes) in columns.map(\.use) { return classes }
        return nil
    }
}

/// What a user says of a table beside its file.
public struct TableOptions: Hashable, Sendable {
    /// Kinds of learning.
    public enum Task: String, CaseIterable, Sendable { case regression, classification }

    /// Columns to be learned, by name or number.
    public var targets: [String]
    /// Columns that are not used.
    public var ignored: [String]
    /// Columns whose numbers are names of categories.
    public var categories: [String]
    /// Whether the target is a number or a class; `nil` to infer it.
    public var task: Task?

    /// Options; by default everything is inferred.
    public init(
        targets: [String], ignored: [String] = [], categories: [String] = [], task: Task? = nil
    ) {
        self.targets = targets
        self.ignored = ignored
        self.categories = categories
        self.task = task
    }
}
