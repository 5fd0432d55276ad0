/// Readers of the IDX format in which MNIST is published.
///
/// Two zero bytes, the element type (8 is an unsigned byte), the number of dimensions, each
/// dimension as a big-endian 32-bit number, then the elements, last dimension fastest. The files
/// may be gzipped.
public enum IDX {
    /// Reads grey images: three dimensions, samples x height x width.
    ///
    /// - Throws: ``DatasetError`` if the file is missing, damaged, cut off, longer than it says,
    ///   or holds something else.
    public static func images(at path: String) throws(DatasetError) -> ImageBytes {
        let (sizes, bytes) = try read(path, dimensions: 3, kind: "IDX images (0x00000803)")
        let shape = ImageShape(channels: 1, height: sizes[1], width: sizes[2])
        guard shape.count > 0 else {
            throw .wrongCount(path: path, what: "pixels in an image", expected: 1, found: 0)
        }
        return ImageBytes(shape: shape, pixels: bytes)
    }

    /// Reads labels, one byte each, all below `classes`.
    ///
    /// - Throws: ``DatasetError`` as for images, and if a label is not below `classes`.
    public static func labels(at path: String, classes: Int) throws(DatasetError) -> [Int32] {
        let (_, bytes) = try read(path, dimensions: 1, kind: "IDX labels (0x00000801)")
        if let index = bytes.firstIndex(where: { Int($0) >= classes }) {
            throw .wrongLabel(path: path, index: index, label: Int(bytes[index]), classes: classes)
        }
        return bytes.map(Int32.init)
    }

    /// Twice the largest published set of this format, EMNIST's 700,000 images.
    private static let contentLimit = 1 << 30

    private static func read(
        _ path: String, dimensions: Int, kind: String
    ) throws(DatasetError) -> (sizes: [Int], bytes: [UInt8]) {
        var source = try ByteSource(path: path)
        let header = try source.bytes(4)
        guard header == [0, 0, 8, UInt8(dimensions)] else {
            throw .wrongMagic(path: path, expected: kind, found: hexadecimal(header))
        }
        let words = try source.bytes(4 * dimensions)
        let sizes = (0..<dimensions).map { dimension in
            words[4 * dimension..<4 * dimension + 4].reduce(0) { $0 << 8 | Int($1) }
        }
        // Of the dimensions that are not 0: with none of them may the size of an image overflow.
        var product = 1
        for size in sizes where size > 0 {
            let (next, overflows) = product.multipliedReportingOverflow(by: size)
            guard !overflows, next < 1 << 48 else {
                throw .implausibleSize(path: path, claimed: .max, fileSize: source.fileSize)
            }
            product = next
        }
        let count = sizes.contains(0) ? 0 : product
        // What no file of this length can hold is told as such.
        if count <= source.largestContent, count > contentLimit {
            throw .tooLarge(path: path, limit: contentLimit)
        }
        let bytes = try source.bytes(count, of: 4 + 4 * dimensions + count)
        try source.expectEnd()
        return (sizes, bytes)
    }
}

/// Bytes as 0x and two digits each.
func hexadecimal(_ bytes: [UInt8]) -> String {
    "0x"
        + bytes.map { byte in
            String(byte >> 4, radix: 16) + String(byte & 15, radix: 16)
        }.joined()
}
