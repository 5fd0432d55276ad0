internal import CKernels

/// Memory that sums of products take again from call to call.
public struct GramScratch: Sendable {
    fileprivate var panels = Matrix<Float>(rows: 0, columns: GramKernel.panelWidth)

    /// No memory yet.
    public init() {}
}

/// What computes the products of a Gram matrix in single precision.
enum GramKernel: CaseIterable {
    /// Our own kernel, where the processor has its instructions.
    case own
    /// OpenBLAS.
    case library

    static let isOwnAvailable = ckernels_gram_is_available() != 0

    /// Narrow matrices have too few products for each element that is packed to win by our own.
    static func fastest(rows: Int, columns: Int) -> GramKernel {
        isOwnAvailable && rows >= 32 && columns >= 768 ? .own : .library
    }

    /// Columns that are stored side by side.
    static let panelWidth = Int(CKERNELS_GRAM_PANEL)

    /// The side of tiles: for our kernel a multiple of its grid, so that a slab of as many columns
    /// stays in the second cache.
    func tileSide(columns: Int) -> Int {
        switch self {
        case .own: columns >= 768 ? 240 : columns >= 192 ? 144 : Int(CKERNELS_GRAM_GRID)
        case .library: columns >= 768 ? 256 : columns >= 128 ? 128 : 64
        }
    }
}

/// A matrix in panels of columns, as our kernel reads it.
struct GramPanels {
    private let base: UnsafePointer<Float>
    private let rows: Int
    private let columns: Int

    /// Scalars from one panel to the next: a row more than there are, lest the same rows of all
    /// panels compete for the same lines of the cache.
    private var stride: Int { Self.stride(rows: rows) }

    private static func stride(rows: Int) -> Int { (rows + 1) * GramKernel.panelWidth }

    /// Calls `body` with the panels of a row-major matrix, which live in `scratch`.
    static func with(
        _ x: UnsafePointer<Float>, rows: Int, columns: Int, reusing scratch: inout GramScratch,
        _ body: (GramPanels) -> Void
    ) {
        let width = GramKernel.panelWidth
        let count = (columns + width - 1) / width
        let stride = stride(rows: rows)
        scratch.panels.reuse(rows: count * (rows + 1))
        scratch.panels.withMutableElements { elements in
            guard let base = elements.baseAddress else { return }
            // Unchecked: jobs write to panels of their own.
            nonisolated(unsafe) let target = base
            nonisolated(unsafe) let source = x
            // As many panels together as the processor follows streams, and few rows at a time, so
            // that each line of the source is fetched once.
            let (panels, height) = (8, 64)
            concurrently((count + panels - 1) / panels) { job in
                for first in Swift.stride(from: 0, to: rows, by: height) {
                    for panel in job * panels..<min(count, (job + 1) * panels) {
                        ckernels_gram_pack(
                            source + first * columns + panel * width, columns,
                            min(height, rows - first), min(width, columns - panel * width),
                            target + panel * stride + first * width)
                    }
                }
            }
            body(GramPanels(base: base, rows: rows, columns: columns))
        }
    }

    /// Adds `factor · XᵀX` to one tile of the lower triangle.
    func addGram(times factor: Double, to lower: UnsafeMutablePointer<Double>, in tile: Tile) {
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: ckernels_gram_scratch(tile.rows.count) * MemoryLayout<Float>.stride,
            alignment: 64)
        defer { scratch.deallocate() }
        ckernels_gram_add(
            base, stride, rows,
            ckernels_gram_tile(
                first_row: tile.rows.lowerBound, end_row: tile.rows.upperBound,
                first_column: tile.columns.lowerBound, end_column: tile.columns.upperBound),
            factor, scratch.assumingMemoryBound(to: Float.self), lower, columns)
    }
}
