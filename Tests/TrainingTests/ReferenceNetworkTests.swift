import Foundation
import LinearAlgebra
import Networks
import Testing
import Training

/// Three minibatches of a network with two hidden layers, against PyTorch in float64:
/// Fixtures/reference/networks.py.
@Suite struct ReferenceNetworkTests {
    struct Reference: Decodable {
        struct Case: Decodable, Sendable, CustomTestStringConvertible {
            var optimizer: String
            var activation: String
            var loss: String
            var meanLoss: Double
            /// Of each layer the weights, row after row, then the biases.
            var parameters: [Double]
            var testDescription: String { "\(optimizer), \(activation), \(loss)" }
        }
        var order: [Int]
        var cases: [Case]
    }

    static let reference: Reference = {
        let root = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/reference/networks.json")
        guard let data = try? Data(contentsOf: root),
            let reference = try? JSONDecoder().decode(Reference.self, from: data)
        else { preconditionFailure("Fixtures/reference/networks.json cannot be read") }
        return reference
    }()

    static let optimizers: [String: OptimizerConfiguration] = [
        "sgd": OptimizerConfiguration(.sgd(), learningRate: 0.1),
        "momentum": OptimizerConfiguration(
            .sgd(momentum: 0.9), learningRate: 0.05, weightDecay: 0.01),
        "adam": OptimizerConfiguration(.adam(), learningRate: 0.01),
        "adam-groups": OptimizerConfiguration(
            .adam(), learningRate: 0.01,
            groups: ["weight": .init(weightDecay: 0.1), "bias": .init(rateFactor: 3)]),
        "adam-constants": OptimizerConfiguration(
            .adam(beta1: 0.8, beta2: 0.9, epsilon: 0.01), learningRate: 0.1),
        "adamax": OptimizerConfiguration(.adaMax(), learningRate: 0.02, weightDecay: 0.05),
    ]

    private static let sizes = [5, 16, 9, 3]

    /// scale · sin(first + 0.7 i).
    private func wave<Scalar: ElementaryScalar>(
        _ rows: Int, _ columns: Int, _ first: Double, _ scale: Double
    ) -> Matrix<Scalar> {
        Matrix(
            rows: rows, columns: columns,
            elements: (0..<rows * columns).map { Scalar(scale * sin(first + 0.7 * Double($0))) })
    }

    private func trained<Scalar: TrainingScalar>(
        _ example: Reference.Case, as type: Scalar.Type
    ) throws -> (loss: Double, parameters: [Double]) {
        let activation = try #require(Activation(rawValue: example.activation))
        let loss = try #require(Loss(rawValue: example.loss))
        let optimizer = try #require(Self.optimizers[example.optimizer])
        var network = Network<Scalar>(
            inputs: 5, hidden: [16, 9], outputs: 3, activation: activation, seed: 0)
        for layer in 0..<3 {
            let (inputs, neurons) = (Self.sizes[layer], Self.sizes[layer + 1])
            network[layer, "weight"] = wave(neurons, inputs, Double(layer + 1), 0.5)
            network[layer, "bias"] = wave(neurons, 1, Double(layer + 10), 0.1)
        }
        let inputs: Matrix<Scalar> = wave(18, 5, 0.3, 1)
        let data: TrainingData<Scalar> =
            loss == .crossEntropy
            ? try TrainingData(inputs: inputs, labels: (0..<18).map { 5 * $0 % 3 }, classes: 3)
            : try TrainingData(inputs: inputs, targets: wave(18, 3, 4, 2))
        let trainer = try Trainer(
            network,
            TrainingConfiguration(epochs: 1, batch: 6, seed: 7, loss: loss, optimizer: optimizer),
            training: data)
        try trainer.run()
        let parameters = (0..<3).flatMap { layer in
            ["weight", "bias"].flatMap { trainer.network[layer, $0].elements.map { Double($0) } }
        }
        return (try #require(trainer.history["train_loss"].first), parameters)
    }

    @Test func theSamplesComeInTheReferencesOrder() {
        // The stream of the order; the others draw weights and splits.
        var generator = SeededGenerator(seed: 7, stream: 1)
        #expect(generator.permutation(of: 18) == Self.reference.order)
    }

    @Test(arguments: reference.cases)
    func inDoublePrecision(example: Reference.Case) throws {
        let (loss, parameters) = try trained(example, as: Double.self)
        #expect(abs(loss - example.meanLoss) < 1e-13)
        try #require(parameters.count == example.parameters.count)
        for (value, expected) in zip(parameters, example.parameters) {
            // Adam divides small gradients, whose last bits differ, by their own size.
            #expect(abs(value - expected) < 1e-11)
        }
    }

    @Test(arguments: reference.cases)
    func inSinglePrecision(example: Reference.Case) throws {
        let (loss, parameters) = try trained(example, as: Float.self)
        #expect(abs(loss - example.meanLoss) < 1e-5)
        for (value, expected) in zip(parameters, example.parameters) {
            #expect(abs(value - expected) < 1e-4)
        }
    }
}
