import Glibc

/// Two phases: first sizes move under the penalty; then what survived is trained without it, at a
/// rate that falls to 0 along a cosine, so that it loses the penalty's bias.
public struct Settle: Controller {
    /// Epochs of the second phase.
    public var epochs: Int
    /// Updates made when the second phase began.
    var start: Int?

    /// A controller at the start of a training.
    public init(epochs: Int) { self.epochs = epochs }

    /// True: the second phase ends with the training.
    public var dependsOnEpochs: Bool { true }

    /// - Throws: ``TrainingError/setting(name:value:expected:)``.
    public func check() throws(TrainingError) {
        guard epochs > 0 else {
            throw .setting(name: "settle", value: "\(epochs)", expected: "1 epoch or more")
        }
    }

    /// Keeps penalties at 0 and sets the rate of the next step.
    public mutating func afterBatch(_ control: inout TrainingControl) {
        if start == nil, control.isEndOfEpoch, control.epoch + 1 >= control.epochs - epochs {
            start = control.step
        }
        guard let start else { return }
        control.strengths = control.strengths.map { _ in 0 }
        let steps = Double(control.epochs * control.stepsPerEpoch - start)
        let share = steps > 0 ? Double(control.step - start) / steps : 1
        control.rateFactor = 0.5 * (1 + cos(Double.pi * min(1, share)))
    }

    /// Whether the start is one.
    public func isValid(units: [Int]) -> Bool { start ?? 0 >= 0 }
}
