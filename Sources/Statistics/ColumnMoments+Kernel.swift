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

/// Where moments are added; each stripe writes to its own columns.
struct MomentsTarget {
    let states: UnsafeMutableBufferPointer<ColumnMoments.State>
    let nonFinite: UnsafeMutableBufferPointer<Int>
    let excessive: UnsafeMutableBufferPointer<Int>
}

/// Adds `rows` rows to the moments of the columns of one stripe.
@inline(__always)
private func insertStripe<Scalar: BinaryFloatingPoint>(
    _ elements: UnsafeBufferPointer<Scalar>, rows: Int, stride: Int, columns: Range<Int>,
    after seen: Int, into target: MomentsTarget,
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
            let (minimum, maximum) = (Double(tile.minimum[column]), Double(tile.maximum[column]))
            let isTiny = maximum - minimum < TinyUnit.bound && maximum > minimum
            if sum.isFinite && squares.isFinite && !isTiny
                && minimum >= -ValueDomain.largestMagnitude
                && maximum <= ValueDomain.largestMagnitude
            {
                part.shift = tile.shift[column]
                part.offset = sum / Double(length)
                part.squares = max(0, squares - sum * part.offset)
                part.minimum = minimum
                part.maximum = maximum
            } else {
                let excluded = ExcludedEntries(in: start + column, count: length, stride: stride)
                target.nonFinite[columns.lowerBound + column] += excluded.count
                target.excessive[columns.lowerBound + column] += excluded.excessive
                guard excluded.count == 0 else { continue }
                part = ColumnMoments.State(
                    twoPassesOver: (0..<length).map { Double(start[$0 * stride + column]) })
            }
            target.states[columns.lowerBound + column]
                .merge(part, count: count, otherCount: length)
        }
        count += length
    }
}

extension ColumnMoments.State {
    /// The moments of a few values inside ``ValueDomain``, however little they vary.
    fileprivate init(twoPassesOver values: [Double]) {
        let count = Double(values.count)
        shift = values[0]
        minimum = values.min() ?? .nan
        maximum = values.max() ?? .nan
        let unit = isTiny ? TinyUnit.scale : 1
        let deviations = values.map { ($0 - shift) * unit }
        let mean = deviations.reduce(0, +) / count
        let residuals = deviations.map { $0 - mean }
        let rest = residuals.reduce(0, +)
        squares = residuals.reduce(0) { $0 + $1 * $1 } - rest * rest / count
        offset = mean / unit
    }
}

/// Adds `rows` rows of single precision to the moments of the columns of one stripe.
func insertStripe(
    _ elements: UnsafeBufferPointer<Float>, rows: Int, stride: Int, columns: Range<Int>,
    after seen: Int, into target: MomentsTarget
) {
    insertStripe(
        elements, rows: rows, stride: stride, columns: columns, after: seen, into: target
    ) { start, rows, stride, width, tile in
        ckernels_moments_of_floats(
            instructionSet, start, rows, stride, width, tile.sums, tile.range)
    }
}

/// Adds `rows` rows of double precision to the moments of the columns of one stripe.
func insertStripe(
    _ elements: UnsafeBufferPointer<Double>, rows: Int, stride: Int, columns: Range<Int>,
    after seen: Int, into target: MomentsTarget
) {
    insertStripe(
        elements, rows: rows, stride: stride, columns: columns, after: seen, into: target
    ) { start, rows, stride, width, tile in
        ckernels_moments_of_doubles(
            instructionSet, start, rows, stride, width, tile.sums, tile.range)
    }
}
