public import LinearAlgebra

/// How the first weights are drawn.
///
/// "In" and "out" are a layer's inputs and neurons.
public enum Initialization: String, Sendable, Hashable, Codable, CaseIterable {
    /// PyTorch's default for linear layers: weights and biases uniform on ±1/√in.
    case uniform
    /// Weights normal with variance 2/in, biases zero; for ReLU (He et al., "Delving deep into
    /// rectifiers", 2015).
    case he
    /// Weights uniform on ±√(6/(in + out)), biases zero (Glorot and Bengio, "Understanding the
    /// difficulty of training deep feedforward neural networks", 2010).
    case glorot

    /// Fills the weights of a layer.
    public func fillWeights<Scalar: ElementaryScalar>(
        _ values: UnsafeMutableBufferPointer<Scalar>, inputs: Int, neurons: Int,
        using generator: inout SeededGenerator
    ) {
        switch self {
        case .uniform:
            fill(values, halfWidth: 1 / Double(inputs).squareRoot(), using: &generator)
        case .he:
            let deviation = (2 / Double(inputs)).squareRoot()
            for i in values.indices { values[i] = Scalar(deviation * generator.normal()) }
        case .glorot:
            fill(values, halfWidth: (6 / Double(inputs + neurons)).squareRoot(), using: &generator)
        }
    }

    /// Fills the biases of a layer.
    public func fillBiases<Scalar: ElementaryScalar>(
        _ values: UnsafeMutableBufferPointer<Scalar>, inputs: Int,
        using generator: inout SeededGenerator
    ) {
        switch self {
        case .uniform:
            fill(values, halfWidth: 1 / Double(inputs).squareRoot(), using: &generator)
        case .he, .glorot:
            values.update(repeating: 0)
        }
    }

    private func fill<Scalar: ElementaryScalar>(
        _ values: UnsafeMutableBufferPointer<Scalar>, halfWidth: Double,
        using generator: inout SeededGenerator
    ) {
        for i in values.indices { values[i] = Scalar(halfWidth * (2 * generator.uniform() - 1)) }
    }
}
