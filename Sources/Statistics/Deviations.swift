import LinearAlgebra

/// Deviations of rows from the means of their columns, in the unit of ``TinyUnit`` if they are tiny, in the
/// order in which they are wanted.
///
/// From the first value, then from what is left of the mean, so that means many deviations from
/// zero cost no digits. Columns with an entry outside ``ValueDomain`` deviate by 0.
struct Deviations {
    private let shifts: [Double]
    private let offsets: [Double]
    private let isFinite: [Bool]
    private let scale: Double

    /// Deviations from the means in `moments`; all of them are tiny if `isTiny`.
    init(from moments: ColumnMoments, isTiny: Bool) {
        let scale = isTiny ? TinyUnit.scale : 1
        self.scale = scale
        shifts = moments.shifts
        // Where deviations are tiny, so are the distances of means from first values.
        offsets = moments.offsets.map { $0 * scale }
        isFinite = moments.nonFiniteCounts.map { $0 == 0 }
    }

    /// Writes the deviations of the rows `range` of `x`, row after row.
    ///
    /// - Complexity: O(elements), on all cores; what a core does depends on the shape alone.
    func write(
        _ x: RealMatrix, rows range: Range<Int>, into target: UnsafeMutableBufferPointer<Double>
    ) {
        precondition(target.count == range.count * x.columns, "a target of another size")
        switch x {
        case .float(let x): write(x, range, into: target)
        case .double(let x): write(x, range, into: target)
        }
    }

    private func write<Scalar: BLASScalar>(
        _ x: Matrix<Scalar>, _ range: Range<Int>, into target: UnsafeMutableBufferPointer<Double>
    ) {
        let columns = x.columns
        x.withElements { source in
            forEachPart(of: range.count, in: 16, weight: columns) { rows in
                for row in rows {
                    let from = (range.lowerBound + row) * columns
                    for column in 0..<columns {
                        target[row * columns + column] =
                            isFinite[column]
                            ? (Double(source[from + column]) - shifts[column]) * scale
                                - offsets[column] : 0
                    }
                }
            }
        }
    }

    /// Writes the deviations of rows `rows` of `x` in the columns `chosen`, a column after the
    /// other, each in a line of `stride` scalars from `first` on.
    func writeTransposed<Output: BLASScalar>(
        _ x: RealMatrix, columns chosen: [Int], first: Int, stride: Int,
        into target: UnsafeMutableBufferPointer<Output>
    ) {
        switch x {
        case .float(let x): writeTransposed(x, chosen, first, stride, into: target)
        case .double(let x): writeTransposed(x, chosen, first, stride, into: target)
        }
    }

    private func writeTransposed<Scalar: BLASScalar, Output: BLASScalar>(
        _ x: Matrix<Scalar>, _ chosen: [Int], _ first: Int, _ stride: Int,
        into target: UnsafeMutableBufferPointer<Output>
    ) {
        x.withElements { source in
            forEachPart(of: chosen.count, in: 64, weight: x.rows) { lines in
                for row in 0..<x.rows {
                    for line in lines {
                        let column = chosen[line]
                        let value = Double(source[row * x.columns + column])
                        target[line * stride + first + row] = Output(
                            (value - shifts[column]) * scale - offsets[column])
                    }
                }
            }
        }
    }
}

/// Calls `body` for stretches of `length` of the numbers 0 ..< `count`, concurrently where each is
/// worth `weight` operations and there are enough of them.
@inline(__always)
func forEachPart(
    of count: Int, in length: Int, weight: Int, _ body: (Range<Int>) -> Void
) {
    let parts = (count + length - 1) / length
    let part = { (index: Int) in body(index * length..<min(count, (index + 1) * length)) }
    if count * weight < 1 << 15 {
        (0..<parts).forEach(part)
    } else {
        concurrently(parts, part)
    }
}
