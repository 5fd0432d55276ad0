import CKernels

/// e to the power of four non-positive numbers, as the E-step of a mixture computes it.
///
/// - Parameters:
///   - y: at most 0; below −708 the result is that of −708, 3e-308.
///   - instructionSet: one that the processor has.
/// - Returns: eʸ, to 3e-16 relative.
func exponential(
    ofNonPositive y: SIMD4<Double>, instructionSet: ckernels_set = instructionSet
) -> SIMD4<Double> {
    withUnsafeTemporaryAllocation(of: Double.self, capacity: 8) { numbers in
        guard let start = numbers.baseAddress else { preconditionFailure("no memory") }
        for lane in 0..<4 { numbers.initializeElement(at: lane, to: y[lane]) }
        ckernels_exponential(instructionSet, start, start + 4, 4)
        return SIMD4(numbers[4], numbers[5], numbers[6], numbers[7])
    }
}

/// The sum of e to the power of `count` non-positive numbers, to 3e-16 of each.
@inline(__always)
func sumOfExponentials(count: Int, of number: (Int) -> Double) -> Double {
    let length = 64
    return withUnsafeTemporaryAllocation(of: Double.self, capacity: 2 * length) { numbers in
        guard let start = numbers.baseAddress else { preconditionFailure("no memory") }
        let powers = start + length
        var sum = 0.0
        for first in stride(from: 0, to: count, by: length) {
            let used = min(length, count - first)
            for index in 0..<used { start[index] = number(first + index) }
            // Whole vectors.
            let whole = (used + 3) / 4 * 4
            for index in used..<whole { start[index] = 0 }
            ckernels_exponential(instructionSet, start, powers, whole)
            for index in 0..<used { sum += powers[index] }
        }
        return sum
    }
}
