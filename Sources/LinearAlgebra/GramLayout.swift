internal import CKernels

/// Where the elements of rows lie that our own kernels read: slab after slab of rows, in each of them
/// panel after panel of columns, and in those row after row.
///
/// What a tile reads of a slab is so one piece of memory, of which the lines of the cache do not
/// compete with each other.
struct GramLayout: Sendable {
    let instructionSet: ckernels_set
    let precision: GramPrecision
    /// Rows for which there is room.
    let rows: Int
    let columns: Int
    /// Columns of a panel.
    let width: Int
    /// Of equal length, as a short last slab would cost as much adding up as a long one.
    let slabRows: Int
    /// Scalars from one panel of a slab to the next.
    let panelStride: Int
    /// Scalars from one slab to the next.
    let slabStride: Int
    /// Scalars altogether.
    let count: Int

    init(
        rows: Int, columns: Int, in precision: GramPrecision, for instructionSet: ckernels_set
    ) {
        (self.rows, self.columns) = (rows, columns)
        (self.precision, self.instructionSet) = (precision, instructionSet)
        let shape = ckernels_gram_shape_of(instructionSet, precision.scalar)
        width = shape.panel
        let longest = shape.slab
        let slabs = max(1, (rows + longest - 1) / longest)
        slabRows = max(1, (rows + slabs - 1) / slabs)
        // A row more than there are, lest the same rows of panels of a power of two compete.
        panelStride = (slabRows + 1) * width
        slabStride = (columns + width - 1) / width * panelStride
        count = slabs * slabStride
    }

    var panelCount: Int { (columns + width - 1) / width }

    /// The place of an element, in bytes.
    func offset(row: Int, column: Int) -> Int {
        precision.size
            * (row / slabRows * slabStride + column / width * panelStride
                + row % slabRows * width + column % width)
    }

    /// Bytes of a panel's row.
    var rowBytes: Int { width * precision.size }

    /// The parts of `rows` that lie in one slab each.
    func parts(of rows: Range<Int>) -> [Range<Int>] {
        var parts: [Range<Int>] = []
        var first = rows.lowerBound
        while first < rows.upperBound {
            let end = min(rows.upperBound, (first / slabRows + 1) * slabRows)
            parts.append(first..<end)
            first = end
        }
        return parts
    }

    /// Exchanges pairs of columns in the first `rows` rows; a word has the size of an element.
    @inline(__always)
    func exchange<Word: BitwiseCopyable>(
        _ pairs: [ColumnExchange], rows: Int, in elements: UnsafeMutableRawPointer,
        as word: Word.Type
    ) {
        let parts = parts(of: 0..<rows)
        // Unchecked: jobs write to rows of their own.
        nonisolated(unsafe) let elements = elements
        concurrently(parts.count) { job in
            let row = parts[job].lowerBound
            for pair in pairs {
                let first = elements + offset(row: row, column: pair.first)
                let second = elements + offset(row: row, column: pair.second)
                // As raw bytes: the kernels' elements have another type than the words.
                for index in 0..<parts[job].count {
                    let place = index * rowBytes
                    let word = first.load(fromByteOffset: place, as: Word.self)
                    first.storeBytes(
                        of: second.load(fromByteOffset: place, as: Word.self),
                        toByteOffset: place, as: Word.self)
                    second.storeBytes(of: word, toByteOffset: place, as: Word.self)
                }
            }
        }
    }
}
