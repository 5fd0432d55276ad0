import LinearAlgebra

/// What training minimizes.
public enum Loss: String, Sendable, Hashable, Codable, CaseIterable {
    /// -log of the softmax probability of the right class, in nats, averaged over samples; the
    /// softmax is part of the loss, so the network's outputs are logits.
    case crossEntropy = "cross-entropy"
    /// (output - target)², averaged over samples and outputs.
    case squaredError = "squared-error"
}

/// Sums over samples; divided by their number, loss and accuracy.
package struct LossSums: Sendable {
    package var loss = 0.0
    /// Samples whose largest output is that of their class.
    package var correct = 0
    package var samples = 0

    package init(samples: Int = 0) { self.samples = samples }

    package mutating func add(_ other: LossSums) {
        loss += other.loss
        correct += other.correct
        samples += other.samples
    }
}

/// Adds up cross-entropy over `samples` rows of `classes` logits and writes its gradient, divided
/// by `samples`.
///
/// The largest logit is subtracted first, so that nothing overflows: log p = z - max - log Σ. Where
/// there are `weights`, one a class, each sample counts as much as its class.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func crossEntropy<Scalar: ElementaryScalar>(
    _ logits: UnsafePointer<Scalar>, labels: UnsafePointer<Int32>, samples: Int, classes: Int,
    weights: UnsafePointer<Scalar>? = nil, gradient: UnsafeMutablePointer<Scalar>?
) -> LossSums {
    var sums = LossSums(samples: samples)
    for sample in 0..<samples {
        let z = logits + sample * classes
        let label = Int(labels[sample])
        let weight = weights.map { $0[label] } ?? 1
        let scale = weight / Scalar(samples)
        var best = 0
        for i in 1..<max(1, classes) where z[i] > z[best] { best = i }
        let top = z[best]
        var total: Scalar = 0
        if let g = gradient.map({ $0 + sample * classes }) {
            for i in 0..<classes {
                let e = Scalar.exponential(z[i] - top)
                g[i] = e
                total += e
            }
            let factor = scale / total
            for i in 0..<classes { g[i] *= factor }
            g[label] -= scale
        } else {
            for i in 0..<classes { total += Scalar.exponential(z[i] - top) }
        }
        sums.loss += Double(weight * (Scalar.logarithm(total) - (z[label] - top)))
        if best == label { sums.correct += 1 }
    }
    return sums
}

/// Adds up squared error, averaged over outputs, over `samples` rows and writes its gradient,
/// divided by `samples`.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func squaredError<Scalar: ElementaryScalar>(
    _ values: UnsafePointer<Scalar>, targets: UnsafePointer<Scalar>, samples: Int, outputs: Int,
    gradient: UnsafeMutablePointer<Scalar>?
) -> LossSums {
    var sums = LossSums(samples: samples)
    let scale = 2 / Scalar(samples * outputs)
    var total = 0.0
    for i in 0..<samples * outputs {
        let difference = values[i] - targets[i]
        total += Double(difference) * Double(difference)
        if let gradient { gradient[i] = scale * difference }
    }
    sums.loss = total / Double(outputs)
    return sums
}
