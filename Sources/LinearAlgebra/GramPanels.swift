internal import CKernels

/// Two columns that change places.
public struct ColumnExchange: Sendable, Hashable {
    /// One of them.
    public var first: Int
    /// The other one.
    public var second: Int

    /// An exchange of two columns.
    public init(first: Int, second: Int) {
        self.first = first
        self.second = second
    }
}

/// Single-precision rows as our own kernel for sums of products reads them: in panels of 16 columns,
/// each of them row after row.
public struct GramPanels: Sendable {
    private var storage = Matrix<Float>(rows: 0, columns: GramKernel.panelWidth)
    private var capacity = 0
    private var columns = 0

    /// No memory yet.
    public init() {}

    /// Whether sums of products of so many columns are computed from panels where there are rows
    /// enough: that takes less time than OpenBLAS, and the processor can.
    public static func areFastest(columns: Int) -> Bool {
        GramKernel.fastest(rows: .max, columns: columns) == .own
    }

    /// Makes room for `rows` rows with unspecified elements, in the same memory if it is enough.
    public mutating func reuse(rows: Int, columns: Int) {
        (capacity, self.columns) = (rows, columns)
        storage.reuse(rows: panelCount * (rows + 1))
    }

    private var panelCount: Int { (columns + GramKernel.panelWidth - 1) / GramKernel.panelWidth }

    /// Scalars from one panel to the next: a row more than there are, lest the same rows of all
    /// panels compete for the same lines of the cache.
    private var stride: Int { (capacity + 1) * GramKernel.panelWidth }

    /// Copies `rows` rows of a row-major matrix behind the first `first` ones.
    public mutating func copy(_ x: UnsafePointer<Float>, rows: Int, behind first: Int) {
        precondition(first + rows <= capacity, "\(first + rows) rows do not fit into \(capacity)")
        let (columns, stride, count) = (columns, stride, panelCount)
        let width = GramKernel.panelWidth
        storage.withMutableElements { elements in
            guard let base = elements.baseAddress else { return }
            // Unchecked: jobs write to panels of their own.
            nonisolated(unsafe) let target = base + first * width
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
        }
    }

    /// Moves `rows` rows from behind the first `first` ones to the beginning.
    public mutating func moveToBeginning(rows: Int, from first: Int) {
        let (stride, width) = (stride, GramKernel.panelWidth)
        let count = panelCount
        storage.withMutableElements { elements in
            for panel in 0..<count {
                for index in panel * stride..<panel * stride + rows * width {
                    elements[index] = elements[index + first * width]
                }
            }
        }
    }

    /// Exchanges pairs of columns in the first `rows` rows.
    public mutating func exchange(_ pairs: [ColumnExchange], rows: Int) {
        let (stride, width) = (stride, GramKernel.panelWidth)
        storage.withMutableElements { elements in
            guard let base = elements.baseAddress else { return }
            for pair in pairs {
                let first = base + pair.first / width * stride + pair.first % width
                let second = base + pair.second / width * stride + pair.second % width
                for row in 0..<rows {
                    swap(&first[row * width], &second[row * width])
                }
            }
        }
    }

    /// Calls `body` with what writes deviations behind the first `first` rows.
    public mutating func withDeviations(
        behind first: Int, _ body: (GramDeviations) -> Void
    ) {
        let stride = stride
        storage.withMutableElements { elements in
            guard let base = elements.baseAddress else { return }
            body(GramDeviations(base: base + first * GramKernel.panelWidth, stride: stride))
        }
    }

    /// Calls `body` with what adds the products of the first `rows` rows of the first `used` columns.
    func withProducts(rows: Int, used: Int, _ body: (GramProducts) -> Void) {
        let (stride, columns) = (stride, columns)
        storage.withElements { elements in
            guard let base = elements.baseAddress else { return }
            body(
                GramProducts(base: base, stride: stride, rows: rows, columns: columns, used: used))
        }
    }
}

/// Writes deviations into panels; several threads may write to columns that share no panel.
public struct GramDeviations: @unchecked Sendable {
    // Unchecked: valid within the call that hands it out, written as said above.
    fileprivate let base: UnsafeMutablePointer<Float>
    fileprivate let stride: Int

    /// Writes the deviations of `rows` rows from `centre`, adds them to `sums` and raises `largest`
    /// to their magnitudes.
    ///
    /// `x` is the first row of a row-major matrix, `rowStride` scalars before the next; `columns`
    /// begins at a multiple of 16; `centre`, `sums` and `largest` have one entry a column of it.
    public func write(
        _ x: UnsafePointer<Float>, stride rowStride: Int, rows: Int, columns: Range<Int>,
        centre: UnsafePointer<Float>, sums: UnsafeMutablePointer<Double>,
        largest: UnsafeMutablePointer<Float>
    ) {
        precondition(columns.lowerBound % GramKernel.panelWidth == 0, "a part of a panel")
        ckernels_gram_centre(
            x + columns.lowerBound, rowStride, rows, columns.count, centre,
            base + columns.lowerBound / GramKernel.panelWidth * stride, stride, sums, largest)
    }

    /// Sets a column to zero.
    public func clear(column: Int, rows: Int) {
        let width = GramKernel.panelWidth
        for row in 0..<rows { base[column / width * stride + row * width + column % width] = 0 }
    }
}

/// Adds products of rows in panels.
struct GramProducts: @unchecked Sendable {
    // Unchecked: only read.
    fileprivate let base: UnsafePointer<Float>
    fileprivate let stride: Int
    fileprivate let rows: Int
    fileprivate let columns: Int
    fileprivate let used: Int

    /// Adds `factor · XᵀX` to one tile of the lower triangle.
    func add(times factor: Double, to lower: UnsafeMutablePointer<Double>, in tile: Tile) {
        guard rows > 0, tile.rows.lowerBound < used, tile.columns.lowerBound < used else { return }
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: ckernels_gram_scratch(tile.rows.count) * MemoryLayout<Float>.stride,
            alignment: 64)
        defer { scratch.deallocate() }
        ckernels_gram_add(
            base, stride, rows,
            ckernels_gram_tile(
                first_row: tile.rows.lowerBound, end_row: min(used, tile.rows.upperBound),
                first_column: tile.columns.lowerBound,
                end_column: min(used, tile.columns.upperBound)),
            factor, used, scratch.assumingMemoryBound(to: Float.self), lower, columns)
    }
}
