public import LinearAlgebra
public import Networks

/// How well a network does on a set of samples.
public struct Evaluation: Sendable, Hashable {
    /// Mean loss, without penalties.
    public var loss: Double
    /// Share of samples whose largest output is that of their class; `nil` without classes.
    public var accuracy: Double?

    init(_ sums: LossSums, loss: Loss) {
        self.loss = sums.loss / Double(max(1, sums.samples))
        accuracy =
            loss == .crossEntropy ? Double(sums.correct) / Double(max(1, sums.samples)) : nil
    }
}

extension Network {
    /// The mean loss and the accuracy on `data`.
    ///
    /// - Parameters:
    ///   - data: samples with as many inputs and outputs as the network.
    ///   - loss: what is averaged.
    ///   - size: samples that pass through together; bounds the memory.
    /// - Returns: means over all samples.
    /// - Throws: ``TrainingError`` if the sizes of network and data differ.
    public func evaluate(
        _ data: TrainingData<Scalar>, loss: Loss, batch size: Int = 512
    ) throws(TrainingError) -> Evaluation {
        try check(data, for: loss)
        return evaluate(
            data, loss: loss, in: Workspace(self, capacity: size, for: .evaluation))
    }

    func evaluate(
        _ data: TrainingData<Scalar>, loss: Loss, in workspace: Workspace<Scalar>
    ) -> Evaluation {
        var sums = LossSums()
        let batch = Minibatch<Scalar>(
            capacity: workspace.capacity, inputs: data.inputCount, outputs: data.outputCount)
        let all = Array(0..<data.count)
        for start in stride(from: 0, to: data.count, by: workspace.capacity) {
            batch.load(all[start..<min(start + workspace.capacity, data.count)], of: data)
            workspace.forward(batch.inputs, through: self)
            sums.add(workspace.loss(loss, of: batch, withGradient: false))
        }
        return Evaluation(sums, loss: loss)
    }

    /// The activations of every layer on consecutive samples, batch by batch.
    ///
    /// - Parameters:
    ///   - data: samples with as many inputs as the network.
    ///   - size: samples of a batch; the memory does not depend on how many samples there are.
    ///   - body: receives the samples' indices, and for each layer its pre- and post-activations,
    ///     shape (samples, outputs).
    /// - Throws: what `body` throws.
    public func forEachBatch<E: Error>(
        of data: TrainingData<Scalar>, batch size: Int = 512,
        _ body: (Range<Int>, [(pre: Matrix<Scalar>, post: Matrix<Scalar>)]) throws(E) -> Void
    ) throws(E) {
        precondition(
            data.inputCount == inputs, "\(data.inputCount) values for \(inputs) inputs")
        let workspace = Workspace(self, capacity: size, for: .recording)
        let batch = Minibatch<Scalar>(
            capacity: size, inputs: data.inputCount, outputs: data.outputCount)
        let all = Array(0..<data.count)
        for start in stride(from: 0, to: data.count, by: size) {
            let range = start..<min(start + size, data.count)
            batch.load(all[range], of: data)
            workspace.forward(batch.inputs, through: self)
            try body(
                range,
                layers.indices.map { layer in
                    let count = range.count * layers[layer].outputs
                    func matrix(_ values: UnsafePointer<Scalar>) -> Matrix<Scalar> {
                        Matrix(
                            rows: range.count, columns: layers[layer].outputs,
                            elements: UnsafeBufferPointer(start: values, count: count))
                    }
                    let post = matrix(workspace.post(ofLayer: layer))
                    let isPlain =
                        layers[layer].activation == .identity && !layers[layer].gate.isPresent
                    guard !isPlain, let pre = workspace.pre(ofLayer: layer) else {
                        return (post, post)
                    }
                    return (matrix(pre), post)
                })
        }
    }

    /// The mean loss over `data` and its derivatives by all parameters.
    ///
    /// - Returns: the gradient, for each layer the slots' values, row-major.
    public func lossAndGradient(
        _ data: TrainingData<Scalar>, loss: Loss
    ) throws(TrainingError) -> (loss: Double, gradient: [[Matrix<Scalar>]]) {
        try check(data, for: loss)
        let workspace = Workspace(self, capacity: data.count, for: .training)
        let batch = Minibatch<Scalar>(
            capacity: data.count, inputs: data.inputCount, outputs: data.outputCount)
        batch.load(Array(0..<data.count)[...], of: data)
        workspace.forward(batch.inputs, through: self)
        let sums = workspace.loss(loss, of: batch, withGradient: true)
        workspace.backward(through: self)
        let gradient = layers.indices.map { layer in
            layout.entries.filter { $0.layer == layer }.map { entry in
                Matrix(
                    rows: entry.slot.rows, columns: entry.slot.columns,
                    elements: UnsafeBufferPointer(
                        start: workspace.gradients + entry.offset, count: entry.slot.count))
            }
        }
        return (Evaluation(sums, loss: loss).loss, gradient)
    }

    /// - Throws: ``TrainingError`` if the network cannot be trained on `data` with `loss`.
    func check(_ data: TrainingData<Scalar>, for loss: Loss) throws(TrainingError) {
        guard data.count > 0 else { throw .noSamples }
        guard data.inputCount == inputs else {
            throw .sizes(what: "inputs", network: inputs, data: data.inputCount)
        }
        guard data.outputCount == outputs else {
            throw .sizes(what: "outputs", network: outputs, data: data.outputCount)
        }
        switch (loss, data.targets) {
        case (.crossEntropy, .values): throw .lossNeedsLabels
        case (.squaredError, .labels): throw .lossNeedsValues
        default: return
        }
    }
}
