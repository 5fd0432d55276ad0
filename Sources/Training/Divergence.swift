import LinearAlgebra
import Networks

/// Where a training first met a quantity that is infinite or NaN, from which it cannot recover.
public struct Divergence: Sendable, Hashable, CustomStringConvertible {
    /// What is watched: loss and penalty after each batch, the others after each epoch.
    public enum Quantity: String, Sendable, Hashable {
        case loss = "the loss"
        case penalty = "the penalty"
        case parameters = "a parameter of the network"
        /// The sums of gradients or of their squares that the optimizer keeps: a parameter whose
        /// second moment overflowed never moves again.
        case moments = "a moment of the optimizer"
        case validationLoss = "the validation loss"
        case testLoss = "the test loss"
    }

    /// The quantity.
    public var quantity: Quantity
    /// The epoch, counted from 1.
    public var epoch: Int
    /// The batch of the epoch, counted from 1; the last one for what is watched after epochs.
    public var batch: Int

    /// A divergence; see the properties.
    public init(quantity: Quantity, epoch: Int, batch: Int) {
        self.quantity = quantity
        self.epoch = epoch
        self.batch = batch
    }

    /// The quantity, the time and the remedy.
    public var description: String {
        "the training diverged: \(quantity.rawValue) became infinite or NaN in epoch \(epoch), "
            + "batch \(batch); try a smaller learning rate"
    }
}

/// Whether all `values` are finite.
///
/// - Complexity: one pass. x - x is 0 for a finite x and NaN for every other.
@_specialize(where Scalar == Float)
@_specialize(where Scalar == Double)
func areFinite<Scalar: ElementaryScalar>(_ values: UnsafeBufferPointer<Scalar>) -> Bool {
    var sum: Scalar = 0
    for value in values { sum += value - value }
    return sum == 0
}
