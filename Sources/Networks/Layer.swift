public import LinearAlgebra

/// A differentiable map between layers of activations.
///
/// A layer is a description: sizes and settings. Its parameters live in the network, in the slots
/// that the layer declares, and reach it as pointers. A layer divides its own work among the cores
/// (`concurrently`), by its shape alone, so that the bits do not depend on how many there are.
/// Matrices are row-major, one sample a row.
public protocol Layer<Scalar>: Sendable {
    /// `Float`, or `Double` where gradients are checked.
    associatedtype Scalar: ElementaryScalar

    /// What run files call it: "linear", "conv2d", ...
    var kind: String { get }
    /// What it reads.
    var input: UnitShape { get }
    /// What it writes; its units can be removed one by one.
    var output: UnitShape { get }
    /// Whether each of its units has one input, the unit of the same index in the layer before, so
    /// that the two are removed together. Default: false.
    var isElementwise: Bool { get }
    /// The nonlinearity between its pre- and post-activations.
    var activation: Activation { get }
    /// What its units are multiplied by behind the nonlinearity. Default: nothing.
    ///
    /// A layer with a gate includes the gate's slots in ``slots``, multiplies its post-activations
    /// by ``LayerPass/factors`` and adds up ``LayerPass/gateSums``; the workspace does the rest.
    var gate: Gate { get }
    /// Its parameters, in the order in which passes number them.
    var slots: [ParameterSlot] { get }
    /// Multiplications and additions of a forward pass of one sample.
    var multiplyAdds: Int { get }

    /// Draws the initial value of a slot that is no gate; called once a slot, in order.
    ///
    /// - Parameters:
    ///   - slot: index in ``slots``.
    ///   - values: the slot's values, row-major, all zero.
    ///   - scheme: what was asked for; a layer may have parameters to which it does not apply.
    ///   - generator: the source of all randomness.
    func initialize(
        slot: Int, _ values: UnsafeMutableBufferPointer<Scalar>, by scheme: Initialization,
        using generator: inout SeededGenerator)

    /// Computes the post-activations, and the pre-activations where ``LayerPass/pre`` asks for them.
    func forward(_ pass: LayerPass<Scalar>)

    /// From the gradient by the post-activations, computes that by the parameters (unless
    /// ``LayerPass/isFrozen``) and by the inputs (where ``LayerPass/inputGradient`` asks for it);
    /// may write over the gradient by the post-activations.
    func backward(_ pass: LayerPass<Scalar>)

    /// The same layer behind one of `inputs` units, with `units` units of its own.
    func resized(inputs: Int, units: Int) -> Self

    /// Whether its units are inputs of the network. Default: false.
    var selectsInputs: Bool { get }
    /// The same layer with units of these identities, as many as it has. Default: itself.
    func selecting(_ ids: [UInt64]) -> Self
}

extension Layer {
    /// False.
    public var isElementwise: Bool { false }
    /// Nothing.
    public var gate: Gate { .none }
    /// False.
    public var selectsInputs: Bool { false }
    /// Itself.
    public func selecting(_ ids: [UInt64]) -> Self { self }
    /// Values read for each sample.
    public var inputs: Int { input.count }
    /// Values written for each sample.
    public var outputs: Int { output.count }
    /// Units that can be removed one by one.
    public var units: Int { output.units }
}

/// The memory that one layer works on while one batch passes.
public struct LayerPass<Scalar: ElementaryScalar> {
    /// Rows in use of every matrix below.
    public var samples: Int
    /// Rows that they have; work is divided by it, so that a short batch is divided as all others.
    public var capacity: Int
    /// Shape (samples, inputs).
    public var input: UnsafePointer<Scalar>
    /// Where pre-activations go if somebody wants them, shape (samples, outputs).
    public var pre: UnsafeMutablePointer<Scalar>?
    /// Columns of ``input``.
    public var inputCount: Int
    /// What the next layer reads, shape (samples, outputs).
    public var post: UnsafeMutablePointer<Scalar>
    /// The derivative of the loss by ``post``.
    ///
    /// Shape (samples, outputs). Meaningless in a forward pass.
    public var outputGradient: UnsafeMutablePointer<Scalar>
    /// Where the derivative of the loss by ``input`` goes, shape (samples, inputs).
    ///
    /// `nil` in the first layer: nobody reads it.
    public var inputGradient: UnsafeMutablePointer<Scalar>?
    /// What each unit is multiplied by, and the inverse of that; `nil` without a gate.
    ///
    /// A factor is never 0 while gradients are computed: see ``Gate``.
    public var factors: (value: UnsafePointer<Scalar>, inverse: UnsafePointer<Scalar>)?
    /// Where the backward pass adds up, for each unit, the products of ``outputGradient`` and ``post``
    /// over samples and positions; with factors only.
    public var gateSums: UnsafeMutablePointer<Scalar>
    /// Whether weights and biases do not learn, so that their gradient need not be computed.
    public var isFrozen = false
    var parameters: UnsafePointer<Scalar>
    var gradients: UnsafeMutablePointer<Scalar>
    var offsets: [Int]

    /// The values of a slot, row-major.
    public func parameter(_ slot: Int) -> UnsafePointer<Scalar> { parameters + offsets[slot] }

    /// Where the derivatives by the values of a slot go, row-major, not initialized.
    public func gradient(_ slot: Int) -> UnsafeMutablePointer<Scalar> { gradients + offsets[slot] }
}
