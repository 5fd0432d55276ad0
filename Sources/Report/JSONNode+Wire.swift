public import Isolation

extension JSONNode: WireCodable {
    /// What follows in the bytes.
    private enum Kind: Int {
        case null, flag, integer, number, text, list, object
    }

    /// Writes the value and all that it holds.
    public func write(to writer: inout WireWriter) {
        func begin(_ kind: Kind) { writer.write(kind.rawValue) }
        switch self {
        case .null: begin(.null)
        case .flag(let flag):
            begin(.flag)
            writer.write(flag)
        case .integer(let integer):
            begin(.integer)
            writer.write(integer)
        case .number(let number):
            begin(.number)
            writer.write(number)
        case .text(let text):
            begin(.text)
            writer.write(text)
        case .list(let elements):
            begin(.list)
            writer.write(elements) { $0.write($1) }
        case .object(let fields):
            begin(.object)
            writer.write(fields) { writer, field in
                writer.write(field.name)
                writer.write(field.node)
            }
        }
    }

    /// Reads a value that was written so.
    public init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        switch Kind(rawValue: try reader.integer()) {
        case .null: self = .null
        case .flag: self = .flag(try reader.flag())
        case .integer: self = .integer(try reader.integer())
        case .number: self = .number(try reader.number())
        case .text: self = .text(try reader.text())
        case .list:
            self = .list(
                try reader.list { (reader) throws(WireReader.Mismatch) in try reader.value() })
        case .object:
            self = .object(
                try reader.list { (reader) throws(WireReader.Mismatch) in
                    Field(try reader.text(), try reader.value())
                })
        case nil: throw WireReader.Mismatch()
        }
    }
}
