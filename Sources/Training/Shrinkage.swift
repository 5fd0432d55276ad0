import LinearAlgebra
import Networks

/// The proximal map of a penalty, which follows an optimizer's step and reaches 0 exactly.
struct Shrinkage: Sendable {
    enum Form: Sendable {
        /// p := max(0, p - t), or towards 0 from both sides.
        case values(isSigned: Bool)
        /// Rows of a weight with their biases: w := max(0, 1 - t / ‖w‖) w.
        case rows(biasOffset: Int)
    }

    /// Of the run file.
    var layer: String
    /// The slot and where it begins.
    var entry: ParameterLayout.Entry
    var form: Form
    /// λ: the derivative of the penalty by each value, or by each row's norm.
    var strength: Double
    /// Steps of a unit's life before its value shrinks: with few, the second moment says nothing.
    var delay = 0
    /// When the unit of each row was born; empty where all were there from the start.
    var births: [Int] = []
    /// When all moments were forgotten.
    var restart = 0
    /// Values of units that were born before are as they are.
    var frozenBefore = 0

    /// Applies the map with t = lr λ in the metric of the rule, so that a value stays 0 exactly where
    /// its gradient is not below -λ: the optimality condition of the penalized loss.
    ///
    /// Adam divides the gradient by √v̂ + ε and AdaMax by u, momentum μ multiplies it by 1 / (1 - μ)
    /// in the long run; so does the map. Rows share one threshold, without a metric.
    func apply<Scalar: TrainingScalar>(
        to p: UnsafeMutablePointer<Scalar>, second: UnsafeMutablePointer<Scalar>?,
        rule: OptimizerRule, rate: Double, step: Int
    ) {
        let t = rate * strength
        guard t > 0 else { return }
        let (offset, slot) = (entry.offset, entry.slot)
        switch form {
        case .values(let isSigned):
            for i in entry.range {
                let birth = births.isEmpty ? 0 : births[(i - offset) / slot.columns]
                let age = step - max(birth, restart)
                guard age > delay, birth >= frozenBefore else { continue }
                let value = Double(p[i])
                let left =
                    value.magnitude
                    - t * scale(second.map { Double($0[i]) } ?? 0, rule, age)
                if left > 0 && (isSigned || value > 0) {
                    p[i] = Scalar(value < 0 ? -left : left)
                } else if !value.isNaN {
                    p[i] = 0
                }
            }
        case .rows(let biasOffset):
            for row in 0..<slot.rows {
                let start = p + offset + row * slot.columns
                let bias = Double(p[biasOffset + row])
                var square = bias * bias
                for i in 0..<slot.columns { square += Double(start[i]) * Double(start[i]) }
                guard square > 0 else { continue }
                let factor = Scalar(max(0, 1 - t / square.squareRoot()))
                for i in 0..<slot.columns { start[i] *= factor }
                p[biasOffset + row] *= factor
            }
        }
    }

    /// What the rule multiplies a lasting gradient by, beside its rate.
    private func scale(_ second: Double, _ rule: OptimizerRule, _ step: Int) -> Double {
        switch rule {
        case .sgd(let momentum): 1 / (1 - momentum)
        case .adam(_, let beta2, let epsilon):
            1 / ((second / (1 - power(beta2, step))).squareRoot() + epsilon)
        case .adaMax(_, _, let epsilon): 1 / max(second, epsilon)
        }
    }
}
