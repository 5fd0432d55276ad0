import Networks

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
            removeSilentUnits(&control)
        }
        guard let start else { return }
        control.strengths = control.strengths.map { _ in 0 }
        let steps = Double(control.epochs * control.stepsPerEpoch - start)
        let share = steps > 0 ? Double(control.step - start) / steps : 1
        control.rateFactor = Schedule.cosineFactor(min(1, share))
    }

    /// Removes units whose filter is 0, which without the penalty would come back one by one.
    private func removeSilentUnits(_ control: inout TrainingControl) {
        guard control.removesUnits else { return }
        for layer in control.layers() {
            let kept = layer.values.indices.filter { layer.values[$0] != 0 }
            guard !kept.isEmpty, kept.count < layer.values.count else { continue }
            control.edits.append((.keeping(kept, ofLayer: layer.index), "settled"))
        }
    }

    /// Whether the start is one.
    public func isValid(units: [Int]) -> Bool { start ?? 0 >= 0 }
}
