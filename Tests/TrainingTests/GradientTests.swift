import LinearAlgebra
import Networks
import Testing
import Training

@Suite struct GradientTests {
    /// Compares all derivatives with central differences.
    ///
    /// With step h = 1e-5 the differences are off by about h² = 1e-10 (truncation) and
    /// 1e-16 / h = 1e-11 (rounding), relative to derivatives of about 0.1.
    private func expectGradient(
        of network: Network<Double>, _ data: TrainingData<Double>, _ loss: Loss,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let gradient = try network.lossAndGradient(data, loss: loss).gradient
        let step = 1e-5
        var squaredError = 0.0
        var squaredNorm = 0.0
        for (layer, description) in network.layers.enumerated() {
            for (slot, exact) in zip(description.slots, gradient[layer]) {
                for row in 0..<slot.rows {
                    for column in 0..<slot.columns {
                        func shiftedLoss(movedBy shift: Double) throws -> Double {
                            var moved = network
                            moved[layer, slot.name][row, column] += shift
                            return try moved.evaluate(data, loss: loss).loss
                        }
                        let difference =
                            try (shiftedLoss(movedBy: step) - shiftedLoss(movedBy: -step))
                            / (2 * step)
                        let error = difference - exact[row, column]
                        squaredError += error * error
                        squaredNorm += difference * difference
                    }
                }
            }
        }
        #expect(squaredNorm > 1e-6, sourceLocation: sourceLocation)
        #expect(
            (squaredError / squaredNorm).squareRoot() < 1e-8, sourceLocation: sourceLocation)
    }

    private func data(_ loss: Loss, outputs: Int = 3) throws -> TrainingData<Double> {
        let inputs: Matrix<Double> = normalMatrix(7, 4, seed: 5)
        return switch loss {
        case .crossEntropy:
            try TrainingData(inputs: inputs, labels: [0, 1, 2, 2, 1, 0, 2], classes: outputs)
        case .squaredError:
            try TrainingData(inputs: inputs, targets: normalMatrix(7, outputs, seed: 6))
        }
    }

    @Test(arguments: Activation.allCases, Loss.allCases)
    func denseLayers(activation: Activation, loss: Loss) throws {
        let network = Network<Double>(
            inputs: 4, hidden: [6, 5], outputs: 3, activation: activation, seed: 1)
        try expectGradient(of: network, data(loss), loss)
    }

    @Test(arguments: Activation.allCases, Loss.allCases)
    func nonlinearOutputs(activation: Activation, loss: Loss) throws {
        let network = Network<Double>(
            [
                Dense(inputs: 4, units: 5, activation: .tanh),
                Dense(inputs: 5, units: 3, activation: activation),
            ], seed: 2)
        try expectGradient(of: network, data(loss), loss)
    }

    @Test(arguments: Loss.allCases)
    func aLayerFromOutside(loss: Loss) throws {
        let network = Network<Double>(
            [
                Dense(inputs: 4, units: 6, activation: .relu),
                ScalingLayer(units: 6),
                Dense(inputs: 6, units: 3, activation: .identity),
            ], seed: 3)
        try expectGradient(of: network, data(loss), loss)
    }

    @Test func panelsOfWideLayers() throws {
        // 64 samples x 150 x 250 multiplications: enough for the products to be divided. Checked
        // against the products of whole matrices.
        let data = try TrainingData<Double>(
            inputs: normalMatrix(64, 150, seed: 1), targets: normalMatrix(64, 3, seed: 2))
        let network = Network<Double>(
            inputs: 150, hidden: [250, 170], outputs: 3, activation: .tanh, seed: 4)
        let x: Matrix<Double> = normalMatrix(64, 150, seed: 1)
        var post = [x]
        for layer in 0..<3 {
            var z = post[layer].times(network[layer, "weight"], transposingOther: true)
            let bias = network[layer, "bias"]
            for row in 0..<z.rows {
                for column in 0..<z.columns {
                    z[row, column] += bias[column, 0]
                    if layer < 2 { z[row, column] = Double.hyperbolicTangent(z[row, column]) }
                }
            }
            post.append(z)
        }
        #expect(largestDifference(network.outputs(for: x), post[3]) < 1e-12)

        let targets: Matrix<Double> = normalMatrix(64, 3, seed: 2)
        var delta = Matrix<Double>(
            rows: 64, columns: 3,
            elements: zip(post[3].elements, targets.elements).map { 2 * ($0 - $1) / 192 })
        let gradient = try network.lossAndGradient(data, loss: .squaredError).gradient
        for layer in [2, 1, 0] {
            let expected = delta.times(post[layer], transposingSelf: true)
            #expect(largestDifference(gradient[layer][0], expected) < 1e-13)
            let sums = Matrix<Double>(rows: 1, columns: 64, repeating: 1).times(delta)
            #expect(largestDifference(gradient[layer][1], sums.transposed) < 1e-13)
            let back = delta.times(network[layer, "weight"])
            delta = Matrix(
                rows: 64, columns: back.columns,
                elements: zip(back.elements, post[layer].elements).map { $0 * (1 - $1 * $1) })
        }
    }
}

@Suite struct LossTests {
    /// A network whose outputs are its inputs.
    private func identity(_ size: Int) -> Network<Double> {
        var network = Network<Double>(inputs: size, hidden: [], outputs: size, seed: 0)
        network[0, "bias"] = Matrix(rows: size, columns: 1)
        network[0, "weight"] = Matrix(
            rows: size, columns: size,
            elements: (0..<size * size).map { $0 % (size + 1) == 0 ? 1 : 0 })
        return network
    }

    @Test func crossEntropyOfEqualLogitsIsTheLogarithmOfTheNumberOfClasses() throws {
        let data = try TrainingData<Double>(
            inputs: Matrix(rows: 1, columns: 4, repeating: 3), labels: [2], classes: 4)
        let result = try identity(4).evaluate(data, loss: .crossEntropy)
        #expect(abs(result.loss - 1.3862943611198906) < 1e-15)  // log 4
    }

    @Test func hugeLogitsNeitherOverflowNorVanish() throws {
        let inputs = Matrix<Double>(rows: 2, columns: 2, elements: [1000, 0, -1000, 1000])
        let data = try TrainingData(inputs: inputs, labels: [0, 0], classes: 2)
        let result = try identity(2).evaluate(data, loss: .crossEntropy)
        #expect(result.loss == 1000)  // (0 + 2000) / 2
        #expect(result.accuracy == 0.5)
    }

    @Test func squaredErrorIsAMeanOverSamplesAndOutputs() throws {
        let data = try TrainingData<Double>(
            inputs: Matrix(rows: 2, columns: 2, elements: [1, 2, 3, 4]),
            targets: Matrix(rows: 2, columns: 2, elements: [0, 2, 5, 1]))
        let result = try identity(2).evaluate(data, loss: .squaredError)
        #expect(result.loss == 3.5)  // (1 + 0 + 4 + 9) / 4
        #expect(result.accuracy == nil)
    }
}
