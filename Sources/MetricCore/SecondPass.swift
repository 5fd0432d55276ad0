public import LinearAlgebra

/// A metric part of whose result needs the samples a second time, when the first pass is known.
///
/// Only for what no accumulator can hold: the accuracy after replacing samples by projections that
/// depend on all of them, or products with vectors that a first pass has found.
public protocol TwoPassMetric: Metric {
    /// What is kept while the samples pass by again.
    associatedtype SecondPass: SecondPassAccumulator

    /// Whether this configuration asks for the second pass.
    var needsSecondPass: Bool { get }

    /// Whether the second pass asks for labels and the layers after this one; yes unless
    /// implemented.
    var needsFollowingLayers: Bool { get }

    /// What to start the second pass with, or why there cannot be one.
    ///
    /// - Parameters:
    ///   - accumulator: has seen all samples.
    ///   - layer: what they belong to.
    ///   - network: what follows the layer, or why that is not known; a failure where it was not
    ///     asked for.
    /// - Returns: the state before the first sample, or a refusal.
    /// - Throws: what went wrong in a computation that should have succeeded; a
    ///   ``SecondPassRefusal`` is as good as one that is returned.
    func secondPass(
        after accumulator: Accumulator, for layer: Layer,
        followedBy network: Result<FollowingLayers, SecondPassRefusal>
    ) throws -> Result<SecondPass, SecondPassRefusal>

    /// The result of both passes.
    func output(
        of accumulator: Accumulator, and secondPass: SecondPass, for layer: Layer
    ) throws -> Output
}

extension TwoPassMetric {
    /// They are what most second passes are about.
    public var needsFollowingLayers: Bool { true }
}

/// The state of a second pass; blocks come in order, with labels where the metric asks for the
/// following layers.
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

/// Why a second pass is impossible; the result of the first stands, with this as a warning.
public struct SecondPassRefusal: Error, Hashable {
    /// What is missing, in one sentence.
    public var reason: String

    /// A refusal for this reason.
    public init(_ reason: String) { self.reason = reason }

    /// What follows the layer was not looked up, since nobody asked.
    public static let notAskedFor = SecondPassRefusal("the following layers were not asked for")
}

/// What a network does with the pre-activations of one layer.
public struct FollowingLayers: Sendable {
    /// The nonlinearity of the layer itself.
    public var activation: Nonlinearity
    /// The dense layers after it, in the order of execution.
    public var layers: [Dense]

    /// A network from its parts.
    public init(activation: Nonlinearity, layers: [Dense]) {
        self.activation = activation
        self.layers = layers
    }

    /// A dense layer: y = f(x W + b).
    public struct Dense: Sendable {
        /// Shape (inputs, neurons).
        public var weight: Matrix<Float>
        /// One a neuron.
        public var bias: [Float]
        /// f.
        public var activation: Nonlinearity

        /// A layer from its parts.
        public init(weight: Matrix<Float>, bias: [Float], activation: Nonlinearity) {
            precondition(bias.count == weight.columns, "\(bias.count) biases")
            self.weight = weight
            self.bias = bias
            self.activation = activation
        }
    }

    /// The classes with the largest output for pre-activations `x`, shape (samples, neurons): the first
    /// among equals, and -1, which is no class, for a sample with an output that is NaN.
    ///
    /// - Complexity: one matrix product a layer.
    public func classes(ofPreActivations x: consuming Matrix<Float>) -> [Int] {
        var values = x
        for (index, layer) in layers.enumerated() {
            (index == 0 ? activation : layers[index - 1].activation).apply(to: &values)
            values = values.times(layer.weight)
            Nonlinearity.identity.apply(to: &values, adding: layer.bias)
        }
        let last = layers.last?.activation ?? activation
        if !last.keepsLargest { last.apply(to: &values) }
        return values.withElements { elements in
            (0..<values.rows).map { row in
                let outputs = elements[row * values.columns..<(row + 1) * values.columns]
                guard !outputs.contains(where: \.isNaN) else { return -1 }
                return outputs.indices.dropFirst().reduce(outputs.startIndex) {
                    outputs[$1] > outputs[$0] ? $1 : $0
                } - outputs.startIndex
            }
        }
    }
}
