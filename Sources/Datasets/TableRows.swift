/// Rows of a table, categories as codes: they are spread into 0 and 1 only when a batch is made.
public struct TableRows: Sendable {
    /// One column of the table as stored.
    public enum Column: Hashable, Sendable {
        /// A number, one input.
        case number(name: String)
        /// A category, one input for each of its values: 1 for the value present, else 0.
        case category(name: String, values: [String])
        /// Whether the number called `name` is missing, one input: 1 if it is, else 0.
        case missing(name: String)

        /// Number of inputs the column becomes.
        public var inputs: Int {
            switch self {
            case .number, .missing: 1
            case .category(_, let values): values.count
            }
        }

        /// The names of these inputs: "column", "column=value" or "column is missing".
        public var inputNames: [String] {
            switch self {
            case .number(let name): [name]
            case .missing(let name): ["\(name) is missing"]
            case .category(let name, let values): values.map { "\(name)=\($0)" }
            }
        }
    }

    /// The columns in the order of the inputs.
    public let columns: [Column]
    /// Number of rows.
    public let count: Int
    /// Row-major values of the numeric columns; NaN where missing.
    ///
    /// In double precision, because only deviations from the mean reach a network: the minutes of a
    /// time stamp are beyond single precision.
    let numbers: [Double]
    /// Row-major codes of the other columns: the position of the category, 1 for a missing number.
    let codes: [UInt8]

    /// A table from its values.
    ///
    /// - Precondition: the counts fit together; no category has more than 256 values.
    public init(columns: [Column], count: Int, numbers: [Double], codes: [UInt8]) {
        let numeric = columns.count { if case .number = $0 { true } else { false } }
        precondition(
            numbers.count == count * numeric && codes.count == count * (columns.count - numeric),
            "\(numbers.count) numbers and \(codes.count) codes for \(count) rows")
        precondition(columns.allSatisfy { $0.inputs <= 256 }, "more than 256 categories")
        self.columns = columns
        self.count = count
        self.numbers = numbers
        self.codes = codes
    }

    /// Number of inputs once the categories are spread.
    public var inputs: Int { columns.reduce(0) { $0 + $1.inputs } }

    /// The name of every input.
    public var inputNames: [String] { columns.flatMap(\.inputNames) }

    /// Number of numeric columns.
    var numericColumns: Int { columns.count { if case .number = $0 { true } else { false } } }
}

/// What turns a column's x into (x - mean) / deviation.
public struct ColumnScaling: Hashable, Codable, Sendable {
    /// Mean of each column, in the column's unit.
    public var mean: [Double]
    /// What each column is divided by, in the column's unit.
    public var deviation: [Double]

    /// The scaling that leaves `columns` columns as they are.
    public static func identity(columns: Int) -> ColumnScaling {
        ColumnScaling(
            mean: Array(repeating: 0, count: columns),
            deviation: Array(repeating: 1, count: columns))
    }

    /// A scaling from means and deviations.
    public init(mean: [Double], deviation: [Double]) {
        self.mean = mean
        self.deviation = deviation
    }

    /// Mean and population standard deviation (divides by n) of the columns of `values` over the
    /// rows at `indices`, in two passes; a constant column is divided by 1.
    ///
    /// NaN does not count; a column without a number has mean 0.
    ///
    /// - Parameters:
    ///   - values: row-major, `columns` values a row.
    ///   - columns: number of columns.
    ///   - indices: the rows that count.
    /// - Complexity: O(rows · columns).
    init(of values: UnsafeBufferPointer<Double>, columns: Int, at indices: [Int]) {
        mean = Array(repeating: 0, count: columns)
        deviation = Array(repeating: 1, count: columns)
        for column in 0..<columns {
            var (sum, n) = (0.0, 0.0)
            var (least, most) = (Double.infinity, -Double.infinity)
            for row in indices {
                let value = values[row * columns + column]
                guard !value.isNaN else { continue }
                sum += value
                n += 1
                least = min(least, value)
                most = max(most, value)
            }
            if n == 0 { continue }
            // The mean of equal values may round away from them.
            mean[column] = least == most ? least : sum / n
            if least == most { continue }
            var squares = 0.0
            for row in indices {
                let distance = values[row * columns + column] - mean[column]
                squares += distance.isNaN ? 0 : distance * distance
            }
            deviation[column] = (squares / n).squareRoot()
        }
    }
}
