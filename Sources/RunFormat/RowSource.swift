import Glibc
import HDF5
import LinearAlgebra

/// Where the elements of a dataset are read from, in the file's order.
protocol RowSource: Sendable {
    /// Fills `memory` with a block of elements as they are stored.
    func read(
        start: [Int], count: [Int], into memory: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error)
}

/// The library's own way, which knows every storage.
struct LibrarySource: RowSource {
    let dataset: HDF5Dataset

    func read(
        start: [Int], count: [Int], into memory: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        try dataset.readStored(start: start, count: count, into: memory)
    }
}

/// Positioned reads of a dataset that lies in one piece, by all cores at once and past the
/// library's lock.
struct ContiguousSource: RowSource {
    let dataset: HDF5Dataset
    let descriptor: Int32
    let offset: Int

    /// `nil` if the dataset does not lie in one piece in the file itself.
    init?(_ dataset: HDF5Dataset) {
        guard dataset.storage.layout == .contiguous, dataset.storage.externalFileCount == 0,
            let offset = dataset.storage.offset, let descriptor = dataset.descriptor()
        else { return nil }
        self.dataset = dataset
        self.offset = offset
        self.descriptor = descriptor
    }

    func read(
        start: [Int], count: [Int], into memory: UnsafeMutableRawBufferPointer
    ) throws(HDF5Error) {
        let shape = dataset.shape
        let size = dataset.elementType.size
        // In one piece: single indices, then one range, then whole dimensions.
        let divided = count.indices.first { count[$0] != 1 } ?? count.endIndex
        guard count.indices.dropFirst(divided + 1).allSatisfy({ count[$0] == shape[$0] }) else {
            return try dataset.readStored(start: start, count: count, into: memory)
        }
        // No overflow: the storage was compared with the file.
        let position = zip(start, shape).reduce(0) { $0 * $1.1 + $1.0 }
        let bytes = count.reduce(size, *)
        let first = offset + position * size
        let part = 1 << 20
        let parts = (bytes + part - 1) / part
        // Each part has its own flag, so that the threads share nothing they write.
        let outcomes = UnsafeMutableBufferPointer<Outcome>.allocate(capacity: parts)
        outcomes.initialize(repeating: .failed)
        defer { outcomes.deallocate() }
        concurrently(parts) { index in
            var from = index * part
            let end = min(from + part, bytes)
            while from < end, let base = memory.baseAddress {
                let got = pread(descriptor, base + from, end - from, off_t(first + from))
                if got < 0, errno == EINTR { continue }
                if got == 0 { outcomes[index] = .endOfFile }
                guard got > 0 else { return }
                from += got
            }
            outcomes[index] = .complete
        }
        // The library would give zeros for what a file has lost since it was opened.
        if outcomes.contains(.endOfFile) { throw HDF5Error(.read, dataset.path, .truncated) }
        // It finds the words for other failures.
        if outcomes.contains(.failed) {
            try dataset.readStored(start: start, count: count, into: memory)
        }
    }

    private enum Outcome { case failed, endOfFile, complete }
}
