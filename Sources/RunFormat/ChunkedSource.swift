import HDF5
import LinearAlgebra
import Synchronization

/// Chunks that are decoded here, several at a time, instead of one at a time inside the library.
///
/// The library finds and reads the bytes of a chunk under its lock, which takes a small part of the
/// time; decompressing and un-shuffling them needs no lock. Every chunk must have been written and must
/// decode to its own number of bytes: the library would fill what is missing with whatever its memory
/// holds, and decompress without a limit. For chunks with any other filter the library does all but that
/// they must have been written.
struct ChunkedSource: RowSource {
    private let dataset: HDF5Dataset
    private let chunk: [Int]
    /// `nil` if only the library knows all filters.
    private let pipeline: FilterPipeline?
    private let scratch: ScratchMemory
    private let cache: ChunkCache

    /// Whether chunks are decompressed or un-shuffled here.
    let isDecoding: Bool

    /// `nil` if the dataset is not chunked.
    init?(_ dataset: HDF5Dataset, scratch: ScratchMemory, cacheBytes: Int) {
        guard let chunk = dataset.storage.chunkShape else { return nil }
        self.dataset = dataset
        self.chunk = chunk
        self.scratch = scratch
        let filters = dataset.storage.filters.compactMap { ChunkFilter($0) }
        let isKnown = filters.count == dataset.storage.filters.count
        // No overflow: chunks beyond a gigabyte are refused before.
        let size = dataset.elementType.size
        pipeline =
            isKnown
            ? FilterPipeline(
                filters, elementSize: size, chunkBytes: chunk.reduce(size, *), scratch: scratch)
            : nil
        isDecoding = isKnown && !filters.isEmpty
        cache = ChunkCache(bytes: cacheBytes)
    }

    func read(
        start: [Int], count: [Int], into memory: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        let first = zip(start, chunk).map { $0 / $1 }
        let grid = zip(zip(start, count), zip(chunk, first)).map { block, place in
            (block.0 + block.1 - 1) / place.0 - place.1 + 1
        }
        for index in 0..<grid.reduce(1, *) {
            var rest = index
            var origin = start
            for axis in grid.indices.reversed() {
                origin[axis] = (first[axis] + rest % grid[axis]) * chunk[axis]
                rest /= grid[axis]
            }
            let size = try dataset.chunkByteCount(at: origin)
            guard size > 0 else { throw error(.notWritten, origin) }
            guard let pipeline else { continue }
            let region = Region(
                origin: origin, chunk: chunk, start: start, count: count, shape: dataset.shape)
            if region.isWhole {
                try place(origin, size, region, pipeline, into: memory)
            } else {
                try copyPart(origin, size, region, pipeline, into: memory)
            }
        }
        if pipeline == nil { try dataset.readStored(start: start, count: count, into: memory) }
    }

    private func error(_ cause: HDF5Error.Cause, _ origin: [Int]) -> HDF5Error {
        HDF5Error(.read, dataset.path, cause, frames: ["chunk at \(shapeText(origin))"])
    }

    /// Calls `body` with the stored bytes of a chunk and the filters that were skipped.
    private func withStored(
        _ origin: [Int], _ size: Int, _ pipeline: FilterPipeline,
        _ body: (UnsafeRawBufferPointer, UInt32) -> Bool
    ) throws(HDF5Error) {
        guard size <= pipeline.largestStep else { throw error(.damagedChunk, origin) }
        // Memory for all but odd chunks at once, so that the same pieces serve all.
        let usual = pipeline.chunkBytes + pipeline.chunkBytes / 512 + 1024
        let isDecoded = try scratch.withBytes(max(size, usual)) {
            memory throws(HDF5Error) -> Bool in
            let stored = UnsafeMutableRawBufferPointer(rebasing: memory[..<size])
            let skipped = try dataset.readRawChunk(at: origin, into: stored)
            return body(UnsafeRawBufferPointer(stored), skipped)
        }
        guard isDecoded else { throw error(.damagedChunk, origin) }
    }

    /// Decodes a chunk straight into the block that holds all of it.
    private func place(
        _ origin: [Int], _ size: Int, _ region: Region, _ pipeline: FilterPipeline,
        into memory: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        let elementSize = dataset.elementType.size
        let target = region.run.map { run in
            UnsafeMutableRawBufferPointer(
                rebasing: memory[run.first * elementSize..<(run.first + run.count) * elementSize])
        }
        let direct = target?.count == pipeline.chunkBytes ? target : nil
        if !isDecoding, let direct {
            guard size == direct.count else { throw error(.damagedChunk, origin) }
            _ = try dataset.readRawChunk(at: origin, into: direct)
            return
        }
        try withStored(origin, size, pipeline) { stored, skipped in
            pipeline.undo(stored, skipped: skipped, direct: direct) { bytes, isShuffled in
                switch (target, isShuffled) {
                case (let target?, true): unshuffle(bytes, elementSize: elementSize, into: target)
                case (let target?, false):
                    target.copyMemory(
                        from: UnsafeRawBufferPointer(rebasing: bytes[..<target.count]))
                case (nil, true):
                    scratch.withBytes(bytes.count) { plain in
                        unshuffle(bytes, elementSize: elementSize, into: plain)
                        region.copy(
                            UnsafeRawBufferPointer(plain), elementSize: elementSize, into: memory)
                    }
                case (nil, false): region.copy(bytes, elementSize: elementSize, into: memory)
                }
            }
        }
    }

    /// Copies the part of a chunk that a block needs; the chunk is kept for the blocks to come.
    private func copyPart(
        _ origin: [Int], _ size: Int, _ region: Region, _ pipeline: FilterPipeline,
        into memory: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        let elementSize = dataset.elementType.size
        try cache.withChunk(origin) { bytes in
            region.copy(bytes, elementSize: elementSize, into: memory)
        } decode: { plain throws(HDF5Error) in
            plain = [UInt8](repeating: 0, count: pipeline.chunkBytes)
            try withStored(origin, size, pipeline) { stored, skipped in
                plain.withUnsafeMutableBytes { target in
                    pipeline.undo(stored, skipped: skipped, direct: target) { bytes, isShuffled in
                        if isShuffled {
                            unshuffle(bytes, elementSize: elementSize, into: target)
                        } else {
                            target.copyMemory(from: bytes)
                        }
                    }
                }
            }
        }
    }
}

/// Decoded chunks that are larger than a block, the last ones read.
private final class ChunkCache: Sendable {
    private let limit: Int
    private let chunks = Mutex<[(origin: [Int], bytes: [UInt8])]>([])

    init(bytes: Int) { limit = bytes }

    /// Calls `body` with a chunk, which `decode` fills in if it is not held.
    ///
    /// One caller at a time: the next one most likely needs the same chunk.
    func withChunk(
        _ origin: [Int], _ body: (UnsafeRawBufferPointer) -> Void,
        decode: (inout [UInt8]) throws(HDF5Error) -> Void
    ) throws(HDF5Error) {
        try chunks.withLock { chunks throws(HDF5Error) in
            if let index = chunks.firstIndex(where: { $0.origin == origin }) {
                chunks[index].bytes.withUnsafeBytes(body)
                return
            }
            // The oldest goes first, and before the new one takes its memory.
            var bytes: [UInt8] = []
            while let oldest = chunks.first, (chunks.count + 1) * oldest.bytes.count > limit {
                chunks.removeFirst()
            }
            try decode(&bytes)
            bytes.withUnsafeBytes(body)
            chunks.append((origin, bytes))
        }
    }
}
