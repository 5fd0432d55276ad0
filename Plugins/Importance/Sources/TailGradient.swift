internal import LinearAlgebra
internal import MetricCore

extension NetworkTail where Scalar == Double {
    /// The values of the last layer before its nonlinearity for the first following layer's values `first`
    /// before its, and the other layers' values behind their nonlinearities, gates not applied.
    func forward(
        fromFirst first: consuming Matrix<Double>, keepsActivations: Bool = false
    ) -> (last: Matrix<Double>, activations: [Matrix<Double>]) {
        var values = first
        var activations: [Matrix<Double>] = []
        for index in layers.indices.dropFirst() {
            layers[index - 1].activation.apply(to: &values)
            if keepsActivations { activations.append(values) }
            values.multiplyColumns(by: layers[index - 1].gate)
            values = preActivations(of: index, reading: values)
        }
        return (values, activations)
    }

    /// The gradient by what the first following layer reads, from that by the last layer's values before its
    /// nonlinearity.
    func backward(
        _ gradient: consuming Matrix<Double>, activations: [Matrix<Double>]
    ) -> Matrix<Double> {
        var gradient = gradient
        for index in layers.indices.reversed() {
            gradient = gradient.times(layers[index].weight, transposingOther: true)
            guard index > 0 else { break }
            gradient.multiplyColumns(by: layers[index - 1].gate)
            layers[index - 1].activation.backpropagate(&gradient, outputs: activations[index - 1])
        }
        return gradient
    }
}
