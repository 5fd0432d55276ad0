public import Isolation
public import MetricCore

extension LayerResult: WireCodable {
    /// Writes all of the result.
    public func write(to writer: inout WireWriter) {
        writer.write(run)
        writer.write(layer)
        writer.write(site) { $0.write($1.rawValue) }
        writer.write(snapshot) { $0.write($1) }
        writer.write(metric)
        writer.write(status.rawValue)
        writer.write(reason) { $0.write($1) }
        writer.write(warnings) { $0.write($1) }
        writer.write(samples)
        writer.write(neurons)
        writer.write(nonFinite)
        writer.write(configuration)
        writer.write(values)
        writer.write(quantities) { $0.write($1) }
        writer.write(summary)
        writer.write(figures) { $0.write($1) }
        writer.write(width) { $0.write($1) }
        writer.write(provenance) { writer, provenance in
            writer.write(provenance.programVersion)
            writer.write(provenance.instructionSet)
        }
    }

    /// Reads a result that was written so.
    public init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        self.init(
            run: try reader.text(), layer: try reader.text(),
            site: try reader.optional { (reader) throws(WireReader.Mismatch) in
                try reader.named()
            },
            snapshot: try reader.optional { (reader) throws(WireReader.Mismatch) in
                try reader.text()
            },
            metric: try reader.value(), status: try reader.named(),
            reason: try reader.optional { (reader) throws(WireReader.Mismatch) in
                try reader.text()
            },
            warnings: try reader.texts(), samples: try reader.integer(),
            neurons: try reader.integer(), nonFinite: try reader.integer(),
            configuration: try reader.value(), values: try reader.value(),
            quantities: try reader.values(), summary: try reader.text(),
            figures: try reader.values())
        width = try reader.optional { (reader) throws(WireReader.Mismatch) in
            try reader.integer()
        }
        provenance = try reader.optional { (reader) throws(WireReader.Mismatch) in
            Provenance(programVersion: try reader.text(), instructionSet: try reader.text())
        }
    }
}

extension WireReader {
    /// Reads one of the values that have names.
    fileprivate mutating func named<T: RawRepresentable<String>>() throws(Mismatch) -> T {
        guard let value = T(rawValue: try text()) else { throw Mismatch() }
        return value
    }

    fileprivate mutating func texts() throws(Mismatch) -> [String] {
        try list { (reader) throws(Mismatch) in try reader.text() }
    }

    fileprivate mutating func values<T: WireCodable>() throws(Mismatch) -> [T] {
        try list { (reader) throws(Mismatch) in try reader.value() }
    }
}

extension MetricDescriptor: WireCodable {
    /// Writes all parts.
    public func write(to writer: inout WireWriter) {
        for text in [id, title, abstract, question] { writer.write(text) }
        writer.write(version)
        writer.write(sites) { $0.write($1.rawValue) }
        writer.write(usesLabels)
        writer.write(keyQuantities) { $0.write($1) }
        writer.write(draws)
        writer.write(isOnRequest)
        writer.write(references) { $0.write($1) }
    }

    /// Reads what ``write(to:)`` wrote.
    public init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        self.init(
            id: try reader.text(), title: try reader.text(), abstract: try reader.text(),
            question: try reader.text(), version: try reader.integer(),
            sites: try reader.list { (reader) throws(WireReader.Mismatch) in try reader.named() },
            usesLabels: try reader.flag(), keyQuantities: try reader.texts(),
            draws: try reader.flag(), isOnRequest: try reader.flag(),
            references: try reader.texts())
    }
}

extension Object: WireCodable {
    /// Writes all parts.
    public func write(to writer: inout WireWriter) {
        writer.write(fields) { writer, field in
            writer.write(field.name)
            writer.write(field.value)
        }
    }

    /// Reads what ``write(to:)`` wrote.
    public init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        self.init(
            try reader.list { (reader) throws(WireReader.Mismatch) in
                (name: try reader.text(), value: try reader.value())
            })
    }
}

extension Value: WireCodable {
    /// What follows in the bytes.
    private enum Kind: Int {
        case null, number, integer, text, flag, numbers, integers, matrix, object
    }

    /// Writes all parts.
    public func write(to writer: inout WireWriter) {
        func begin(_ kind: Kind) { writer.write(kind.rawValue) }
        switch self {
        case .null: begin(.null)
        case .number(let number):
            begin(.number)
            writer.write(number)
        case .integer(let integer):
            begin(.integer)
            writer.write(integer)
        case .text(let text):
            begin(.text)
            writer.write(text)
        case .flag(let flag):
            begin(.flag)
            writer.write(flag)
        case .numbers(let numbers):
            begin(.numbers)
            writer.write(numbers)
        case .integers(let integers):
            begin(.integers)
            writer.write(integers)
        case .matrix(let rows):
            begin(.matrix)
            writer.write(rows) { $0.write($1) }
        case .object(let object):
            begin(.object)
            writer.write(object)
        }
    }

    /// Reads what ``write(to:)`` wrote.
    public init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        switch Kind(rawValue: try reader.integer()) {
        case .null: self = .null
        case .number: self = .number(try reader.number())
        case .integer: self = .integer(try reader.integer())
        case .text: self = .text(try reader.text())
        case .flag: self = .flag(try reader.flag())
        case .numbers: self = .numbers(try reader.numbers())
        case .integers: self = .integers(try reader.integers())
        case .matrix:
            self = .matrix(
                rows: try reader.list { (reader) throws(WireReader.Mismatch) in
                    try reader.numbers()
                })
        case .object: self = .object(try reader.value())
        case nil: throw WireReader.Mismatch()
        }
    }
}

extension Quantity: WireCodable {
    /// Writes all parts.
    public func write(to writer: inout WireWriter) {
        writer.write(name)
        writer.write(title)
        writer.write(value) { $0.write($1) }
        writer.write(unit.rawValue)
        writer.write(isHeadline)
        writer.write(text) { $0.write($1) }
    }

    /// Reads what ``write(to:)`` wrote.
    public init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        self.init(
            try reader.text(), title: try reader.text(),
            try reader.optional { (reader) throws(WireReader.Mismatch) in try reader.number() },
            in: try reader.named(), headline: try reader.flag())
        text = try reader.optional { (reader) throws(WireReader.Mismatch) in try reader.text() }
    }
}

extension Figure: WireCodable {
    /// Writes all parts.
    public func write(to writer: inout WireWriter) {
        writer.write(title)
        for axis in [x, y] {
            writer.write(axis.label)
            writer.write(axis.scale.rawValue)
            writer.write(axis.range) { writer, range in
                writer.write(range.lowerBound)
                writer.write(range.upperBound)
            }
        }
        writer.write(series) { writer, series in
            writer.write(series.name)
            writer.write(series.mark.rawValue)
            writer.write(series.x)
            writer.write(series.y)
            writer.write(series.group) { $0.write($1) }
        }
        writer.write(overlays)
    }

    /// Reads what ``write(to:)`` wrote.
    public init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        self.init(
            title: try reader.text(), x: try Axis(reading: &reader), y: try Axis(reading: &reader),
            series: try reader.list { (reader) throws(WireReader.Mismatch) in
                Series(
                    name: try reader.text(), mark: try reader.named(), x: try reader.numbers(),
                    y: try reader.numbers(),
                    group: try reader.optional { (reader) throws(WireReader.Mismatch) in
                        try reader.integer()
                    })
            }, overlays: try reader.flag())
    }
}

extension Figure.Axis {
    fileprivate init(reading reader: inout WireReader) throws(WireReader.Mismatch) {
        self.init(
            try reader.text(), scale: try reader.named(),
            range: try reader.optional { (reader) throws(WireReader.Mismatch) in
                let (lower, upper) = (try reader.number(), try reader.number())
                guard lower <= upper else { throw WireReader.Mismatch() }
                return lower...upper
            })
    }
}
