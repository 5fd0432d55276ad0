/// Why a data set could not be loaded; the description is one sentence for people and names the
/// file and what to do.
public enum DatasetError: Error, Equatable, Sendable {
    /// No data set is called `id`.
    case unknown(id: String, known: [String])
    /// Files of the data set were found in none of the folders.
    case missing(dataset: String, files: [String], lookedIn: [String], source: String)
    /// The system refused an operation on a file.
    case unreadable(path: String, reason: String)
    /// The file ends before everything that it announces was read; counts are bytes.
    case truncated(path: String, expected: Int, found: Int)
    /// The gzip stream is cut off or damaged.
    case corruptGzip(path: String, reason: String)
    /// The file announces more bytes than a file of its length can hold.
    case implausibleSize(path: String, claimed: Int, fileSize: Int)
    /// The content is longer than any file of this kind; memory for it is not asked for.
    case tooLarge(path: String, limit: Int)
    /// The file goes on after everything that it announces.
    case trailingBytes(path: String, expected: Int)
    /// The file does not begin as its format demands.
    case wrongMagic(path: String, expected: String, found: String)
    /// A count or a size is not what it must be.
    case wrongCount(path: String, what: String, expected: Int, found: Int)
    /// A label lies outside the classes; `index` counts from 0.
    case wrongLabel(path: String, index: Int, label: Int, classes: Int)
    /// A line holds too many or too few fields; `line` counts from 1.
    case wrongFieldCount(path: String, line: Int, expected: Int, found: Int)
    /// A field cannot be read as its column demands; `line` counts from 1.
    case wrongField(path: String, line: Int, column: String, value: String, expected: String)
    /// A table cannot be read or used; `line` counts from 1, `column` is a name, and `reason` says what
    /// to do.
    case malformed(path: String, line: Int?, column: String?, reason: String)
    /// The file belongs to another data set whose files have the same names.
    case otherDataset(path: String, wanted: String, found: String)
    /// An option has a value that makes no sense here.
    case invalidOption(name: String, value: String, expected: String)
}

extension DatasetError: CustomStringConvertible {
    /// One sentence: what was wrong with which file, and the remedy.
    public var description: String {
        switch self {
        case .unknown(let id, let known):
            "no data set is called \"\(printable(id))\"; there are \(known.joined(separator: ", "))"
        case .missing(let dataset, let files, let folders, let source):
            "data set \(dataset) not found: put \(files.joined(separator: ", ")) (gzipped or not) "
                + "into one of the folders \(folders.joined(separator: ", ")), or name the folder "
                + "with --data or LAMINA_DATA; get it from \(source)"
        case .unreadable(let path, let reason):
            "\(printable(path)): \(reason); check the path and its permissions"
        case .truncated(let path, let expected, let found):
            "\(printable(path)): ends after \(found) bytes of \(expected); download it again"
        case .corruptGzip(let path, let reason):
            "\(printable(path)): damaged gzip data (\(reason)); download it again"
        case .implausibleSize(let path, let claimed, let size):
            "\(printable(path)): announces \(claimed) bytes, which a file of \(size) bytes cannot "
                + "hold; download it again"
        case .tooLarge(let path, let limit):
            "\(printable(path)): holds more than \(limit) bytes; is it another file?"
        case .trailingBytes(let path, let expected):
            "\(printable(path)): goes on after its \(expected) bytes; download it again"
        case .wrongMagic(let path, let expected, let found):
            "\(printable(path)): begins with \(found) instead of \(expected); is it another file?"
        case .wrongCount(let path, let what, let expected, let found):
            "\(printable(path)): \(found) \(what) instead of \(expected); "
                + "check that all files belong together"
        case .wrongLabel(let path, let index, let label, let classes):
            "\(printable(path)): label \(label) of sample \(index) is not one of the classes "
                + "0 to \(classes - 1); check that it is the right file"
        case .wrongFieldCount(let path, let line, let expected, let found):
            "\(printable(path)), line \(line): \(found) fields instead of \(expected); "
                + "download it again or remove the line"
        case .wrongField(let path, let line, let column, let value, let expected):
            "\(printable(path)), line \(line): \(column) is \"\(printable(value))\", expected "
                + "\(expected); correct or remove the line"
        case .malformed(let path, let line, let column, let reason):
            ([printable(path), line.map { "line \($0)" }, column.map(printable)]
                .compactMap { $0 }.joined(separator: ", ")) + ": \(printable(reason))"
        case .otherDataset(let path, let wanted, let found):
            "\(printable(path)): holds \(found), not \(wanted); put the files of \(wanted) into a "
                + "folder of that name"
        case .invalidOption(let name, let value, let expected):
            "\(name) is \(printable(value)); expected \(expected)"
        }
    }
}

/// `text` without control characters and not longer than a line, fit for a terminal.
func printable(_ text: String) -> String {
    let limit = 300
    let safe = String(
        String.UnicodeScalarView(
            text.unicodeScalars.prefix(limit).map { scalar in
                switch scalar.properties.generalCategory {
                case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: "\u{FFFD}"
                default: scalar
                }
            }))
    return text.unicodeScalars.count > limit ? safe + "..." : safe
}
