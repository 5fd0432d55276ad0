import Files
import FoundationEssentials
import Glibc

/// Writes arrays in the format of safetensors: the length of a JSON header in eight bytes, the header,
/// then the elements, each array at the offsets that the header names.
///
/// - Note: the format is described at github.com/huggingface/safetensors.
struct SafetensorsWriter {
    /// One array, to be stored as float32.
    struct Tensor {
        var name: String
        var shape: [Int]
        var elements: [Float]
    }

    private struct Entry: Encodable {
        var dtype: String
        var shape: [Int]
        var data_offsets: [Int]
    }

    private enum Field: Encodable {
        case metadata([String: String])
        case entry(Entry)

        func encode(to encoder: any Encoder) throws {
            var container = encoder.singleValueContainer()
            switch self {
            case .metadata(let texts): try container.encode(texts)
            case .entry(let entry): try container.encode(entry)
            }
        }
    }

    /// What comes before the elements, aligned to eight bytes: the header's length, and the header with its
    /// names in order.
    ///
    /// - Parameters:
    ///   - arrays: in the order of their elements, each of `size` bytes; names are all different.
    ///   - metadata: texts for readers.
    /// - Returns: the bytes.
    /// - Throws: `EncodingError` if a text cannot be encoded.
    static func header(
        of arrays: [(name: String, type: String, shape: [Int], size: Int)],
        metadata: [String: String]
    ) throws -> [UInt8] {
        var fields: [String: Field] = ["__metadata__": .metadata(metadata)]
        var offset = 0
        for array in arrays {
            let end = offset + array.size * array.shape.reduce(1, *)
            precondition(fields[array.name] == nil, "two arrays \(array.name)")
            fields[array.name] = .entry(
                Entry(dtype: array.type, shape: array.shape, data_offsets: [offset, end]))
            offset = end
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var header = Array(try encoder.encode(fields))
        header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        return (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) } + header
    }

    /// The whole file.
    ///
    /// - Parameters:
    ///   - tensors: names are all different.
    ///   - metadata: texts for readers.
    /// - Returns: the bytes.
    /// - Throws: `EncodingError` if a text cannot be encoded.
    static func bytes(of tensors: [Tensor], metadata: [String: String]) throws -> [UInt8] {
        var bytes = try header(
            of: tensors.map { ($0.name, "F32", $0.shape, 4) }, metadata: metadata)
        for tensor in tensors {
            precondition(tensor.elements.count == tensor.shape.reduce(1, *), "\(tensor.name)")
            for element in tensor.elements {
                withUnsafeBytes(of: element.bitPattern.littleEndian) {
                    bytes.append(contentsOf: $0)
                }
            }
        }
        return bytes
    }
}
