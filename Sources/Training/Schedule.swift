import Glibc

/// How the learning rate goes over a training.
public enum Schedule: String, Sendable, Hashable, Codable, CaseIterable {
    /// The same in every step.
    case constant
    /// From the full rate to 0 along half a cosine, step by step (Loshchilov and Hutter, "SGDR:
    /// stochastic gradient descent with warm restarts", 2017, without restarts).
    case cosine

    /// The factor on the learning rate of a step.
    ///
    /// - Parameters:
    ///   - step: counted from 0.
    ///   - steps: of the whole training, 1 or more.
    /// - Returns: from 1 in the first step down to 0 after the last.
    public func factor(step: Int, of steps: Int) -> Double {
        switch self {
        case .constant: 1
        case .cosine: Self.cosineFactor(Double(step) / Double(steps))
        }
    }

    /// From 1 at a share of 0 of the way down to 0 at 1, along half a cosine.
    static func cosineFactor(_ share: Double) -> Double { 0.5 * (1 + cos(Double.pi * share)) }
}
