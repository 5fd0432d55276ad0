import LinearAlgebra

/// Memory for a fixed number of scalars, aligned to cache lines and zero at first.
final class Buffer<Scalar: NetworkScalar> {
    let base: UnsafeMutablePointer<Scalar>
    let count: Int

    init(count: Int) {
        self.count = count
        base = UnsafeMutableRawPointer.allocate(
            byteCount: max(1, count) * MemoryLayout<Scalar>.stride, alignment: 4096
        ).bindMemory(to: Scalar.self, capacity: max(1, count))
        base.initialize(repeating: 0, count: count)
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }
}

/// The samples of one minibatch.
final class Batch<Scalar: NetworkScalar> {
    private(set) var inputs: Matrix<Scalar>
    let targets: Buffer<Scalar>
    let labels: UnsafeMutablePointer<Int32>
    private(set) var samples = 0

    init(capacity: Int, data: TrainingData<Scalar>) {
        inputs = Matrix(rows: capacity, columns: data.inputCount)
        targets = Buffer(count: capacity * data.outputCount)
        labels = .allocate(capacity: max(1, capacity))
        labels.initialize(repeating: 0, count: max(1, capacity))
    }

    deinit { labels.deallocate() }

    func load(_ samples: ArraySlice<Int>, of data: TrainingData<Scalar>) {
        data.gatherInputs(samples, into: &inputs)
        data.gatherTargets(samples, into: self)
        self.samples = samples.count
    }
}

/// The activations, and for training the gradients, of one batch in a network of given shape.
///
/// Allocated once; passes through it allocate nothing that grows with the batch or the network.
final class Workspace<Scalar: NetworkScalar> {
    let capacity: Int
    private let layers: [any NetworkLayer]
    private let panels: [[Range<Int>]]
    private let pre: [Buffer<Scalar>]
    private let post: [Buffer<Scalar>]
    /// The derivatives by each layer's post-activations.
    private let outputGradients: [Buffer<Scalar>]
    /// The derivatives by the parameters, laid out as these are.
    let gradients: Buffer<Scalar>
    private var passes: [LayerPass<Scalar>] = []
    /// Held from the forward to the backward pass, because the first layer reads them in both; then
    /// let go, so that whoever fills the matrix again can do so in place.
    private var inputs: Matrix<Scalar>?

    init(_ network: Network<Scalar>, capacity: Int, withGradients: Bool) {
        self.capacity = capacity
        layers = network.layers
        panels = layers.map { Self.panels(of: $0, samples: capacity) }
        let pre = layers.map { Buffer<Scalar>(count: capacity * $0.outputs) }
        self.pre = pre
        post = layers.enumerated().map { index, layer in
            layer.activation == .identity
                ? pre[index] : Buffer(count: capacity * layer.outputs)
        }
        outputGradients = layers.map {
            Buffer(count: withGradients ? capacity * $0.outputs : 0)
        }
        gradients = Buffer(count: withGradients ? network.layout.count : 0)
        for index in layers.indices {
            passes.append(
                LayerPass(
                    samples: 0,
                    input: UnsafePointer(index == 0 ? pre[0].base : post[index - 1].base),
                    pre: pre[index].base, post: post[index].base,
                    outputGradient: outputGradients[index].base,
                    inputGradient: outputGradients[max(0, index - 1)].base,
                    parameters: UnsafePointer(gradients.base), gradients: gradients.base,
                    offsets: network.layout.offsets(ofLayer: index)))
        }
    }

    /// How a layer's outputs are divided among cores: by the shape alone, since the borders of a
    /// product can change its last bits.
    private static func panels(of layer: any NetworkLayer, samples: Int) -> [Range<Int>] {
        let outputs = layer.outputs
        // Below about a million multiplications, handing the work over costs more than it saves.
        let worthwhile = samples * layer.inputs * outputs / 1_000_000
        // A narrower panel repacks the other factor too often: measured, 64 columns cost a fifth of
        // a product's speed, 128 a tenth.
        let count = max(1, min(8, worthwhile, outputs / 128))
        // Borders at whole vectors: 16 floats are one of the widest registers and a cache line.
        let width = ((outputs + count - 1) / count + 15) / 16 * 16
        return stride(from: 0, to: outputs, by: width).map { $0..<min($0 + width, outputs) }
    }

    /// The pre- and post-activations of a layer, shape (samples, outputs), after a forward pass.
    func activations(ofLayer layer: Int) -> (
        pre: UnsafePointer<Scalar>, post: UnsafePointer<Scalar>
    ) {
        (UnsafePointer(pre[layer].base), UnsafePointer(post[layer].base))
    }

    /// Computes all activations.
    func forward(_ inputs: Matrix<Scalar>, through network: Network<Scalar>) {
        let samples = inputs.rows
        precondition(samples <= capacity, "\(samples) samples in a workspace for \(capacity)")
        if gradients.count > 0 { self.inputs = inputs }
        network.parameters.withElements { all in
            guard let parameters = all.baseAddress,
                let input = inputs.withElements({ $0.baseAddress })
            else { return }
            for index in layers.indices {
                passes[index].samples = samples
                passes[index].parameters = parameters
                if index == 0 { passes[0].input = input }
                let layer = layers[index]
                let pass = passes[index]
                let panels = panels[index]
                concurrently(panels.count) { layer.forward(pass, outputs: panels[$0]) }
            }
        }
    }

    /// Computes the loss after a forward pass, and where its gradient starts from.
    func loss(_ loss: Loss, of batch: Batch<Scalar>, withGradient: Bool) -> LossSums {
        let last = layers.count - 1
        let gradient = withGradient ? outputGradients[last].base : nil
        let outputs = UnsafePointer(post[last].base)
        switch loss {
        case .crossEntropy:
            return crossEntropy(
                outputs, labels: UnsafePointer(batch.labels), samples: batch.samples,
                classes: layers[last].outputs, gradient: gradient)
        case .squaredError:
            return squaredError(
                outputs, targets: UnsafePointer(batch.targets.base), samples: batch.samples,
                outputs: layers[last].outputs, gradient: gradient)
        }
    }

    /// Computes the gradient by all parameters, after ``loss(_:of:withGradient:)``.
    ///
    /// - Returns: the layers' penalties.
    func backward(through network: Network<Scalar>) -> Double {
        defer { inputs = nil }
        return network.parameters.withElements { all in
            guard let parameters = all.baseAddress else { return 0 }
            var penalty = 0.0
            for index in layers.indices.reversed() {
                passes[index].parameters = parameters
                let layer = layers[index]
                let pass = passes[index]
                let panels = panels[index]
                let next = index + 1 < layers.count ? (layers[index + 1], passes[index + 1]) : nil
                concurrently(panels.count) { panel in
                    if let (layer, pass) = next { layer.propagate(pass, inputs: panels[panel]) }
                    layer.backward(pass, outputs: panels[panel])
                }
                penalty += layer.penalty(pass)
            }
            return penalty
        }
    }

    /// The layers' penalties, which depend on their parameters alone.
    func penalty(of network: Network<Scalar>) -> Double {
        network.parameters.withElements { all in
            guard let parameters = all.baseAddress else { return 0 }
            var sum = 0.0
            for (layer, pass) in zip(layers, passes) {
                var pass = pass
                pass.parameters = parameters
                sum += layer.penalty(pass)
            }
            return sum
        }
    }
}
