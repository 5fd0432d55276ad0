/// Ends a training after so much arithmetic, which is the same on every machine.
public struct Budget: Controller {
    /// Multiplications and additions of all forward and backward passes.
    public var multiplyAdds: Double

    /// A budget.
    public init(multiplyAdds: Double) { self.multiplyAdds = multiplyAdds }

    /// - Throws: ``TrainingError/setting(name:value:expected:)``.
    public func check() throws(TrainingError) {
        guard multiplyAdds > 0 && multiplyAdds.isFinite else {
            throw .setting(
                name: "budget-multiply-adds", value: "\(multiplyAdds)",
                expected: "a positive number")
        }
    }

    /// Ends the epoch and the training with the batch that reaches the budget.
    public mutating func afterBatch(_ control: inout TrainingControl) {
        guard control.multiplyAdds >= multiplyAdds else { return }
        control.endsEpoch = true
        control.outcome = control.outcome ?? .budget
    }
}
