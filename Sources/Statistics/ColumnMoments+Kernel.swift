internal import CKernels

/// Rows that share one shift.
///
/// Long enough to make merging cheap, short enough that the squares
/// lose at most log2(256) = 8 bits to cancellation, in the worst case of an outlying first row.
private let tileRows = 256

/// Columns handled together.
let momentsStripe = Int(CKERNELS_MOMENTS_STRIPE)

/// The running values of a stripe, one block of ``momentsStripe`` numbers after the other.
private struct Tile<Scalar> {
    let sums = UnsafeMutablePointer<Double>.allocate(capacity: 3 * momentsStripe)
    let range = UnsafeMutablePointer<Scalar>.allocate(capacity: 2 * momentsStripe)

    var shift: UnsafeMutablePointer<Double> { sums }
    var sum: UnsafeMutablePointer<Double> { sums + momentsStripe }
    var squares: UnsafeMutablePointer<Double> { sums + 2 * momentsStripe }
    var minimum: UnsafeMutablePointer<Scalar> { range }
    var maximum: UnsafeMutablePointer<Scalar> { range + momentsStripe }

    func deallocate() {
        sums.deallocate()
        range.deallocate()
    }
}

/// Adds `rows` rows to the moments of the columns of one stripe.
@inline(__always)
private func insertStripe<Scalar: BinaryFloatingPoint>(
    _ elements: UnsafeBufferPointer<Scalar>, rows: Int, stride: Int, columns: Range<Int>,
    after seen: Int, into states: UnsafeMutableBufferPointer<ColumnMoments.State>,
    nonFinite: UnsafeMutableBufferPointer<Int>,
    accumulate: (UnsafePointer<Scalar>, Int, Int, Int, Tile<Scalar>) -> Void
) {
    guard let base = elements.baseAddress, rows > 0, !columns.isEmpty else { return }
    let width = columns.count
    let tile = Tile<Scalar>()
    defer { tile.deallocate() }
    var count = seen
    for first in Swift.stride(from: 0, to: rows, by: tileRows) {
        let length = min(tileRows, rows - first)
        let start = base + first * stride + columns.lowerBound
        for column in 0..<width {
            tile.shift[column] = Double(start[column])
            tile.sum[column] = 0
            tile.squares[column] = 0
            tile.minimum[column] = start[column]
            tile.maximum[column] = start[column]
        }
        accumulate(start, length, stride, width, tile)
        for column in 0..<width {
            let sum = tile.sum[column]
            let squares = tile.squares[column]
            var part = ColumnMoments.State()
            let isConstant = tile.minimum[column] == tile.maximum[column]
            if sum.isFinite && squares < .infinity && tile.shift[column].isFinite
                && (squares > 1e-250 || isConstant)
            {
                part.shift = tile.shift[column]
                part.offset = sum / Double(length)
                part.squares = max(0, squares - sum * part.offset)
                part.minimum = Double(tile.minimum[column])
                part.maximum = Double(tile.maximum[column])
            } else {
                let values = (0..<length).map { Double(start[$0 * stride + column]) }
                let bad = values.count { !$0.isFinite }
                nonFinite[columns.lowerBound + column] += bad
                guard bad == 0 else { continue }
                part = ColumnMoments.State(twoPassesOver: values)
            }
            states[columns.lowerBound + column].merge(part, count: count, otherCount: length)
        }
        count += length
    }
}

extension ColumnMoments.State {
    /// The moments of a few finite values of any magnitude.
    fileprivate init(twoPassesOver values: [Double]) {
        let count = Double(values.count)
        shift = values[0]
        minimum = values.min() ?? .nan
        maximum = values.max() ?? .nan
        // The range's quarter is finite even between the largest numbers of either sign.
        let spread = maximum / 4 - minimum / 4
        guard spread > 0 else { return }
        exponent = Int(spread.exponent)
        let deviations = values.map { ldexp($0 / 4 - shift / 4, 2 - exponent) }
        let mean = deviations.reduce(0, +) / count
        let residuals = deviations.map { $0 - mean }
        let rest = residuals.reduce(0, +)
        squares = residuals.reduce(0) { $0 + $1 * $1 } - rest * rest / count
        offset = ldexp(mean, exponent)
    }
}

/// Adds `rows` rows of single precision to the moments of the columns of one stripe.
func insertStripe(
    _ elements: UnsafeBufferPointer<Float>, rows: Int, stride: Int, columns: Range<Int>,
    after seen: Int, into states: UnsafeMutableBufferPointer<ColumnMoments.State>,
    nonFinite: UnsafeMutableBufferPointer<Int>
) {
    insertStripe(
        elements, rows: rows, stride: stride, columns: columns, after: seen, into: states,
        nonFinite: nonFinite
    ) { start, rows, stride, width, tile in
        ckernels_moments_of_floats(
            instructionSet, start, rows, stride, width, tile.sums, tile.range)
    }
}

/// Adds `rows` rows of double precision to the moments of the columns of one stripe.
func insertStripe(
    _ elements: UnsafeBufferPointer<Double>, rows: Int, stride: Int, columns: Range<Int>,
    after seen: Int, into states: UnsafeMutableBufferPointer<ColumnMoments.State>,
    nonFinite: UnsafeMutableBufferPointer<Int>
) {
    insertStripe(
        elements, rows: rows, stride: stride, columns: columns, after: seen, into: states,
        nonFinite: nonFinite
    ) { start, rows, stride, width, tile in
        ckernels_moments_of_doubles(
            instructionSet, start, rows, stride, width, tile.sums, tile.range)
    }
}
