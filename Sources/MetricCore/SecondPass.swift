/// A metric part of whose result needs the samples a second time, when the first pass is known.
///
/// Only for what no accumulator can hold: the accuracy after replacing samples by projections that
/// depend on all of them, or products with vectors that a first pass has found.
public protocol TwoPassMetric: Metric {
    /// What is kept while the samples pass by again.
    associatedtype SecondPass: SecondPassAccumulator

    /// Whether this configuration asks for the second pass.
    var needsSecondPass: Bool { get }

    /// What the second pass reads beside the values of the layer, where the run holds it. Default: nothing.
    ///
    /// With ``MetricInput/layerInputs`` the blocks of the second pass hold the values that the layer reads,
    /// instead of the layer's own; where the run does not hold those there is no second pass.
    var secondPassInputs: [MetricInput] { get }

    /// What to start the second pass with, or why there cannot be one.
    ///
    /// - Parameters:
    ///   - accumulator: has seen all samples.
    ///   - layer: what they belong to; its context holds ``secondPassInputs``.
    /// - Returns: the state before the first sample, or a refusal, with which the result of the first pass
    ///   stands and which becomes a warning.
    /// - Throws: what went wrong in a computation that should have succeeded; a ``Refusal`` is as good as
    ///   one that is returned.
    func secondPass(
        after accumulator: Accumulator, for layer: Layer
    ) throws -> Result<SecondPass, Refusal>

    /// The result of both passes.
    func output(
        of accumulator: Accumulator, and secondPass: SecondPass, for layer: Layer
    ) throws -> Output
}

extension TwoPassMetric {
    /// Nothing.
    public var secondPassInputs: [MetricInput] { [] }
}

/// The state of a second pass; blocks come in order, with labels and targets where the metric declares them.
public protocol SecondPassAccumulator: Sendable {
    /// Takes the next samples.
    mutating func update(with block: ActivationBlock)

    /// Ends a pass over all samples.
    ///
    /// - Returns: whether they are to pass by once more, all of them from the first; never unless
    ///   implemented.
    /// - Throws: what went wrong in a computation that should have succeeded.
    mutating func endPass() throws -> Bool
}

extension SecondPassAccumulator {
    /// One pass is enough.
    public mutating func endPass() -> Bool { false }
}
