import Glibc
import Synchronization

/// Memory for the elements of matrices.
///
/// What fills most of a large page (2 MiB) lies on large pages, if the system has some to spare: a
/// page fault for every 4 KiB takes longer than reading a small run. A few pieces are kept for the
/// matrices that come next.
enum ElementMemory {
    /// Memory of unspecified contents, aligned to a page.
    static func allocate(bytes: Int) -> UnsafeMutableRawPointer {
        if let size = largeSize(bytes) {
            return LargePages.takeKept(size) ?? LargePages.map(size)
        }
        return .allocate(byteCount: max(1, bytes), alignment: 4096)
    }

    /// Memory of zeros, aligned to a page; new pages hold nothing else, and are left for those who use
    /// them to touch, on as many cores as they are.
    static func allocateZeros(bytes: Int) -> UnsafeMutableRawPointer {
        if let size = largeSize(bytes) {
            guard let kept = LargePages.takeKept(size) else { return LargePages.map(size) }
            memset(kept, 0, bytes)
            return kept
        }
        let memory = allocate(bytes: bytes)
        memory.initializeMemory(as: UInt8.self, repeating: 0, count: bytes)
        return memory
    }

    /// Gives back what one of these gave for as many bytes.
    static func deallocate(_ memory: UnsafeMutableRawPointer, bytes: Int) {
        if let size = largeSize(bytes) { return LargePages.giveBack(memory, size) }
        memory.deallocate()
    }

    /// The size in whole large pages, from three quarters of one on; `nil` below.
    ///
    /// Up to a page is left over: what waits for its products in a layer of 512 neurons is just above one,
    /// and gains by large pages all the same.
    private static func largeSize(_ bytes: Int) -> Int? {
        let page = LargePages.pageSize
        guard bytes >= page / 4 * 3, bytes <= .max - page else { return nil }
        return (bytes + page - 1) / page * page
    }
}

/// Unspecified elements in memory that goes back with their owner.
struct OwnedElements<Scalar: BitwiseCopyable>: ~Copyable {
    let base: UnsafeMutablePointer<Scalar>
    private let count: Int

    init(count: Int) {
        self.count = count
        base = ElementMemory.allocate(bytes: count * MemoryLayout<Scalar>.stride)
            .bindMemory(to: Scalar.self, capacity: count)
    }

    deinit { ElementMemory.deallocate(base, bytes: count * MemoryLayout<Scalar>.stride) }
}

/// Pieces of whole large pages.
private enum LargePages {
    static let pageSize = 2 << 20
    /// Bytes that are kept in all: what waits for its products in a wide layer, for the
    /// eigenvalues that follow, and a few blocks.
    private static let keptSize = 32 << 20

    /// Unchecked: a piece in the store belongs to nobody else, one that was taken to its taker.
    private struct Piece: @unchecked Sendable {
        let memory: UnsafeMutableRawPointer
        let size: Int
    }

    private static let store = Mutex<[Piece]>([])

    /// Memory that somebody gave back, with what it held then: of the smallest piece that is
    /// large enough, the rest of which is kept.
    static func takeKept(_ size: Int) -> UnsafeMutableRawPointer? {
        store.withLock { pieces -> Piece? in
            let fitting = pieces.indices.filter { pieces[$0].size >= size }
            guard let best = fitting.min(by: { pieces[$0].size < pieces[$1].size }) else {
                return nil
            }
            let piece = pieces.remove(at: best)
            if piece.size > size {
                pieces.append(Piece(memory: piece.memory + size, size: piece.size - size))
            }
            return piece
        }?.memory
    }

    static func giveBack(_ memory: UnsafeMutableRawPointer, _ size: Int) {
        let piece = Piece(memory: memory, size: size)
        let dropped = store.withLock { pieces -> [Piece] in
            guard size <= keptSize else { return [piece] }
            pieces.append(piece)
            var dropped: [Piece] = []
            // The longest unused go first.
            while pieces.reduce(0, { $0 + $1.size }) > keptSize {
                dropped.append(pieces.removeFirst())
            }
            return dropped
        }
        for piece in dropped { munmap(piece.memory, piece.size) }
    }

    /// New memory, all zeros.
    static func map(_ size: Int) -> UnsafeMutableRawPointer {
        // More than is needed, so that a part begins where a page does; the rest goes back.
        let mapped = mmap(
            nil, size + pageSize, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0)
        // As Swift's own allocation ends; what a layer takes was compared with what there is.
        guard let mapped, mapped != MAP_FAILED else {
            fatalError("no memory for \(size) bytes")
        }
        let before = (pageSize - Int(bitPattern: mapped) % pageSize) % pageSize
        let start = mapped + before
        if before > 0 { munmap(mapped, before) }
        munmap(start + size, pageSize - before)
        // A wish: without large pages to spare there are small ones.
        madvise(start, size, MADV_HUGEPAGE)
        return start
    }
}
