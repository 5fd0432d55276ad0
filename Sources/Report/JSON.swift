public import Analysis
public import MetricCore
import Text

/// Results as a `lamina.results/1` document.
///
/// Numbers are printed so that they read back to the same Float64; those that are NaN or infinite
/// are null. Objects are spread over lines, a list of numbers stays on one. Behind a descriptor the
/// memory does not grow with the length of the document.
public enum JSON {
    /// The name of the format, as in the document.
    public static let schema = "lamina.results/1"

    /// Writes the whole document, with a newline at its end.
    public static func write(_ results: some Sequence<LayerResult>, to output: TextOutput) {
        begin(to: output)
        var isFirst = true
        for result in results {
            write(next: result, isFirst: isFirst, to: output)
            isFirst = false
        }
        end(isEmpty: isFirst, to: output)
    }

    /// Writes what stands before the results of a document.
    public static func begin(to output: TextOutput) {
        output.write("{\n  \"schema\": \"\(schema)\",\n  \"results\": [")
    }

    /// Writes one more result of a document.
    public static func write(next result: LayerResult, isFirst: Bool, to output: TextOutput) {
        output.write(isFirst ? "\n    " : ",\n    ")
        write(result, depth: 2, to: output)
    }

    /// Writes what stands behind the results of a document, with a newline at its end.
    public static func end(isEmpty: Bool, to output: TextOutput) {
        output.write(isEmpty ? "]\n}\n" : "\n  ]\n}\n")
    }

    /// The whole document.
    public static func text(of results: some Sequence<LayerResult>) -> String {
        let output = TextOutput()
        write(results, to: output)
        return output.text
    }

    /// Writes one value, with a newline at its end.
    public static func write(_ value: Value, to output: TextOutput) {
        write(value, depth: 0, to: output)
        output.write("\n")
    }

    /// Writes a result as an object whose closing bracket stands at `depth`; `more` comes last.
    static func write(
        _ result: LayerResult, depth: Int, and more: Object = Object(), to output: TextOutput
    ) {
        func field(_ name: String, _ value: Value) {
            begin(name, depth: depth + 1, to: output)
            write(value, depth: depth + 1, to: output)
            output.write(",")
        }
        func text(_ text: String?) -> Value { text.map { .text($0) } ?? .null }

        output.write("{")
        field("run", .text(result.run))
        field("layer", .text(result.layer))
        field("site", text(result.site?.rawValue))
        field("snapshot", text(result.snapshot))
        field("metric", .text(result.metric.id))
        field("metricVersion", .integer(result.metric.version))
        field("programVersion", text(result.provenance?.programVersion))
        field("instructionSet", text(result.provenance?.instructionSet))
        field("status", .text(result.status.rawValue))
        field("reason", text(result.reason))
        begin("warnings", depth: depth + 1, to: output)
        writeList(result.warnings, to: output) { writeText($0, to: output) }
        output.write(",")
        field("samples", .integer(result.samples))
        field("neurons", .integer(result.neurons))
        field("nonFinite", .integer(result.nonFinite))
        if let width = result.width { field("width", .integer(width)) }
        field("configuration", .object(result.configuration))
        begin("values", depth: depth + 1, to: output)
        write(.object(result.values), depth: depth + 1, to: output)
        for (name, value) in more.fields {
            output.write(",")
            begin(name, depth: depth + 1, to: output)
            write(value, depth: depth + 1, to: output)
        }
        newline(depth, to: output)
        output.write("}")
    }

    static func write(_ value: Value, depth: Int, to output: TextOutput) {
        switch value {
        case .null: output.write("null")
        case .number(let number): writeNumber(number, to: output)
        case .integer(let integer): output.write(integer.description)
        case .text(let text): writeText(text, to: output)
        case .flag(let flag): output.write(flag ? "true" : "false")
        case .numbers(let numbers): writeList(numbers, to: output) { writeNumber($0, to: output) }
        case .integers(let integers):
            writeList(integers, to: output) { output.write($0.description) }
        case .matrix(let rows):
            output.write("[")
            for (index, row) in rows.enumerated() {
                if index > 0 { output.write(",") }
                newline(depth + 1, to: output)
                writeList(row, to: output) { writeNumber($0, to: output) }
            }
            if !rows.isEmpty { newline(depth, to: output) }
            output.write("]")
        case .object(let object):
            output.write("{")
            for (index, (name, value)) in object.fields.enumerated() {
                if index > 0 { output.write(",") }
                begin(name, depth: depth + 1, to: output)
                write(value, depth: depth + 1, to: output)
            }
            if !object.fields.isEmpty { newline(depth, to: output) }
            output.write("}")
        }
    }

    static func begin(_ name: String, depth: Int, to output: TextOutput) {
        newline(depth, to: output)
        writeText(name, to: output)
        output.write(": ")
    }

    static func newline(_ depth: Int, to output: TextOutput) {
        output.write("\n")
        for _ in 0..<depth { output.write("  ") }
    }

    static func writeList<Element>(
        _ elements: [Element], to output: TextOutput, _ write: (Element) -> Void
    ) {
        output.write("[")
        for (index, element) in elements.enumerated() {
            if index > 0 { output.write(", ") }
            write(element)
        }
        output.write("]")
    }

    static func writeNumber(_ number: Double, to output: TextOutput) {
        // Swift's description is the shortest text that reads back to the same bits, and JSON.
        output.write(number.isFinite ? number.description : "null")
    }

    /// Writes a string literal.
    ///
    /// What steers a terminal, hides or turns text is escaped though JSON would allow it: the document is
    /// shown in terminals.
    static func writeText(_ text: String, to output: TextOutput) {
        var literal = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"": literal += "\\\""
            case "\\": literal += "\\\\"
            case "\n": literal += "\\n"
            case "\r": literal += "\\r"
            case "\t": literal += "\\t"
            case _ where isUnprintable(scalar):
                // Beyond the basic plane a pair of surrogates.
                for unit in String(scalar).utf16 {
                    let digits = String(unit, radix: 16)
                    literal += "\\u" + String(repeating: "0", count: 4 - digits.utf8.count) + digits
                }
            default: literal.unicodeScalars.append(scalar)
            }
        }
        output.write(literal + "\"")
    }
}
