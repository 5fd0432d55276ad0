import Analysis
public import Isolation
import Report

extension RunState: WireCodable {
    /// Writes what is known of the state.
    public func write(to writer: inout WireWriter) {
        writer.write(run)
        writer.write(snapshot) { $0.write($1) }
        writer.write(attributes)
        writer.write(results) { $0.write($1) }
        writer.write(recordedWidth) { $0.write($1) }
        writer.write(reason) { $0.write($1) }
        writer.write(learningCurves) { $0.write($1) }
    }

    /// Reads what ``write(to:)`` wrote.
    public init(from reader: inout WireReader) throws(WireReader.Mismatch) {
        self.init(
            run: try reader.text(),
            snapshot: try reader.optional { (reader) throws(WireReader.Mismatch) in
                try reader.text()
            },
            attributes: try reader.value(),
            results: try reader.list { (reader) throws(WireReader.Mismatch) in
                try reader.value()
            })
        recordedWidth = try reader.optional { (reader) throws(WireReader.Mismatch) in
            try reader.integer()
        }
        reason = try reader.optional { (reader) throws(WireReader.Mismatch) in
            try reader.text()
        }
        learningCurves = try reader.list { (reader) throws(WireReader.Mismatch) in
            try reader.value()
        }
    }
}
