import LinearAlgebra
import Networks
import Testing

@testable import Training

@Suite struct ClassWeightTests {
    /// Six samples of class 0, three of 1, none of 2: 9 / (2 · 6) and 9 / (2 · 3).
    @Test func balancedWeightsAreInverseCounts() {
        let factors = ClassWeights.balanced.factors(
            labels: [0, 1, 0, 0, 1, 0, 1, 0, 0], classes: 3)
        #expect(factors == [0.75, 1.5, 0])
    }

    /// With whole weights the loss and the gradient are those of samples that stand there as often,
    /// but for the number of samples that is divided by.
    @Test func aWeightCountsAsRepetition() throws {
        let network = Network<Double>(inputs: 3, hidden: [4], outputs: 2, seed: 1)
        let inputs: Matrix<Double> = normalMatrix(4, 3, seed: 2)
        let labels = [0, 1, 1, 0]
        var weighted = try TrainingData(inputs: inputs, labels: labels, classes: 2)
        weighted.classWeights = [1, 3]
        let whole = try TrainingData(inputs: inputs, labels: labels, classes: 2)
        let repeated = whole.part([0, 1, 1, 1, 2, 2, 2, 3])
        let a = try network.lossAndGradient(weighted, loss: .crossEntropy)
        let b = try network.lossAndGradient(repeated, loss: .crossEntropy)
        #expect(abs(a.loss - 2 * b.loss) < 1e-14)
        for (x, y) in zip(a.gradient.joined(), b.gradient.joined()) {
            for (one, other) in zip(x.elements, y.elements) {
                #expect(abs(one - 2 * other) < 1e-14)
            }
        }
        // Parts keep the weights.
        #expect(
            try network.evaluate(weighted.part([1]), loss: .crossEntropy).loss
                == 3 * network.evaluate(whole.part([1]), loss: .crossEntropy).loss)
    }

    /// What is chosen by is what was trained for: the losses by which networks are compared have the mean
    /// that ``Network/evaluate(_:loss:batch:)`` gives.
    @Test func comparedLossesAreWeighted() throws {
        let network = Network<Double>(inputs: 3, hidden: [4], outputs: 3, seed: 1)
        var data = try TrainingData<Double>(
            inputs: normalMatrix(7, 3, seed: 2) as Matrix<Double>, labels: [0, 1, 1, 0, 2, 1, 1],
            classes: 3)
        data.classWeights = [1, 0.25, 6]
        let losses = network.losses(on: data, .crossEntropy)
        let mean = losses.reduce(0, +) / 7
        #expect(abs(mean - (try network.evaluate(data, loss: .crossEntropy).loss)) < 1e-14)
        var plain = data
        plain.classWeights = []
        let unweighted = network.losses(on: plain, .crossEntropy)
        #expect(zip(losses, unweighted).map { $0 / $1 } == [1, 0.25, 0.25, 1, 6, 0.25, 0.25])
        let numbers = try TrainingData<Double>(
            inputs: normalMatrix(600, 3, seed: 2) as Matrix<Double>,
            targets: normalMatrix(600, 3, seed: 3))
        let squares = network.losses(on: numbers, .squaredError)
        #expect(
            abs(
                squares.reduce(0, +) / 600
                    - (try network.evaluate(numbers, loss: .squaredError).loss)) < 1e-13)
    }

    @Test func weightsOfNumbersAreRefused() throws {
        let data = try TrainingData<Float>(
            inputs: normalMatrix(4, 3, seed: 2), targets: normalMatrix(4, 1, seed: 3))
        let network = Network<Float>(inputs: 3, hidden: [], outputs: 1, seed: 1)
        #expect(throws: TrainingError.self) {
            try Trainer(
                network,
                TrainingConfiguration(
                    epochs: 1, loss: .squaredError, classWeights: .balanced), training: data)
        }
    }
}
