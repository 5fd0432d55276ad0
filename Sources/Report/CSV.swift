public import Analysis
import MetricCore
import Text

/// Results as comma-separated values, one row a number.
///
/// The columns are ``header``. A list has a row for each element, with its position (from 0) in
/// `index`, a matrix with `row:column`; a scalar has an empty index. Values inside objects are named
/// with dots (`quantiles.0.05`). A number that does not exist has an empty value. A result without
/// values has one row with an empty quantity, so that no layer is lost. `unit` is that of the
/// matching ``MetricCore/Quantity``.
///
/// Fields are quoted as in RFC 4180, lines end in a newline alone. Two liberties protect whoever
/// opens the file, and only texts that need it are changed (the JSON holds them as they are):
/// control characters are spelled out, so that a row is a line; and a text that begins with `=`,
/// `+`, `-` or `@`, which spreadsheets would run as a formula, gets an apostrophe in front.
public enum CSV {
    /// The names of the columns.
    public static let header = [
        "run", "layer", "site", "snapshot", "metric", "metricVersion", "status", "reason",
        "samples", "neurons", "nonFinite", "quantity", "index", "value", "unit",
    ]

    /// Writes the header and all rows.
    public static func write(_ results: some Sequence<LayerResult>, to output: TextOutput) {
        writeHeader(to: output)
        for result in results { write(result, to: output) }
    }

    /// Writes the names of the columns.
    public static func writeHeader(to output: TextOutput) {
        output.write(header.joined(separator: ",") + "\n")
    }

    /// The whole table.
    public static func text(of results: some Sequence<LayerResult>) -> String {
        let output = TextOutput()
        write(results, to: output)
        return output.text
    }

    /// Writes the rows of one result.
    public static func write(_ result: LayerResult, to output: TextOutput) {
        let start =
            [
                field(result.run), field(result.layer), result.site?.rawValue ?? "",
                field(result.snapshot ?? ""), field(result.metric.id),
                String(result.metric.version), result.status.rawValue, field(result.reason ?? ""),
                String(result.samples), String(result.neurons), String(result.nonFinite),
            ].joined(separator: ",") + ","
        var rows = Rows(result: result, start: start, output: output)
        rows.write(result.values, prefix: "")
        if rows.count == 0 { output.write(start + ",,,\n") }
    }

    private struct Rows {
        let units: [String: String]
        let start: String
        let output: TextOutput
        var count = 0

        init(result: LayerResult, start: String, output: TextOutput) {
            units = Dictionary(
                result.quantities.map { ($0.name, $0.unit.rawValue) },
                uniquingKeysWith: { a, _ in a }
            )
            self.start = start
            self.output = output
        }

        mutating func write(_ object: Object, prefix: String) {
            for (name, value) in object.fields { write(value, name: prefix + name) }
        }

        private mutating func write(_ value: Value, name: String) {
            let start = self.start + field(name) + ","
            let end = ",\(units[name] ?? "")\n"
            func row(_ index: String, _ value: String) {
                output.write(start)
                output.write(index)
                output.write(",")
                output.write(value)
                output.write(end)
            }
            switch value {
            case .null: row("", "")
            case .number(let number): row("", text(number))
            case .integer(let integer): row("", integer.description)
            case .text(let text): row("", field(text))
            case .flag(let flag): row("", flag ? "true" : "false")
            case .numbers(let numbers):
                for (index, number) in numbers.enumerated() { row(index.description, text(number)) }
                count += numbers.count - 1
            case .integers(let integers):
                for (index, integer) in integers.enumerated() {
                    row(index.description, integer.description)
                }
                count += integers.count - 1
            case .matrix(let matrix):
                for (i, numbers) in matrix.enumerated() {
                    for (j, number) in numbers.enumerated() { row("\(i):\(j)", text(number)) }
                    count += numbers.count
                }
                count -= 1
            case .object(let object):
                write(object, prefix: name + ".")
                count -= 1
            }
            count += 1
        }

        private func text(_ number: Double) -> String { number.isFinite ? number.description : "" }
    }

    /// A text as it stands in a row.
    public static func field(_ text: String) -> String {
        var text = visible(text)
        if let first = text.unicodeScalars.first, "=+-@".unicodeScalars.contains(first) {
            text = "'" + text
        }
        guard text.utf8.contains(where: { $0 == UInt8(ascii: ",") || $0 == UInt8(ascii: "\"") })
        else { return text }
        return "\""
            + text.split(separator: "\"", omittingEmptySubsequences: false)
            .joined(separator: "\"\"") + "\""
    }
}
