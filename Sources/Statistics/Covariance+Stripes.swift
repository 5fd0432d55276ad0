internal import CKernels
import LinearAlgebra

/// What a stripe of columns is centred at, and what is summed meanwhile; one a column.
struct StripeSums<Scalar> {
    let centre: UnsafePointer<Scalar>
    let sum: UnsafeMutablePointer<Double>
    let largest: UnsafeMutablePointer<Scalar>
}

/// Centres a stripe of columns: deviations, their means and their largest magnitudes, in one pass.
///
/// The centre is rounded to the output's precision, so that a deviation is one subtraction: it has
/// the rounding of its storage and no other. What the centre lacks to the mean is in the residual.
///
/// Every column on its own: one with excluded entries is set to zero and changes nothing in the others. A
/// deviation that overflows makes the column's largest too large for the output, after which the block is
/// centred again, in double precision.
///
/// `subtract` writes the deviations, adds them up and raises the largest to their magnitudes; `clear`
/// sets those of a column to zero.
@inline(__always)
func centreStripe<Input: BinaryFloatingPoint, Output: BinaryFloatingPoint>(
    _ start: UnsafePointer<Input>, rows: Int, stride: Int, stripe: Range<Int>,
    _ statistics: StripeStatistics, convert: (Input) -> Output, widen: (Output) -> Double,
    narrow: (Double) -> Output, subtract: (StripeSums<Output>) -> Void, clear: (Int) -> Void
) {
    let width = stripe.count
    let sampled = min(rows, sampledRows)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: stripeWidth) { sums in
        withUnsafeTemporaryAllocation(of: Output.self, capacity: 2 * stripeWidth) { scratch in
            guard let sum = sums.baseAddress, let centre = scratch.baseAddress else { return }
            let largest = centre + stripeWidth
            for column in 0..<width { sum[column] = 0 }
            for sample in 0..<sampled {
                let source = start + sample * rows / sampled * stride + stripe.lowerBound
                for column in 0..<width { sum[column] += widen(convert(source[column])) }
            }
            for column in 0..<width {
                centre[column] = narrow(sum[column] / Double(sampled))
                sum[column] = 0
                largest[column] = 0
            }
            subtract(StripeSums(centre: centre, sum: sum, largest: largest))
            for column in 0..<width {
                let index = stripe.lowerBound + column
                let isBounded = sum[column].isFinite && centre[column].isFinite
                // No entry is farther from 0 than that.
                let reach = abs(widen(centre[column])) + widen(largest[column])
                if !isBounded || reach > 0.999 * ValueDomain.largestMagnitude {
                    let excluded = ExcludedEntries(
                        in: start + index, count: rows, stride: stride)
                    guard excluded.count == 0 else {
                        clear(index)
                        statistics.exclude(index, for: excluded)
                        continue
                    }
                }
                let residual = sum[column] / Double(rows)
                let first = widen(convert(start[index]))
                statistics.shift[index] = first
                statistics.offset[index] = (widen(centre[column]) - first) + residual
                statistics.residual[index] = residual
                statistics.largest[index] =
                    isBounded ? widen(largest[column]) : 2 * widen(Output.greatestFiniteMagnitude)
            }
        }
    }
}

// Six functions that differ in their types only. As one generic function they were several times
// slower: the compiler specializes no closures that are handed through two of them.

/// Centres single-precision rows into single precision.
func centreStripes(
    _ start: UnsafePointer<Float>, rows: Int, _ statistics: StripeStatistics,
    into target: UnsafeMutableBufferPointer<Float>
) {
    guard let base = target.baseAddress else { return }
    let columns = target.count / rows
    forEachStripe(rows: rows, columns: columns) { stripe in
        let first = stripe.lowerBound
        centreStripe(
            start, rows: rows, stride: columns, stripe: stripe, statistics,
            convert: { $0 }, widen: { Double($0) }, narrow: { Float($0) },
            subtract: { sums in
                ckernels_centre_floats(
                    instructionSet, start + first, rows, columns, stripe.count, sums.centre,
                    base + first, sums.sum, sums.largest)
            }, clear: { for row in 0..<rows { base[row * columns + $0] = 0 } })
    }
}

/// Centres single-precision rows into double precision.
func centreStripes(
    _ start: UnsafePointer<Float>, rows: Int, _ statistics: StripeStatistics,
    into target: UnsafeMutableBufferPointer<Double>
) {
    guard let base = target.baseAddress else { return }
    let columns = target.count / rows
    forEachStripe(rows: rows, columns: columns) { stripe in
        let first = stripe.lowerBound
        centreStripe(
            start, rows: rows, stride: columns, stripe: stripe, statistics,
            convert: { Double($0) }, widen: { $0 }, narrow: { $0 },
            subtract: { sums in
                ckernels_centre_widened(
                    instructionSet, start + first, rows, columns, stripe.count, sums.centre,
                    base + first, sums.sum, sums.largest)
            }, clear: { for row in 0..<rows { base[row * columns + $0] = 0 } })
    }
}

/// Centres double-precision rows.
func centreStripes(
    _ start: UnsafePointer<Double>, rows: Int, _ statistics: StripeStatistics,
    into target: UnsafeMutableBufferPointer<Double>
) {
    guard let base = target.baseAddress else { return }
    let columns = target.count / rows
    forEachStripe(rows: rows, columns: columns) { stripe in
        let first = stripe.lowerBound
        centreStripe(
            start, rows: rows, stride: columns, stripe: stripe, statistics,
            convert: { $0 }, widen: { $0 }, narrow: { $0 },
            subtract: { sums in
                ckernels_centre_doubles(
                    instructionSet, start + first, rows, columns, stripe.count, sums.centre,
                    base + first, sums.sum, sums.largest)
            }, clear: { for row in 0..<rows { base[row * columns + $0] = 0 } })
    }
}

/// Centres single-precision rows into panels of single precision.
func centreStripes(
    _ start: UnsafePointer<Float>, rows: Int, columns: Int, _ statistics: StripeStatistics,
    into target: GramDeviations, as _: Float.Type
) {
    forEachStripe(rows: rows, columns: columns) { stripe in
        centreStripe(
            start, rows: rows, stride: columns, stripe: stripe, statistics, convert: { $0 },
            widen: { Double($0) }, narrow: { Float($0) },
            subtract: { sums in
                target.write(
                    start, stride: columns, rows: rows, columns: stripe, centre: sums.centre,
                    sums: sums.sum, largest: sums.largest)
            }, clear: { target.clear(column: $0, rows: rows) })
    }
}

/// Centres single-precision rows into panels of double precision.
func centreStripes(
    _ start: UnsafePointer<Float>, rows: Int, columns: Int, _ statistics: StripeStatistics,
    into target: GramDeviations, as _: Double.Type
) {
    forEachStripe(rows: rows, columns: columns) { stripe in
        centreStripe(
            start, rows: rows, stride: columns, stripe: stripe, statistics,
            convert: { Double($0) }, widen: { $0 }, narrow: { $0 },
            subtract: { sums in
                target.write(
                    start, stride: columns, rows: rows, columns: stripe, centre: sums.centre,
                    sums: sums.sum, largest: sums.largest)
            }, clear: { target.clear(column: $0, rows: rows) })
    }
}

/// Centres double-precision rows into panels.
func centreStripes(
    _ start: UnsafePointer<Double>, rows: Int, columns: Int, _ statistics: StripeStatistics,
    into target: GramDeviations, as _: Double.Type
) {
    forEachStripe(rows: rows, columns: columns) { stripe in
        centreStripe(
            start, rows: rows, stride: columns, stripe: stripe, statistics, convert: { $0 },
            widen: { $0 }, narrow: { $0 },
            subtract: { sums in
                target.write(
                    start, stride: columns, rows: rows, columns: stripe, centre: sums.centre,
                    sums: sums.sum, largest: sums.largest)
            }, clear: { target.clear(column: $0, rows: rows) })
    }
}
