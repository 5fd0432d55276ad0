internal import CKernels
public import LinearAlgebra
import Networks

/// A scalar in which networks are trained.
public protocol TrainingScalar: ElementaryScalar {
    /// Moves `count` parameters `p` by their gradients `g`; `first` and `second` are the moments
    /// that the rule of `step` has, and as many.
    static func update(
        _ p: UnsafeMutablePointer<Self>, by g: UnsafePointer<Self>,
        first: UnsafeMutablePointer<Self>?, second: UnsafeMutablePointer<Self>?, count: Int,
        _ step: UpdateStep)
}

/// One step of an update rule for parameters of one group: a rule with its scalars, which are
/// computed in Double and rounded once to the precision of the parameters.
public struct UpdateStep: Sendable {
    enum Rule: Sendable {
        case descend, momentum, adam, adaMax
    }

    let rule: Rule
    let decay: Double
    let keep: Double
    let take: Double
    let keepSquare: Double
    let takeSquare: Double
    let epsilon: Double
    let rate: Double
    let rootCorrection: Double

    /// The update number `step`, counted from 1.
    init(_ rule: OptimizerRule, rate: Double, decay: Double, step: Int) {
        self.decay = decay
        switch rule {
        case .sgd(let momentum):
            self.rule = momentum == 0 ? .descend : .momentum
            keep = momentum
            (take, keepSquare, takeSquare, epsilon, rootCorrection) = (1, 0, 0, 0, 1)
            self.rate = rate
        case .adam(let beta1, let beta2, let epsilon), .adaMax(let beta1, let beta2, let epsilon):
            if case .adam = rule { self.rule = .adam } else { self.rule = .adaMax }
            keep = beta1
            take = 1 - beta1
            keepSquare = beta2
            takeSquare = 1 - beta2
            self.epsilon = epsilon
            self.rate = rate / (1 - power(beta1, step))
            rootCorrection = 1 / (1 - power(beta2, step)).squareRoot()
        }
    }

    fileprivate var terms: ckernels_update_terms {
        ckernels_update_terms(
            decay: decay, keep: keep, take: take, keep_square: keepSquare,
            take_square: takeSquare, epsilon: epsilon, rate: rate,
            root_correction: rootCorrection)
    }
}

/// `base` to a whole power, by squaring.
func power(_ base: Double, _ exponent: Int) -> Double {
    var (result, square, rest) = (1.0, base, exponent)
    while rest > 0 {
        if rest & 1 == 1 { result *= square }
        square *= square
        rest >>= 1
    }
    return result
}

private let instructionSet = ckernels_best_set()

extension Float: TrainingScalar {
    /// Moves `count` parameters `p` by their gradients `g`.
    ///
    /// `first` and `second` are the moments that the rule has.
    public static func update(
        _ p: UnsafeMutablePointer<Float>, by g: UnsafePointer<Float>,
        first: UnsafeMutablePointer<Float>?, second: UnsafeMutablePointer<Float>?, count: Int,
        _ step: UpdateStep
    ) {
        switch step.rule {
        case .descend: ckernels_descend_floats(instructionSet, p, g, count, step.terms)
        case .momentum: ckernels_momentum_floats(instructionSet, p, g, first, count, step.terms)
        case .adam: ckernels_adam_floats(instructionSet, p, g, first, second, count, step.terms)
        case .adaMax:
            ckernels_adamax_floats(instructionSet, p, g, first, second, count, step.terms)
        }
    }
}

extension Double: TrainingScalar {
    /// Moves `count` parameters `p` by their gradients `g`.
    ///
    /// `first` and `second` are the moments that the rule has.
    public static func update(
        _ p: UnsafeMutablePointer<Double>, by g: UnsafePointer<Double>,
        first: UnsafeMutablePointer<Double>?, second: UnsafeMutablePointer<Double>?, count: Int,
        _ step: UpdateStep
    ) {
        switch step.rule {
        case .descend: ckernels_descend_doubles(instructionSet, p, g, count, step.terms)
        case .momentum: ckernels_momentum_doubles(instructionSet, p, g, first, count, step.terms)
        case .adam: ckernels_adam_doubles(instructionSet, p, g, first, second, count, step.terms)
        case .adaMax:
            ckernels_adamax_doubles(instructionSet, p, g, first, second, count, step.terms)
        }
    }
}
