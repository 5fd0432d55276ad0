import Files
import FoundationEssentials
import Networks

/// A file of a training that can be gone on with: a JSON text and arrays of numbers, under a digest.
///
/// It is a file of safetensors, whose arrays any reader of that format finds by name: "hidden.weight", its
/// moments "moment1.hidden.weight", and so on. The text is in its metadata, and the last array, "xxh64", is
/// the digest of all before it. This program takes the lengths of the arrays from the text.
enum StateFile {
    /// How the file goes on behind the length of its header.
    private static let start = Array("{\"__metadata__\":{\"format\":\"lamina-state-3\",".utf8)
    /// What versions before that began with.
    private static let oldStart = Array("lamina-state-".utf8)
    /// Histories of a million epochs fit; what claims more is no text of ours.
    private static let textLimit = 1 << 28

    /// The values of all slots of a network, one after the other.
    struct Values {
        /// Before the name of each slot.
        var prefix: String
        /// A list for each layer.
        var slots: [[ParameterSlot]]
        /// In the order of the slots.
        var elements: [Float]

        /// Names of the run files: "hidden.weight", "output.bias".
        fileprivate var arrays: [(name: String, type: String, shape: [Int], size: Int)] {
            let selectsInputs = slots.count > 1 && slots[0].allSatisfy { $0.role == .gate }
            let names =
                (selectsInputs ? ["inputs"] : [])
                + RunRecorder.layerNames(hidden: slots.count - (selectsInputs ? 2 : 1))
            return zip(names, slots).flatMap { layer, slots in
                slots.map { slot in
                    (
                        "\(prefix)\(layer).\(slot.name)", "F32",
                        slot.columns == 1 ? [slot.rows] : [slot.rows, slot.columns], 4
                    )
                }
            }
        }
    }

    /// Writes a file that replaces whatever is at `path` only once it is complete.
    ///
    /// - Throws: ``StateFileError``.
    static func write(
        _ header: some Encodable, _ values: [Values], to path: String
    ) throws(StateFileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let text = try? encoder.encode(header),
            let head = try? SafetensorsWriter.header(
                of: values.flatMap(\.arrays) + [("xxh64", "U8", [8], 1)],
                metadata: [
                    "format": "lamina-state-3", "state": String(decoding: text, as: UTF8.self),
                ])
        else { throw StateFileError(path: path, "its state cannot be written as JSON") }
        do throws(FileError) {
            let file = try ReplacedFile(path, isSeekable: true)
            let descriptor = file.descriptor
            var digest = Digest()
            var code: Int32 = 0
            func put(_ bytes: UnsafeRawBufferPointer) {
                guard code == 0 else { return }
                digest.update(bytes)
                code = writeAll(bytes, to: descriptor)
            }
            head.withUnsafeBytes(put)
            for values in values { values.elements.withUnsafeBytes(put) }
            withUnsafeBytes(of: digest.value.littleEndian, put)
            guard code == 0 else { throw FileError(.write, path, code: code) }
            try file.commit()
        } catch {
            throw StateFileError(error)
        }
    }

    /// Refuses to replace or remove a file that no version of this program wrote as a state.
    ///
    /// - Throws: ``StateFileError``.
    static func checkReplaceable(_ path: String) throws(StateFileError) {
        guard (try? FileStatus(of: path)) != nil else { return }
        let start: [UInt8]
        do { start = try readStart(of: path, 8 + Self.start.count) } catch {
            throw StateFileError(error)
        }
        guard
            start.isEmpty || start.dropFirst(8) == Self.start[...]
                || start.starts(with: oldStart)
        else {
            throw StateFileError(
                path: path,
                "it is no state of a training, and the state would replace it; move it away or give "
                    + "the run another name", isFromSystem: true)
        }
    }

    /// Reads what ``write(_:_:to:)`` wrote.
    ///
    /// - Parameters:
    ///   - type: of the text.
    ///   - path: the file.
    ///   - limit: floats that the arrays hold at most; memory for more is not asked for.
    ///   - counts: how many floats each array has, by the text; throws if these are no numbers that
    ///     this program wrote.
    /// - Returns: the text, decoded, and the arrays.
    /// - Throws: ``StateFileError`` if the file cannot be read, or one bit is not as it was written.
    static func read<Header: Decodable>(
        _ type: Header.Type, from path: String, limit: Int,
        counts: (Header) throws -> [Int]
    ) throws(StateFileError) -> (header: Header, arrays: [[Float]]) {
        let (floatBytes, overflows) = limit.multipliedReportingOverflow(by: 4)
        let most = overflows ? Int.max : floatBytes.addingReportingOverflow(textLimit).partialValue
        let bytes: [UInt8]
        do { bytes = try readFile(path, limit: most < 0 ? .max : most) } catch {
            throw StateFileError(error)
        }
        guard bytes.dropFirst(8).starts(with: start) else {
            throw StateFileError(
                path: path,
                bytes.starts(with: oldStart)
                    ? "an older version wrote it; start anew without --resume"
                    : "it is not a stored training")
        }
        let damaged = StateFileError(
            path: path, "it is damaged or cut (its checksum differs); start anew without --resume")
        let end = bytes.count - 8
        guard end >= 8, Digest.of(bytes[..<end]) == word(bytes, end) else { throw damaged }
        let length = word(bytes, 0)
        guard length <= UInt64(end - 8) else { throw damaged }
        let headEnd = 8 + Int(length)
        let header: Header
        let sizes: [Int]
        do {
            let head = try JSONDecoder().decode(Head.self, from: Data(bytes[8..<headEnd]))
            header = try JSONDecoder().decode(Header.self, from: Data(head.metadata.state.utf8))
            sizes = try counts(header)
        } catch let error as TrainingError {
            throw StateFileError(path: path, "\(error)")
        } catch {
            throw StateFileError(path: path, "it is of another version of this program")
        }
        var position = headEnd
        var arrays: [[Float]] = []
        for size in sizes {
            guard size >= 0, size <= (end - position) / 4 else {
                throw StateFileError(path: path, "its arrays are shorter than its text says")
            }
            arrays.append(floats(bytes, position, size))
            position += 4 * size
        }
        guard position == end else {
            throw StateFileError(path: path, "its arrays are longer than its text says")
        }
        return (header, arrays)
    }

    /// What is read of the header of the file.
    private struct Head: Decodable {
        struct Metadata: Decodable { var state: String }

        var metadata: Metadata

        enum CodingKeys: String, CodingKey { case metadata = "__metadata__" }
    }

    private static func word(_ bytes: [UInt8], _ offset: Int) -> UInt64 {
        bytes.withUnsafeBytes {
            UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self))
        }
    }

    private static func floats(_ bytes: [UInt8], _ offset: Int, _ count: Int) -> [Float] {
        [Float](unsafeUninitializedCapacity: count) { target, initialized in
            bytes.withUnsafeBytes { source in
                UnsafeMutableRawBufferPointer(target).copyMemory(
                    from: UnsafeRawBufferPointer(rebasing: source[offset..<offset + 4 * count]))
            }
            initialized = count
        }
    }
}

/// Why a stored training cannot be read, written or gone on with.
public struct StateFileError: Error, Hashable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong with it.
    public let reason: String
    /// Whether the system refused an operation; otherwise the content is to blame.
    public let isFromSystem: Bool
    /// Whether another process trains this.
    public let isHeld: Bool

    init(path: String, _ reason: String, isFromSystem: Bool = false, isHeld: Bool = false) {
        self.path = path
        self.reason = reason
        self.isFromSystem = isFromSystem
        self.isHeld = isHeld
    }

    init(_ error: FileError) {
        self.init(
            path: error.path, "cannot \(error.operation.rawValue) it: \(error.reason)",
            isFromSystem: true)
    }

    /// The file and what is wrong with it.
    public var description: String { "\(path): \(reason)" }
}
