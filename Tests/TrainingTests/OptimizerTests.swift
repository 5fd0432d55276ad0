import LinearAlgebra
import Networks
import Testing
import Training

/// Numbers: Fixtures/reference/optimizers.py, NumPy 2.4.6 in float64.
@Suite struct OptimizerTests {
    struct Case: Sendable, CustomTestStringConvertible {
        var testDescription: String
        var optimizer: OptimizerConfiguration
        /// Weights, row after row, then biases, after 5 steps.
        var expected: [Double]
    }

    static let cases = [
        Case(
            testDescription: "descent",
            optimizer: OptimizerConfiguration(.sgd(), learningRate: 0.1),
            expected: [
                0.09168778402519226, 0.30303612674427033, 0.4101986586589813,
                -0.31387305641365054, -0.041125198841094966, -0.1429670020675659,
                0.09903949472236634, 0.32529079876327516,
            ]),
        Case(
            testDescription: "momentum and decay",
            optimizer: OptimizerConfiguration(
                .sgd(momentum: 0.9), learningRate: 0.05, weightDecay: 0.01),
            expected: [
                0.07339056817905218, 0.5532808120144441, 0.4970050360365662,
                -0.6970774809347385, -0.011797072005458407, 0.15713373511768897,
                0.1608526499918046, 0.5173957872804753,
            ]),
        Case(
            testDescription: "Adam",
            optimizer: OptimizerConfiguration(.adam(), learningRate: 0.1),
            expected: [
                0.1854722757757457, 0.281833758227387, 0.470445970041048, -0.09059351496511195,
                -0.05036159052628775, -0.04506033047360919, 0.2583669540003528,
                0.383585049624191,
            ]),
        Case(
            testDescription: "Adam with groups",
            optimizer: OptimizerConfiguration(
                .adam(), learningRate: 0.01,
                groups: ["weight": .init(weightDecay: 0.1), "bias": .init(rateFactor: 3)]),
            expected: [
                0.05271041163428962, -0.15014269279487974, 0.34888810394454073,
                0.3500495764825892, 0.04612636570217046, -0.45018571629008114,
                0.19649525020599132, 0.04941329028767118,
            ]),
        Case(
            testDescription: "Adam with other constants",
            optimizer: OptimizerConfiguration(
                .adam(beta1: 0.8, beta2: 0.9, epsilon: 0.01), learningRate: 0.1),
            expected: [
                0.18003244829189555, 0.27723242146630656, 0.45061303966522825,
                -0.08742653166170254, -0.06654778128592721, -0.05260814096506353,
                0.2296326523091588, 0.37820583525022544,
            ]),
        Case(
            testDescription: "AdaMax with decay",
            optimizer: OptimizerConfiguration(.adaMax(), learningRate: 0.1, weightDecay: 0.05),
            expected: [
                0.14868576589516483, 0.21400793257050793, 0.4659042321186857,
                -0.04207756669515943, -0.014888882600278562, -0.12650579631786754,
                0.24708618204827587, 0.31490596872315,
            ]),
    ]

    private func parametersAfterFiveSteps<Scalar: TrainingScalar>(
        _ optimizer: OptimizerConfiguration, as type: Scalar.Type
    ) throws -> [Scalar] {
        func matrix(_ rows: Int, _ columns: Int, _ values: [Double]) -> Matrix<Scalar> {
            Matrix(rows: rows, columns: columns, elements: values.map { Scalar($0) })
        }
        var network = Network<Scalar>(inputs: 3, hidden: [], outputs: 2, seed: 0)
        network[0, "weight"] = matrix(2, 3, [0.1, -0.2, 0.3, 0.4, 0, -0.5])
        network[0, "bias"] = matrix(2, 1, [0.05, -0.1])
        let trainer = try Trainer(
            network,
            TrainingConfiguration(epochs: 5, batch: 4, loss: .squaredError, optimizer: optimizer),
            training: TrainingData(
                inputs: matrix(4, 3, [1, 2, -1, 0, 1, 3, -2, 0.5, 1, 1.5, -1, 0]),
                targets: matrix(4, 2, [1, 0, 2, -1, 0, 3, -1, 1])))
        try trainer.run()
        return trainer.network[0, "weight"].elements + trainer.network[0, "bias"].elements
    }

    @Test(arguments: cases)
    func fiveStepsOfTheDocumentedRule(_ example: Case) throws {
        let result = try parametersAfterFiveSteps(example.optimizer, as: Double.self)
        for (value, expected) in zip(result, example.expected) {
            // Some 100 roundings of numbers near 1.
            #expect(abs(value - expected) < 1e-14)
        }
    }

    @Test(arguments: cases)
    func theSameInSinglePrecision(_ example: Case) throws {
        let result = try parametersAfterFiveSteps(example.optimizer, as: Float.self)
        for (value, expected) in zip(result, example.expected) {
            #expect(abs(Double(value) - expected) < 1e-5)
        }
    }
}
