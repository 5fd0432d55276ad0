public import LinearAlgebra
public import MetricCore

/// What comes along with the rows of a test's activations.
public struct Companions: Sendable {
    /// The class of each row.
    public var labels: [Int]?
    /// The regression targets of each row.
    public var targets: RealMatrix?
    /// What the metric reads of the network around the layer.
    public var context: RunContext
    /// Which values of the layer the activations are.
    public var site: Site

    /// Companions from their parts, by default none.
    public init(
        labels: [Int]? = nil, targets: RealMatrix? = nil, context: RunContext = RunContext(),
        site: Site = .post
    ) {
        self.labels = labels
        self.targets = targets
        self.context = context
        self.site = site
    }

    /// The layer that `activations` stand for.
    func layer(_ activations: RealMatrix) -> Layer {
        var layer = testLayer(activations)
        layer.context = context
        layer.site = site
        return layer
    }

    /// Some rows of `activations` with what belongs to them.
    func block(_ activations: RealMatrix, _ rows: Range<Int>) -> ActivationBlock {
        ActivationBlock(
            activations.rows(rows), firstSample: rows.lowerBound,
            labels: labels.map { Array($0[rows]) }, targets: targets?.rows(rows))
    }
}

/// The accumulator of `metric` after `activations`, fed in blocks of `rows` rows.
public func accumulate<M: Metric>(
    _ activations: RealMatrix, by metric: M, inBlocksOf rows: Int = .max,
    with companions: Companions = Companions()
) -> M.Accumulator {
    var accumulator = M.Accumulator(
        for: companions.layer(activations), options: metric.accumulatorOptions)
    var first = 0
    while first < activations.rows {
        let range = first..<first + min(rows, activations.rows - first)
        accumulator.update(with: companions.block(activations, range))
        first = range.upperBound
    }
    return accumulator
}

/// The output of `metric` on `activations`.
public func output<M: Metric>(
    of metric: M, on activations: RealMatrix, inBlocksOf rows: Int = .max,
    with companions: Companions
) throws -> M.Output {
    try metric.output(
        of: accumulate(activations, by: metric, inBlocksOf: rows, with: companions),
        for: companions.layer(activations))
}

/// The output of `metric` on `activations` and nothing beside but labels.
public func output<M: Metric>(
    of metric: M, on activations: RealMatrix, inBlocksOf rows: Int = .max, labels: [Int]? = nil
) throws -> M.Output {
    try output(
        of: metric, on: activations, inBlocksOf: rows, with: Companions(labels: labels))
}

/// One pass over `activations` against two parts merged and finished, for every place to cut, the
/// empty parts included.
public func outputsAtEveryCut<M: Metric>(
    of metric: M, on activations: RealMatrix, with companions: Companions
) throws -> (whole: M.Output, merged: [M.Output]) {
    let layer = companions.layer(activations)
    let whole = try output(of: metric, on: activations, with: companions)
    let merged = try (0...activations.rows).map { cut in
        var sum = M.Accumulator(for: layer, options: metric.accumulatorOptions)
        for part in [0..<cut, cut..<activations.rows] {
            var accumulator = M.Accumulator(for: layer, options: metric.accumulatorOptions)
            if !part.isEmpty { accumulator.update(with: companions.block(activations, part)) }
            sum.merge(accumulator)
        }
        sum.finish()
        return try metric.output(of: sum, for: layer)
    }
    return (whole, merged)
}

/// The same of a metric that reads nothing beside but labels.
public func outputsAtEveryCut<M: Metric>(
    of metric: M, on activations: RealMatrix, labels: [Int]? = nil
) throws -> (whole: M.Output, merged: [M.Output]) {
    try outputsAtEveryCut(of: metric, on: activations, with: Companions(labels: labels))
}

/// The layer that a bare matrix stands for in tests; names neurons with NaN or infinite entries.
public func testLayer(_ activations: RealMatrix) -> Layer {
    let bad = (0..<activations.columns).filter { neuron in
        (0..<activations.rows).contains { !activations[$0, neuron].isFinite }
    }
    return Layer(
        name: "test", site: .post, neurons: activations.columns, samples: activations.rows,
        nonFiniteNeurons: bad)
}
