public import LinearAlgebra

/// Consecutive blocks of a dataset, read by whoever uses their values.
///
/// Where reading is copying, several parts side by side take less time than blocks that are handed
/// from one core to another, and so does a single part of a few blocks.
public struct BlockPart: Sendable {
    private let plan: BlockPlan
    private let decoder: BlockDecoder
    private var upcoming: Range<Int>
    private var buffer: RealMatrix?

    fileprivate init(_ plan: BlockPlan, _ decoder: BlockDecoder, blocks: Range<Int>) {
        self.plan = plan
        self.decoder = decoder
        upcoming = blocks
    }

    /// The next rows, or `nil` at the end, in the memory of those before if nobody holds them.
    public mutating func next() throws(RunError) -> (values: RealMatrix, firstRow: Int)? {
        guard let index = upcoming.popFirst() else { return nil }
        let block = plan[index]
        let before = buffer
        buffer = nil
        let values = try decoder.decode(block, into: before)
        buffer = values
        return (values, block.firstRow)
    }
}

extension BlockReader {
    /// All rows in parts that may be read at the same time, beside what ``next()`` reads.
    ///
    /// At most `limit`, of 16 MiB or more, or one of up to 8 MiB. None of what is between, for which
    /// it pays to read ahead, and none where blocks are decoded rather than copied. The parts depend
    /// on the shape alone.
    public nonisolated func parts(atMost limit: Int) -> [BlockPart] {
        guard let plan = partPlan else { return [] }
        let count = plan.blockCount <= 4 ? 1 : min(limit, plan.blockCount / 8)
        guard count > 1 || plan.blockCount <= 4 else { return [] }
        return (0..<count).map { part in
            let blocks =
                plan.blockCount * part / count..<plan.blockCount * (part + 1) / count
            return BlockPart(plan, decoder, blocks: blocks)
        }
    }
}
