import LinearAlgebra
import Networks
import Testing
import Training

@Suite struct NetworkTests {
    @Test func initialValuesFollowTheirScheme() {
        // 300 x 200 weights: the sample variance of n values is within 5 √(2/n) of its own size
        // (normal; less for uniform).
        let tolerance = 5 * (2.0 / 60_000).squareRoot()
        let expected: [(Initialization, variance: Double, bound: Double?)] = [
            (.uniform, 1.0 / (3 * 200), 1 / 200.0.squareRoot()),
            (.he, 2.0 / 200, nil),
            (.glorot, 2.0 / 500, (6.0 / 500).squareRoot()),
        ]
        for (scheme, variance, bound) in expected {
            let network = Network<Double>(
                inputs: 200, hidden: [300], outputs: 2, initialization: scheme, seed: 1)
            let weights = network[0, "weight"].elements
            let meanSquare = weights.reduce(0) { $0 + $1 * $1 } / Double(weights.count)
            #expect(abs(meanSquare / variance - 1) < tolerance)
            if let bound { #expect(weights.allSatisfy { abs($0) <= bound }) }
            let biases = network[0, "bias"].elements
            #expect(
                biases.allSatisfy {
                    scheme == .uniform ? abs($0) <= 1 / 200.0.squareRoot() : $0 == 0
                })
            #expect(biases.contains { $0 != 0 } == (scheme == .uniform))
        }
    }

    @Test func activationsOfEveryBatchAreThoseOfTheDefinition() throws {
        let data = try separableData(samples: 23, inputs: 6, classes: 3, seed: 1, as: Double.self)
        let x: Matrix<Double> = normalMatrix(23, 6, seed: 1)
        let network = Network<Double>(inputs: 6, hidden: [9], outputs: 3, seed: 2)
        let bias = network[0, "bias"]
        let product = x.times(network[0, "weight"], transposingOther: true)
        var seen = 0
        network.forEachBatch(of: data, batch: 10) { range, layers in
            #expect(range.lowerBound == seen)
            seen = range.upperBound
            #expect(layers.count == 2)
            #expect(layers[1].pre == layers[1].post)
            for (row, sample) in range.enumerated() {
                for neuron in 0..<9 {
                    let expected = product[sample, neuron] + bias[neuron, 0]
                    #expect(abs(layers[0].pre[row, neuron] - expected) < 1e-14)
                    #expect(layers[0].post[row, neuron] == max(0, layers[0].pre[row, neuron]))
                }
            }
        }
        #expect(seen == 23)
    }

    @Test func aSplitDividesTheSamples() throws {
        let data = try TrainingData<Float>(
            inputs: Matrix(rows: 50, columns: 1), labels: Array(0..<50), classes: 50)
        let (rest, held) = data.split(holdingOut: 12, seed: 3)
        #expect(held.count == 12)
        let labels = try #require(rest.labels) + #require(held.labels)
        #expect(labels.sorted() == Array(0..<50))
        #expect(data.split(holdingOut: 12, seed: 3).heldOut.labels == held.labels)
        #expect(data.split(holdingOut: 12, seed: 4).heldOut.labels != held.labels)
        let first = try #require(rest.labels)
        #expect(rest.part([1, 0]).labels == [first[1], first[0]])
    }
}

@Suite struct RemovalTests {
    /// Neurons of the first hidden layer that a large negative bias silences.
    private let dead = [0, 3, 4, 11]

    private func network() -> Network<Double> {
        var network = Network<Double>(inputs: 6, hidden: [12, 7], outputs: 3, seed: 3)
        for neuron in dead { network[0, "bias"][neuron, 0] = -1000 }
        return network
    }

    private var kept: [Int] { (0..<12).filter { !dead.contains($0) } }

    @Test func removingDeadNeuronsChangesNoOutput() {
        let x: Matrix<Double> = normalMatrix(40, 6, seed: 1)
        let whole = network()
        var smaller = whole
        smaller.keep(units: kept, ofLayer: 0)
        #expect(smaller.layers.map { $0.units } == [8, 7, 3])
        // Adding zeros changes nothing, but sums may be in another order.
        #expect(largestDifference(whole.outputs(for: x), smaller.outputs(for: x)) < 1e-15)
        #expect(smaller[0, "weight"].row(0) == whole[0, "weight"].row(1))
        #expect(smaller[1, "weight"].column(1) == whole[1, "weight"].column(2))
        #expect(smaller[1, "bias"] == whole[1, "bias"])
        #expect(smaller[2, "weight"] == whole[2, "weight"])
    }

    @Test(arguments: [
        OptimizerRule.sgd(momentum: 0.9), OptimizerRule.adam(), OptimizerRule.adaMax(),
    ])
    func trainingGoesOnAsIfTheyWereStillThere(rule: OptimizerRule) throws {
        let data = try separableData(samples: 60, inputs: 6, classes: 3, seed: 1, as: Double.self)
        func trainer() throws -> Trainer<Double> {
            try Trainer(
                network(),
                TrainingConfiguration(
                    epochs: 6, batch: 16,
                    optimizer: OptimizerConfiguration(rule, learningRate: 0.01)),
                training: data)
        }
        let (whole, smaller) = try (trainer(), trainer())
        for _ in 0..<3 {
            try whole.runEpoch()
            try smaller.runEpoch()
        }
        smaller.keep(units: kept, ofLayer: 0)
        try whole.run()
        try smaller.run()
        var expected = whole.network
        expected.keep(units: kept, ofLayer: 0)
        for layer in 0..<3 {
            for name in ["weight", "bias"] {
                #expect(
                    largestDifference(smaller.network[layer, name], expected[layer, name]) < 1e-9)
            }
        }
        #expect(smaller.history["size"] == [19, 19, 19, 15, 15, 15])
    }

    @Test(arguments: [0, 1])
    func anElementwiseLayerIsResizedWithTheOneBefore(named: Int) {
        let x: Matrix<Double> = normalMatrix(10, 4, seed: 1)
        var network = Network<Double>(
            [
                Dense(inputs: 4, units: 6, activation: .relu),
                ScalingLayer(units: 6),
                Dense(inputs: 6, units: 3, activation: .identity),
            ], seed: 3)
        network[1, "factor"][2, 0] = 0
        let whole = network
        network.keep(units: [0, 1, 3, 4, 5], ofLayer: named)
        #expect(network.layers.map { $0.units } == [5, 5, 3])
        #expect(largestDifference(network.outputs(for: x), whole.outputs(for: x)) < 1e-15)
    }
}
