import LinearAlgebra
import MetricCore
import MetricTesting
import NextWeightsMetric
import Testing

@Suite("Outgoing weights") struct NextWeightsTests {
    /// Two inputs of three neurons: the layer's own weights, which do not enter.
    private let own = RealMatrix.float(
        Matrix(rows: 2, columns: 3, elements: [9, 9, 9, 9, 9, 9]))

    /// Two outputs that read three neurons.
    private let weight: [Float] = [1, -2, 0, -0.5, 4, 0.0005]

    private func context(
        _ elements: [Float], positions: Int = 1, gate: [Double]? = nil
    ) -> Companions {
        let matrix = Matrix<Float>(rows: 2, columns: elements.count / 2, elements: elements)
        return Companions(
            context: RunContext(
                gate: gate.map { .success($0) } ?? .failure(Refusal("the layer stores no filter")),
                nextWeights: .success(
                    OutgoingWeights(layer: "next", weight: .float(matrix), positions: positions))),
            site: .weight)
    }

    @Test func sumsByHand() throws {
        let output = try output(of: NextWeights(), on: own, with: context(weight))
        let sums: [Double] = [1.5, 6, Double(Float(0.0005))]
        #expect(output.sums == sums)
        #expect(output.unread == 1)
        #expect(output.fanOut == 2)
        #expect(output.values["median"] == .number(1.5))
        #expect(output.values["gate"] == .null)
        #expect(
            output.summary
                == "next does not read 1 of 3 neurons (sums of absolute weights up to 0.001)")
        #expect(output.figures[0].series.count == 1)
    }

    @Test func positionsOfAChannelAreOneNeuron() throws {
        let output = try output(
            of: NextWeights(), on: own,
            with: context([1, -1, 2, -2, 3, -3, 0, 1, 0, 0, 0, -1], positions: 2))
        #expect(output.sums == [3, 4, 7])
        #expect(output.fanOut == 4)
        #expect(
            output.summary == "next reads all 3 neurons (sums of absolute weights above 0.001)")
    }

    @Test func theGateIsDrawnBeside() throws {
        let output = try output(
            of: NextWeights(), on: own, with: context(weight, gate: [1, 0.5, 0]))
        #expect(output.values["gate"] == .numbers([1, 0.5, 0]))
        #expect(output.sums[0] == 1.5)
        #expect(output.figures[0].series.map(\.name).last == "gate")
    }

    /// Sums of absolute values scale with the weights and follow the order of the neurons.
    @Test func scaleAndOrder() throws {
        let plain = try output(of: NextWeights(), on: own, with: context(weight))
        let doubled = try output(
            of: NextWeights(), on: own, with: context(weight.map { -2 * $0 }))
        #expect(doubled.sums == plain.sums.map { 2 * $0 })
        let turned = try output(
            of: NextWeights(), on: own, with: context([0, 1, -2, 0.0005, -0.5, 4]))
        #expect(turned.sums == [plain.sums[2], plain.sums[0], plain.sums[1]])
    }

    @Test func weightsThatAreNotFiniteLeaveTheirNeuronOut() throws {
        let output = try output(
            of: NextWeights(), on: own, with: context([1, .nan, 0, 1, 1, .infinity]))
        #expect(output.sums[0] == 2)
        #expect(output.sums[1...].allSatisfy { $0.isNaN })
        #expect(output.warnings.count == 1)
        let none = try found(context([.nan, .nan, .nan, 1, 1, 1]))
        #expect(none.verdict == .insufficient("no neuron has finite outgoing weights"))
    }

    private func found(_ companions: Companions) throws -> NextWeights.Output {
        try output(of: NextWeights(), on: own, with: companions)
    }

    @Test func withoutANextLayerItIsSkipped() throws {
        let refusal = Refusal("no layer with weights follows")
        var layer = testLayer(own)
        layer.context.nextWeights = .failure(refusal)
        #expect(NextWeights().refusal(for: layer) == refusal)
    }

    @Test(arguments: [-1, Double.nan, .infinity]) func thresholdsAreChecked(threshold: Double) {
        #expect(throws: InvalidOption.self) {
            try NextWeights.Configuration(threshold: threshold)
        }
    }

    @Test func mergingAtEveryCutEqualsOnePass() throws {
        let (whole, merged) = try outputsAtEveryCut(
            of: NextWeights(), on: own, with: context(weight))
        for part in merged { #expect(part == whole) }
    }
}
