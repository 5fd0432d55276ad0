import CDeflate
import CLZF
import HDF5

/// A filter that is undone here rather than in the library.
enum ChunkFilter: Sendable, Hashable {
    case shuffle(elementSize: Int)
    case deflate
    case checksum
    case lzf

    /// `nil` for a filter that only the library or one of its plugins knows.
    init?(_ filter: HDF5Dataset.Storage.Filter) {
        switch filter.id {
        case 1: self = .deflate
        case 2: self = .shuffle(elementSize: filter.parameter)
        case 3: self = .checksum
        case 32000: self = .lzf
        default: return nil
        }
    }

    /// By how much the filter shrinks bytes at most: 258 bytes of a length and distance of two bits in
    /// deflate, 264 bytes of three in LZF.
    var largestRatio: Double {
        switch self {
        case .shuffle, .checksum: 1
        case .deflate: 1100
        case .lzf: 90
        }
    }
}

/// Undoes the filters of chunks.
struct FilterPipeline: Sendable {
    private let filters: [ChunkFilter]
    private let elementSize: Int
    /// Bytes of a decoded chunk.
    let chunkBytes: Int
    private let scratch: ScratchMemory

    /// A pipeline in the order of writing.
    init(
        _ filters: [ChunkFilter], elementSize: Int, chunkBytes: Int, scratch: ScratchMemory
    ) {
        self.filters = filters
        self.elementSize = elementSize
        self.chunkBytes = chunkBytes
        self.scratch = scratch
    }

    /// The most bytes that any step may have: compressors make incompressible data a little longer.
    var largestStep: Int { 2 * chunkBytes + 65_536 }

    /// Undoes all filters but those skipped, and hands on exactly the bytes of a chunk.
    ///
    /// - Parameters:
    ///   - stored: as they lie in the file.
    ///   - skipped: bit i is set where filter i was not applied.
    ///   - direct: where the bytes of the chunk may be decompressed to, if nothing else has to be done.
    ///   - finish: takes the bytes, and whether their elements are shuffled; not called for `direct`.
    /// - Returns: whether every step gave the number of bytes that it must.
    func undo(
        _ stored: UnsafeRawBufferPointer, skipped: UInt32,
        direct: UnsafeMutableRawBufferPointer?,
        finish: (UnsafeRawBufferPointer, _ isShuffled: Bool) -> Void
    ) -> Bool {
        // Bytes before each filter, as far as no compressor hides them.
        var size: Int? = chunkBytes
        var steps: [(filter: ChunkFilter, bytesBefore: Int?)] = []
        for (index, filter) in filters.enumerated() where skipped & 1 << UInt32(index) == 0 {
            steps.append((filter, size))
            switch filter {
            case .checksum: size = size.map { $0 + 4 }
            case .deflate, .lzf: size = nil
            case .shuffle: break
            }
        }
        return undo(stored, steps[...], direct, finish)
    }

    private func undo(
        _ bytes: UnsafeRawBufferPointer,
        _ steps: ArraySlice<(filter: ChunkFilter, bytesBefore: Int?)>,
        _ direct: UnsafeMutableRawBufferPointer?,
        _ finish: (UnsafeRawBufferPointer, Bool) -> Void
    ) -> Bool {
        guard let step = steps.last else {
            guard bytes.count == chunkBytes else { return false }
            finish(bytes, false)
            return true
        }
        let rest = steps.dropLast()
        switch step.filter {
        case .checksum:
            guard let checked = verifiedByFletcher32(bytes) else { return false }
            return undo(checked, rest, direct, finish)
        case .shuffle(let size):
            if rest.isEmpty, size == elementSize {
                guard bytes.count == chunkBytes else { return false }
                finish(bytes, size > 1)
                return true
            }
            return scratch.withBytes(bytes.count) { plain in
                unshuffleAll(bytes, elementSize: size, into: plain)
                return undo(UnsafeRawBufferPointer(plain), rest, direct, finish)
            }
        case .deflate, .lzf:
            if rest.isEmpty, let direct {
                return decompress(bytes, step.filter, into: direct) == chunkBytes
            }
            return scratch.withBytes(step.bytesBefore ?? largestStep) { plain in
                guard let count = decompress(bytes, step.filter, into: plain),
                    step.bytesBefore ?? count == count
                else { return false }
                return undo(
                    UnsafeRawBufferPointer(rebasing: plain[..<count]), rest, direct, finish)
            }
        }
    }

    /// - Returns: the number of bytes, or `nil` if `target` is too small or the stream is damaged.
    private func decompress(
        _ source: UnsafeRawBufferPointer, _ filter: ChunkFilter,
        into target: UnsafeMutableRawBufferPointer
    ) -> Int? {
        if filter == .lzf {
            let count = lzf_decompress(
                source.baseAddress, UInt32(clamping: source.count), target.baseAddress,
                UInt32(clamping: target.count))
            return count > 0 ? Int(count) : nil
        }
        guard let decompressor = libdeflate_alloc_decompressor() else { return nil }
        defer { libdeflate_free_decompressor(decompressor) }
        var count = 0
        let status = libdeflate_zlib_decompress(
            decompressor, source.baseAddress, source.count, target.baseAddress, target.count,
            &count)
        return status == LIBDEFLATE_SUCCESS ? count : nil
    }
}
