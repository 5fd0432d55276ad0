internal import CKernels

/// Writes deviations into panels; several threads may write to columns that share no panel.
///
/// All functions write the deviations of `rows` rows from `centre`, add them to `sums` and raise
/// `largest` to their magnitudes. `x` is the first row of a row-major matrix, `stride` scalars before
/// the next; `columns` begins at a multiple of 32; `centre`, `sums` and `largest` have one entry a
/// column of it.
package struct GramDeviations: @unchecked Sendable {
    // Unchecked: valid within the call that hands it out, written as said above.
    let base: UnsafeMutableRawPointer
    let layout: GramLayout
    let first: Int

    /// Deviations in single precision.
    package func write(
        _ x: UnsafePointer<Float>, stride: Int, rows: Int, columns: Range<Int>,
        centre: UnsafePointer<Float>, sums: UnsafeMutablePointer<Double>,
        largest: UnsafeMutablePointer<Float>
    ) {
        forEachPart(of: rows, columns: columns, to: Float.self) { row, count, target in
            ckernels_gram_centre_floats(
                layout.instructionSet, x + row * stride + columns.lowerBound, stride, count,
                columns.count, centre, target, layout.panelStride, sums, largest)
        }
    }

    /// Deviations of single-precision values in double precision.
    package func write(
        _ x: UnsafePointer<Float>, stride: Int, rows: Int, columns: Range<Int>,
        centre: UnsafePointer<Double>, sums: UnsafeMutablePointer<Double>,
        largest: UnsafeMutablePointer<Double>
    ) {
        forEachPart(of: rows, columns: columns, to: Double.self) { row, count, target in
            ckernels_gram_centre_widened(
                layout.instructionSet, x + row * stride + columns.lowerBound, stride, count,
                columns.count, centre, target, layout.panelStride, sums, largest)
        }
    }

    /// Deviations of double-precision values.
    package func write(
        _ x: UnsafePointer<Double>, stride: Int, rows: Int, columns: Range<Int>,
        centre: UnsafePointer<Double>, sums: UnsafeMutablePointer<Double>,
        largest: UnsafeMutablePointer<Double>
    ) {
        forEachPart(of: rows, columns: columns, to: Double.self) { row, count, target in
            ckernels_gram_centre_doubles(
                layout.instructionSet, x + row * stride + columns.lowerBound, stride, count,
                columns.count, centre, target, layout.panelStride, sums, largest)
        }
    }

    /// Sets a column to zero.
    package func clear(column: Int, rows: Int) {
        for row in first..<first + rows {
            (base + layout.offset(row: row, column: column)).initializeMemory(
                as: UInt8.self, repeating: 0, count: layout.precision.size)
        }
    }

    /// Calls `body` for each slab with its first of the rows, how many there are, and their place.
    private func forEachPart<Scalar>(
        of rows: Int, columns: Range<Int>, to scalar: Scalar.Type,
        _ body: (Int, Int, UnsafeMutablePointer<Scalar>) -> Void
    ) {
        precondition(columns.lowerBound % layout.width == 0, "a part of a panel")
        precondition(layout.precision.size == MemoryLayout<Scalar>.size, "another precision")
        for part in layout.parts(of: first..<first + rows) {
            let place = base + layout.offset(row: part.lowerBound, column: columns.lowerBound)
            // The panels from here to the end of the slab, of which each call has its own columns.
            let panels = (columns.upperBound - columns.lowerBound + layout.width - 1) / layout.width
            body(
                part.lowerBound - first, part.count,
                place.bindMemory(
                    to: Scalar.self,
                    capacity: (panels - 1) * layout.panelStride + part.count * layout.width))
        }
    }
}
