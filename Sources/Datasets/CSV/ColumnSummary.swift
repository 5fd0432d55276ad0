/// What the cells of one column of a table hold.
struct ColumnSummary: Sendable {
    /// Cells that are numbers, and the extremes of these.
    private(set) var numbers = 0
    private(set) var least = Double.infinity
    private(set) var most = -Double.infinity
    /// Whether all numbers are whole.
    private(set) var isWhole = true
    /// Cells that stand for a value that is not there.
    private(set) var missing = 0
    /// Cells that are neither.
    private(set) var texts = 0
    /// The line of the first text, and of the first number beyond single precision.
    private(set) var firstText: (line: Int, content: String)?
    private(set) var firstInfinite: (line: Int, content: String)?
    /// The line of the first cell that is not UTF-8.
    private(set) var firstForeign: Int?
    /// The different contents; `nil` once there are more than ``mostValues`` or one is longer than
    /// ``longestValue``.
    private(set) var values: Set<[UInt8]>? = []
    /// The length of the longest text, in bytes.
    private(set) var longest = 0

    /// Values of a category at most: more are names or measurements, and "missing" needs a code as well.
    static let mostValues = 255
    /// Bytes of a category's value at most.
    static let longestValue = 200

    mutating func add(_ cell: UnsafeBufferPointer<UInt8>, line: Int, hasDecimalComma: Bool) {
        if isMissing(cell) {
            missing += 1
            return
        }
        if let value = number(cell, hasDecimalComma: hasDecimalComma) {
            numbers += 1
            if Float(value).isFinite {
                least = min(least, value)
                most = max(most, value)
                if isWhole { isWhole = value.rounded() == value }
            } else if firstInfinite == nil {
                firstInfinite = (line, String(decoding: cell.prefix(60), as: UTF8.self))
            }
        } else {
            texts += 1
            longest = max(longest, cell.count)
            if firstText == nil {
                firstText = (line, String(decoding: cell.prefix(60), as: UTF8.self))
            }
        }
        guard values != nil else { return }
        guard cell.count <= Self.longestValue else {
            values = nil
            return
        }
        let (isNew, _) = values?.insert(Array(cell)) ?? (false, [])
        guard isNew else { return }
        if firstForeign == nil, String(validating: cell, as: UTF8.self) == nil {
            firstForeign = line
        }
        if let count = values?.count, count > Self.mostValues { values = nil }
    }

    /// Number of different values; `nil` if too many were seen to be counted.
    var distinct: Int? { values?.count }

    /// The different values, numbers by size before texts by their bytes.
    func sortedValues(hasDecimalComma: Bool) -> [String] {
        let keyed = (values ?? []).map { bytes in
            (bytes, bytes.withUnsafeBufferPointer { number($0, hasDecimalComma: hasDecimalComma) })
        }
        return keyed.sorted { a, b in
            switch (a.1, b.1) {
            case (let x?, let y?) where x != y: x < y
            case (_?, nil): true
            case (nil, _?): false
            default: a.0.lexicographicallyPrecedes(b.0)
            }
        }.map { String(decoding: $0.0, as: UTF8.self) }
    }
}
