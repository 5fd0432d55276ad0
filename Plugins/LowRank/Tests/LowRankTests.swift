import LinearAlgebra
import MetricCore
import MetricTesting
import Testing

@testable import LowRankMetric

@Suite("Low rank") struct LowRankTests {
    /// Weights of two neurons on three inputs, turned as the engine reads them: singular values 4 and 3,
    /// right vectors e₁ and e₃.
    private let weights = RealMatrix.double(
        Matrix(rows: 3, columns: 2, elements: [4, 0, 0, 0, 0, 3]))

    private func layer(_ weights: RealMatrix, inputs: Int? = nil) -> Layer {
        var layer = testLayer(weights)
        layer.site = .weight
        layer.context.layerInputs =
            inputs.map { .success($0) }
            ?? .failure(Refusal("the run stores no inputs of its first layer"))
        return layer
    }

    /// Both passes, as the engine makes them.
    private func output(
        _ weights: RealMatrix, inputs: RealMatrix? = nil, blockRows: Int = .max
    ) throws -> LowRank.Output {
        var pass = LayerPass(
            [ConfiguredMetric(LowRank())], on: layer(weights, inputs: inputs?.columns))
        pass.update(with: ActivationBlock(weights))
        pass.finish()
        var second = pass.secondPass()
        #expect(second.sources == (inputs == nil ? [] : [.layerInputs]))
        if let inputs {
            var first = 0
            while first < inputs.rows {
                let rows = first..<first + min(blockRows, inputs.rows - first)
                second.update(
                    with: ActivationBlock(inputs.rows(rows), firstSample: first),
                    from: .layerInputs)
                first = rows.upperBound
            }
            second.endPass()
        }
        #expect(second.refusals.isEmpty)
        return try #require(try pass.outputs(secondPass: second)[0].get() as? LowRank.Output)
    }

    @Test func weightsByHand() throws {
        let output = try output(weights)
        for (found, expected) in zip(output.singularValues, [4.0, 3]) {
            #expect(abs(found - expected) < 1e-14)
        }
        // ‖W‖² = 25: without the first 9 / 25 are left.
        for (found, expected) in zip(output.weightError, [1, 0.6, 0]) {
            #expect(abs(found - expected) < 1e-14)
        }
        #expect(
            output.values["ranksFor"]
                == .object(["0.9": .integer(2), "0.95": .integer(2), "0.99": .integer(2)]))
        #expect(output.numericalRank == 2)
        #expect(abs(try #require(output.stableRank) - 25.0 / 16) < 1e-14)
        // 6 weights; of rank 1 two factors hold 5, of rank 2 they hold 10.
        #expect(output.breakEvenRank == 1)
        #expect(output.values["activation"] == .null)
        #expect(
            output.values["activationReason"]
                == .text("the run stores no inputs of its first layer"))
        #expect(output.summary == "rank 2 of 2 keeps 99 % of the weights")
    }

    /// Inputs along e₃ mostly: W x = (4 x₁, 3 x₃), Σ (4 x₁)² = 16, Σ (3 x₃)² = 9 · (9 + 1).
    @Test func inputsByHand() throws {
        let inputs = RealMatrix.double(
            Matrix(rows: 2, columns: 3, elements: [1, 5, 3, 0, -7, 1]))
        let output = try output(weights, inputs: inputs)
        let activation = try #require(output.activation)
        #expect(activation.samples == 2)
        #expect(abs(activation.meanSquare - 53) < 1e-13)
        // k = 1 keeps the first neuron alone: 90 of 106 are lost.
        let expected = [1, (90.0 / 106).squareRoot(), 0]
        for (found, expected) in zip(activation.error, expected) {
            #expect(abs(found - expected) < 1e-14)
        }
        #expect(output.reason == nil)
        #expect(output.summary.hasSuffix(", rank 2 99 % of the outputs on 2 samples"))
    }

    /// 40 samples of 7 inputs, 5 neurons, against the rank-k layer multiplied out.
    @Test(arguments: [true, false]) func equalsTheLayerMultipliedOut(isSingle: Bool) throws {
        var generator = SeededGenerator(seed: 3)
        let (n, d, samples) = (5, 7, 600)
        let w = Matrix<Double>(
            rows: d, columns: n, elements: (0..<n * d).map { _ in generator.normal() })
        let x = Matrix<Float>(
            rows: samples, columns: d,
            elements: (0..<samples * d).map { Float(generator.normal() * Double(1 + $0 % d)) })
        let inputs = isSingle ? RealMatrix.float(x) : .double(Matrix(converting: .float(x)))
        let output = try output(.double(w), inputs: inputs, blockRows: 250)
        let svd = try w.transposed.singularDecomposition()
        let right = svd.rightVectors
        let exact = Matrix<Double>(converting: .float(x))
        let outputs = exact.times(w)
        var whole = 0.0
        outputs.withElements { whole = $0.reduce(0) { $0 + $1 * $1 } }
        for k in 0...n {
            // W_k = W V_kᵀ V_k.
            let kept = right.rows(0..<k)
            let scores = exact.times(kept, transposingOther: true)
            let cut = scores.times(kept).times(w)
            var lost = 0.0
            for row in 0..<samples {
                for column in 0..<n {
                    let difference = outputs[row, column] - (k == 0 ? 0 : cut[row, column])
                    lost += difference * difference
                }
            }
            let expected = (lost / whole).squareRoot()
            let found = try #require(output.activation).error[k]
            // Single precision rounds each projection by 1e-7 of its sample.
            #expect(abs(found - expected) < (isSingle ? 1e-6 : 1e-13))
        }
    }

    @Test func samplesWithNaNAreLeftOut() throws {
        let inputs = RealMatrix.float(
            Matrix(rows: 3, columns: 3, elements: [1, 5, 3, .nan, 0, 0, 0, -7, 1]))
        let output = try output(weights, inputs: inputs)
        #expect(output.activation?.samples == 2)
        #expect(
            output.warnings == ["1 of the recorded inputs is not finite and left out"])
        let none = RealMatrix.float(Matrix(rows: 1, columns: 3, elements: [.nan, 0, 0]))
        let empty = try self.output(weights, inputs: none)
        #expect(empty.activation == nil)
        #expect(empty.reason == "every recorded input holds NaN or infinite entries")
    }

    @Test func neuronsWithNaNAreLeftOut() throws {
        let broken = RealMatrix.double(
            Matrix(rows: 3, columns: 3, elements: [4, .nan, 0, 0, 1, 0, 0, 1, 3]))
        let output = try output(broken)
        #expect(output.neurons == 2)
        #expect(abs(output.singularValues[0] - 4) < 1e-14)
        // Where none is left it is not the inputs that are to blame.
        let none = RealMatrix.double(Matrix(rows: 3, columns: 2, repeating: .nan))
        let empty = try self.output(
            none, inputs: .float(Matrix(rows: 2, columns: 3, repeating: 1)))
        #expect(empty.verdict == .insufficient("no neuron without NaN or infinite weights"))
        #expect(empty.activation == nil && empty.reason == nil)
    }

    @Test func zerosAreDegenerate() throws {
        let zeros = RealMatrix.float(Matrix(rows: 3, columns: 2))
        let output = try output(zeros)
        #expect(output.verdict == .degenerate("all weights are zero"))
        #expect(output.stableRank == nil)
        #expect(output.values["ranksFor"] == .object(["0.9": .null, "0.95": .null, "0.99": .null]))
    }

    @Test func mergingAtEveryCutEqualsOnePass() throws {
        let (whole, merged) = try outputsAtEveryCut(of: LowRank(), on: weights)
        for part in merged { #expect(part == whole) }
    }

    /// The order of neurons and of inputs changes no singular value.
    @Test func orderChangesNothing() throws {
        var generator = SeededGenerator(seed: 9)
        let w = Matrix<Double>(
            rows: 6, columns: 4, elements: (0..<24).map { _ in generator.normal() })
        let turned = w.gathered([5, 3, 1, 0, 2, 4]).transposed.gathered([2, 0, 3, 1]).transposed
        let (a, b) = (try output(.double(w)), try output(.double(turned)))
        for (x, y) in zip(a.singularValues, b.singularValues) { #expect(abs(x - y) < 1e-13) }
    }
}
