import LinearAlgebra
import Networks
import Testing
import Training

/// A quantity that is not finite ends a training, wherever and whenever it appears.
@Suite struct DivergenceTests {
    private func data(_ samples: Int = 8, scale: Float = 1) throws -> TrainingData<Float> {
        let inputs: Matrix<Float> = normalMatrix(samples, 3, seed: 1)
        return try TrainingData(
            inputs: Matrix(
                rows: samples, columns: 3, elements: inputs.elements.map { scale * $0 }),
            labels: (0..<samples).map { $0 % 2 }, classes: 2)
    }

    private func divergence(
        _ network: Network<Float>, _ configuration: TrainingConfiguration,
        validation: TrainingData<Float>? = nil, test: TrainingData<Float>? = nil
    ) throws -> (Divergence, history: History) {
        let trainer = try Trainer(
            network, configuration, training: data(), validation: validation, test: test)
        let error = try #require(throws: TrainingError.self) { try trainer.run() }
        guard case .diverged(let divergence) = error else { throw error }
        return (divergence, trainer.history)
    }

    @Test("of one weight, whatever the activation", arguments: Activation.allCases)
    func aHiddenWeightThatIsNoNumber(activation: Activation) throws {
        var network = Network<Float>(
            inputs: 3, hidden: [4, 4], outputs: 2, activation: activation, seed: 1)
        network[0, "weight"][2, 1] = .nan
        let (found, history) = try divergence(network, TrainingConfiguration(epochs: 2, batch: 4))
        #expect(found == Divergence(quantity: .loss, epoch: 1, batch: 1))
        #expect(history.series.isEmpty)
    }

    /// tanh(∞) = 1, so that the loss stays finite.
    @Test func aHiddenWeightThatIsInfinite() throws {
        var network = Network<Float>(
            inputs: 3, hidden: [4], outputs: 2, activation: .tanh, seed: 1)
        network[0, "bias"][1, 0] = .infinity
        let (found, _) = try divergence(network, TrainingConfiguration(epochs: 2, batch: 8))
        #expect(found == Divergence(quantity: .parameters, epoch: 1, batch: 1))
    }

    /// A step of 1e38 and more, in the only batch of the only epoch, which no forward pass follows.
    @Test func theVeryLastUpdate() throws {
        let network = Network<Float>(inputs: 3, hidden: [4], outputs: 2, seed: 1)
        let (found, history) = try divergence(
            network,
            TrainingConfiguration(
                epochs: 1, batch: 8,
                optimizer: OptimizerConfiguration(.sgd(), learningRate: 1e300)))
        #expect(found == Divergence(quantity: .parameters, epoch: 1, batch: 1))
        #expect(history.series.isEmpty)
    }

    @Test func aPenalty() throws {
        var configuration = TrainingConfiguration(epochs: 1, batch: 4)
        // The gradient is this: finite, where the penalty on four filters overflows.
        configuration.penalties = [Penalty(.subgradient, .value(.greatestFiniteMagnitude))]
        let (found, _) = try divergence(
            Network(inputs: 3, hidden: [4], outputs: 2, gate: .filter(), seed: 1), configuration)
        #expect(found.quantity == .penalty)
        #expect(found.batch == 1)
    }

    @Test func evaluations() throws {
        let network = Network<Float>(inputs: 3, hidden: [4], outputs: 2, seed: 1)
        let configuration = TrainingConfiguration(epochs: 3, batch: 4, patience: 2)
        let huge = try data(scale: .greatestFiniteMagnitude)
        let validated = try divergence(network, configuration, validation: huge)
        #expect(validated.0 == Divergence(quantity: .validationLoss, epoch: 1, batch: 2))
        let tested = try divergence(
            network, configuration, validation: data(), test: huge)
        #expect(tested.0 == Divergence(quantity: .testLoss, epoch: 1, batch: 2))
        #expect(tested.history.series.isEmpty)
    }

    /// Gradients of 1e20 and more have no square in single precision: Adam's denominator is
    /// infinite, and the weights would stay as they are for ever.
    @Test func moments() throws {
        let inputs: Matrix<Float> = normalMatrix(8, 3, seed: 1)
        let data = try TrainingData<Float>(
            inputs: inputs,
            targets: Matrix(rows: 8, columns: 1, elements: (0..<8).map { 1e22 * Float(1 + $0) }))
        let trainer = try Trainer(
            Network(inputs: 3, hidden: [], outputs: 1, seed: 1),
            TrainingConfiguration(epochs: 2, batch: 8, loss: .squaredError), training: data)
        #expect(
            throws: TrainingError.diverged(Divergence(quantity: .moments, epoch: 1, batch: 1))
        ) { try trainer.run() }
    }

    @Test("NaN passes through an activation and its derivative", arguments: Activation.allCases)
    func activations(activation: Activation) throws {
        #expect(activation(Float.nan).isNaN)
        #expect(activation(Double.nan).isNaN)
        var network = Network<Double>(
            inputs: 1, hidden: [1], outputs: 1, activation: activation, seed: 1)
        network[0, "weight"] = Matrix(rows: 1, columns: 1, elements: [.nan])
        let data = try TrainingData<Double>(
            inputs: Matrix(rows: 1, columns: 1, elements: [1]),
            targets: Matrix(rows: 1, columns: 1))
        let (loss, gradient) = try network.lossAndGradient(data, loss: .squaredError)
        #expect(loss.isNaN)
        #expect(gradient[0].allSatisfy { $0.elements[0].isNaN })
    }

    @Test func reluOfNumbers() {
        let relu = Activation.relu
        #expect(relu(-1.5) == 0)
        #expect(relu(2.5) == 2.5)
        #expect(relu(-Double.infinity) == 0)
        #expect(relu(Double.infinity) == .infinity)
        #expect(relu(-0.0).sign == .plus)
    }
}
