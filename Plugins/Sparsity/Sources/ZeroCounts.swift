import LinearAlgebra
public import MetricCore
import Statistics

/// Zeros counted along both axes.
public struct ZeroCounts: MetricAccumulator {
    /// Samples seen.
    public private(set) var samples = 0
    /// Samples on which each neuron was zero.
    public private(set) var zeros: [Int]
    /// Number of samples by their number of zero neurons: enough for every quantile.
    private var samplesByZeros: [Int]

    /// Counts of no samples.
    public init(for layer: Layer, options: NoOptions) {
        zeros = Array(repeating: 0, count: layer.neurons)
        samplesByZeros = Array(repeating: 0, count: layer.neurons + 1)
    }

    /// Counts the zeros of more samples.
    public mutating func update(with block: ActivationBlock) {
        samples += block.sampleCount
        switch block.values {
        case .float(let x): count(x)
        case .double(let x): count(x)
        }
    }

    /// Parts of a block: one for every 65,536 values, which take longer to count than a thread to wake up.
    static func parts(rows: Int, columns: Int) -> Int { max(1, min(16, (rows * columns) >> 16)) }

    /// Counts in parts of consecutive rows, side by side.
    private mutating func count<Scalar>(_ x: Matrix<Scalar>) {
        let (rows, columns) = (x.rows, x.columns)
        // Whole numbers: their sums do not depend on how the rows are divided.
        let parts = Self.parts(rows: rows, columns: columns)
        var zerosOfColumns = [Int32](repeating: 0, count: parts * columns)
        var zerosOfRows = [Int](repeating: 0, count: rows)
        x.withElements { values in
            zerosOfColumns.withUnsafeMutableBufferPointer { ofColumns in
                zerosOfRows.withUnsafeMutableBufferPointer { ofRows in
                    guard let values = values.baseAddress, let ofColumns = ofColumns.baseAddress
                    else { return }
                    // Unchecked: each part writes to its own counts.
                    nonisolated(unsafe) let (columnCounts, rowCounts) = (ofColumns, ofRows)
                    concurrently(parts) { part in
                        let counts = columnCounts + part * columns
                        for row in rows * part / parts..<rows * (part + 1) / parts {
                            let sample = values + row * columns
                            var zeros: Int32 = 0
                            for column in 0..<columns {
                                let zero: Int32 = sample[column] == 0 ? 1 : 0
                                counts[column] &+= zero
                                zeros &+= zero
                            }
                            rowCounts[row] = Int(zeros)
                        }
                    }
                }
            }
        }
        for (index, count) in zerosOfColumns.enumerated() { zeros[index % columns] += Int(count) }
        for zeros in zerosOfRows { samplesByZeros[zeros] += 1 }
    }

    /// Adds the counts of other samples.
    public mutating func merge(_ other: ZeroCounts) {
        samples += other.samples
        for index in zeros.indices { zeros[index] += other.zeros[index] }
        for index in samplesByZeros.indices {
            samplesByZeros[index] += other.samplesByZeros[index]
        }
    }

    /// Quantile over the samples of their number of zeros, linear between neighbours; `nil` without
    /// samples.
    func zerosOfSample(at probability: Double) -> Double? {
        quantile(of: samples, at: probability, valueOfRank: zerosOfSample(ranked:))
    }

    private func zerosOfSample(ranked rank: Int) -> Double {
        var seen = 0
        for (zeros, count) in samplesByZeros.enumerated() {
            seen += count
            if seen > rank { return Double(zeros) }
        }
        return Double(samplesByZeros.count - 1)
    }
}
