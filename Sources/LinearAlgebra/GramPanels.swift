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

/// Single-precision rows as our own kernels for sums of products read them: in panels of columns.
public struct GramPanels: Sendable {
    private var storage = Matrix<Float>(rows: 0, columns: 1)
    /// `nil` without rows.
    private var layout: GramLayout?

    /// No memory yet.
    public init() {}

    /// Whether sums of products of so many columns are computed from panels where there are rows
    /// enough: that takes less time than OpenBLAS, and the processor can.
    public static func areFastest(columns: Int) -> Bool {
        GramKernel.fastest(rows: .max, columns: columns) != .library
    }

    /// Makes room for `rows` rows with unspecified elements, in the same memory if it is enough.
    ///
    /// - Precondition: panels ``areFastest(columns:)``.
    public mutating func reuse(rows: Int, columns: Int) {
        guard case .own(let set) = GramKernel.fastest(rows: .max, columns: columns) else {
            preconditionFailure("no kernel reads panels of \(columns) columns here")
        }
        reuse(GramLayout(rows: rows, columns: columns, for: set))
    }

    /// The same for a given layout.
    mutating func reuse(_ layout: GramLayout) {
        self.layout = layout
        storage.reuse(rows: layout.count)
    }

    /// Copies `rows` rows of a row-major matrix behind the first `first` ones.
    public mutating func copy(_ x: UnsafePointer<Float>, rows: Int, behind first: Int) {
        withElements { elements, layout in
            precondition(
                first + rows <= layout.rows, "\(first + rows) rows do not fit into \(layout.rows)")
            // Unchecked: jobs write to panels of their own.
            nonisolated(unsafe) let target = elements
            nonisolated(unsafe) let source = x
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
                            source + (part.lowerBound - first) * columns + column, columns,
                            part.count, min(width, columns - column),
                            target + layout.offset(row: part.lowerBound, column: column))
                    }
                }
            }
        }
    }

    /// Moves `rows` rows from behind the first `first` ones to the beginning.
    public mutating func moveToBeginning(rows: Int, from first: Int) {
        withElements { elements, layout in
            for row in 0..<rows {
                for column in stride(from: 0, to: layout.columns, by: layout.width) {
                    let target = elements + layout.offset(row: row, column: column)
                    let source = elements + layout.offset(row: first + row, column: column)
                    for index in 0..<layout.width { target[index] = source[index] }
                }
            }
        }
    }

    /// Exchanges pairs of columns in the first `rows` rows.
    public mutating func exchange(_ pairs: [ColumnExchange], rows: Int) {
        guard !pairs.isEmpty else { return }
        withElements { elements, layout in
            let parts = layout.parts(of: 0..<rows)
            // Unchecked: jobs write to rows of their own.
            nonisolated(unsafe) let elements = elements
            concurrently(parts.count) { job in
                let row = parts[job].lowerBound
                for pair in pairs {
                    let first = elements + layout.offset(row: row, column: pair.first)
                    let second = elements + layout.offset(row: row, column: pair.second)
                    for index in 0..<parts[job].count {
                        swap(&first[index * layout.width], &second[index * layout.width])
                    }
                }
            }
        }
    }

    /// Calls `body` with what writes deviations behind the first `first` rows.
    public mutating func withDeviations(
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
            body(GramProducts(base: base, layout: layout, rows: rows, used: used))
        }
    }

    private mutating func withElements(
        _ body: (UnsafeMutablePointer<Float>, GramLayout) -> Void
    ) {
        guard let layout else { return }
        storage.withMutableElements { elements in
            guard let base = elements.baseAddress else { return }
            body(base, layout)
        }
    }
}

/// Writes deviations into panels; several threads may write to columns that share no panel.
public struct GramDeviations: @unchecked Sendable {
    // Unchecked: valid within the call that hands it out, written as said above.
    fileprivate let base: UnsafeMutablePointer<Float>
    fileprivate let layout: GramLayout
    fileprivate let first: Int

    /// Writes the deviations of `rows` rows from `centre`, adds them to `sums` and raises `largest`
    /// to their magnitudes.
    ///
    /// `x` is the first row of a row-major matrix, `stride` scalars before the next; `columns`
    /// begins at a multiple of 32; `centre`, `sums` and `largest` have one entry a column of it.
    public func write(
        _ x: UnsafePointer<Float>, stride: Int, rows: Int, columns: Range<Int>,
        centre: UnsafePointer<Float>, sums: UnsafeMutablePointer<Double>,
        largest: UnsafeMutablePointer<Float>
    ) {
        precondition(columns.lowerBound % layout.width == 0, "a part of a panel")
        for part in layout.parts(of: first..<first + rows) {
            ckernels_gram_centre(
                layout.instructionSet,
                x + (part.lowerBound - first) * stride + columns.lowerBound, stride, part.count,
                columns.count, centre,
                base + layout.offset(row: part.lowerBound, column: columns.lowerBound),
                layout.panelStride, sums, largest)
        }
    }

    /// Sets a column to zero.
    public func clear(column: Int, rows: Int) {
        for row in first..<first + rows { base[layout.offset(row: row, column: column)] = 0 }
    }
}

/// Adds products of rows in panels.
struct GramProducts: @unchecked Sendable {
    // Unchecked: only read.
    fileprivate let base: UnsafePointer<Float>
    fileprivate let layout: GramLayout
    fileprivate let rows: Int
    fileprivate let used: Int

    /// What adds them.
    var kernel: GramKernel { .own(layout.instructionSet) }

    /// Adds `factor · XᵀX` to one tile of the lower triangle.
    func add(times factor: Double, to lower: UnsafeMutablePointer<Double>, in tile: Tile) {
        guard tile.rows.lowerBound < used, tile.columns.lowerBound < used else { return }
        let scalars = ckernels_gram_scratch(layout.instructionSet, tile.rows.count)
        let scratch = UnsafeMutableRawPointer.allocate(
            byteCount: scalars * MemoryLayout<Float>.stride, alignment: 64)
        defer { scratch.deallocate() }
        for part in layout.parts(of: 0..<rows) {
            ckernels_gram_add(
                layout.instructionSet, base + layout.offset(row: part.lowerBound, column: 0),
                layout.panelStride, part.count,
                ckernels_gram_tile(
                    first_row: tile.rows.lowerBound, end_row: min(used, tile.rows.upperBound),
                    first_column: tile.columns.lowerBound,
                    end_column: min(used, tile.columns.upperBound)),
                factor, used, scratch.assumingMemoryBound(to: Float.self), lower, layout.columns)
        }
    }
}
