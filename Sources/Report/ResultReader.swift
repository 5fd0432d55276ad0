public import Analysis
import Files
import MetricCore
import Text

/// Why a document is not one of results.
public struct ResultDocumentError: Error, Hashable, CustomStringConvertible {
    /// Where in the document: "results[3].site"; empty for the document itself.
    public var place: String
    /// What stands there and what should.
    public var problem: String

    /// A problem at `place`.
    public init(place: String, problem: String) {
        self.place = place
        self.problem = problem
    }

    /// One sentence.
    public var description: String { place.isEmpty ? problem : "\(place): \(problem)" }
}

extension JSON {
    /// Reads a `lamina.results/1` document, whoever wrote it.
    ///
    /// Every member of the contract must be there with the right kind of value; more are allowed.
    /// Of those, `title` (of the metric), `units` (of the scalars, by name) and `summary` are used.
    ///
    /// - Throws: ``ResultDocumentError`` naming the first member that is missing or wrong.
    public static func results(
        in bytes: [UInt8]
    ) throws(ResultDocumentError) -> [LayerResult] {
        let document: JSONNode
        do { document = try JSONNode(parsing: bytes) } catch {
            throw ResultDocumentError(place: "", problem: error.description)
        }
        return try results(in: document)
    }

    /// Reads a document that was parsed already.
    ///
    /// - Throws: ``ResultDocumentError`` naming the first member that is missing or wrong.
    public static func results(
        in document: JSONNode
    ) throws(ResultDocumentError) -> [LayerResult] {
        let found = document["schema"]
        guard found?.text == schema else {
            throw ResultDocumentError(
                place: "schema",
                problem: "it is \(found?.line ?? "missing"); expected \"\(schema)\"")
        }
        guard case .list(let elements)? = document["results"] else {
            throw ResultDocumentError(place: "results", problem: "a list is needed")
        }
        var results: [LayerResult] = []
        for (index, element) in elements.enumerated() {
            results.append(try ResultMembers(node: element, place: "results[\(index)]").result())
        }
        return results
    }
}

/// The members of one result, each looked at once.
private struct ResultMembers {
    let node: JSONNode
    let place: String

    func result() throws(ResultDocumentError) -> LayerResult {
        guard case .object = node else {
            throw ResultDocumentError(place: place, problem: "an object is needed")
        }
        let site = try optionalText("site")
        guard let status = LayerResult.Status(rawValue: try text("status")) else {
            throw error("status", "ok, degenerate, insufficient, skipped or failed")
        }
        let reason = try optionalText("reason")
        if status != .ok, reason == nil { throw error("reason", "a text, since it is not ok") }
        let id = try text("metric")
        let values = try object("values")
        var result = LayerResult(
            run: try text("run"), layer: try text("layer"),
            site: try site.map { name throws(ResultDocumentError) in
                guard let site = Site(rawValue: name) else {
                    throw error("site", "pre, post, weight or null")
                }
                return site
            },
            snapshot: try optionalText("snapshot"),
            metric: MetricDescriptor(
                id: id, title: node["title"]?.text ?? id, abstract: "", question: "",
                version: try count("metricVersion")),
            provenance: provenance,
            status: status, reason: reason, warnings: try warnings(),
            samples: try count("samples"), neurons: try count("neurons"),
            nonFinite: try count("nonFinite"), configuration: try object("configuration"),
            values: values, quantities: quantities(of: values),
            summary: node["summary"]?.text ?? "")
        result.width = node["width"]?.integer
        return result
    }

    /// Older documents and those of other programs do not name it.
    private var provenance: Provenance? {
        guard let version = node["programVersion"]?.text,
            let instructionSet = node["instructionSet"]?.text
        else { return nil }
        return Provenance(programVersion: version, instructionSet: instructionSet)
    }

    private func error(_ name: String, _ expected: String) -> ResultDocumentError {
        var found = node[name]?.line ?? "missing"
        if found.count > 40 { found = found.prefix(40) + "..." }
        return ResultDocumentError(
            place: "\(place).\(name)", problem: "it is \(found); expected \(expected)")
    }

    private func text(_ name: String) throws(ResultDocumentError) -> String {
        guard let text = node[name]?.text else { throw error(name, "a text") }
        return text
    }

    private func optionalText(_ name: String) throws(ResultDocumentError) -> String? {
        switch node[name] {
        case .text(let text): text
        case .null: nil
        default: throw error(name, "a text or null")
        }
    }

    private func count(_ name: String) throws(ResultDocumentError) -> Int {
        guard let count = node[name]?.integer, count >= 0 else {
            throw error(name, "a whole number, not negative")
        }
        return count
    }

    private func warnings() throws(ResultDocumentError) -> [String] {
        guard case .list(let elements)? = node["warnings"],
            case let texts = elements.compactMap(\.text), texts.count == elements.count
        else { throw error("warnings", "a list of texts") }
        return texts
    }

    private func object(_ name: String) throws(ResultDocumentError) -> Object {
        guard let found = node[name], case .object = found, let value = Value(found),
            case .object(let object) = value
        else {
            throw error(
                name,
                "an object of numbers, texts, truth values, null, objects, and lists or "
                    + "matrices of numbers")
        }
        return object
    }

    /// The numbers outside lists, those of the first level for the table.
    private func quantities(of values: Object) -> [Quantity] {
        let units = Dictionary(
            (node["units"]?.fields ?? []).map { (ExactName($0.name), $0.node.text) },
            uniquingKeysWith: { a, _ in a })
        var quantities: [Quantity] = []
        func add(_ object: Object, prefix: String) {
            for (name, value) in object.fields {
                let path = prefix + name
                func append(_ number: Double?) {
                    let unit =
                        units[ExactName(path)].flatMap { $0 }
                        .flatMap { Quantity.Unit(rawValue: $0) } ?? .none
                    quantities.append(
                        Quantity(path, title: path, number, in: unit, headline: prefix.isEmpty))
                }
                switch value {
                case .number(let number): append(number)
                case .integer(let integer): append(Double(integer))
                case .null: append(nil)
                case .object(let inner): add(inner, prefix: path + ".")
                // Tells apart rows that differ in nothing else.
                case .text(let text) where prefix.isEmpty:
                    quantities.append(Quantity(path, title: path, text: text))
                case .text, .flag, .numbers, .integers, .matrix: break
                }
            }
        }
        add(values, prefix: "")
        return quantities
    }
}

extension Value {
    /// The value that was written as `node`; `nil` if none is written so.
    init?(_ node: JSONNode) {
        switch node {
        case .null: self = .null
        case .flag(let flag): self = .flag(flag)
        case .integer(let integer): self = .integer(integer)
        case .number(let number): self = .number(number)
        case .text(let text): self = .text(text)
        case .object(let fields):
            var object = Object()
            for field in fields {
                guard let value = Value(field.node) else { return nil }
                object.append(field.name, value)
            }
            self = .object(object)
        case .list(let elements):
            let rows = elements.compactMap { element -> [Double]? in
                if case .list(let row) = element { realNumbers(row) } else { nil }
            }
            if !elements.isEmpty, rows.count == elements.count {
                self = .matrix(rows: rows)
            } else if case let integers = elements.compactMap({ element -> Int? in
                if case .integer(let integer) = element { integer } else { nil }
            }), integers.count == elements.count {
                self = .integers(integers)
            } else if let numbers = realNumbers(elements) {
                self = .numbers(numbers)
            } else {
                return nil
            }
        }
    }
}

/// The numbers of a list, NaN for null; `nil` if something else is among them.
private func realNumbers(_ elements: [JSONNode]) -> [Double]? {
    let numbers = elements.compactMap { element -> Double? in
        if case .null = element { .nan } else { element.number }
    }
    return numbers.count == elements.count ? numbers : nil
}
