internal import LinearAlgebra
public import MetricCore

/// How well a layer of lower rank would do: the singular values of the weights, and what is lost when only
/// the first k are kept.
///
/// With W = Σ σᵢ uᵢ vᵢᵀ and W_k its first k terms, ‖W − W_k‖² = Σ_{i>k} σᵢ², and since the uᵢ are
/// orthonormal, ‖(W − W_k) x‖² = Σ_{i>k} σᵢ² (vᵢ · x)²: one number a singular value is all that the recorded
/// inputs add up to.
///
/// - Complexity: O(neurons · inputs · rank), and O(samples · inputs · rank) where inputs are recorded.
/// - Note: C. Eckart and G. Young, "The approximation of one matrix by another of lower rank",
///   Psychometrika 1 (1936).
public struct LowRank: TwoPassMetric {
    /// What the metric is.
    public static let descriptor = MetricDescriptor(
        id: "low-rank", title: "Low rank",
        abstract: "Singular values of the weights, and the error of a layer of lower rank.",
        question: "Could a layer of lower rank do the same?", sites: [.weight],
        keyQuantities: ["activation.ranksFor.0.99", "ranksFor.0.99"], isOnRequest: true,
        references: ["Eckart and Young 1936"])

    /// There are no settings.
    public let configuration: NoConfiguration

    /// The metric has no settings.
    public init(configuration: NoConfiguration = NoConfiguration()) {
        self.configuration = configuration
    }

    /// Always: it does not begin where no inputs are recorded.
    public var needsSecondPass: Bool { true }

    /// What the layer reads.
    public var secondPassInputs: [MetricInput] { [.layerInputs] }

    /// The errors of the weights alone.
    ///
    /// - Throws: `LinearAlgebraError` if the decomposition fails.
    public func output(of accumulator: WeightRows, for layer: Layer) throws -> Output {
        let weights = accumulator.weights(excluding: layer.nonFiniteNeurons)
        return Output(
            neurons: weights.rows, inputs: weights.columns,
            singularValues: try weights.singularValues(), activation: nil,
            reason: layer.context.refusal(of: .layerInputs)?.reason)
    }

    /// The decomposition, to which samples are to be projected.
    ///
    /// - Throws: `LinearAlgebraError` if it fails.
    public func secondPass(
        after accumulator: WeightRows, for layer: Layer
    ) throws -> Result<ProjectedInputs, Refusal> {
        .success(
            try ProjectedInputs(accumulator.weights(excluding: layer.nonFiniteNeurons)))
    }

    /// The errors of the weights and on the recorded inputs.
    public func output(
        of accumulator: WeightRows, and secondPass: ProjectedInputs, for layer: Layer
    ) -> Output {
        // Without a neuron there is nothing to project on.
        let isEmpty = secondPass.samples == 0 && secondPass.neurons > 0
        return Output(
            neurons: secondPass.neurons, inputs: secondPass.inputs,
            singularValues: secondPass.singularValues,
            activation: secondPass.samples == 0 ? nil : ActivationError(secondPass),
            reason: isEmpty ? "every recorded input holds NaN or infinite entries" : nil)
    }
}
