import Foundation
import LinearAlgebra
import Networks
import Testing
import Training

@Suite struct ScheduleTests {
    @Test func factors() {
        #expect([0, 7, 99].map { Schedule.constant.factor(step: $0, of: 100) } == [1, 1, 1])
        #expect(Schedule.cosine.factor(step: 0, of: 100) == 1)
        // (1 + cos 45°) / 2, (1 + cos 90°) / 2, (1 + cos 180°) / 2.
        for (step, expected) in [(25, 0.5 + 0.25 * 2.0.squareRoot()), (50, 0.5), (100, 0)] {
            #expect(abs(Schedule.cosine.factor(step: step, of: 100) - expected) < 1e-15)
        }
    }

    /// Descent on (w + b)², whose two derivatives are 2 (w + b): a step of rate r takes the sum to
    /// 1 - 4 r of itself.
    @Test func everyStepHasItsFactor() throws {
        let data = try TrainingData<Double>(
            inputs: Matrix(rows: 2, columns: 1, repeating: 1),
            targets: Matrix(rows: 2, columns: 1))
        var network = Network<Double>(inputs: 1, hidden: [], outputs: 1, seed: 0)
        network[0, "weight"] = Matrix(rows: 1, columns: 1, repeating: 0.75)
        network[0, "bias"] = Matrix(rows: 1, columns: 1, repeating: 0.25)
        // Two steps an epoch.
        let trainer = try Trainer(
            network,
            TrainingConfiguration(
                epochs: 3, batch: 1, loss: .squaredError,
                optimizer: OptimizerConfiguration(.sgd(), learningRate: 0.1), schedule: .cosine),
            training: data)
        try trainer.run()
        let expected = (0..<6).reduce(1.0) { sum, step in
            sum * (1 - 0.4 * (1 + cos(Double.pi * Double(step) / 6)) / 2)
        }
        let sum = trainer.network[0, "weight"][0, 0] + trainer.network[0, "bias"][0, 0]
        #expect(abs(sum - expected) < 1e-14)
    }
}
