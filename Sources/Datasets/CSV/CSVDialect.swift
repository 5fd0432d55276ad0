/// How the records of a table are written: what its file does not say and has to be inferred.
public struct CSVDialect: Hashable, Codable, Sendable {
    /// The byte between fields.
    public var separator: UInt8
    /// Whether the first record names the columns.
    public var hasHeader: Bool
    /// Whether numbers have a comma where others have a point.
    public var hasDecimalComma: Bool

    /// The separator in words.
    public var separatorName: String {
        switch separator {
        case 0x09: "tabs"
        case UInt8(ascii: ";"): "semicolons"
        case UInt8(ascii: "|"): "vertical bars"
        case 0x20: "spaces"
        default: "commas"
        }
    }

    /// The separators that are looked for, the least likely ones to stand in a text first; commas and
    /// spaces also stand in numbers and texts.
    private static let separators: [UInt8] = [
        0x09, UInt8(ascii: ";"), UInt8(ascii: "|"), UInt8(ascii: ","), 0x20,
    ]
    /// Records that the inference looks at.
    private static let sampleSize = 200
    /// Fields of these records that are looked at; of wide tables a few records have as many.
    private static let sampledFields = 100_000

    /// Infers the dialect of `text` from its first 200 records.
    ///
    /// The separator is the first of tab, semicolon, bar, comma and space that divides all these records
    /// into the same number of fields, at least two; failing that the one that divides most of them so.
    /// A table whose separator is no comma has decimal commas if more of its fields are numbers with
    /// a comma than with a point. The first record names the columns if none of its fields is a number
    /// and some column below holds numbers, or if all columns hold texts and none of the first record's
    /// stands in its column again.
    ///
    /// - Parameters:
    ///   - text: the whole file.
    ///   - path: of that file, for errors.
    ///   - hasHeader: what is known of the header; `nil` to infer it.
    /// - Throws: ``DatasetError`` if a record is malformed.
    init(
        inferredFrom text: UnsafeBufferPointer<UInt8>, path: String, hasHeader: Bool? = nil
    ) throws(DatasetError) {
        var best: (separator: UInt8, agreeing: Int) = (UInt8(ascii: ","), 0)
        for separator in Self.separators {
            // A quotation mark that one separator leaves open may be closed with another.
            guard let counts = Self.fieldCounts(text, separator), let first = counts.first else {
                continue
            }
            let common = first > 1 ? counts.count { $0 == first } : 0
            if common > best.agreeing { best = (separator, common) }
            if common == counts.count { break }
        }
        separator = best.separator
        self.hasHeader = false
        hasDecimalComma = false
        let records = try Self.sample(text, path: path, separator: separator)
        if separator != UInt8(ascii: ",") {
            let fields = records.joined()
            let points = fields.count {
                $0.contains(UInt8(ascii: ".")) && isDecimal($0, comma: false)
            }
            let commas = fields.count {
                $0.contains(UInt8(ascii: ",")) && isDecimal($0, comma: true)
            }
            hasDecimalComma = commas > points
        }
        self.hasHeader = hasHeader ?? looksLikeHeader(records)
    }

    private func looksLikeHeader(_ records: [[[UInt8]]]) -> Bool {
        guard let first = records.first, records.count > 1 else {
            // A single record is a header if none of its fields can be data.
            return records.first?.allSatisfy {
                !isDecimal($0, comma: hasDecimalComma) && !$0.isEmpty
            } ?? false
        }
        let named = first.filter { !$0.isEmpty }
        guard !named.isEmpty,
            !named.contains(where: { isDecimal($0, comma: hasDecimalComma) || isMissing($0) })
        else { return false }
        let below = records.dropFirst().filter { $0.count == first.count }
        let hasNumbers = first.indices.contains { column in
            below.contains { isDecimal($0[column], comma: hasDecimalComma) }
                && below.allSatisfy {
                    isDecimal($0[column], comma: hasDecimalComma) || isMissing($0[column])
                }
        }
        if hasNumbers { return true }
        return Set(named).count == named.count
            && !first.indices.contains { column in
                below.contains { $0[column] == first[column] }
            }
    }

    /// The numbers of fields of the first records; `nil` if one is malformed.
    private static func fieldCounts(
        _ text: UnsafeBufferPointer<UInt8>, _ separator: UInt8
    ) -> [Int]? {
        var reader = RecordReader(text, path: "", separator: separator)
        var counts: [Int] = []
        do {
            while counts.count < sampleSize, try reader.next() {
                counts.append(reader.fields.count)
            }
        } catch { return nil }
        return counts
    }

    private static func sample(
        _ text: UnsafeBufferPointer<UInt8>, path: String, separator: UInt8
    ) throws(DatasetError) -> [[[UInt8]]] {
        var reader = RecordReader(text, path: path, separator: separator)
        var records: [[[UInt8]]] = []
        var fields = 0
        // Two records at least: a header is told by what stands below it.
        while records.count < sampleSize, fields < sampledFields || records.count < 2,
            try reader.next()
        {
            records.append(reader.fields.indices.map { reader.withContent($0) { Array($0) } })
            fields += reader.fields.count
        }
        return records
    }
}

private func isDecimal(_ field: [UInt8], comma: Bool) -> Bool {
    field.withUnsafeBufferPointer { number($0, hasDecimalComma: comma) != nil }
}

/// The value of a number as a table writes it; infinite for "inf" and its like, `nil` for other texts.
func number(_ text: UnsafeBufferPointer<UInt8>, hasDecimalComma: Bool) -> Double? {
    guard let first = text.first, first < 0x3A || [0x49, 0x69].contains(first) else { return nil }
    if hasDecimalComma, text.contains(UInt8(ascii: ",")) {
        guard !text.contains(UInt8(ascii: ".")) else { return nil }
        let pointed = text.map { $0 == UInt8(ascii: ",") ? UInt8(ascii: ".") : $0 }
        return pointed.withUnsafeBufferPointer { decimal($0) }
    }
    if let value = decimal(text) { return value }
    let word = text.drop { $0 == UInt8(ascii: "-") || $0 == UInt8(ascii: "+") }
    guard word.count == 3 || word.count == 8 else { return nil }
    let lowercased = String(decoding: word, as: UTF8.self).lowercased()
    return lowercased == "inf" || lowercased == "infinity" ? .infinity : nil
}

/// Whether a field stands for a value that is not there.
func isMissing(_ field: some Collection<UInt8>) -> Bool {
    guard field.count <= 6 else { return false }
    return missingMarks.contains(Array(field))
}

/// What R, pandas, NumPy, SQL, spreadsheets and UCI's files write where there is no value.
private let missingMarks: Set<[UInt8]> = Set(
    [
        "", "?", "NA", "N/A", "n/a", "na", "#N/A", "<NA>", "NaN", "nan", "NAN", "-nan", "NULL",
        "null", "Null", "None", "none",
    ].map { Array($0.utf8) })
