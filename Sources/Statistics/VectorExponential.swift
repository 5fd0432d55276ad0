import CKernels

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
