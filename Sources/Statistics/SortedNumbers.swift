extension Array where Element == Double {
    /// The elements in ascending order, as `sorted()` gives them, in linear time where they spread
    /// over their range as measurements do.
    ///
    /// Every value goes into one of n buckets by where it lies between the smallest and the
    /// largest; buckets are in order and hold one or two values on average. Buckets of many, as
    /// outliers leave behind, are sorted by comparing.
    ///
    /// - Complexity: O(n) for values spread evenly or normally, O(n log n) at worst; memory for
    ///   two copies.
    public func sortedByDistribution() -> [Double] {
        guard count >= 64, let first else { return sorted() }
        var (least, largest) = (first, first)
        var isFinite = true
        for value in self {
            least = value < least ? value : least
            largest = value > largest ? value : largest
            isFinite = isFinite && value.isFinite
        }
        let factor = Double(count - 1) / (largest - least)
        guard isFinite, factor.isFinite, factor > 0 else { return sorted() }
        guard count < Int(Int32.max) else { return sorted() }
        return withUnsafeBufferPointer { values in
            [Double](unsafeUninitializedCapacity: count) { result, initialized in
                // Multiplying and truncating never reverse an order.
                distribute(values, into: result) { Int(($0 - least) * factor) }
                initialized = count
            }
        }
    }
}

/// Writes the values to `result` in ascending order, given the bucket of a value: from 0 and below
/// the number of values, never less for a larger value.
@inline(__always)
private func distribute(
    _ values: UnsafeBufferPointer<Double>, into result: UnsafeMutableBufferPointer<Double>,
    bucket: (Double) -> Int
) {
    let count = values.count
    withUnsafeTemporaryAllocation(of: Int32.self, capacity: count + 1) { ends in
        ends.initialize(repeating: 0)
        for value in values { ends[bucket(value) + 1] += 1 }
        // Where each bucket starts, which the writing below moves to where it ends.
        var (start, most): (Int32, Int32) = (0, 0)
        for index in 1...count {
            most = max(most, ends[index])
            start += ends[index]
            ends[index] = start
        }
        for value in values {
            let index = bucket(value)
            let place = ends[index]
            result.initializeElement(at: Int(place), to: value)
            ends[index] = place + 1
        }
        if most > 16 { sortBuckets(of: result, ends, largerThan: 16) }
    }
    // One pass over all buckets, whose values move within them only.
    insertionSort(result)
}

private func sortBuckets(
    of elements: UnsafeMutableBufferPointer<Double>, _ ends: UnsafeMutableBufferPointer<Int32>,
    largerThan size: Int
) {
    var start = 0
    for end in ends.dropLast() {
        if Int(end) - start > size { elements[start..<Int(end)].sort() }
        start = Int(end)
    }
}

@inline(__always)
private func insertionSort(_ elements: UnsafeMutableBufferPointer<Double>) {
    for index in 1..<elements.count {
        let value = elements[index]
        var place = index
        while place > 0, elements[place - 1] > value {
            elements[place] = elements[place - 1]
            place -= 1
        }
        if place != index { elements[place] = value }
    }
}
