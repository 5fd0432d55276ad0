public import Analysis
public import MetricCore

extension JSON {
    /// Writes a `lamina.results/1` document with more members than the contract asks for: `head`
    /// before the results, and in each result `units` (of the scalars, by name) and `summary` (one
    /// line of what the values mean), so that nobody needs the metrics to read it.
    ///
    /// - Parameters:
    ///   - head: members between `schema` and `results`.
    ///   - kept: results as they stand in an earlier document, copied as they are; they come first.
    ///   - results: results of this process.
    ///   - output: takes the document.
    public static func write(
        head: [JSONNode.Field], kept: [ArraySlice<UInt8>], results: [LayerResult],
        to output: TextOutput
    ) {
        output.write("{")
        begin("schema", depth: 1, to: output)
        writeText(schema, to: output)
        for field in head {
            output.write(",")
            begin(field.name, depth: 1, to: output)
            write(field.node, depth: 1, to: output)
        }
        output.write(",")
        begin("results", depth: 1, to: output)
        output.write("[")
        var isFirst = true
        func separate() {
            if !isFirst { output.write(",") }
            isFirst = false
            newline(2, to: output)
        }
        for result in kept {
            separate()
            output.write(Array(result))
        }
        for result in results {
            separate()
            let units = result.quantities.filter { $0.text == nil }.map {
                (name: $0.name, value: Value.text($0.unit.rawValue))
            }
            write(
                result, depth: 2,
                and: ["units": .object(Object(units)), "summary": .text(result.summary)],
                to: output)
        }
        if !isFirst { newline(1, to: output) }
        output.write("]\n}\n")
    }
}

extension JSON {
    /// Writes a value as JSON, objects spread over lines.
    static func write(_ value: JSONNode, depth: Int, to output: TextOutput) {
        if case .list(let elements) = value, elements.contains(where: { !$0.fields.isEmpty }) {
            // Records are spread over lines, a list of numbers stays on one.
            output.write("[")
            for (index, element) in elements.enumerated() {
                if index > 0 { output.write(",") }
                newline(depth + 1, to: output)
                write(element, depth: depth + 1, to: output)
            }
            newline(depth, to: output)
            output.write("]")
            return
        }
        guard case .object(let members) = value, !members.isEmpty else {
            return writeLine(value, to: output)
        }
        output.write("{")
        for (index, member) in members.enumerated() {
            if index > 0 { output.write(",") }
            begin(member.name, depth: depth + 1, to: output)
            write(member.node, depth: depth + 1, to: output)
        }
        newline(depth, to: output)
        output.write("}")
    }

    /// Writes a value as a document of its own, with a newline at its end.
    public static func writeDocument(_ value: JSONNode, to output: TextOutput) {
        write(value, depth: 0, to: output)
        output.write("\n")
    }

    /// Writes a value as JSON on one line.
    public static func writeLine(_ value: JSONNode, to output: TextOutput) {
        switch value {
        case .null: output.write("null")
        case .flag(let flag): output.write(flag ? "true" : "false")
        case .integer(let integer): output.write(integer.description)
        case .number(let number): writeNumber(number, to: output)
        case .text(let text): writeText(text, to: output)
        case .list(let elements):
            writeList(elements, to: output) { writeLine($0, to: output) }
        case .object(let members):
            output.write("{")
            for (index, member) in members.enumerated() {
                if index > 0 { output.write(", ") }
                writeText(member.name, to: output)
                output.write(": ")
                writeLine(member.node, to: output)
            }
            output.write("}")
        }
    }
}

extension JSONNode {
    /// The value on one line.
    public var line: String {
        let output = TextOutput()
        JSON.writeLine(self, to: output)
        return output.text
    }

    /// What a reader gets of `object` after it was written: a number that does not exist is null.
    public init(_ object: Object) {
        self = .object(object.fields.map { Field($0.name, JSONNode($0.value)) })
    }

    /// What a reader gets of `value` after it was written.
    public init(_ value: Value) {
        switch value {
        case .null: self = .null
        case .number(let number): self = number.isFinite ? .number(number) : .null
        case .integer(let integer): self = .integer(integer)
        case .text(let text): self = .text(text)
        case .flag(let flag): self = .flag(flag)
        case .numbers(let numbers): self = .list(numbers.map { JSONNode(.number($0)) })
        case .integers(let integers): self = .list(integers.map { .integer($0) })
        case .matrix(let rows): self = .list(rows.map { JSONNode(.numbers($0)) })
        case .object(let object): self = JSONNode(object)
        }
    }
}
