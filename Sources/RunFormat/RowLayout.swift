/// How the dimensions of a dataset become rows and columns.
public enum Presentation: Sendable, Hashable {
    /// (samples, neurons) or (samples, channels, height, width): a column a neuron or channel.
    case activations
    /// (neurons, inputs) or (out, in, height, width), turned: a column a neuron, a row an input.
    case weights
    /// A dataset outside the run layout; which dimension the neurons are.
    case bare(ChannelAxis)
    /// A dataset outside the run layout whose axes were named: the dimension of the columns, and one
    /// of which a single index is read.
    case named(columns: Int, fixed: FixedIndex?)
}

/// One index of a dimension: a layer of an array that holds several.
public struct FixedIndex: Sendable, Hashable {
    /// The dimension.
    public let axis: Int
    /// The index along it.
    public let index: Int
}

/// Which dimension of an array of more than two the neurons lie along.
public enum ChannelAxis: String, Sendable, Hashable, CaseIterable {
    /// The second, after the samples: (samples, channels, height, width).
    case first
    /// The last: (samples, height, width, channels), (batch, tokens, width), Keras kernels.
    case last
}

/// A dataset of any rank seen as rows and columns, and its division into blocks.
struct RowLayout: Sendable, Hashable {
    let shape: [Int]
    /// The dimension along which the columns lie.
    let columnAxis: Int
    /// The other dimensions but ``fixed``; rows count them in row-major order.
    let rowAxes: [Int]
    /// The dimension of which a single index is read.
    let fixed: FixedIndex?

    /// The layout, or `nil` if `shape` has none.
    init?(_ shape: [Int], as presentation: Presentation) {
        let columnAxis: Int
        var fixed: FixedIndex?
        switch (presentation, shape.count) {
        case (.activations, 2), (.activations, 4), (.bare(.first), 2), (.bare(.first), 4):
            columnAxis = 1
        case (.weights, 2), (.weights, 4): columnAxis = 0
        case (.bare(.last), 2...): columnAxis = shape.count - 1
        case (.named(let columns, let index), 2...): (columnAxis, fixed) = (columns, index)
        default: return nil
        }
        // Products that overflow are refused here, so that nothing below can, in bytes of doubles either.
        var count = 1
        for extent in [8] + shape {
            let (product, overflow) = count.multipliedReportingOverflow(by: max(1, extent))
            if overflow { return nil }
            count = product
        }
        self.shape = shape
        self.columnAxis = columnAxis
        self.fixed = fixed
        rowAxes = shape.indices.filter { $0 != columnAxis && $0 != fixed?.axis }
    }

    var columns: Int { shape[columnAxis] }
    var rows: Int { rowAxes.reduce(1) { $0 * shape[$1] } }
    /// Rows that belong to one index of the first dimension.
    var rowsPerSample: Int { rowAxes.dropFirst().reduce(1) { $0 * shape[$1] } }

    /// A part of the dataset that is read at once.
    struct Block: Sendable, Equatable {
        var start: [Int]
        var count: [Int]
        var firstRow: Int
        var rows: Int
        var order: BlockOrder
    }
}

/// The division of a dataset into blocks of consecutive rows.
///
/// The borders depend on the shape, the element size and the chunks, never on the machine, so that
/// whatever is summed block by block has the same bits everywhere.
struct BlockPlan: Sendable {
    let layout: RowLayout
    /// Position in `layout.rowAxes` of the dimension that is divided.
    let position: Int
    /// Indices of that dimension in a block.
    let step: Int
    let blockCount: Int

    /// Divides `layout`.
    ///
    /// - Parameters:
    ///   - layout: what is divided.
    ///   - valueSize: bytes of a decoded value.
    ///   - chunk: elements of a chunk along each dimension, if chunked.
    ///   - target: bytes that a block should have.
    ///   - limit: bytes that it must not exceed, unless a single row does.
    init(
        _ layout: RowLayout, valueSize: Int, chunk: [Int]?, target: Int = 4 << 20,
        limit: Int = 16 << 20
    ) {
        self.layout = layout
        let axes = layout.rowAxes
        // Values below one index of each row dimension, the columns included.
        func bytes(below position: Int) -> Int {
            axes[(position + 1)...].reduce(max(1, layout.columns) * valueSize) {
                $0 * max(1, layout.shape[$1])
            }
        }
        // The outermost dimension of which one index fits.
        let position = axes.indices.first { bytes(below: $0) <= limit } ?? axes.count - 1
        let unit = bytes(below: position)
        let extent = max(1, layout.shape[axes[position]])
        var step = max(1, target / unit)
        if let chunk {
            // A chunk may be longer than the dataset; no overflow, since the dataset's bytes are counted.
            let length = min(max(1, chunk[axes[position]]), extent)
            if length * unit <= limit {
                step = max(1, step / length) * length
            } else if unit * step < limit {
                // One chunk is too much: an even part of it.
                let parts = (length - 1) / step + 1
                step = (length - 1) / parts + 1
            }
        }
        self.position = position
        self.step = min(step, extent)
        let outer = axes[..<position].reduce(1) { $0 * layout.shape[$1] }
        let isEmpty = layout.rows == 0
        blockCount = isEmpty ? 0 : outer * ((extent - 1) / self.step + 1)
    }

    /// Rows of every block but the last ones.
    var blockRows: Int { step * rowsBelow }

    private var rowsBelow: Int {
        layout.rowAxes[(position + 1)...].reduce(1) { $0 * layout.shape[$1] }
    }

    subscript(index: Int) -> RowLayout.Block {
        let axes = layout.rowAxes
        let axis = axes[position]
        let perOuter = (layout.shape[axis] - 1) / step + 1
        var start = layout.shape.map { _ in 0 }
        var count = layout.shape
        if let fixed = layout.fixed {
            start[fixed.axis] = fixed.index
            count[fixed.axis] = 1
        }
        let first = index % perOuter * step
        start[axis] = first
        count[axis] = min(step, layout.shape[axis] - first)
        var outer = index / perOuter
        let firstRow = (outer * layout.shape[axis] + first) * rowsBelow
        for above in axes[..<position].reversed() {
            start[above] = outer % layout.shape[above]
            count[above] = 1
            outer /= layout.shape[above]
        }
        let column = layout.columnAxis
        return RowLayout.Block(
            start: start, count: count, firstRow: firstRow, rows: count[axis] * rowsBelow,
            order: BlockOrder(
                outer: count[..<column].reduce(1, *), columns: layout.columns,
                inner: count[(column + 1)...].reduce(1, *)))
    }

    /// Bytes of the chunks that one block touches, `elementSize` being bytes as stored.
    func bandBytes(chunk: [Int], elementSize: Int) -> Int {
        var bytes = elementSize
        let divided = layout.rowAxes[position]
        let above = Set(layout.rowAxes[..<position])
        for axis in chunk.indices {
            let length = max(1, chunk[axis])
            let covered =
                above.contains(axis) || axis == layout.fixed?.axis
                ? length
                : axis == divided
                    ? ((min(step, layout.shape[axis]) - 1) / length + 1) * length
                    : ((max(1, layout.shape[axis]) - 1) / length + 1) * length
            let (product, overflow) = bytes.multipliedReportingOverflow(by: covered)
            if overflow { return .max }
            bytes = product
        }
        return bytes
    }
}
