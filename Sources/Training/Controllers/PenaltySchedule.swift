/// Changes the strength of penalties over a training: λ₀ · factor^epochs, after a linear warm-up.
public struct PenaltySchedule: Controller {
    /// Factor on λ after each epoch.
    public var factor: Double
    /// Share of all steps over which λ grows from 0.
    public var warmUp: Double
    /// λ₀ of each penalty, once it is known.
    var base: [Double] = []

    /// A controller at the start of a training.
    public init(factor: Double = 1, warmUp: Double = 0) {
        self.factor = factor
        self.warmUp = warmUp
    }

    /// Whether there is a warm-up, which takes a share of all steps.
    public var dependsOnEpochs: Bool { warmUp > 0 }

    /// - Throws: ``TrainingError/setting(name:value:expected:)``.
    public func check() throws(TrainingError) {
        guard factor >= 0 && factor.isFinite else {
            throw .setting(name: "penalty-decay", value: "\(factor)", expected: "0 or more")
        }
        guard warmUp >= 0 && warmUp < 1 else {
            throw .setting(name: "penalty-warm-up", value: "\(warmUp)", expected: "0 to below 1")
        }
    }

    /// Sets λ for the next step.
    public mutating func afterBatch(_ control: inout TrainingControl) {
        if base.isEmpty { base = control.strengths }
        let epoch = control.isEndOfEpoch ? control.epoch + 1 : control.epoch
        var scale = 1.0
        for _ in 0..<epoch { scale *= factor }
        let warming = warmUp * Double(control.epochs) * Double(control.stepsPerEpoch)
        if Double(control.step) < warming { scale *= Double(control.step) / warming }
        control.strengths = base.map { $0 * scale }
    }

    /// Whether the strengths are numbers.
    public func isValid(units: [Int]) -> Bool { base.allSatisfy { $0 >= 0 && $0.isFinite } }
}
