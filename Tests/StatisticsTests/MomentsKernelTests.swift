import CKernels
import KernelTesting
import Testing

@testable import Statistics

/// The inner loop of column moments, in every instruction set that the processor has.
@Suite struct MomentsKernelTests {
    static let sets = TestedSet.here.map(\.set)

    @Test func setsAreNamed() {
        #expect(instructionSet == Self.sets.last)
        TestedSet.report("moments")
    }

    /// The plain sums, over all rests of four rows and of a register's columns.
    @Test(arguments: sets, [1, 3, 8, 15, 16, 31, 128])
    func equalsThePlainSums(set: ckernels_set, columns: Int) {
        let stride = columns + 3
        for rows in 1...9 {
            let values = (0..<rows * stride).map { Float(($0 * 7919) % 1009) / 64 - 8 }
            let wide = values.map { Double($0) }
            var sums = [Double](repeating: 0, count: 3 * momentsStripe)
            for column in 0..<columns { sums[column] = wide[column] }
            var wideSums = sums
            var range = [values, values].flatMap {
                $0.prefix(columns) + Array(repeating: 0, count: momentsStripe - columns)
            }
            var wideRange = range.map { Double($0) }
            ckernels_moments_of_floats(set, values, rows, stride, columns, &sums, &range)
            ckernels_moments_of_doubles(set, wide, rows, stride, columns, &wideSums, &wideRange)
            for column in 0..<columns {
                let all = (0..<rows).map { wide[$0 * stride + column] }
                let deviations = all.map { $0 - all[0] }
                // Multiples of 1/64 below 16: sums and squares are exact in double precision.
                let expected = [
                    deviations.reduce(0, +), deviations.reduce(0) { $0 + $1 * $1 },
                    all.min(), all.max(),
                ]
                for found in [sums + range.map { Double($0) }, wideSums + wideRange] {
                    #expect((1...4).map { found[$0 * momentsStripe + column] } == expected)
                }
            }
        }
    }

    /// What is not a number spoils the sums of its own column only, and no range.
    @Test(arguments: sets)
    func spoilsItsOwnColumn(set: ckernels_set) {
        var values = [Float](repeating: 1, count: 6 * 20)
        values[3 * 20 + 7] = .nan
        for column in 0..<20 { values[5 * 20 + column] = 3 }
        // The shift is the first row.
        var sums = [Double](repeating: 0, count: 3 * momentsStripe)
        var range = [Float](repeating: 1, count: 2 * momentsStripe)
        for column in 0..<20 { sums[column] = 1 }
        ckernels_moments_of_floats(set, values, 6, 20, 20, &sums, &range)
        #expect(sums[momentsStripe + 7].isNaN && sums[2 * momentsStripe + 7].isNaN)
        for column in 0..<20 where column != 7 { #expect(sums[momentsStripe + column] == 2) }
        #expect(range[7] == 1 && range[momentsStripe + 7] == 3)
    }
}
