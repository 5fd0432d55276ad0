import HDF5
import MetricCore
public import Report
public import RunFormat
import Text

extension Object {
    /// What a document says of an object; empty if `node` is none.
    init(_ node: JSONNode) {
        self.init(node.fields.map { (name: $0.name, value: Value($0.node)) })
    }

    /// The number called `name`, in which dots reach into objects.
    func number(at name: String) -> Double? {
        for (own, value) in fields {
            switch value {
            case .number(let number) where own == name: return number
            case .integer(let integer) where own == name: return Double(integer)
            case .object(let object) where name.hasPrefix(own + "."):
                return object.number(at: String(name.dropFirst(own.count + 1)))
            default: continue
            }
        }
        return nil
    }
}

extension Value {
    /// What was written as `node`.
    init(_ node: JSONNode) {
        switch node {
        case .null: self = .null
        case .flag(let flag): self = .flag(flag)
        case .integer(let integer): self = .integer(integer)
        case .number(let number): self = .number(number)
        case .text(let text): self = .text(text)
        case .object: self = .object(Object(node))
        case .list(let nodes):
            let integers = nodes.compactMap { node -> Int? in
                if case .integer(let integer) = node { integer } else { nil }
            }
            if integers.count == nodes.count {
                self = .integers(integers)
            } else if case .list = nodes[0] {
                self = .matrix(rows: nodes.map { $0.elements.map { $0.number ?? .nan } })
            } else {
                self = .numbers(nodes.map { $0.number ?? .nan })
            }
        }
    }
}

extension JSONNode {
    /// An attribute of a file.
    init(_ attribute: AttributeValue) {
        switch attribute {
        case .text(let text): self = .text(text)
        case .texts(let texts): self = .list(texts.map { .text($0) })
        case .integer(let integer): self = .integer(integer)
        case .integers(let integers): self = .list(integers.map { .integer($0) })
        // As text: a number of JSON would be another one for most readers.
        case .unsigned(let value): self = .text("\(value)")
        case .unsigneds(let values): self = .list(values.map { .text("\($0)") })
        case .number(let number): self = number.isFinite ? .number(number) : .null
        case .numbers(let numbers):
            self = .list(numbers.map { $0.isFinite ? .number($0) : .null })
        case .unread: self = .null
        }
    }

    /// The attributes of a run, an object.
    public init(_ attributes: RunMetadata) {
        self = .object(attributes.all.map { Field($0.name, JSONNode($0.value)) })
    }

    /// On one line, for people: texts as they are.
    public var shown: String { text.map(visible) ?? line }
}

/// Pictures of what stored values hold, for who has not the metric's own: histograms
/// (`edges`, `counts`), curves (`x`, `y`), and sorted lists by position, as spectra are; a line
/// through the values of neurons in their order would say nothing.
func storedFigures(of values: Object, title: String) -> [Figure] {
    values.fields.compactMap { name, value in
        func figure(
            _ x: String, _ y: String, _ mark: Figure.Series.Mark, _ xs: [Double], _ ys: [Double]
        )
            -> Figure
        {
            Figure(
                title: "\(title): \(name)", x: .init(x), y: .init(y),
                series: [.init(name: name, mark: mark, x: xs, y: ys)])
        }
        switch value {
        case .object(let object):
            if let edges = numbers(object["edges"]), let counts = numbers(object["counts"]),
                edges.count == counts.count + 1, !counts.isEmpty
            {
                return figure("value", "count", .bars, edges, counts)
            }
            if let x = numbers(object["x"]), let y = numbers(object["y"]), x.count == y.count,
                x.count > 1
            {
                return figure("x", "y", .line, x, y)
            }
            return nil
        case .numbers(let y) where y.count > 2 && (isAscending(y) || isAscending(y.reversed())):
            return figure("position", name, .line, y.indices.map { Double($0 + 1) }, y)
        default: return nil
        }
    }
}

private func isAscending(_ numbers: [Double]) -> Bool {
    zip(numbers, numbers.dropFirst()).allSatisfy { $0 <= $1 }
}

private func numbers(_ value: Value?) -> [Double]? {
    switch value {
    case .numbers(let numbers): numbers
    case .integers(let integers): integers.map(Double.init)
    default: nil
    }
}
