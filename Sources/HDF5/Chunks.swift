import CHDF5

/// What of the chunks of a dataset has been written.
public struct ChunkCensus: Sendable, Hashable {
    /// Chunks that the dataset has.
    public let total: Int
    /// Chunks that were looked at: all, or a sample that begins with the first and ends with the last.
    public let seen: Int
    /// How many of those were written.
    public let written: Int
    /// Bytes that all chunks take in the file, estimated from those that were looked at.
    public let byteCount: Int
}

extension HDF5Dataset {
    /// Looks whether chunks were written, without a walk over the index, which may claim more of them than
    /// a file can hold: at all up to 1,000, else at 200 of them.
    ///
    /// - Returns: `nil` unless chunked, and if the number of chunks is more than an `Int` holds.
    /// - Throws: ``HDF5Error`` if the index cannot be read.
    public func lookAtChunks() throws(HDF5Error) -> ChunkCensus? {
        guard let total = chunkCount, let chunk = storage.chunkShape else { return nil }
        let seen = total <= 1_000 ? total : 200
        let grid = zip(shape, chunk).map { ($0 - 1) / max(1, $1) + 1 }
        let step = seen > 1 ? (total - 1) / (seen - 1) : 0
        let id = id
        let path = path
        return try HDF5Library.locked { () throws(HDF5Error) -> ChunkCensus in
            var (written, bytes) = (0, 0.0)
            for number in 0..<seen {
                var rest = number == seen - 1 ? total - 1 : number * step
                var origin = [hsize_t](repeating: 0, count: grid.count)
                for axis in grid.indices.reversed() {
                    origin[axis] = hsize_t(rest % grid[axis] * chunk[axis])
                    rest /= grid[axis]
                }
                let size = try storageSize(of: id, at: origin, path)
                if size > 0 { written += 1 }
                bytes += Double(size)
            }
            let all = seen == 0 ? 0 : bytes / Double(seen) * Double(total)
            return ChunkCensus(
                total: total, seen: seen, written: written,
                byteCount: all < 0x1p62 ? Int(all) : Int.max)
        }
    }

    /// Bytes in the file of the chunk that begins at `origin`; 0 if it was never written.
    ///
    /// - Complexity: O(log chunks), through the library's index.
    public func chunkByteCount(at origin: [Int]) throws(HDF5Error) -> Int {
        let id = id
        let path = path
        return try HDF5Library.locked { () throws(HDF5Error) -> Int in
            Int(clamping: try storageSize(of: id, at: origin.map { hsize_t($0) }, path))
        }
    }

    /// Chunks that the dataset has; `nil` unless chunked, and if it is more than an `Int` holds.
    public var chunkCount: Int? {
        guard let chunk = storage.chunkShape, chunk.count == shape.count else { return nil }
        var total = 1
        for (extent, length) in zip(shape, chunk) {
            let along = extent == 0 ? 0 : (extent - 1) / max(1, length) + 1
            let (product, overflow) = total.multipliedReportingOverflow(by: along)
            if overflow { return nil }
            total = product
        }
        return total
    }
}

/// Bytes of a chunk of an open dataset; 0 if it was never written, which some versions of the library call an
/// error.
///
/// Call under the lock.
private func storageSize(
    of id: hid_t, at origin: [hsize_t], _ path: String
) throws(HDF5Error) -> hsize_t {
    var size: hsize_t = 0
    guard H5Dget_chunk_storage_size(id, origin, &size) < 0 else { return size }
    let frames = HDF5Library.currentFrames()
    if frames.contains(where: { $0.contains("not allocated") }) { return 0 }
    throw HDF5Error(.read, path, frames: frames)
}
