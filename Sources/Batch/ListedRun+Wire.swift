public import Isolation

extension ListedRun: WireCodable {
    /// Writes all parts.
    public func write(to writer: inout WireWriter) {
        writer.write(name)
        writer.write(path)
        writer.write(key)
    }

    /// Reads what ``write(to:)`` wrote.
    public init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        self.init(name: try reader.text(), path: try reader.text(), key: try reader.text())
    }
}
