public import LinearAlgebra

/// A nonlinearity as run files name it.
public enum Nonlinearity: String, Sendable, CaseIterable {
    /// x itself.
    case identity
    /// max(x, 0).
    case relu
    /// tanh x.
    case tanh
    /// 1 / (1 + e^-x).
    case sigmoid
    /// e^x divided by the sum of e^x over the neurons of the layer.
    case softmax
    /// The logarithm of softmax.
    case logSoftmax = "log_softmax"

    /// The nonlinearity that a run file calls `name`, in any case; none stored means none applied.
    ///
    /// `nil` for a name that is not known.
    public init?(storedAs name: String?) {
        switch name?.lowercased() {
        case nil, "linear", "none": self = .identity
        case "logsoftmax": self = .logSoftmax
        case let name?:
            guard let known = Nonlinearity(rawValue: name) else { return nil }
            self = known
        }
    }

    /// Whether each output depends on all of the layer's inputs.
    public var joinsNeurons: Bool { self == .softmax || self == .logSoftmax }

    /// Whether the largest of a layer's inputs always gives the largest of its outputs, so that the class
    /// can be read from the inputs, where rounding has not made large values equal.
    var keepsLargest: Bool { self != .relu }

    /// Replaces each element x of column j by f(x + `bias`[j]); NaN stays NaN.
    ///
    /// - Precondition: `bias` has an element a column.
    /// - Complexity: O(elements).
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func apply<Scalar: ElementaryScalar>(
        to x: inout Matrix<Scalar>, adding bias: [Scalar]? = nil
    ) {
        let columns = x.columns
        precondition(bias?.count ?? columns == columns, "\(bias?.count ?? 0) biases")
        guard columns > 0 else { return }
        x.withMutableElements { elements in
            if let bias {
                for first in stride(from: 0, to: elements.count, by: columns) {
                    for column in 0..<columns { elements[first + column] += bias[column] }
                }
            }
            func each(_ f: (Scalar) -> Scalar) {
                for index in elements.indices { elements[index] = f(elements[index]) }
            }
            switch self {
            case .identity: break
            // Comparisons with NaN are false, after which it is left as it is.
            case .relu: each { $0 < 0 ? 0 : $0 }
            case .tanh: each { Scalar.hyperbolicTangent($0) }
            case .sigmoid: each { 1 / (1 + Scalar.exponential(-$0)) }
            case .softmax, .logSoftmax:
                for first in stride(from: 0, to: elements.count, by: columns) {
                    normalize(.init(rebasing: elements[first..<first + columns]))
                }
            }
        }
    }

    /// Turns the gradient of a sum by this nonlinearity's `outputs`, shape (samples, neurons), into that by its
    /// inputs; at 0 that of relu is 0.
    ///
    /// - Precondition: both have the same shape.
    @_specialize(where Scalar == Float)
    @_specialize(where Scalar == Double)
    public func backpropagate<Scalar: ElementaryScalar>(
        _ gradient: inout Matrix<Scalar>, outputs: Matrix<Scalar>
    ) {
        let columns = gradient.columns
        precondition(
            outputs.columns == columns && outputs.rows == gradient.rows,
            "gradients and outputs of different shapes")
        guard columns > 0 else { return }
        gradient.withMutableElements { g in
            outputs.withElements { y in
                switch self {
                case .identity: break
                case .relu: for index in g.indices where !(y[index] > 0) { g[index] = 0 }
                case .tanh: for index in g.indices { g[index] *= 1 - y[index] * y[index] }
                case .sigmoid: for index in g.indices { g[index] *= y[index] * (1 - y[index]) }
                case .softmax, .logSoftmax:
                    for first in stride(from: 0, to: g.count, by: columns) {
                        let range = first..<first + columns
                        var sum: Scalar = 0
                        for index in range {
                            sum += self == .softmax ? g[index] * y[index] : g[index]
                        }
                        for index in range {
                            g[index] =
                                self == .softmax
                                ? y[index] * (g[index] - sum)
                                : g[index] - Scalar.exponential(y[index]) * sum
                        }
                    }
                }
            }
        }
    }

    /// Applies softmax, or its logarithm, to the inputs of one sample, less the largest of them so that no
    /// exponential overflows.
    private func normalize<Scalar: ElementaryScalar>(
        _ sample: UnsafeMutableBufferPointer<Scalar>
    ) {
        let largest = sample.reduce(-Scalar.infinity) { Swift.max($0, $1) }
        var sum: Scalar = 0
        for index in sample.indices {
            sample[index] -= largest
            sum += Scalar.exponential(sample[index])
        }
        let logarithm = Scalar.logarithm(sum)
        for index in sample.indices {
            sample[index] =
                self == .softmax
                ? Scalar.exponential(sample[index]) / sum : sample[index] - logarithm
        }
    }
}
