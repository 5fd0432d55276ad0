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
        var dtype = "F32"
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

    /// The whole file.
    ///
    /// - Parameters:
    ///   - tensors: names are all different.
    ///   - metadata: texts for readers.
    /// - Returns: the bytes.
    /// - Throws: `EncodingError` if a text cannot be encoded.
    static func bytes(of tensors: [Tensor], metadata: [String: String]) throws -> [UInt8] {
        var fields: [String: Field] = ["__metadata__": .metadata(metadata)]
        var offset = 0
        for tensor in tensors {
            precondition(tensor.elements.count == tensor.shape.reduce(1, *), "\(tensor.name)")
            let end = offset + 4 * tensor.elements.count
            fields[tensor.name] = .entry(Entry(shape: tensor.shape, data_offsets: [offset, end]))
            offset = end
        }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        var header = Array(try encoder.encode(fields))
        // Elements are aligned to eight bytes.
        header += Array(repeating: UInt8(ascii: " "), count: (8 - header.count % 8) % 8)
        var bytes = (0..<8).map { UInt8(truncatingIfNeeded: header.count >> (8 * $0)) }
        bytes.reserveCapacity(8 + header.count + offset)
        bytes += header
        for tensor in tensors {
            for element in tensor.elements {
                withUnsafeBytes(of: element.bitPattern.littleEndian) {
                    bytes.append(contentsOf: $0)
                }
            }
        }
        return bytes
    }
}
