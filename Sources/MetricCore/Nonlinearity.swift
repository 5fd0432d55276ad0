import Glibc
import LinearAlgebra

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

    /// Whether the largest of a layer's inputs always gives the largest of its outputs, so that the class
    /// can be read from the inputs, where rounding has not made large values equal.
    var keepsLargest: Bool { self != .relu }

    /// Replaces each element x of column j by f(x + `bias`[j]); NaN stays NaN.
    ///
    /// - Precondition: `bias` has an element a column.
    /// - Complexity: O(elements).
    func apply(to x: inout Matrix<Float>, adding bias: [Float]? = nil) {
        let columns = x.columns
        precondition(bias?.count ?? columns == columns, "\(bias?.count ?? 0) biases")
        guard columns > 0 else { return }
        x.withMutableElements { elements in
            if let bias {
                for first in stride(from: 0, to: elements.count, by: columns) {
                    for column in 0..<columns { elements[first + column] += bias[column] }
                }
            }
            func each(_ f: (Float) -> Float) {
                for index in elements.indices { elements[index] = f(elements[index]) }
            }
            switch self {
            case .identity: break
            // Comparisons with NaN are false, after which it is left as it is.
            case .relu: each { $0 < 0 ? 0 : $0 }
            case .tanh: each { Glibc.tanh($0) }
            case .sigmoid: each { 1 / (1 + exp(-$0)) }
            case .softmax, .logSoftmax:
                for first in stride(from: 0, to: elements.count, by: columns) {
                    normalize(.init(rebasing: elements[first..<first + columns]))
                }
            }
        }
    }

    /// Applies softmax, or its logarithm, to the inputs of one sample, less the largest of them so that no
    /// exponential overflows.
    private func normalize(_ sample: UnsafeMutableBufferPointer<Float>) {
        let largest = sample.reduce(-Float.infinity) { Swift.max($0, $1) }
        var sum: Float = 0
        for index in sample.indices {
            sample[index] -= largest
            sum += exp(sample[index])
        }
        for index in sample.indices {
            sample[index] =
                self == .softmax ? exp(sample[index]) / sum : sample[index] - log(sum)
        }
    }
}
