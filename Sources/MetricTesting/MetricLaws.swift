public import LinearAlgebra
public import MetricCore

/// The accumulator of `metric` after `activations`, fed in blocks of `rows` rows.
public func accumulate<M: Metric>(
    _ activations: RealMatrix, by metric: M, inBlocksOf rows: Int = .max, labels: [Int]? = nil
) -> M.Accumulator {
    let layer = testLayer(activations)
    var accumulator = M.Accumulator(for: layer, options: metric.accumulatorOptions)
    var first = 0
    while first < activations.rows {
        let range = first..<first + min(rows, activations.rows - first)
        accumulator.update(
            with: ActivationBlock(
                activations.rows(range), firstSample: first,
                labels: labels.map { Array($0[range]) }))
        first = range.upperBound
    }
    return accumulator
}

/// The output of `metric` on `activations`.
public func output<M: Metric>(
    of metric: M, on activations: RealMatrix, inBlocksOf rows: Int = .max, labels: [Int]? = nil
) throws -> M.Output {
    try metric.output(
        of: accumulate(activations, by: metric, inBlocksOf: rows, labels: labels),
        for: testLayer(activations))
}

/// One pass over `activations` against two parts merged and finished, for every place to cut, the
/// empty parts included.
public func outputsAtEveryCut<M: Metric>(
    of metric: M, on activations: RealMatrix, labels: [Int]? = nil
) throws -> (whole: M.Output, merged: [M.Output]) {
    let layer = testLayer(activations)
    let whole = try output(of: metric, on: activations, labels: labels)
    let merged = try (0...activations.rows).map { cut in
        var sum = M.Accumulator(for: layer, options: metric.accumulatorOptions)
        for part in [0..<cut, cut..<activations.rows] {
            var accumulator = M.Accumulator(for: layer, options: metric.accumulatorOptions)
            if !part.isEmpty {
                accumulator.update(
                    with: ActivationBlock(
                        activations.rows(part), firstSample: part.lowerBound,
                        labels: labels.map { Array($0[part]) }))
            }
            sum.merge(accumulator)
        }
        sum.finish()
        return try metric.output(of: sum, for: layer)
    }
    return (whole, merged)
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
