import Files
import FoundationEssentials

/// A file of a training that can be gone on with: a JSON text and arrays of numbers, under a digest.
///
/// A line with the format, the length of the text (64 bits), the text, the arrays as floats, and
/// XXH64 of all that (64 bits), everything little-endian. The lengths of the arrays follow from the
/// text.
enum StateFile {
    private static let magic = Array("lamina-state-2\n".utf8)
    /// What versions without a digest wrote.
    private static let oldMagic = Array("lamina-state-1\n".utf8)
    /// Histories of a million epochs fit; what claims more is no text of ours.
    private static let textLimit = 1 << 28

    /// Writes a file that replaces whatever is at `path` only once it is complete.
    ///
    /// - Throws: ``StateFileError``.
    static func write(
        _ header: some Encodable, arrays: [[Float]], to path: String
    ) throws(StateFileError) {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let text = try? encoder.encode(header) else {
            throw StateFileError(path: path, "its state cannot be written as JSON")
        }
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
            magic.withUnsafeBytes(put)
            withUnsafeBytes(of: UInt64(text.count).littleEndian, put)
            text.withUnsafeBytes(put)
            for array in arrays { array.withUnsafeBytes(put) }
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
        do { start = try readStart(of: path, 13) } catch { throw StateFileError(error) }
        guard start.isEmpty || start == Array("lamina-state-".utf8) else {
            throw StateFileError(
                path: path,
                "it is no state of a training, and the state would replace it; move it away or give "
                    + "the run another name", isFromSystem: true)
        }
    }

    /// Reads what ``write(_:arrays:to:)`` wrote.
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
        let start = magic.count + 8
        guard bytes.starts(with: magic) else {
            throw StateFileError(
                path: path,
                bytes.starts(with: oldMagic)
                    ? "an older version wrote it, without a checksum that tells damage; "
                        + "start anew without --resume"
                    : "it is not a stored training")
        }
        let damaged = StateFileError(
            path: path, "it is damaged or cut (its checksum differs); start anew without --resume")
        let end = bytes.count - 8
        guard end >= start, Digest.of(bytes[..<end]) == word(bytes, end) else { throw damaged }
        let length = word(bytes, magic.count)
        guard length <= UInt64(end - start) else { throw damaged }
        let textEnd = start + Int(length)
        let header: Header
        let sizes: [Int]
        do {
            header = try JSONDecoder().decode(Header.self, from: Data(bytes[start..<textEnd]))
            sizes = try counts(header)
        } catch let error as TrainingError {
            throw StateFileError(path: path, "\(error)")
        } catch {
            throw StateFileError(path: path, "it is of another version of this program")
        }
        var position = textEnd
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
