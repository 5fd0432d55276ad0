/// A metric with its configuration, its types erased: what an engine that does not know the
/// metrics by name works with.
public struct ConfiguredMetric: Sendable {
    /// What the metric is.
    public let descriptor: MetricDescriptor
    /// The settings, as stored with every result.
    public let configuration: Object
    /// About how many bytes the metric takes for a layer.
    public let memory: @Sendable (Layer) -> Double
    /// What to do where that is more than there is, besides choosing other metrics and layers.
    public let memoryRemedy: String?
    /// Whether much of its time goes into products of matrices.
    public let multipliesMatrices: Bool
    let makeSummary: @Sendable (Layer) -> any Summary
    let summaryKey: @Sendable () -> SummaryKey
    let output: @Sendable (any Summary, Layer) throws -> any MetricOutput
    /// What the first pass reads beside the values of the layer.
    public let inputs: Set<MetricInput>
    /// What the second pass reads beside, or instead of, the values of the layer; empty if there is none.
    public let secondPassInputs: Set<MetricInput>
    /// Why there is no result for a layer whose context is known; `nil` if there is one.
    public let refusal: @Sendable (Layer) -> Refusal?
    /// Starts the second pass; `nil` if the metric needs none.
    let secondPass: StartOfSecondPass?

    /// Erases the types of `metric`.
    public init<M: Metric>(_ metric: M) {
        descriptor = M.descriptor
        configuration = metric.configuration.values
        memory = { layer in
            M.Accumulator.memory(for: layer, options: metric.accumulatorOptions)
        }
        memoryRemedy = metric.memoryRemedy
        multipliesMatrices = M.Accumulator.multipliesMatrices
        makeSummary = { layer in
            TypedSummary(
                accumulator: M.Accumulator(for: layer, options: metric.accumulatorOptions))
        }
        summaryKey = {
            SummaryKey(
                type: ObjectIdentifier(M.Accumulator.self),
                options: AnyHashable(metric.accumulatorOptions))
        }
        output = { summary, layer in
            guard let typed = summary as? TypedSummary<M.Accumulator> else {
                preconditionFailure(
                    "the summary of another metric was handed to \(M.descriptor.id)")
            }
            return try metric.output(of: typed.accumulator, for: layer)
        }
        inputs = Set(metric.inputs).union(metric.optionalInputs)
        refusal = { metric.refusal(for: $0) }
        if let metric = metric as? any TwoPassMetric, metric.needsSecondPass {
            secondPass = Self.startingSecondPass(of: metric)
            secondPassInputs = Set(metric.secondPassInputs)
        } else {
            secondPass = nil
            secondPassInputs = []
        }
    }

    private static func startingSecondPass<M: TwoPassMetric>(
        of metric: M
    ) -> StartOfSecondPass {
        { summary, layer in
            guard let typed = summary as? TypedSummary<M.Accumulator> else {
                preconditionFailure("\(M.descriptor.id) got the summary of another metric")
            }
            let first = typed.accumulator
            return try metric.secondPass(after: first, for: layer).map {
                TypedSecondPass(metric: metric, first: first, layer: layer, state: $0)
            }
        }
    }
}

/// Makes a second pass that can run, or says why it cannot.
typealias StartOfSecondPass =
    @Sendable (any Summary, Layer) throws -> Result<any RunningSecondPass, Refusal>

/// A second pass whose types are erased.
protocol RunningSecondPass: Sendable {
    mutating func update(with block: ActivationBlock)
    mutating func endPass() throws -> Bool
    func output() throws -> any MetricOutput
}

private struct TypedSecondPass<M: TwoPassMetric>: RunningSecondPass {
    let metric: M
    let first: M.Accumulator
    let layer: Layer
    var state: M.SecondPass

    mutating func update(with block: ActivationBlock) { state.update(with: block) }

    mutating func endPass() throws -> Bool { try state.endPass() }

    func output() throws -> any MetricOutput {
        try metric.output(of: first, and: state, for: layer)
    }
}

/// What makes two accumulators one: the same type with the same options.
struct SummaryKey: Hashable {
    var type: ObjectIdentifier
    var options: AnyHashable
}

/// An accumulator whose type is erased.
protocol Summary: Sendable {
    mutating func update(with block: ActivationBlock)
    mutating func merge(_ other: any Summary)
    mutating func finish()
    /// `nil` if this accumulator does not count them.
    var nonFiniteCounts: [Int]? { get }
    /// Those of them that are finite.
    var excessiveCounts: [Int]? { get }
}

struct TypedSummary<A: MetricAccumulator>: Summary {
    var accumulator: A

    mutating func update(with block: ActivationBlock) { accumulator.update(with: block) }

    mutating func merge(_ other: any Summary) {
        guard let other = other as? TypedSummary<A> else {
            preconditionFailure("a \(A.self) cannot merge a \(type(of: other))")
        }
        accumulator.merge(other.accumulator)
    }

    mutating func finish() { accumulator.finish() }

    var nonFiniteCounts: [Int]? { (accumulator as? any NonFiniteCounting)?.nonFiniteCounts }
    var excessiveCounts: [Int]? { (accumulator as? any NonFiniteCounting)?.excessiveCounts }
}
