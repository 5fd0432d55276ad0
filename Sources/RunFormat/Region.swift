import Glibc

/// What a chunk and a block have in common.
struct Region {
    /// Indices in common, along each dimension.
    private let extent: [Int]
    private let chunk: [Int]
    private let count: [Int]
    /// The first index in common, counted from the chunk's first.
    private let inChunk: [Int]
    /// The same, counted from the block's first.
    private let inBlock: [Int]
    /// Whether the block holds all elements of the chunk that lie within the dataset.
    let isWhole: Bool

    init(origin: [Int], chunk: [Int], start: [Int], count: [Int], shape: [Int]) {
        self.chunk = chunk
        self.count = count
        let first = zip(origin, start).map { max($0, $1) }
        // No overflow: chunks have less than 2^30 elements along each dimension, datasets less than 2^62.
        let end = chunk.indices.map { min(origin[$0] + chunk[$0], start[$0] + count[$0]) }
        extent = zip(first, end).map { $1 - $0 }
        inChunk = zip(first, origin).map { $0 - $1 }
        inBlock = zip(first, start).map { $0 - $1 }
        isWhole = chunk.indices.allSatisfy { axis in
            first[axis] == origin[axis] && end[axis] == min(origin[axis] + chunk[axis], shape[axis])
        }
    }

    /// The elements of the block that the first elements of the chunk fill in the same order;
    /// `nil` if the chunk's elements are not neighbours there.
    var run: (first: Int, count: Int)? {
        guard isWhole else { return nil }
        // Single indices, then one range, then whole dimensions, alike in chunk and block.
        guard let divided = extent.indices.first(where: { extent[$0] != 1 }) else {
            return (first, 1)
        }
        let isRun = extent.indices[(divided + 1)...].allSatisfy { axis in
            extent[axis] == chunk[axis] && extent[axis] == count[axis]
        }
        return isRun ? (first, extent.reduce(1, *)) : nil
    }

    private var first: Int { zip(inBlock, count).reduce(0) { $0 * $1.1 + $1.0 } }

    /// Copies the elements in common from a whole chunk to their places in the block.
    func copy(
        _ source: UnsafeRawBufferPointer, elementSize: Int,
        into target: UnsafeMutableRawBufferPointer
    ) {
        guard let from = source.baseAddress, let to = target.baseAddress, let last = extent.last
        else { return }
        let lines = extent.dropLast().reduce(1, *)
        for line in 0..<lines {
            var rest = line
            var (position, place) = (inChunk.last ?? 0, inBlock.last ?? 0)
            var (chunkStep, blockStep) = (chunk.last ?? 1, count.last ?? 1)
            for axis in extent.indices.dropLast().reversed() {
                let index = rest % extent[axis]
                rest /= extent[axis]
                position += (inChunk[axis] + index) * chunkStep
                place += (inBlock[axis] + index) * blockStep
                chunkStep *= chunk[axis]
                blockStep *= count[axis]
            }
            memcpy(to + place * elementSize, from + position * elementSize, last * elementSize)
        }
    }
}
