internal import LinearAlgebra
public import MetricCore
internal import Statistics

/// Sums over samples of the loss with one neuron at a time silenced, and of what estimates it.
public struct SilencedLosses: MetricAccumulator {
    /// Multiply-adds that a layer may take where no number of samples is asked for: some seconds.
    public static let budget = 4e10

    /// Samples used.
    private(set) var samples = 0
    /// Samples left out, since they hold NaN or infinite entries or their loss is not finite.
    private(set) var excluded = 0
    /// Σ loss.
    private(set) var loss = 0.0
    /// Σ change of the loss, one a neuron.
    private(set) var changes: [Double]
    /// Σ of its square, one a neuron.
    private(set) var squares: [Double]
    /// Σ −x ∂L/∂x, one a neuron.
    private(set) var estimates: [Double]
    /// Σ |x|, one a neuron, over all samples.
    private(set) var absolutes: [Double]
    /// Of what the next layer reads, over all samples.
    private(set) var moments: ColumnMoments

    let tail: NetworkTail<Double>?
    let outputLoss: OutputLoss?
    /// Multiply-adds that a sample takes.
    let costPerSample: Double
    /// The positions of the samples used, ascending; `nil` for all.
    private let chosen: [Int]?
    private let site: Site

    /// Rows that are computed together.
    private static let partRows = 256

    /// No samples; `layer` holds the following layers in its context.
    public init(for layer: Layer, options: Importance.Configuration) {
        let neurons = layer.neurons
        changes = Array(repeating: 0, count: neurons)
        (squares, estimates, absolutes) = (changes, changes, changes)
        moments = ColumnMoments(columns: neurons)
        site = layer.site ?? .post
        guard let network = try? layer.context.followingLayers.get(), !network.layers.isEmpty else {
            (tail, outputLoss, costPerSample, chosen) = (nil, nil, 0, nil)
            return
        }
        let tail = NetworkTail<Double>(network)
        self.tail = tail
        outputLoss = OutputLoss(
            layer.context.refusal(of: .labels) == nil ? .crossEntropy : .squaredError, of: tail)
        let widths = tail.layers.map { Double($0.weight.columns) }
        let behind = zip(widths, widths.dropFirst()).reduce(0) { $0 + $1.0 * $1.1 }
        costPerSample = Double(neurons) * ((widths.first ?? 0) + behind)
        let most =
            options.samples
            ?? Int(max(16, min(Double(Int32.max), Self.budget / max(1, costPerSample))))
        chosen = most < layer.samples ? choice(of: most, among: layer.samples, options.seed) : nil
    }

    /// Products of the following layers.
    public static var multipliesMatrices: Bool { true }

    /// The sums of other samples.
    public mutating func merge(_ other: SilencedLosses) {
        samples += other.samples
        excluded += other.excluded
        loss += other.loss
        for neuron in changes.indices {
            changes[neuron] += other.changes[neuron]
            squares[neuron] += other.squares[neuron]
            estimates[neuron] += other.estimates[neuron]
            absolutes[neuron] += other.absolutes[neuron]
        }
        moments.merge(other.moments)
    }

    /// Computes the losses of more samples.
    public mutating func update(with block: ActivationBlock) {
        guard let tail else { return }
        let x = tail.read(Matrix(converting: block.values), at: site)
        moments.insert(.double(x))
        x.withElements { elements in
            absolutes.withUnsafeMutableBufferPointer { sums in
                for first in stride(from: 0, to: elements.count, by: max(1, sums.count)) {
                    for neuron in sums.indices { sums[neuron] += abs(elements[first + neuron]) }
                }
            }
        }
        let answers = OutputLoss.Answers(
            labels: block.labels ?? [], targets: block.targets.map { Matrix(converting: $0) })
        let rows = rows(of: block, values: x)
        for first in stride(from: 0, to: rows.count, by: Self.partRows) {
            let part = Array(rows[first..<min(rows.count, first + Self.partRows)])
            add(x.gathered(part), answers.rows(part))
        }
    }

    /// The rows of a block that are used; those with NaN or infinite entries are counted.
    private mutating func rows(of block: ActivationBlock, values: Matrix<Double>) -> [Int] {
        let all = 0..<block.sampleCount
        var rows = Array(all)
        if let chosen {
            let first = chosen.partitioningIndex(notBelow: block.firstSample)
            rows = chosen[first...].prefix { $0 < block.firstSample + all.count }
                .map { $0 - block.firstSample }
        }
        let columns = values.columns
        let finite = values.withElements { elements in
            rows.filter { row in
                elements[row * columns..<(row + 1) * columns].allSatisfy(\.isFinite)
            }
        }
        excluded += rows.count - finite.count
        return finite
    }

    private mutating func add(_ x: Matrix<Double>, _ answers: OutputLoss.Answers) {
        guard let tail, let lossFunction = outputLoss else { return }
        let first = tail.preActivations(of: 0, reading: x)
        let (last, activations) = tail.forward(fromFirst: first, keepsActivations: true)
        let losses = lossFunction.losses(ofPreActivations: last, answers)
        let usable = losses.indices.filter { losses[$0].isFinite }
        guard usable.count == losses.count else {
            excluded += losses.count - usable.count
            if !usable.isEmpty { add(x.gathered(usable), answers.rows(usable)) }
            return
        }
        samples += losses.count
        loss += losses.reduce(0, +)
        let gradient = tail.backward(
            lossFunction.gradient(ofPreActivations: last, answers), activations: activations)
        for row in 0..<x.rows {
            for neuron in estimates.indices {
                estimates[neuron] -= x[row, neuron] * gradient[row, neuron]
            }
        }
        let silencing = Silencing(
            tail: tail, loss: lossFunction, x: x, first: first, losses: losses, answers: answers)
        let (sums, sumsOfSquares) = silencing.changes()
        for neuron in changes.indices {
            changes[neuron] += sums[neuron]
            squares[neuron] += sumsOfSquares[neuron]
        }
    }
}

/// The `count` positions of a random choice among 0 ..< `total` without repetition, ascending.
///
/// - Note: R. W. Floyd's algorithm: J. Bentley, "A sample of brilliance", Communications of the ACM 30
///   (1987). One draw a position, O(count) memory.
private func choice(of count: Int, among total: Int, _ seed: Int) -> [Int] {
    var generator = SeededGenerator(seed: UInt64(seed))
    var chosen: Set<Int> = []
    for last in total - count..<total {
        let drawn = generator.integer(below: last + 1)
        if !chosen.insert(drawn).inserted { chosen.insert(last) }
    }
    return chosen.sorted()
}

extension [Int] {
    /// The position of the first element not below `bound` in an ascending array.
    fileprivate func partitioningIndex(notBelow bound: Int) -> Int {
        var (low, high) = (0, count)
        while low < high {
            let middle = (low + high) / 2
            if self[middle] < bound { low = middle + 1 } else { high = middle }
        }
        return low
    }
}
