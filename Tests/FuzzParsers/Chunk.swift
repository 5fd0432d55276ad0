// The pipeline has no public door: only the readers of runs decode chunks.
@testable import RunFormat

private let scratch = ScratchMemory()

/// Decodes an input as a chunk; its first bytes choose the filters, the size of an element and of the
/// chunk, and the filters that were skipped.
func readChunk(_ input: UnsafeBufferPointer<UInt8>) {
    guard input.count > 4 else { return }
    let elementSize = [1, 2, 3, 4, 8, 16][Int(input[0]) % 6]
    let all: [ChunkFilter] = [.shuffle(elementSize: elementSize), .deflate, .checksum, .lzf]
    // Up to three filters in any order, each two bits of the second byte.
    let filters = (0..<Int(input[0]) / 6 % 4).map { all[Int(input[1]) >> (2 * $0) & 3] }
    let chunkBytes = elementSize * (1 + Int(input[2]) * 16)
    let pipeline = FilterPipeline(
        filters, elementSize: elementSize, chunkBytes: chunkBytes, scratch: scratch)
    let stored = UnsafeRawBufferPointer(UnsafeBufferPointer(rebasing: input[4...]))
    withUnsafeTemporaryAllocation(byteCount: chunkBytes, alignment: 16) { direct in
        withUnsafeTemporaryAllocation(byteCount: chunkBytes, alignment: 16) { target in
            _ = pipeline.undo(
                stored, skipped: UInt32(input[3]), direct: direct
            ) { bytes, isShuffled in
                guard bytes.count == chunkBytes else {
                    fatalError("\(bytes.count) bytes were handed on for a chunk of \(chunkBytes)")
                }
                if isShuffled {
                    unshuffle(bytes, elementSize: elementSize, into: target)
                } else {
                    target.copyMemory(from: bytes)
                }
            }
        }
    }
}
