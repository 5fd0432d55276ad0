import Foundation
import LinearAlgebra
import Testing

@testable import MetricCore

@Suite("Nonlinearity") struct NonlinearityTests {
    private struct Reference: Decodable {
        var inputs: [[Float]]
        var outputs: [String: [[Double]]]
    }

    private static func applied(_ function: Nonlinearity, to rows: [[Float]]) -> Matrix<Float> {
        var x = Matrix<Float>(
            rows: rows.count, columns: rows[0].count, elements: rows.flatMap { $0 })
        function.apply(to: &x)
        return x
    }

    /// SciPy's numbers in float64: Fixtures/reference/nonlinearities.py.
    @Test(arguments: Nonlinearity.allCases)
    func agreesWithSciPy(function: Nonlinearity) throws {
        let file = URL(filePath: #filePath).deletingLastPathComponent()
            .appending(path: "../../Fixtures/reference/nonlinearities.json")
        let reference = try JSONDecoder().decode(Reference.self, from: Data(contentsOf: file))
        let expected = try #require(reference.outputs[function.rawValue])
        let found = Self.applied(function, to: reference.inputs)
        for (row, values) in expected.enumerated() {
            for (column, value) in values.enumerated() {
                // A few roundings of single precision, whose smallest normal number is 1.2e-38.
                #expect(abs(Double(found[row, column]) - value) <= 5e-7 * abs(value) + 1e-37)
            }
        }
    }

    @Test func namesAreThoseOfRunFiles() {
        let known: [(String?, Nonlinearity)] = [
            (nil, .identity), ("identity", .identity), ("linear", .identity), ("none", .identity),
            ("relu", .relu), ("ReLU", .relu), ("tanh", .tanh), ("Sigmoid", .sigmoid),
            ("softmax", .softmax), ("Softmax", .softmax), ("log_softmax", .logSoftmax),
            ("LogSoftmax", .logSoftmax),
        ]
        for (name, function) in known { #expect(Nonlinearity(storedAs: name) == function) }
        for name in ["", "gelu", "leaky_relu", "relu6", "softplus", "softmax ", "hard_sigmoid"] {
            #expect(Nonlinearity(storedAs: name) == nil)
        }
    }

    @Test(arguments: Nonlinearity.allCases)
    func notANumberStaysOne(function: Nonlinearity) {
        let x = Self.applied(function, to: [[.nan, -1, 2], [1, 2, 3]])
        #expect(x[0, 0].isNaN)
        #expect((0..<3).allSatisfy { x[1, $0].isFinite })
    }

    @Test func theBiasOfEachColumnIsAdded() {
        var x = Matrix<Float>(rows: 2, columns: 3, elements: [1, 2, 3, 4, 5, 6])
        Nonlinearity.relu.apply(to: &x, adding: [10, -20, 0.5])
        #expect(x.elements == [11, 0, 3.5, 14, 0, 6.5])
    }

    /// Softmax between two layers decides the class here: shares (0.269, 0.731) and (0.982, 0.018) give
    /// 1, 0 against a threshold of one half, where the inputs themselves are all above it.
    @Test func softmaxInAHiddenLayerIsComputed() {
        let network = FollowingLayers(
            activation: .softmax,
            layers: [
                .init(
                    weight: Matrix(rows: 2, columns: 2, elements: [0, 1, 0, 0]),
                    bias: [0.5, 0], activation: .softmax)
            ])
        let x = Matrix<Float>(rows: 2, columns: 2, elements: [4, 5, 5, 1])
        #expect(network.classes(ofPreActivations: x) == [0, 1])
    }

    /// In single precision the sigmoid of 20 and 30 is 1, and softmax of 0 and 1e-8 is one half twice.
    @Test(arguments: [Nonlinearity.sigmoid, .tanh, .softmax, .logSoftmax, .identity])
    func theLastLayersOrderIsThatOfItsInputs(function: Nonlinearity) {
        let network = FollowingLayers(activation: function, layers: [])
        let x = Matrix<Float>(rows: 2, columns: 2, elements: [20, 30, 0, 1e-8])
        #expect(network.classes(ofPreActivations: x) == [1, 1])
    }

    @Test func aSampleWithNaNHasNoClass() {
        let network = FollowingLayers(
            activation: .relu,
            layers: [
                .init(
                    weight: Matrix(rows: 2, columns: 2, elements: [1, 0, 0, 1]), bias: [0, 0],
                    activation: .identity)
            ])
        let x = Matrix<Float>(rows: 3, columns: 2, elements: [1, 2, .nan, 2, 3, -1])
        #expect(network.classes(ofPreActivations: x) == [1, -1, 0])
    }

    /// Central differences of Σ c · f(x): their error is about h² = 1e-10.
    @Test(arguments: Nonlinearity.allCases)
    func gradientsAreThoseOfDifferences(function: Nonlinearity) {
        let x = Matrix<Double>(rows: 2, columns: 3, elements: [0.4, -1.2, 2, -0.3, 0.8, -0.1])
        let weights: [Double] = [1, -2, 0.5, 3, 0.25, -1]
        func sum(_ x: Matrix<Double>) -> Double {
            var y = x
            function.apply(to: &y)
            return zip(y.elements, weights).reduce(0) { $0 + $1.0 * $1.1 }
        }
        var outputs = x
        function.apply(to: &outputs)
        var gradient = Matrix<Double>(rows: 2, columns: 3, elements: weights)
        function.backpropagate(&gradient, outputs: outputs)
        for row in 0..<2 {
            for column in 0..<3 {
                var (up, down) = (x, x)
                up[row, column] += 1e-5
                down[row, column] -= 1e-5
                let expected = (sum(up) - sum(down)) / 2e-5
                #expect(abs(gradient[row, column] - expected) < 1e-8)
            }
        }
    }

    /// A gate lies behind the nonlinearity: tanh 2 = 0.96 times 0.5 is less than 0.6, tanh 1 = 0.76 is not.
    @Test func gatesLieBehindTheNonlinearity() {
        let dense = FollowingLayers.Dense(
            weight: .double(Matrix(rows: 2, columns: 2, elements: [1, 0, 0, 0])), bias: [0, 0.6],
            activation: .identity)
        let network = FollowingLayers(activation: .tanh, gate: [0.5, 1], layers: [dense])
        let open = FollowingLayers(activation: .tanh, layers: [dense])
        let x = Matrix<Float>(rows: 1, columns: 2, elements: [2, 0])
        #expect(network.classes(ofPreActivations: x) == [1])
        #expect(open.classes(ofPreActivations: x) == [0])
        // Values behind the gate are read as they are.
        #expect(NetworkTail<Float>(network).classes(of: x, at: .post) == [0])
    }

    /// A gate of the outputs decides between them.
    @Test func gatesOfTheOutputsAreApplied() {
        let network = FollowingLayers(activation: .identity, gate: [-1, 1], layers: [])
        let x = Matrix<Float>(rows: 1, columns: 2, elements: [2, 1])
        #expect(network.classes(ofPreActivations: x) == [1])
    }
}
