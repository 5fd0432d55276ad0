internal import CKernels
import LinearAlgebra

/// A block of rows less about its column means, and what is missing.
struct CentredBlock {
    /// The first row, and the distance of the mean from it; 0 in columns with non-finite entries.
    var shift: [Double]
    var offset: [Double]
    /// Means of the stored deviations.
    var residual: [Double]
    var nonFinite: [Int]
    /// Deviations are stored divided by 2^`exponent`.
    var exponent: Int
    /// The largest magnitude of a stored deviation of each column, and of all.
    var magnitudes: [Double]
    var largest: Double { magnitudes.max() ?? 0 }
}

/// What centring finds out about columns; each stripe writes to its own.
struct StripeStatistics {
    let shift: UnsafeMutablePointer<Double>
    let offset: UnsafeMutablePointer<Double>
    let residual: UnsafeMutablePointer<Double>
    let nonFinite: UnsafeMutablePointer<Int>
    let largest: UnsafeMutablePointer<Double>

    /// Leaves out a column with entries that are not finite, whose deviations count as zero.
    func refuse(_ column: Int, nonFinite count: Int) {
        nonFinite[column] = count
        shift[column] = 0
        offset[column] = 0
        residual[column] = 0
        largest[column] = 0
    }
}

/// Centres a block, and if its deviations are far from 1, once more divided by their magnitude.
func centre<Scalar: BinaryFloatingPoint>(
    _ start: UnsafePointer<Scalar>, _ rows: Int, _ columns: Int, _ guess: Int,
    pass: (Int, StripeStatistics) -> Void
) -> CentredBlock {
    var block = CentredBlock(
        shift: Array(repeating: 0, count: columns), offset: Array(repeating: 0, count: columns),
        residual: Array(repeating: 0, count: columns),
        nonFinite: Array(repeating: 0, count: columns), exponent: guess,
        magnitudes: Array(repeating: 0, count: columns))
    // Two corrections at most: out of an overflow, then to the magnitude.
    for _ in 0..<3 {
        block.shift.withUnsafeMutableBufferPointer { shift in
            block.offset.withUnsafeMutableBufferPointer { offset in
                block.residual.withUnsafeMutableBufferPointer { residual in
                    block.nonFinite.withUnsafeMutableBufferPointer { nonFinite in
                        block.magnitudes.withUnsafeMutableBufferPointer { largest in
                            guard let shift = shift.baseAddress, let offset = offset.baseAddress,
                                let residual = residual.baseAddress,
                                let nonFinite = nonFinite.baseAddress,
                                let largest = largest.baseAddress
                            else { return }
                            pass(
                                block.exponent,
                                StripeStatistics(
                                    shift: shift, offset: offset, residual: residual,
                                    nonFinite: nonFinite, largest: largest))
                        }
                    }
                }
            }
        }
        let largest = block.largest
        if largest == .infinity {
            block.exponent = 1000
        } else if largest > 0x1p30 || largest < 0x1p-30 && largest > 0 {
            block.exponent += Int(largest.exponent)
        } else {
            break
        }
    }
    return block
}

/// Columns centred together.
let stripeWidth = 128

/// Rows whose mean a block is centred at.
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

/// Deviations of one stripe and their means, in one pass.
///
/// Deviations are from the mean of up to 61 rows spread over the block, which is so near that
/// subtracting the product of the remaining means later costs no digits: even if those rows are
/// all outliers, at most a factor of 34.
@inline(__always)
private func centreStripe<Input: BinaryFloatingPoint, Output: BinaryFloatingPoint>(
    _ start: UnsafePointer<Input>, rows: Int, stride: Int, stripe: Range<Int>, exponent: Int,
    _ statistics: StripeStatistics, into target: UnsafeMutablePointer<Output>,
    widen: (Input) -> Double, narrow: (Double) -> Output
) {
    let scale = ldexp(1, -exponent)
    let width = stripe.count
    let sampled = min(rows, sampledRows)
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 4 * stripeWidth) { scratch in
        guard let shift = scratch.baseAddress else { return }
        let centre = shift + stripeWidth
        let sum = shift + 2 * stripeWidth
        let largest = shift + 3 * stripeWidth
        for column in 0..<width {
            shift[column] = widen(start[stripe.lowerBound + column]) * scale
            centre[column] = 0
            sum[column] = 0
            largest[column] = 0
        }
        for sample in 0..<sampled {
            let source = start + sample * rows / sampled * stride + stripe.lowerBound
            for column in 0..<width {
                centre[column] += widen(source[column]) * scale - shift[column]
            }
        }
        for column in 0..<width { centre[column] /= Double(sampled) }
        // At fixed distances from one pointer, the four let the compiler use vector instructions
        // without asking whether they overlap.
        for row in 0..<rows {
            let source = start + row * stride + stripe.lowerBound
            let centred = target + row * stride + stripe.lowerBound
            for column in 0..<width {
                let deviation =
                    (widen(source[column]) * scale - shift[column]) - shift[column + stripeWidth]
                centred[column] = narrow(deviation)
                shift[column + 2 * stripeWidth] += deviation
                let magnitude = abs(deviation)
                let before = shift[column + 3 * stripeWidth]
                shift[column + 3 * stripeWidth] = magnitude > before ? magnitude : before
            }
        }
        for column in 0..<width {
            let index = stripe.lowerBound + column
            var bad = 0
            if !(sum[column].isFinite && shift[column].isFinite) {
                for row in 0..<rows where !start[row * stride + index].isFinite { bad += 1 }
            }
            if bad > 0 {
                for row in 0..<rows { target[row * stride + index] = 0 }
                statistics.refuse(index, nonFinite: bad)
            } else {
                statistics.nonFinite[index] = 0
                statistics.shift[index] = widen(start[index])
                let residual = sum[column] / Double(rows)
                statistics.offset[index] = ldexp(centre[column] + residual, exponent)
                statistics.residual[index] = residual
                statistics.largest[index] = sum[column].isFinite ? largest[column] : .infinity
            }
        }
    }
}

// The next three differ in their types only. As one generic function they were several times
// slower: the compiler specializes no closures that are handed through two of them.

/// Centres single-precision rows into single precision.
func centreStripes(
    _ start: UnsafePointer<Float>, rows: Int, exponent: Int, _ statistics: StripeStatistics,
    into target: UnsafeMutableBufferPointer<Float>
) {
    guard let base = target.baseAddress else { return }
    let columns = target.count / rows
    forEachStripe(rows: rows, columns: columns) { stripe in
        if exponent == 0 {
            centreUnscaledStripe(
                start, rows: rows, stride: columns, stripe: stripe, statistics,
                convert: { $0 }, widen: { Double($0) }, narrow: { Float($0) },
                subtract: { sums in
                    let first = stripe.lowerBound
                    ckernels_centre_floats(
                        instructionSet, start + first, rows, columns, stripe.count, sums.centre,
                        base + first, sums.sum, sums.largest)
                }, clear: { for row in 0..<rows { base[row * columns + $0] = 0 } })
        } else {
            centreStripe(
                start, rows: rows, stride: columns, stripe: stripe, exponent: exponent, statistics,
                into: base, widen: { Double($0) }, narrow: { Float($0) })
        }
    }
}

/// Centres single-precision rows into double precision.
func centreStripes(
    _ start: UnsafePointer<Float>, rows: Int, exponent: Int, _ statistics: StripeStatistics,
    into target: UnsafeMutableBufferPointer<Double>
) {
    guard let base = target.baseAddress else { return }
    let columns = target.count / rows
    forEachStripe(rows: rows, columns: columns) { stripe in
        if exponent == 0 {
            centreUnscaledStripe(
                start, rows: rows, stride: columns, stripe: stripe, statistics,
                convert: { Double($0) }, widen: { $0 }, narrow: { $0 },
                subtract: { sums in
                    let first = stripe.lowerBound
                    ckernels_centre_widened(
                        instructionSet, start + first, rows, columns, stripe.count, sums.centre,
                        base + first, sums.sum, sums.largest)
                }, clear: { for row in 0..<rows { base[row * columns + $0] = 0 } })
        } else {
            centreStripe(
                start, rows: rows, stride: columns, stripe: stripe, exponent: exponent, statistics,
                into: base, widen: { Double($0) }, narrow: { $0 })
        }
    }
}

/// Centres double-precision rows.
func centreStripes(
    _ start: UnsafePointer<Double>, rows: Int, exponent: Int, _ statistics: StripeStatistics,
    into target: UnsafeMutableBufferPointer<Double>
) {
    guard let base = target.baseAddress else { return }
    let columns = target.count / rows
    forEachStripe(rows: rows, columns: columns) { stripe in
        if exponent == 0 {
            centreUnscaledStripe(
                start, rows: rows, stride: columns, stripe: stripe, statistics,
                convert: { $0 }, widen: { $0 }, narrow: { $0 },
                subtract: { sums in
                    let first = stripe.lowerBound
                    ckernels_centre_doubles(
                        instructionSet, start + first, rows, columns, stripe.count, sums.centre,
                        base + first, sums.sum, sums.largest)
                }, clear: { for row in 0..<rows { base[row * columns + $0] = 0 } })
        } else {
            centreStripe(
                start, rows: rows, stride: columns, stripe: stripe, exponent: exponent, statistics,
                into: base, widen: { $0 }, narrow: { $0 })
        }
    }
}
