import Foundation
import ImportanceMetric
import LinearAlgebra
import MetricCore
import MetricTesting
import Testing

@Suite("Importance of the neurons") struct ImportanceTests {
    /// Two neurons that are the two logits.
    private let logits = FollowingLayers(
        activation: .relu,
        layers: [
            .init(
                weight: .double(Matrix(rows: 2, columns: 2, elements: [1, 0, 0, 1])), bias: [0, 0],
                activation: .identity)
        ])

    private func companions(
        _ network: FollowingLayers, labels: [Int]? = nil, targets: Matrix<Double>? = nil,
        gate: [Double]? = nil, site: Site = .post
    ) -> Companions {
        Companions(
            labels: labels, targets: targets.map { .double($0) },
            context: RunContext(
                gate: gate.map { .success($0) } ?? .failure(Refusal("the layer stores no filter")),
                followingLayers: .success(network),
                labels: labels == nil
                    ? .failure(Refusal("the run stores no labels")) : .success(()),
                targets: targets.map { .success($0.columns) }
                    ?? .failure(Refusal("the run stores no targets"))),
            site: site)
    }

    private func expect(_ found: [Double], _ expected: [Double], within tolerance: Double = 1e-14) {
        #expect(found.count == expected.count)
        for (x, y) in zip(found, expected) { #expect(abs(x - y) <= tolerance, "\(x) \(y)") }
    }

    /// Logits (ln 2, 0) and (0, ln 3), label 0: losses ln 1.5 and ln 4, silenced ln 2 each.
    @Test func crossEntropyByHand() throws {
        let x = RealMatrix.double(Matrix(rows: 2, columns: 2, elements: [log(2), 0, 0, log(3)]))
        let output = try output(
            of: Importance(), on: x, with: companions(logits, labels: [0, 0]))
        #expect(output.lossKind == "cross-entropy")
        #expect(abs(try #require(output.loss) - log(6) / 2) < 1e-14)
        expect(output.exact, [log(4 / 3) / 2, -log(2) / 2])
        // Two samples, one of which does not change: half the difference.
        expect(output.standardError, [log(4 / 3) / 2, log(2) / 2])
        // p₀ = 2/3 and p₁ = 3/4.
        expect(output.firstOrder, [log(2) / 6, -log(3) * 3 / 8])
        expect(output.outgoingNorm, [1, 1])
        expect(output.variance, [log(2) * log(2) / 4, log(3) * log(3) / 4])
        expect(output.meanAbsolute, [log(2) / 2, log(3) / 2])
        #expect(output.harmless == 1)
        #expect(output.samplesUsed == 2)
        // Two neurons read by two outputs, twice.
        #expect(output.multiplyAdds == 8)
        #expect(output.correlations.allSatisfy { $0.value == nil })
        #expect(output.verdict == .ok)
    }

    /// y = x₀ − x₁ + 1/2 = −1/2 against 1/2, silenced −5/2 and 5/2.
    @Test func squaredErrorByHand() throws {
        let network = FollowingLayers(
            activation: .relu,
            layers: [
                .init(
                    weight: .double(Matrix(rows: 2, columns: 1, elements: [1, -1])), bias: [0.5],
                    activation: .identity)
            ])
        let x = RealMatrix.double(Matrix(rows: 1, columns: 2, elements: [2, 3]))
        let output = try output(
            of: Importance(), on: x,
            with: companions(network, targets: Matrix(rows: 1, columns: 1, elements: [0.5])))
        #expect(output.lossKind == "squared-error")
        #expect(output.loss == 1)
        #expect(output.exact == [8, 3])
        #expect(output.firstOrder == [4, -6])
        #expect(output.standardError.allSatisfy { $0.isNaN })
    }

    /// Thirty samples of five neurons, two following layers with a gate between.
    private func deep() -> (x: Matrix<Double>, network: FollowingLayers, labels: [Int]) {
        var generator = SeededGenerator(seed: 12)
        func normal(_ rows: Int, _ columns: Int) -> Matrix<Double> {
            Matrix(
                rows: rows, columns: columns,
                elements: (0..<rows * columns).map { _ in generator.normal() })
        }
        let x = Matrix<Double>(
            rows: 30, columns: 5, elements: normal(30, 5).elements.map { max(0, $0) })
        let network = FollowingLayers(
            activation: .relu,
            layers: [
                .init(
                    weight: .double(normal(5, 4)), bias: [0.1, -0.2, 0.3, 0], activation: .tanh,
                    gate: [1.5, 0, -0.5, 1]),
                .init(
                    weight: .double(normal(4, 3)), bias: [0, 0.5, -0.5], activation: .identity),
            ])
        return (x, network, (0..<30).map { $0 % 3 })
    }

    @Test func mergingAtEveryCutEqualsOnePass() throws {
        let (x, network, labels) = deep()
        let (whole, merged) = try outputsAtEveryCut(
            of: Importance(), on: .double(x), with: companions(network, labels: labels))
        for part in merged {
            expect(part.exact, whole.exact)
            expect(part.firstOrder, whole.firstOrder)
            expect(part.variance, whole.variance)
            #expect(part.samplesUsed == 30)
        }
    }

    @Test(arguments: [1, 7, 30]) func blocksMakeNoDifference(rows: Int) throws {
        let (x, network, labels) = deep()
        let with = companions(network, labels: labels)
        let metric = Importance(configuration: try .init(samples: 11, seed: 4))
        let whole = try output(of: metric, on: .double(x), with: with)
        let parts = try output(of: metric, on: .double(x), inBlocksOf: rows, with: with)
        #expect(parts.samplesUsed == 11)
        expect(parts.exact, whole.exact)
        let other = try output(
            of: Importance(configuration: try .init(samples: 11, seed: 5)), on: .double(x),
            with: with)
        #expect(other.exact != whole.exact)
    }

    /// The means over every choice of one sample are the mean over all.
    @Test func chosenSamplesAreSamples() throws {
        let (x, network, labels) = deep()
        let with = companions(network, labels: labels)
        let singles = try (0..<30).map { row in
            try output(
                of: Importance(), on: .double(x.rows(row..<row + 1)),
                with: companions(network, labels: [labels[row]])
            ).exact
        }
        for seed in 0..<20 {
            let one = try output(
                of: Importance(configuration: try .init(samples: 1, seed: seed)), on: .double(x),
                with: with)
            #expect(singles.contains { zip($0, one.exact).allSatisfy { abs($0 - $1) < 1e-13 } })
        }
        let all = try output(of: Importance(), on: .double(x), with: with)
        for neuron in 0..<5 {
            let mean = singles.reduce(0) { $0 + $1[neuron] } / 30
            #expect(abs(all.exact[neuron] - mean) < 1e-13)
        }
    }

    /// The way without matrices and the way with them, which a gate of ones asks for.
    @Test func bothWaysAgree() throws {
        let (x, network, labels) = deep()
        var plain = network
        plain.layers = [
            .init(
                weight: network.layers[0].weight, bias: network.layers[0].bias,
                activation: .identity)
        ]
        var gated = plain
        gated.layers[0].gate = [1, 1, 1, 1]
        let a = try output(
            of: Importance(), on: .double(x), with: companions(plain, labels: labels))
        let b = try output(
            of: Importance(), on: .double(x), with: companions(gated, labels: labels))
        expect(a.exact, b.exact)
        expect(a.firstOrder, b.firstOrder)
        // A softmax behind the logits is that of the loss.
        for activation in [Nonlinearity.softmax, .logSoftmax] {
            var named = plain
            named.layers[0].activation = activation
            let c = try output(
                of: Importance(), on: .double(x), with: companions(named, labels: labels))
            expect(c.exact, a.exact)
        }
    }

    @Test func permutingNeuronsPermutesImportance() throws {
        let (x, network, labels) = deep()
        let order = [3, 1, 4, 0, 2]
        var turned = network
        guard case .double(let weight) = network.layers[0].weight else { return }
        turned.layers[0].weight = .double(weight.gathered(order))
        let a = try output(
            of: Importance(), on: .double(x), with: companions(network, labels: labels))
        let b = try output(
            of: Importance(), on: .double(x.transposed.gathered(order).transposed),
            with: companions(turned, labels: labels))
        expect(b.exact, order.map { a.exact[$0] })
    }

    /// From pre-activations the same follows as from what the next layer reads.
    @Test func preActivationsGiveTheSame() throws {
        let (x, network, labels) = deep()
        var own = network
        own.gate = [2, 0.5, 1, 0, -1]
        let pre = Matrix<Double>(
            rows: 30, columns: 5,
            elements: x.elements.enumerated().map { $1 == 0 ? -1 : $1 + Double($0 % 2) })
        var post = Matrix<Double>(rows: 30, columns: 5, elements: pre.elements.map { max(0, $0) })
        post.multiplyColumns(by: own.gate)
        let a = try output(
            of: Importance(), on: .double(pre),
            with: companions(own, labels: labels, gate: own.gate, site: .pre))
        let b = try output(
            of: Importance(), on: .double(post),
            with: companions(own, labels: labels, gate: own.gate))
        expect(a.exact, b.exact)
        expect(a.firstOrder, b.firstOrder)
        #expect(a.exact[3] == 0)
        #expect(a.correlations.map(\.name).last == "gate")
    }

    @Test func samplesWithNaNAreLeftOut() throws {
        let (x, network, labels) = deep()
        var broken = x
        broken[4, 2] = .nan
        let found = try output(
            of: Importance(), on: .double(broken), with: companions(network, labels: labels))
        let rest = (0..<30).filter { $0 != 4 }
        let expected = try output(
            of: Importance(), on: .double(x.gathered(rest)),
            with: companions(network, labels: rest.map { labels[$0] }))
        #expect(found.samplesUsed == 29)
        #expect(found.exact[2].isNaN)
        for neuron in [0, 1, 3, 4] {
            #expect(abs(found.exact[neuron] - expected.exact[neuron]) < 1e-14)
        }
        #expect(found.warnings.count == 1)
    }

    @Test func whatIsMissingIsSaid() throws {
        let (x, network, _) = deep()
        var layer = testLayer(.double(x))
        layer.context = companions(network).context
        #expect(
            Importance().refusal(for: layer)
                == Refusal(
                    "a loss needs labels or targets, but the run stores no labels, and the run stores no "
                        + "targets"))
        layer.context.targets = .success(7)
        #expect(
            Importance().refusal(for: layer)
                == Refusal("there are 7 targets a sample, but 3 outputs", isFault: true))
        layer.context.targets = .success(3)
        #expect(Importance().refusal(for: layer) == nil)
        layer.context.followingLayers = .success(FollowingLayers(activation: .relu, layers: []))
        #expect(Importance().refusal(for: layer)?.reason.hasSuffix("no layer follows") == true)
        var sigmoid = network
        sigmoid.layers[1].activation = .sigmoid
        layer.context = companions(sigmoid, labels: [0]).context
        #expect(Importance().refusal(for: layer)?.reason.contains("sigmoid") == true)
    }

    @Test func optionsAreChecked() {
        #expect(throws: InvalidOption.self) { try Importance.Configuration(samples: 0) }
        #expect(throws: InvalidOption.self) {
            try Importance.Configuration(samples: nil, seed: -1)
        }
    }
}
