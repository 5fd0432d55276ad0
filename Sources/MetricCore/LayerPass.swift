/// Several metrics at work on one matrix: every block is read once and summarized once for each
/// distinct accumulator.
public struct LayerPass: Sendable {
    /// The metrics, in the order of ``outputs()``.
    public let metrics: [ConfiguredMetric]
    /// The matrix.
    public let layer: Layer
    private var summaries: [any Summary] = []
    /// The position in `summaries` of each metric's accumulator.
    private var summaryOfMetric: [Int] = []

    /// The state before any sample.
    public init(_ metrics: [ConfiguredMetric], on layer: Layer) {
        self.metrics = metrics
        self.layer = layer
        var positions: [SummaryKey: Int] = [:]
        for metric in metrics {
            let key = metric.summaryKey()
            if positions[key] == nil {
                positions[key] = summaries.count
                summaries.append(metric.makeSummary(layer))
            }
            summaryOfMetric.append(positions[key, default: 0])
        }
        if !summaries.contains(where: { $0.nonFiniteCounts != nil }) {
            summaries.append(
                TypedSummary(accumulator: MomentsAccumulator(for: layer, options: NoOptions())))
        }
    }

    /// About how many bytes a pass of `metrics` takes: metrics with the same accumulator take it once.
    public static func memory(of metrics: [ConfiguredMetric], on layer: Layer) -> Double {
        var largest: [SummaryKey: Double] = [:]
        for metric in metrics {
            let key = metric.summaryKey()
            largest[key] = max(largest[key] ?? 0, metric.memory(layer))
        }
        return largest.values.sorted().reduce(0, +)
    }

    /// Number of distinct accumulators, each of which sees every block.
    public var summaryCount: Int { summaries.count }

    /// Feeds the next samples to every accumulator.
    public mutating func update(with block: ActivationBlock) {
        for index in summaries.indices { summaries[index].update(with: block) }
    }

    /// Adds the samples that `other` has seen, which come after those seen here.
    ///
    /// - Precondition: `other` was made from the same metrics for the same layer.
    public mutating func merge(_ other: LayerPass) {
        precondition(other.summaries.count == summaries.count, "passes of different metrics")
        for index in summaries.indices { summaries[index].merge(other.summaries[index]) }
    }

    /// Tells every accumulator that no more samples come.
    public mutating func finish() {
        for index in summaries.indices { summaries[index].finish() }
    }

    /// Entries that are NaN, infinite or beyond 1e150 in magnitude, one count a neuron.
    public var nonFiniteCounts: [Int] {
        summaries.lazy.compactMap(\.nonFiniteCounts).first
            ?? Array(repeating: 0, count: layer.neurons)
    }

    /// Those of ``nonFiniteCounts`` that are finite, one count a neuron.
    public var excessiveCounts: [Int] {
        summaries.lazy.compactMap(\.excessiveCounts).first
            ?? Array(repeating: 0, count: layer.neurons)
    }

    /// Whether some metric asks to see the samples again.
    public var needsSecondPass: Bool { metrics.contains { $0.secondPass != nil } }

    /// Starts the second pass of those metrics that ask for one.
    ///
    /// - Returns: the passes that can start, and why others cannot.
    public func secondPass() -> LayerSecondPass {
        let layer = layerWithNonFinite
        var second = LayerSecondPass()
        for (index, metric) in metrics.enumerated() {
            guard let start = metric.secondPass else { continue }
            // Without the samples of that pass the result of the first stands.
            guard
                !metric.secondPassInputs.contains(.layerInputs)
                    || layer.context.refusal(of: .layerInputs) == nil
            else { continue }
            do {
                let summary = summaries[summaryOfMetric[index]]
                second.running[index] = try start(summary, layer).get()
                second.inputs[index] = metric.secondPassInputs
            } catch let refusal as Refusal {
                second.refusals[index] = refusal.reason
            } catch {
                second.refusals[index] = "\(error)"
            }
        }
        return second
    }

    /// What each metric makes of what was seen, in the order of ``metrics``.
    ///
    /// - Parameter secondPass: after the samples passed it, if there was one.
    /// - Returns: an output or what went wrong, one a metric.
    public func outputs(
        secondPass: LayerSecondPass = LayerSecondPass()
    ) -> [Result<any MetricOutput, any Error>] {
        let layer = layerWithNonFinite
        return metrics.indices.map { index in
            Result {
                if let error = secondPass.errors[index] { throw error }
                if let second = secondPass.running[index] { return try second.output() }
                return try metrics[index].output(summaries[summaryOfMetric[index]], layer)
            }
        }
    }

    private var layerWithNonFinite: Layer {
        let counts = nonFiniteCounts
        var layer = layer
        layer.nonFiniteNeurons = counts.indices.filter { counts[$0] > 0 }
        return layer
    }
}

/// The second passes over one matrix.
public struct LayerSecondPass: Sendable {
    /// By the metric's position.
    var running: [Int: any RunningSecondPass] = [:]
    /// What each of ``running`` reads beside the values.
    var inputs: [Int: Set<MetricInput>] = [:]
    /// Those of ``running`` that want the samples that come next.
    private var waiting: Set<Int>?
    /// What went wrong in a pass, by the metric's position.
    private(set) var errors: [Int: any Error] = [:]
    /// Why a metric that asked for a second pass gets none, by its position.
    public internal(set) var refusals: [Int: String] = [:]

    /// Whose values the blocks of a pass hold.
    public enum Source: Sendable, Hashable, CaseIterable {
        /// The layer's own.
        case layer
        /// Those that the layer reads.
        case layerInputs
    }

    /// No second pass.
    public init() {}

    /// Whether samples are wanted: from the first to the last, then ``endPass()``, until no more.
    public var isNeeded: Bool { !(waiting?.isEmpty ?? running.isEmpty) }

    /// The sources from which the next pass wants all blocks.
    public var sources: [Source] {
        Source.allCases.filter { source in wanted.contains { self.source(of: $0) == source } }
    }

    /// Whether blocks should carry `input`.
    public func wants(_ input: MetricInput) -> Bool {
        wanted.contains { inputs[$0]?.contains(input) ?? false }
    }

    private var wanted: Set<Int> { waiting ?? Set(running.keys) }

    private func source(of index: Int) -> Source {
        inputs[index]?.contains(.layerInputs) ?? false ? .layerInputs : .layer
    }

    /// Feeds the next samples of one source, in order.
    public mutating func update(with block: ActivationBlock, from source: Source = .layer) {
        for index in wanted where self.source(of: index) == source {
            running[index]?.update(with: block)
        }
    }

    /// Ends one pass over all samples.
    public mutating func endPass() {
        var next: Set<Int> = []
        for index in wanted.sorted() {
            do {
                if try running[index]?.endPass() ?? false { next.insert(index) }
            } catch {
                errors[index] = error
            }
        }
        waiting = next
    }
}
