public import Analysis
import Files
import Report

/// A file with the results of one run, as `analyze batch` writes it: a `lamina.results/1` document
/// with a ``ResultFileHead`` before the results.
public struct ResultFile: Sendable {
    /// Where it is.
    public let location: String
    /// The whole text.
    public let bytes: [UInt8]
    /// Of which run it is and what it holds.
    public let head: ResultFileHead

    /// Reads the file, compares it with its checksum, and reads what stands before its results.
    ///
    /// - Throws: ``StoreError`` if it cannot be read, is damaged, or is no result file.
    public init(at location: String) throws(StoreError) {
        self.location = location
        do { bytes = try readFile(location) } catch {
            throw StoreError(
                location,
                error.cause == .isNotRegular
                    ? .notResultFile(error.reason) : .unreadable(error.reason))
        }
        head = try Self.head(of: bytes, location)
    }

    private static func head(
        of bytes: [UInt8], _ location: String
    ) throws(StoreError) -> ResultFileHead {
        var reader = JSONReader(bytes)
        var members: [JSONNode.Field] = []
        do {
            try reader.object { (name, reader) throws(JSONError) in
                if name == "results" { return false }
                members.append(JSONNode.Field(name, try reader.value()))
                return true
            }
        } catch { throw StoreError(location, .notResultFile(error.description)) }
        guard let schema = members.first?.node.text, members.first?.name == "schema" else {
            throw StoreError(location, .notResultFile("it has no schema"))
        }
        guard schema == JSON.schema else { throw StoreError(location, .unknownSchema(schema)) }
        switch Checksum.state(of: bytes) {
        case .right: break
        case .missing:
            throw StoreError(location, .damaged("it is cut short, or an older version wrote it"))
        case .wrong: throw StoreError(location, .damaged("its checksum is wrong"))
        }
        guard let head = ResultFileHead(members: members) else {
            throw StoreError(location, .notResultFile("it does not say of which run it is"))
        }
        return head
    }

    /// Whether `bytes` end with a checksum that they do not agree with.
    public static func isDamaged(_ bytes: [UInt8]) -> Bool { Checksum.state(of: bytes) == .wrong }

    /// Hash of the whole text.
    public var contentHash: UInt64 { Digest.of(bytes) }

    /// The results of the metrics in `ids`, as they stand in the file.
    ///
    /// - Throws: ``StoreError`` if the rest of the file is no JSON.
    public func texts(ofMetrics ids: Set<String>) throws(StoreError) -> [ArraySlice<UInt8>] {
        var texts: [ArraySlice<UInt8>] = []
        try eachResult { (reader) throws(JSONError) in
            var copy = reader
            let range = try reader.skip()
            var id: String?
            try copy.object { (name, copy) throws(JSONError) in
                guard name == "metric" else {
                    try copy.skip()
                    return true
                }
                id = try copy.value().text
                return false
            }
            if let id, ids.contains(id) { texts.append(bytes[range]) }
        }
        return texts
    }

    /// The results, in the order of the file.
    ///
    /// - Parameter includesArrays: whether lists among the values are read too.
    /// - Returns: the results with their numbers.
    /// - Throws: ``StoreError`` if the rest of the file is no JSON, or a result lacks a member.
    public func results(includesArrays: Bool) throws(StoreError) -> [StoredResult] {
        var results: [StoredResult] = []
        var isWhole = true
        try eachResult { (reader) throws(JSONError) in
            if let result = try StoredResult(&reader, includesArrays: includesArrays) {
                results.append(result)
            } else {
                isWhole = false
            }
        }
        guard isWhole else {
            throw StoreError(location, .notResultFile("a result lacks a member"))
        }
        return results
    }

    private func eachResult(
        _ body: (inout JSONReader) throws(JSONError) -> Void
    ) throws(StoreError) {
        var reader = JSONReader(bytes)
        do {
            try reader.object { (name, reader) throws(JSONError) in
                if name == "results" { try reader.list(body) } else { try reader.skip() }
                return true
            }
            try reader.finish()
        } catch { throw StoreError(location, .notResultFile(error.description)) }
    }

    /// All results as they stand in the file.
    ///
    /// - Throws: ``StoreError`` if the rest of the file is no JSON.
    public func texts() throws(StoreError) -> [ArraySlice<UInt8>] {
        var texts: [ArraySlice<UInt8>] = []
        try eachResult { (reader) throws(JSONError) in texts.append(bytes[try reader.skip()]) }
        return texts
    }

    /// Writes a result file as a whole or not at all.
    ///
    /// - Parameters:
    ///   - head: what stands before the results.
    ///   - kept: results of an earlier file that stay.
    ///   - results: new results.
    ///   - location: the path of the file.
    /// - Throws: `OutputError`.
    public static func write(
        _ head: ResultFileHead, kept: [ArraySlice<UInt8>] = [], results: [LayerResult],
        to location: String
    ) throws {
        let document = TextOutput()
        JSON.write(head: head.members, kept: kept, results: results, to: document)
        let bytes = Checksum.added(to: document.bytes)
        // Not flushed to the disk: a loss of power costs a file that the checksum finds and that the
        // next batch computes again, while flushing takes 10 ms a run.
        try writeFile(at: location, isDurable: false) { $0.write(bytes) }
    }
}
