import CDeflate
import Glibc
import HDF5
import LinearAlgebra

/// Chunks that are decoded here, several at a time, instead of one at a time inside the library.
///
/// The library finds and reads the bytes of a chunk under its lock, which takes a small part of the
/// time; decompressing and un-shuffling them needs no lock. For chunks with any other filter, or a
/// conversion, or whatever fails to decode, the library does all.
struct ChunkedSource: RowSource {
    let library: LibrarySource
    private let chunk: [Int]
    private let filters: [Filter]
    /// Bytes of a decoded chunk.
    private let chunkBytes: Int
    private let scratch: ScratchMemory

    private enum Filter {
        case shuffle(elementSize: Int)
        case deflate
        case checksum
    }

    /// `nil` if the dataset is not chunked or its chunks are not decoded here.
    init?(_ library: LibrarySource, scratch: ScratchMemory) {
        let dataset = library.dataset
        guard library.conversion == nil, !dataset.file.followsExternalLinks,
            let chunk = dataset.storage.chunkShape
        else { return nil }
        var filters: [Filter] = []
        // In the order in which writers apply them, each once at most; some must be there.
        for filter in dataset.storage.filters {
            switch (filter.id, filters.last) {
            case (2, nil) where filter.parameter == dataset.elementType.size:
                filters.append(.shuffle(elementSize: filter.parameter))
            case (1, nil), (1, .shuffle): filters.append(.deflate)
            case (3, nil), (3, .shuffle), (3, .deflate): filters.append(.checksum)
            default: return nil
            }
        }
        guard !filters.isEmpty else { return nil }
        self.library = library
        self.chunk = chunk
        self.filters = filters
        self.scratch = scratch
        chunkBytes = chunk.reduce(dataset.elementType.size, *)
    }

    func read(
        start: [Int], count: [Int], into memory: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        let shape = library.dataset.shape
        let isWhole = shape.indices.allSatisfy { axis in
            let end = start[axis] + count[axis]
            return start[axis] % chunk[axis] == 0 && (end % chunk[axis] == 0 || end == shape[axis])
        }
        // The library finds the words for what went wrong.
        guard isWhole, try decodeChunks(start: start, count: count, into: memory) else {
            return try library.read(start: start, count: count, into: memory)
        }
    }

    /// Decodes the chunks of a block, one after the other.
    ///
    /// - Returns: whether all of them could be decoded.
    private func decodeChunks(
        start: [Int], count: [Int], into memory: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) -> Bool {
        let grid = zip(count, chunk).map { ($0 - 1) / $1 + 1 }
        for index in 0..<grid.reduce(1, *) {
            var rest = index
            var origin = start
            for axis in grid.indices.reversed() {
                origin[axis] += rest % grid[axis] * chunk[axis]
                rest /= grid[axis]
            }
            // Deflate can make incompressible data a little longer, and a checksum follows.
            let size = try library.dataset.chunkByteCount(at: origin)
            // Memory for the longest, so that the same pieces serve all chunks.
            let limit = chunkBytes + chunkBytes / 512 + 1024
            guard size > 0, size <= limit else { return false }
            let isDecoded = try scratch.withBytes(limit) { longest throws(HDF5Error) -> Bool in
                let stored = UnsafeMutableRawBufferPointer(rebasing: longest[..<size])
                let skipped = try library.dataset.readRawChunk(at: origin, into: stored)
                return decode(
                    UnsafeRawBufferPointer(stored), skipped: skipped,
                    Region(origin: origin, chunk: chunk, start: start, count: count), into: memory)
            }
            guard isDecoded else { return false }
        }
        return true
    }

    /// Undoes the filters of one chunk and puts its elements where they belong.
    private func decode(
        _ stored: UnsafeRawBufferPointer, skipped: UInt32, _ region: Region,
        into memory: UnsafeMutableRawBufferPointer
    ) -> Bool {
        var bytes = stored
        var isDeflated = false
        var elementSize: Int?
        for (index, filter) in filters.enumerated().reversed() where skipped & 1 << index == 0 {
            switch filter {
            case .checksum:
                guard let checked = verifiedByFletcher32(bytes) else { return false }
                bytes = checked
            case .deflate: isDeflated = true
            case .shuffle(let size): elementSize = size
            }
        }
        if !isDeflated {
            guard bytes.count == chunkBytes else { return false }
            place(bytes, elementSize: elementSize, region, into: memory)
            return true
        }
        // Nothing to rearrange: straight to where it belongs.
        if elementSize == nil, region.isComplete, let run = region.run {
            let first = run.first * library.dataset.elementType.size
            let target = UnsafeMutableRawBufferPointer(
                rebasing: memory[first..<first + chunkBytes])
            return inflate(bytes, into: target)
        }
        return scratch.withBytes(chunkBytes) { plain in
            guard inflate(bytes, into: plain) else { return false }
            place(UnsafeRawBufferPointer(plain), elementSize: elementSize, region, into: memory)
            return true
        }
    }

    /// Copies the elements of a decompressed chunk, un-shuffling them where they are shuffled.
    private func place(
        _ bytes: UnsafeRawBufferPointer, elementSize: Int?, _ region: Region,
        into memory: UnsafeMutableRawBufferPointer
    ) {
        let size = library.dataset.elementType.size
        if let run = region.run {
            let first = run.first * size
            let target = UnsafeMutableRawBufferPointer(
                rebasing: memory[first..<first + run.count * size])
            if elementSize != nil {
                unshuffle(bytes, elementSize: size, into: target)
            } else {
                target.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[..<target.count]))
            }
        } else if elementSize != nil {
            scratch.withBytes(bytes.count) { plain in
                unshuffle(bytes, elementSize: size, into: plain)
                region.copy(UnsafeRawBufferPointer(plain), elementSize: size, into: memory)
            }
        } else {
            region.copy(bytes, elementSize: size, into: memory)
        }
    }
}

/// The part of a block that one chunk fills.
struct Region {
    /// Indices of the chunk that lie inside the block, along each dimension.
    private let extent: [Int]
    private let chunk: [Int]
    private let count: [Int]
    /// The chunk's first index, counted from the block's.
    private let offset: [Int]

    init(origin: [Int], chunk: [Int], start: [Int], count: [Int]) {
        self.chunk = chunk
        self.count = count
        offset = zip(origin, start).map { $0 - $1 }
        extent = chunk.indices.map { [offset] in min(chunk[$0], count[$0] - offset[$0]) }
    }

    /// Whether the whole chunk is inside the block.
    var isComplete: Bool { extent == chunk }

    /// The elements of the block that the first elements of the chunk fill in the same order;
    /// `nil` if the chunk's elements are not neighbours there.
    var run: (first: Int, count: Int)? {
        // Single indices, then one range, then whole dimensions, alike in chunk and block.
        guard let divided = extent.indices.first(where: { extent[$0] != 1 }) else {
            return (first, 1)
        }
        let isRun = extent.indices[(divided + 1)...].allSatisfy { axis in
            extent[axis] == chunk[axis] && extent[axis] == count[axis]
        }
        return isRun ? (first, extent.reduce(1, *)) : nil
    }

    private var first: Int { zip(offset, count).reduce(0) { $0 * $1.1 + $1.0 } }

    /// Copies the elements of a whole chunk to their places in the block.
    func copy(
        _ source: UnsafeRawBufferPointer, elementSize: Int,
        into target: UnsafeMutableRawBufferPointer
    ) {
        guard let from = source.baseAddress, let to = target.baseAddress, let last = extent.last
        else { return }
        let lines = extent.dropLast().reduce(1, *)
        for line in 0..<lines {
            var rest = line
            var (position, place) = (0, offset.last ?? 0)
            var (chunkStep, blockStep) = (chunk.last ?? 1, count.last ?? 1)
            for axis in extent.indices.dropLast().reversed() {
                let index = rest % extent[axis]
                rest /= extent[axis]
                position += index * chunkStep
                place += (offset[axis] + index) * blockStep
                chunkStep *= chunk[axis]
                blockStep *= count[axis]
            }
            memcpy(to + place * elementSize, from + position * elementSize, last * elementSize)
        }
    }
}

/// Decompresses a zlib stream that must fill `target` exactly.
private func inflate(
    _ source: UnsafeRawBufferPointer, into target: UnsafeMutableRawBufferPointer
) -> Bool {
    guard let decompressor = libdeflate_alloc_decompressor() else { return false }
    defer { libdeflate_free_decompressor(decompressor) }
    let status = libdeflate_zlib_decompress(
        decompressor, source.baseAddress, source.count, target.baseAddress, target.count, nil)
    return status == LIBDEFLATE_SUCCESS
}
