import LinearAlgebra
import Networks

/// One factor a unit: proof that a layer fits in from outside.
struct ScalingLayer<Scalar: ElementaryScalar>: Layer {
    let output: UnitShape

    init(units: Int) { output = UnitShape(units: units) }

    var kind: String { "scaling" }
    var input: UnitShape { output }
    var isElementwise: Bool { true }
    var activation: Activation { .identity }
    var multiplyAdds: Int { units }
    var slots: [ParameterSlot] { [ParameterSlot(name: "factor", role: .weight, rows: units)] }

    func initialize(
        slot: Int, _ values: UnsafeMutableBufferPointer<Scalar>, by scheme: Initialization,
        using generator: inout SeededGenerator
    ) {
        for i in values.indices { values[i] = Scalar(0.5 + generator.uniform()) }
    }

    func forward(_ pass: LayerPass<Scalar>) {
        for position in 0..<pass.samples * units {
            let value = pass.input[position] * pass.parameter(0)[position % units]
            pass.pre?[position] = value
            pass.post[position] = value
        }
    }

    func backward(_ pass: LayerPass<Scalar>) {
        for i in 0..<units { pass.gradient(0)[i] = 0 }
        for position in 0..<pass.samples * units {
            let i = position % units
            pass.gradient(0)[i] += pass.outputGradient[position] * pass.input[position]
            pass.inputGradient?[position] = pass.outputGradient[position] * pass.parameter(0)[i]
        }
    }

    func resized(inputs: Int, units: Int) -> ScalingLayer { ScalingLayer(units: units) }
}
