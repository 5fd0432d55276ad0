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
