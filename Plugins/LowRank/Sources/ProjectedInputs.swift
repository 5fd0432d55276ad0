internal import LinearAlgebra
public import MetricCore

/// The recorded inputs of a layer, projected on the right singular vectors of its weights.
public struct ProjectedInputs: SecondPassAccumulator {
    /// Descending.
    let singularValues: [Double]
    let neurons: Int
    let inputs: Int
    /// Samples seen without NaN or infinite entries.
    private(set) var samples = 0
    /// Samples left out, since they hold NaN or infinite entries.
    private(set) var excluded = 0
    /// Σ over samples of (vᵢ · x)².
    private var squares: [Double]
    private let vectors: Matrix<Double>
    private let singleVectors: Matrix<Float>

    /// Rows that are projected together; parts run side by side.
    private static let partRows = 256

    /// Decomposes `weights`, shape (neurons, inputs).
    ///
    /// - Throws: `LinearAlgebraError` if that fails.
    init(_ weights: Matrix<Double>) throws {
        let decomposition = try weights.singularDecomposition()
        singularValues = decomposition.values
        vectors = decomposition.rightVectors
        singleVectors = Matrix(converting: .double(vectors))
        squares = Array(repeating: 0, count: singularValues.count)
        (neurons, inputs) = (weights.rows, weights.columns)
    }

    /// Mean over the samples of (vᵢ · x)².
    var meanSquares: [Double] { squares.map { $0 / Double(samples) } }

    /// Adds the projections of more samples.
    public mutating func update(with block: ActivationBlock) {
        guard !squares.isEmpty else { return }
        switch block.values {
        case .float(let x): add(x, projectedOn: singleVectors)
        case .double(let x): add(x, projectedOn: vectors)
        }
    }

    private mutating func add<Scalar: BLASScalar>(
        _ x: Matrix<Scalar>, projectedOn vectors: Matrix<Scalar>
    ) {
        let (columns, count) = (x.columns, squares.count)
        let finite = x.withElements { elements in
            (0..<x.rows).filter { row in
                elements[row * columns..<(row + 1) * columns].allSatisfy(\.isFinite)
            }
        }
        let kept = finite.count == x.rows ? x : x.gathered(finite)
        samples += kept.rows
        excluded += x.rows - kept.rows
        let parts = (kept.rows + Self.partRows - 1) / Self.partRows
        var sums = Matrix<Double>(rows: parts, columns: count)
        sums.withMutableElements { sums in
            // Unchecked: each part writes its own row.
            nonisolated(unsafe) let sums = sums
            concurrently(parts) { part in
                let first = part * Self.partRows
                let rows = kept.rows(first..<min(kept.rows, first + Self.partRows))
                rows.times(vectors, transposingOther: true).withElements { scores in
                    for (index, score) in scores.enumerated() {
                        sums[part * count + index % count] += Double(score) * Double(score)
                    }
                }
            }
        }
        for part in 0..<parts {
            for index in 0..<count { squares[index] += sums[part, index] }
        }
    }
}
