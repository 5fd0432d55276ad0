/// Centres a stripe of values of ordinary magnitude, as `centreStripe` does with an exponent of
/// zero, at a fraction of its cost.
///
/// The centre is rounded to the output's precision, so that a deviation is one subtraction: it has
/// the rounding of its storage and no other. What the centre lacks to the mean is in the residual.
///
/// Every column on its own: one with entries that are not finite is set to zero and changes nothing
/// in the others. A deviation that overflows makes the column's largest too large for the output,
/// after which the block is centred again, scaled.
@inline(__always)
func centreUnscaledStripe<Input: BinaryFloatingPoint, Output: BinaryFloatingPoint>(
    _ start: UnsafePointer<Input>, rows: Int, stride: Int, stripe: Range<Int>,
    _ statistics: StripeStatistics, into target: UnsafeMutablePointer<Output>,
    convert: (Input) -> Output, widen: (Output) -> Double, narrow: (Double) -> Output
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
            for row in 0..<rows {
                let source = start + row * stride + stripe.lowerBound
                let centred = target + row * stride + stripe.lowerBound
                // Two loops, as the compiler does not ask about the overlap of many arrays.
                for column in 0..<width {
                    centred[column] = convert(source[column]) - centre[column]
                }
                for column in 0..<width {
                    sum[column] += widen(centred[column])
                    let magnitude = abs(centred[column])
                    let before = centre[column + stripeWidth]
                    centre[column + stripeWidth] = magnitude > before ? magnitude : before
                }
            }
            for column in 0..<width {
                let index = stripe.lowerBound + column
                let isBounded = sum[column].isFinite && centre[column].isFinite
                var bad = 0
                if !isBounded {
                    for row in 0..<rows where !start[row * stride + index].isFinite { bad += 1 }
                }
                guard bad == 0 else {
                    for row in 0..<rows { target[row * stride + index] = 0 }
                    statistics.refuse(index, nonFinite: bad)
                    continue
                }
                let residual = sum[column] / Double(rows)
                let first = widen(convert(start[index]))
                statistics.nonFinite[index] = 0
                statistics.shift[index] = first
                statistics.offset[index] = (widen(centre[column]) - first) + residual
                statistics.residual[index] = residual
                statistics.largest[index] =
                    isBounded ? widen(largest[column]) : 2 * widen(Output.greatestFiniteMagnitude)
            }
        }
    }
}
