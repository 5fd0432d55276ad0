import Glibc
internal import LinearAlgebra
public import MetricCore

/// How well the network classifies when one layer is replaced by its reconstruction from k
/// components, for a grid of k.
///
/// Each block is centred and projected on all components by one product; going up the grid, the
/// reconstruction gains the components between two steps by one product each, and the rest of the
/// network runs on it.
///
/// - Complexity: O(samples · neurons²) for all steps together, and one pass of the following layers
///   a step.
public struct ReconstructionAccuracy: SecondPassAccumulator {
    /// The numbers of components, ascending.
    public let steps: [Int]
    /// Samples seen that have a label.
    public private(set) var samples = 0
    private var correct: [Int]

    private let mean: [Float]
    /// One row a component; along any beyond them the samples do not vary.
    private let components: Matrix<Float>
    private let network: NetworkTail<Float>
    /// Which values of the layer are reconstructed.
    private let site: Site

    /// Rows that are reconstructed together; parts run side by side.
    private static let partRows = 256

    /// No samples yet; `components` has a row a component, `steps` ascend and may go beyond them.
    init(
        mean: [Double], components: Matrix<Double>, steps: [Int], at site: Site,
        followedBy network: FollowingLayers
    ) {
        self.mean = mean.map { Float($0) }
        self.components = Matrix(converting: .double(components))
        self.steps = steps
        self.network = NetworkTail(network)
        self.site = site
        correct = Array(repeating: 0, count: steps.count)
    }

    /// Share of the samples that are classified right, one a step; NaN without samples.
    public var accuracy: [Double] { correct.map { Double($0) / Double(samples) } }

    /// Every number of components up to 16, then about eight an octave, and all of them.
    static func defaultSteps(upTo neurons: Int) -> [Int] {
        var steps = Array(0...min(16, neurons))
        var exponent = 33.0
        while let last = steps.last, last < neurons {
            let next = Int(exp2(exponent / 8).rounded())
            exponent += 1
            if next > last { steps.append(min(next, neurons)) }
        }
        return steps
    }

    /// Classifies the reconstructions of the samples of `block`.
    public mutating func update(with block: ActivationBlock) {
        guard let labels = block.labels else { return }
        let parts = (block.sampleCount + Self.partRows - 1) / Self.partRows
        var counts = Matrix<Double>(rows: parts, columns: steps.count)
        let (columns, base) = (steps.count, self)
        counts.withMutableElements { counts in
            // Unchecked: each part writes its own row.
            nonisolated(unsafe) let counts = counts
            concurrently(parts) { part in
                let first = part * Self.partRows
                let rows = first..<min(block.sampleCount, first + Self.partRows)
                let right = base.rightAnswers(for: block.values.rows(rows), labels: labels[rows])
                for (step, count) in right.enumerated() {
                    counts[part * columns + step] = Double(count)
                }
            }
        }
        samples += block.sampleCount
        for part in 0..<parts {
            for step in correct.indices { correct[step] += Int(counts[part, step]) }
        }
    }

    /// Right answers at each step.
    private func rightAnswers(for values: RealMatrix, labels: ArraySlice<Int>) -> [Int] {
        let centred = Matrix<Float>(rows: values.rows, columns: values.columns) { target in
            for row in 0..<values.rows {
                for column in 0..<values.columns {
                    target[row * values.columns + column] =
                        Float(values[row, column] - Double(mean[column]))
                }
            }
        }
        let scores = centred.times(components, transposingOther: true)
        var reconstruction = Matrix<Float>(
            rows: values.rows, columns: values.columns,
            elements: (0..<values.rows).flatMap { _ in mean })
        var done = 0
        return steps.map { step in
            let next = min(step, components.rows)
            reconstruction.add(scores, times: components, inner: done..<next)
            done = next
            let answers = network.classes(of: reconstruction, at: site)
            return zip(answers, labels).count { $0 == $1 }
        }
    }
}

extension Matrix<Float> {
    /// Adds the product of the columns `inner` of `a` and the rows `inner` of `b`.
    fileprivate mutating func add(_ a: Matrix, times b: Matrix, inner: Range<Int>) {
        guard !inner.isEmpty, rows > 0 else { return }
        let (rows, columns) = (rows, columns)
        withMutableElements { target in
            a.withElements { a in
                b.withElements { b in
                    guard let c = target.baseAddress, let x = a.baseAddress, let y = b.baseAddress
                    else { return }
                    Float.multiply(
                        x + inner.lowerBound, stride: a.count / rows, transposed: false,
                        y + inner.lowerBound * columns, stride: columns, transposed: false,
                        into: c, stride: columns, rows: rows, columns: columns,
                        inner: inner.count, alpha: 1, beta: 1)
                }
            }
        }
    }
}
