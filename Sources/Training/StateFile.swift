import FoundationEssentials
import Glibc

extension TrainerState where Scalar == Float {
    private static var magic: [UInt8] { Array("lamina-state-1\n".utf8) }

    /// Writes the state to a file that replaces whatever is at `path` only once it is complete.
    ///
    /// The file holds a line of format, the length of a JSON text, that text (all but the large
    /// arrays), and the arrays as little-endian floats: parameters, moments, best parameters.
    ///
    /// - Throws: ``StateFileError``.
    public func write(to path: String) throws(StateFileError) {
        var header = self
        header.parameters = []
        header.moments = []
        header.best?.parameters = []
        guard let text = try? Self.encoder.encode(header) else {
            throw StateFileError(path: path, "its state cannot be written as JSON")
        }
        var bytes = Self.magic
        withUnsafeBytes(of: UInt64(text.count).littleEndian) { bytes.append(contentsOf: $0) }
        bytes.append(contentsOf: text)
        for array in [parameters] + moments + (best.map { [$0.parameters] } ?? []) {
            #if _endian(little)
                array.withUnsafeBytes { bytes.append(contentsOf: $0) }
            #else
                for value in array {
                    withUnsafeBytes(of: value.bitPattern.littleEndian) {
                        bytes.append(contentsOf: $0)
                    }
                }
            #endif
        }
        try replaceFile(at: path, with: bytes)
    }

    /// Reads a state that ``write(to:)`` wrote.
    ///
    /// - Throws: ``StateFileError`` if the file cannot be read, is of another format or truncated.
    public init(readingFrom path: String) throws(StateFileError) {
        let bytes = try readFile(path)
        let start = Self.magic.count + 8
        guard bytes.count >= start, bytes.starts(with: Self.magic) else {
            throw StateFileError(path: path, "it is not a stored training")
        }
        let length = bytes[Self.magic.count..<start].reversed().reduce(UInt64(0)) {
            $0 << 8 | UInt64($1)
        }
        guard length <= UInt64(bytes.count - start) else {
            throw StateFileError(path: path, "it is truncated")
        }
        let end = start + Int(length)
        do {
            self = try Self.decoder.decode(Self.self, from: Data(bytes[start..<end]))
        } catch {
            throw StateFileError(path: path, "it is damaged or of another version")
        }
        let count = slots.joined().reduce(0) { $0 + $1.count }
        let bestCount = best?.slots.joined().reduce(0) { $0 + $1.count } ?? 0
        let momentCount = configuration.optimizer.rule.momentCount
        guard bytes.count - end == 4 * (count * (1 + momentCount) + bestCount) else {
            throw StateFileError(path: path, "it is truncated")
        }
        var position = end
        func floats(_ count: Int) -> [Float] {
            defer { position += 4 * count }
            return bytes.withUnsafeBytes { raw in
                (0..<count).map {
                    Float(
                        bitPattern: UInt32(
                            littleEndian: raw.loadUnaligned(
                                fromByteOffset: position + 4 * $0, as: UInt32.self)))
                }
            }
        }
        parameters = floats(count)
        moments = (0..<momentCount).map { _ in floats(count) }
        if best != nil { best?.parameters = floats(bestCount) }
    }

    private static var encoder: JSONEncoder {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        encoder.nonConformingFloatEncodingStrategy = .convertToString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return encoder
    }

    private static var decoder: JSONDecoder {
        let decoder = JSONDecoder()
        decoder.nonConformingFloatDecodingStrategy = .convertFromString(
            positiveInfinity: "inf", negativeInfinity: "-inf", nan: "nan")
        return decoder
    }
}

/// Why a stored training cannot be read or written.
public struct StateFileError: Error, Hashable, CustomStringConvertible {
    /// The file.
    public let path: String
    /// What is wrong with it.
    public let reason: String
    /// Whether the system refused an operation; otherwise the content is to blame.
    public let isFromSystem: Bool

    init(path: String, _ reason: String, isFromSystem: Bool = false) {
        self.path = path
        self.reason = reason
        self.isFromSystem = isFromSystem
    }

    init(path: String, failedTo action: String) {
        self.init(
            path: path, "cannot \(action) it: \(String(cString: strerror(errno)))",
            isFromSystem: true)
    }

    /// The file and what is wrong with it.
    public var description: String { "\(path): \(reason)" }
}

private func readFile(_ path: String) throws(StateFileError) -> [UInt8] {
    let file = open(path, O_RDONLY)
    guard file >= 0 else { throw StateFileError(path: path, failedTo: "open") }
    defer { close(file) }
    var status = stat()
    guard fstat(file, &status) == 0 else { throw StateFileError(path: path, failedTo: "open") }
    var bytes = [UInt8](repeating: 0, count: Int(status.st_size))
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeMutableBytes {
            read(file, $0.baseAddress.map { $0 + done }, $0.count - done)
        }
        guard count > 0 else { throw StateFileError(path: path, failedTo: "read") }
        done += count
    }
    return bytes
}

/// Writes to a file beside it, flushes, and renames: `path` is always whole, old or new.
///
/// The other file's name is fixed, so that one left by a killed process is written over.
private func replaceFile(at path: String, with bytes: [UInt8]) throws(StateFileError) {
    let partial = "\(path).partial"
    let file = open(partial, O_WRONLY | O_CREAT | O_TRUNC, 0o644)
    guard file >= 0 else { throw StateFileError(path: path, failedTo: "create") }
    var done = 0
    while done < bytes.count {
        let count = bytes.withUnsafeBytes {
            write(file, $0.baseAddress.map { $0 + done }, $0.count - done)
        }
        guard count > 0 else {
            let error = StateFileError(path: path, failedTo: "write")
            close(file)
            unlink(partial)
            throw error
        }
        done += count
    }
    let isFlushed = fsync(file) == 0
    guard close(file) == 0, isFlushed, rename(partial, path) == 0 else {
        let error = StateFileError(path: path, failedTo: "write")
        unlink(partial)
        throw error
    }
}
