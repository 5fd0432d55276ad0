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

/// Rows as our own kernels for sums of products read them: in panels of columns.
public struct GramPanels: Sendable {
    /// Memory for elements of either precision.
    private var storage = Matrix<Double>(rows: 0, columns: 1)
    /// `nil` without rows.
    private var layout: GramLayout?

    /// No memory yet.
    public init() {}

    /// Whether sums of products of so many columns are computed from panels where there are rows
    /// enough: that takes less time than OpenBLAS, and the processor can.
    public static func areFastest(columns: Int, in precision: GramPrecision) -> Bool {
        GramKernel.fastest(rows: .max, columns: columns, in: precision) != .library
    }

    /// Makes room for `rows` rows with unspecified elements, in the same memory if it is enough.
    ///
    /// - Precondition: panels ``areFastest(columns:in:)``.
    public mutating func reuse(rows: Int, columns: Int, in precision: GramPrecision) {
        let kernel = GramKernel.fastest(rows: .max, columns: columns, in: precision)
        guard case .own(let set) = kernel else {
            preconditionFailure("no kernel reads panels of \(columns) columns here")
        }
        reuse(GramLayout(rows: rows, columns: columns, in: precision, for: set))
    }

    /// The same for a given layout.
    mutating func reuse(_ layout: GramLayout) {
        self.layout = layout
        let size = MemoryLayout<Double>.size
        storage.reuse(rows: (layout.count * layout.precision.size + size - 1) / size)
    }

    /// Copies `rows` rows of a row-major matrix behind the first `first` ones.
    ///
    /// - Precondition: the elements have the precision of the panels.
    public mutating func copy<Scalar: BinaryFloatingPoint>(
        _ x: UnsafePointer<Scalar>, rows: Int, behind first: Int
    ) {
        withElements { elements, layout in
            precondition(
                first + rows <= layout.rows, "\(first + rows) rows do not fit into \(layout.rows)")
            let size = layout.precision.size
            precondition(size == MemoryLayout<Scalar>.size, "elements of another precision")
            // Unchecked: jobs write to panels of their own.
            nonisolated(unsafe) let target = elements
            nonisolated(unsafe) let source = UnsafeRawPointer(x)
            let (columns, width, count) = (layout.columns, layout.width, layout.panelCount)
            // As many panels together as the processor follows streams, and few rows at a time, so
            // that each line of the source is fetched once.
            let (panels, height) = (8, 64)
            let parts = layout.parts(of: first..<first + rows).flatMap { part in
                stride(from: part.lowerBound, to: part.upperBound, by: height).map {
                    $0..<min($0 + height, part.upperBound)
                }
            }
            concurrently((count + panels - 1) / panels) { job in
                for part in parts {
                    for panel in job * panels..<min(count, (job + 1) * panels) {
                        let column = panel * width
                        ckernels_gram_pack(
                            layout.instructionSet,
                            source + ((part.lowerBound - first) * columns + column) * size,
                            columns * size, part.count, min(width, columns - column) * size,
                            target + layout.offset(row: part.lowerBound, column: column))
                    }
                }
            }
        }
    }

    /// Exchanges pairs of columns in the first `rows` rows.
    public mutating func exchange(_ pairs: [ColumnExchange], rows: Int) {
        guard !pairs.isEmpty else { return }
        withElements { elements, layout in
            switch layout.precision {
            case .single: layout.exchange(pairs, rows: rows, in: elements, as: UInt32.self)
            case .double: layout.exchange(pairs, rows: rows, in: elements, as: UInt64.self)
            }
        }
    }

    /// Calls `body` with what writes deviations behind the first `first` rows.
    package mutating func withDeviations(
        behind first: Int, _ body: (GramDeviations) -> Void
    ) {
        withElements { elements, layout in
            body(GramDeviations(base: elements, layout: layout, first: first))
        }
    }

    /// Calls `body` with what adds the products of the first `rows` rows of the first `used` columns,
    /// or `nil` if there never was a row.
    func withProducts(rows: Int, used: Int, _ body: (GramProducts?) -> Void) {
        storage.withElements { elements in
            guard let layout, let base = elements.baseAddress else { return body(nil) }
            body(
                GramProducts(
                    base: UnsafeRawPointer(base), layout: layout, rows: rows, used: used))
        }
    }

    private mutating func withElements(_ body: (UnsafeMutableRawPointer, GramLayout) -> Void) {
        guard let layout else { return }
        storage.withMutableElements { elements in
            guard let base = elements.baseAddress else { return }
            body(UnsafeMutableRawPointer(base), layout)
        }
    }
}

/// Adds products of rows in panels.
struct GramProducts: @unchecked Sendable {
    // Unchecked: only read.
    fileprivate let base: UnsafeRawPointer
    fileprivate let layout: GramLayout
    fileprivate let rows: Int
    fileprivate let used: Int

    /// The side of tiles.
    var tileSide: Int {
        GramKernel.own(layout.instructionSet)
            .tileSide(columns: layout.columns, in: layout.precision)
    }

    /// Adds `factor · XᵀX` to one tile of the lower triangle.
    func add(times factor: Double, to lower: UnsafeMutablePointer<Double>, in tile: Tile) {
        guard tile.rows.lowerBound < used, tile.columns.lowerBound < used else { return }
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: ckernels_gram_scratch(layout.instructionSet, tile.rows.count), alignment: 64)
        defer { scratch.deallocate() }
        for part in layout.parts(of: 0..<rows) {
            ckernels_gram_add(
                layout.instructionSet, layout.precision.scalar,
                base + layout.offset(row: part.lowerBound, column: 0), layout.panelStride,
                part.count,
                ckernels_gram_tile(
                    first_row: tile.rows.lowerBound, end_row: min(used, tile.rows.upperBound),
                    first_column: tile.columns.lowerBound,
                    end_column: min(used, tile.columns.upperBound)),
                factor, used, scratch, lower, layout.columns)
        }
    }
}
