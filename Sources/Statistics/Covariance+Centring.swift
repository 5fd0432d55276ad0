import LinearAlgebra

/// A block of rows less about its column means, and what is missing.
struct CentredBlock {
    /// The first row, and the distance of the mean from it; 0 in columns with excluded entries.
    var shift: [Double]
    var offset: [Double]
    /// Means of the stored deviations.
    var residual: [Double]
    /// Entries outside ``ValueDomain``, and those of them that are finite.
    var nonFinite: [Int]
    var excessive: [Int]
    /// The largest magnitude of a stored deviation of each column.
    var magnitudes: [Double]

    /// The largest of ``magnitudes``.
    var largest: Double { magnitudes.max() ?? 0 }

    /// The block that `centre` describes, which writes an entry for each column.
    init(columns: Int, _ centre: (StripeStatistics) -> Void) {
        shift = Array(repeating: 0, count: columns)
        (offset, residual, magnitudes) = (shift, shift, shift)
        nonFinite = Array(repeating: 0, count: columns)
        excessive = nonFinite
        shift.withUnsafeMutableBufferPointer { shift in
            offset.withUnsafeMutableBufferPointer { offset in
                residual.withUnsafeMutableBufferPointer { residual in
                    magnitudes.withUnsafeMutableBufferPointer { largest in
                        nonFinite.withUnsafeMutableBufferPointer { nonFinite in
                            excessive.withUnsafeMutableBufferPointer { excessive in
                                guard let shift = shift.baseAddress,
                                    let offset = offset.baseAddress,
                                    let residual = residual.baseAddress,
                                    let largest = largest.baseAddress,
                                    let nonFinite = nonFinite.baseAddress,
                                    let excessive = excessive.baseAddress
                                else { return }
                                centre(
                                    StripeStatistics(
                                        shift: shift, offset: offset, residual: residual,
                                        largest: largest, nonFinite: nonFinite,
                                        excessive: excessive))
                            }
                        }
                    }
                }
            }
        }
    }
}

/// What centring finds out about columns; each stripe writes to its own.
struct StripeStatistics {
    let shift: UnsafeMutablePointer<Double>
    let offset: UnsafeMutablePointer<Double>
    let residual: UnsafeMutablePointer<Double>
    let largest: UnsafeMutablePointer<Double>
    let nonFinite: UnsafeMutablePointer<Int>
    let excessive: UnsafeMutablePointer<Int>

    /// Leaves out a column with excluded entries, whose deviations count as zero.
    func exclude(_ column: Int, for entries: ExcludedEntries) {
        nonFinite[column] = entries.count
        excessive[column] = entries.excessive
        shift[column] = 0
        offset[column] = 0
        residual[column] = 0
        largest[column] = 0
    }
}

/// Columns centred together.
let stripeWidth = 128

/// Rows whose mean a block is centred at.
///
/// Spread over the block, they are so near the mean that subtracting the product of the remaining means
/// later costs no digits: even if those rows are all outliers, at most a factor of 34.
///
/// Not a power of two: coarsely stored values less a coarse mean would leave deviations of a few
/// bits, whose single-precision sums round alike row after row; the error is ten times larger.
let sampledRows = 61

/// Centres stripes of columns concurrently; stripes depend on the shape alone.
@inline(__always)
func forEachStripe(
    rows: Int, columns: Int, _ body: (Range<Int>) -> Void
) {
    let width = stripeWidth
    let stripes = (columns + width - 1) / width
    let stripe = { (index: Int) in body(index * width..<min(columns, (index + 1) * width)) }
    if rows * columns < 1 << 15 {
        (0..<stripes).forEach(stripe)
    } else {
        concurrently(stripes, stripe)
    }
}

/// The differences of rows from the first of them in the unit of ``TinyUnit``, exact where they are tiny;
/// zeros in columns with excluded entries.
func scaledUp(
    _ start: UnsafePointer<Double>, rows: Int, columns: Int, excluding excluded: [Int]
) -> Matrix<Double> {
    Matrix(rows: rows, columns: columns) { target in
        for index in target.indices {
            let column = index % columns
            target.initializeElement(
                at: index,
                to: excluded[column] == 0
                    ? (start[index] - start[column]) * TinyUnit.scale : 0)
        }
    }
}
