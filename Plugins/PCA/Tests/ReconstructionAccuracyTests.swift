import LinearAlgebra
import MetricCore
import MetricTesting
import PCAMetric
import Testing

@Suite("Accuracy after reconstruction") struct ReconstructionAccuracyTests {
    let x: Matrix<Float>
    let network: FollowingLayers
    let labels: [Int]

    /// 600 samples of 6 correlated neurons, ReLU, then 6-3; labels are what the network answers.
    init() {
        var generator = SeededGenerator(seed: 5)
        let (rows, width) = (600, 6)
        let mixing = (0..<width * width).map { _ in generator.normal() }
        var elements: [Float] = []
        for _ in 0..<rows {
            let sources = (0..<width).map { generator.normal() * Double(width - $0) }
            for neuron in 0..<width {
                let sum = sources.indices.reduce(0.3) {
                    $0 + mixing[neuron * width + $1] * sources[$1]
                }
                elements.append(Float(sum))
            }
        }
        x = Matrix(rows: rows, columns: width, elements: elements)
        network = FollowingLayers(
            activation: .relu,
            layers: [
                .init(
                    weight: Matrix(
                        rows: width, columns: 3,
                        elements: (0..<width * 3).map { _ in Float(generator.normal()) }),
                    bias: [0.1, -0.2, 0.3], activation: .identity)
            ])
        labels = network.classes(ofPreActivations: x)
    }

    private func output(
        _ configuration: PCA.Configuration, labels: [Int], blockRows: Int
    ) throws -> PCA.Output {
        var layer = testLayer(.float(x))
        layer.site = .pre
        layer.context = RunContext(followingLayers: .success(network), labels: .success(()))
        var pass = LayerPass([ConfiguredMetric(PCA(configuration: configuration))], on: layer)
        let blocks = stride(from: 0, to: x.rows, by: blockRows).map { first in
            let rows = first..<min(x.rows, first + blockRows)
            return ActivationBlock(
                .float(x.rows(rows)), firstSample: first, labels: Array(labels[rows]))
        }
        for block in blocks { pass.update(with: block) }
        var second = pass.secondPass()
        for block in blocks { second.update(with: block) }
        return try #require(try pass.outputs(secondPass: second)[0].get() as? PCA.Output)
    }

    @Test func equalsExplicitProjectionForEveryK() throws {
        let configuration = try PCA.Configuration(components: 6, accuracy: .everyStep)
        let output = try output(configuration, labels: labels, blockRows: 170)
        let components = try #require(output.components)
        let mean = (0..<6).map { column in
            x.column(column).reduce(0.0) { $0 + Double($1) } / Double(x.rows)
        }
        let accuracy = try #require(output.accuracy)
        #expect(accuracy.steps == Array(0...6))
        for k in 0...6 {
            var right = 0
            for row in 0..<x.rows {
                let centred = (0..<6).map { Double(x[row, $0]) - mean[$0] }
                var reconstruction = mean
                for component in components.prefix(k) {
                    let score = zip(component, centred).reduce(0) { $0 + $1.0 * $1.1 }
                    for neuron in 0..<6 { reconstruction[neuron] += score * component[neuron] }
                }
                let values = Matrix<Float>(
                    rows: 1, columns: 6, elements: reconstruction.map { Float($0) })
                if network.classes(ofPreActivations: values) == [labels[row]] { right += 1 }
            }
            // A sample on the border of two classes may fall on either side by rounding.
            #expect(abs(accuracy.accuracy[k] - Double(right) / 600) <= 1.0 / 600)
        }
        #expect(accuracy.accuracy[6] >= 599.0 / 600)
    }

    @Test func blocksDoNotMatter() throws {
        let configuration = try PCA.Configuration(accuracy: .grid)
        let whole = try output(configuration, labels: labels, blockRows: 600)
        let parts = try output(configuration, labels: labels, blockRows: 77)
        let (a, b) = (try #require(whole.accuracy), try #require(parts.accuracy))
        #expect(a.samples == 600 && b.samples == 600)
        for (p, q) in zip(a.accuracy, b.accuracy) { #expect(abs(p - q) <= 1.0 / 600) }
    }

    @Test func theGridEndsWithAllComponents() throws {
        let output = try output(
            PCA.Configuration(accuracy: .grid), labels: labels, blockRows: 600)
        #expect(output.accuracy?.steps == [0, 1, 2, 3, 4, 5, 6])
    }

    @Test func withoutTheFollowingLayersTheFirstPassStands() throws {
        let metric = ConfiguredMetric(PCA(configuration: try PCA.Configuration(accuracy: .grid)))
        var layer = testLayer(.float(x))
        layer.context.followingLayers = .success(network)
        layer.context.labels = .failure(Refusal("the run stores no labels"))
        var pass = LayerPass([metric], on: layer)
        pass.update(with: ActivationBlock(.float(x)))
        let second = pass.secondPass()
        #expect(second.refusals == [0: "no accuracy: the run stores no labels"])
        let output = try #require(try pass.outputs(secondPass: second)[0].get() as? PCA.Output)
        #expect(output.accuracy == nil)
        #expect(output.verdict == .ok)
    }
}
