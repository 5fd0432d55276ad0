package import LinearAlgebra

/// Memory for a fixed number of scalars, aligned to pages and zero at first.
package final class Buffer<Scalar: ElementaryScalar> {
    package let base: UnsafeMutablePointer<Scalar>
    package let count: Int

    package init(count: Int) {
        self.count = count
        base = UnsafeMutableRawPointer.allocate(
            byteCount: max(1, count) * MemoryLayout<Scalar>.stride, alignment: 4096
        ).bindMemory(to: Scalar.self, capacity: max(1, count))
        base.initialize(repeating: 0, count: count)
    }

    deinit { UnsafeMutableRawPointer(base).deallocate() }
}

/// The samples of one minibatch.
package final class Minibatch<Scalar: ElementaryScalar> {
    package var inputs: Matrix<Scalar>
    package let targets: Buffer<Scalar>
    package let labels: UnsafeMutablePointer<Int32>
    package var samples = 0
    /// What the loss of a sample is multiplied by, one factor a class; empty where all count alike.
    package var classWeights: [Scalar] = []

    package init(capacity: Int, inputs: Int, outputs: Int) {
        self.inputs = Matrix(rows: capacity, columns: inputs)
        targets = Buffer(count: capacity * outputs)
        labels = .allocate(capacity: max(1, capacity))
        labels.initialize(repeating: 0, count: max(1, capacity))
    }

    deinit { labels.deallocate() }
}

/// The activations, and for training the gradients, of one batch in a network of given shape.
///
/// All of them lie in one arena, which is carved anew when the network changes its shape. For each
/// layer post-activations are kept, since gradients need them; pre-activations only where somebody
/// records them. Two buffers take turns as the gradient by a layer's outputs and by its inputs.
/// Passes allocate nothing that grows with the batch or the network.
package final class Workspace<Scalar: ElementaryScalar> {
    package enum Purpose {
        /// Forward and backward.
        case training
        /// Forward.
        case evaluation
        /// Forward, with pre-activations.
        case recording
    }

    package let capacity: Int
    private let purpose: Purpose
    private var layers: [any Layer<Scalar>] = []
    private var arena = Buffer<Scalar>(count: 0)
    private var passes: [LayerPass<Scalar>] = []
    /// The factors of each layer and their inverses; the arena's base where there is no gate.
    private var factors:
        [(value: UnsafeMutablePointer<Scalar>, inverse: UnsafeMutablePointer<Scalar>)] = []
    private var slopes: [Double] = []
    /// The derivatives by the parameters, laid out as these are.
    package private(set) var gradients: UnsafeMutablePointer<Scalar>
    /// Held from the forward to the backward pass, because the first layer reads them in both; then
    /// let go, so that whoever fills the matrix again can do so in place.
    private var inputs: Matrix<Scalar>?

    package init(_ network: Network<Scalar>, capacity: Int, for purpose: Purpose) {
        self.capacity = capacity
        self.purpose = purpose
        gradients = arena.base
        reshape(for: network)
    }

    /// Makes room for `network`, in the same memory if it fits.
    package func reshape(for network: Network<Scalar>) {
        layers = network.layers
        // Parts begin at whole cache lines of the largest processors.
        func size(_ count: Int) -> Int { (count + 31) / 32 * 32 }
        let widest = layers.map { $0.outputs }.max() ?? 0
        var total = 0
        for layer in layers {
            total += size(capacity * layer.outputs)
            if purpose == .recording { total += size(capacity * layer.outputs) }
            if layer.gate.isPresent { total += 3 * size(layer.units) }
        }
        if purpose == .training {
            total += 2 * size(capacity * widest) + size(network.layout.count)
        }
        if total > arena.count { arena = Buffer(count: total) }
        var free = arena.base
        func take(_ count: Int) -> UnsafeMutablePointer<Scalar> {
            defer { free += size(count) }
            return free
        }
        let isTraining = purpose == .training
        gradients = isTraining ? take(network.layout.count) : arena.base
        let turns = (0..<2).map { _ in isTraining ? take(capacity * widest) : arena.base }
        passes = []
        factors = []
        for (index, layer) in layers.enumerated() {
            let post = take(capacity * layer.outputs)
            let pre = purpose == .recording ? take(capacity * layer.outputs) : nil
            let gate = layer.gate.isPresent
            let value = gate ? take(layer.units) : arena.base
            let inverse = gate ? take(layer.units) : arena.base
            let sums = gate ? take(layer.units) : arena.base
            factors.append((value, inverse))
            passes.append(
                LayerPass(
                    samples: 0, capacity: capacity,
                    input: UnsafePointer(index == 0 ? post : passes[index - 1].post),
                    pre: pre, inputCount: layer.inputs, post: post,
                    outputGradient: turns[index % 2],
                    inputGradient: index == 0 ? nil : turns[(index + 1) % 2],
                    factors: gate ? (UnsafePointer(value), UnsafePointer(inverse)) : nil,
                    gateSums: sums, parameters: UnsafePointer(arena.base),
                    gradients: gradients, offsets: network.layout.offsets(ofLayer: index)))
        }
        slopes = layers.map { $0.gate.startingSlope }
    }

    /// The layers whose weights and biases do not learn.
    package func freeze(_ frozen: [Bool]) {
        for (index, isFrozen) in frozen.enumerated() { passes[index].isFrozen = isFrozen }
    }

    /// The post-activations of a layer, shape (samples, outputs), after a forward pass.
    package func post(ofLayer layer: Int) -> UnsafePointer<Scalar> {
        UnsafePointer(passes[layer].post)
    }

    /// The derivative of the loss by the outputs, shape (samples, outputs), after
    /// ``loss(_:of:withGradient:)``.
    package var outputGradient: UnsafePointer<Scalar> {
        UnsafePointer(passes[passes.count - 1].outputGradient)
    }

    /// The pre-activations, if the workspace is for recording.
    package func pre(ofLayer layer: Int) -> UnsafePointer<Scalar>? {
        passes[layer].pre.map { UnsafePointer($0) }
    }

    /// Computes all activations.
    ///
    /// - Parameters:
    ///   - inputs: shape (samples, inputs), at most as many samples as the capacity.
    ///   - network: of the shape that this is for.
    ///   - draw: seed and number of the step of a training, for ramps whose slope is drawn.
    package func forward(
        _ inputs: Matrix<Scalar>, through network: Network<Scalar>,
        draw: (seed: UInt64, step: Int)? = nil
    ) {
        let samples = inputs.rows
        precondition(samples <= capacity, "\(samples) samples in a workspace for \(capacity)")
        if purpose == .training { self.inputs = inputs }
        network.parameters.withElements { all in
            guard let parameters = all.baseAddress,
                let input = inputs.withElements({ $0.baseAddress })
            else { return }
            for (index, layer) in layers.enumerated() {
                passes[index].samples = samples
                passes[index].parameters = parameters
                if index == 0 { passes[0].input = input }
                if layer.gate.isPresent {
                    if let draw {
                        slopes[index] = layer.gate.drawnSlope(
                            seed: draw.seed, step: draw.step, layer: index)
                    }
                    layer.gate.write(
                        from: network.gateParameters(parameters, index), slope: slopes[index],
                        isExact: purpose != .training, to: factors[index].value,
                        inverse: factors[index].inverse, units: layer.units)
                }
                forward(layer, passes[index])
            }
        }
    }

    private func forward(_ layer: some Layer<Scalar>, _ pass: LayerPass<Scalar>) {
        layer.forward(pass)
    }

    /// Computes the loss after a forward pass, and where its gradient starts from.
    package func loss(_ loss: Loss, of batch: Minibatch<Scalar>, withGradient: Bool) -> LossSums {
        let last = layers.count - 1
        let gradient = withGradient ? passes[last].outputGradient : nil
        let outputs = UnsafePointer(passes[last].post)
        switch loss {
        case .crossEntropy:
            return batch.classWeights.withUnsafeBufferPointer { weights in
                crossEntropy(
                    outputs, labels: UnsafePointer(batch.labels), samples: batch.samples,
                    classes: layers[last].outputs,
                    weights: weights.isEmpty ? nil : weights.baseAddress, gradient: gradient)
            }
        case .squaredError:
            return squaredError(
                outputs, targets: UnsafePointer(batch.targets.base), samples: batch.samples,
                outputs: layers[last].outputs, gradient: gradient)
        }
    }

    /// Computes the gradient by all parameters, after ``loss(_:of:withGradient:)``.
    package func backward(through network: Network<Scalar>) {
        defer { inputs = nil }
        network.parameters.withElements { all in
            guard let parameters = all.baseAddress else { return }
            for index in layers.indices.reversed() {
                passes[index].parameters = parameters
                let layer = layers[index]
                backward(layer, passes[index])
                guard layer.gate.isPresent else { continue }
                let gradients = network.layout.entries.compactMap {
                    $0.layer == index && $0.slot.role == .gate ? self.gradients + $0.offset : nil
                }
                layer.gate.differentiate(
                    sums: UnsafePointer(passes[index].gateSums),
                    inverse: UnsafePointer(factors[index].inverse),
                    parameters: network.gateParameters(parameters, index), slope: slopes[index],
                    to: gradients, units: layer.units)
            }
        }
    }

    private func backward(_ layer: some Layer<Scalar>, _ pass: LayerPass<Scalar>) {
        layer.backward(pass)
    }
}
