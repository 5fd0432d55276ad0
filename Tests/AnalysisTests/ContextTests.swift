import Analysis
import LinearAlgebra
import MetricCore
import RunFormat
import Testing

/// Says what it was given.
private struct Given: Metric {
    static let descriptor = MetricDescriptor(
        id: "given", title: "Given", abstract: "What the run holds.",
        question: "What does the run hold?", sites: [.post, .weight])
    let configuration: NoConfiguration
    var inputs: [MetricInput] = []
    var optionalInputs: [MetricInput] = []

    init(configuration: NoConfiguration = NoConfiguration()) { self.configuration = configuration }

    struct Accumulator: MetricAccumulator {
        var labels = 0
        var targets = 0.0
        let hadContext: Bool

        init(for layer: Layer, options: NoOptions) {
            hadContext = layer.context.refusal(of: .weights) == nil
        }

        mutating func update(with block: ActivationBlock) {
            labels += block.labels?.count ?? 0
            guard let rows = block.targets else { return }
            #expect(rows.rows == block.sampleCount)
            for row in 0..<rows.rows { targets += rows[row, 0] }
        }

        mutating func merge(_ other: Accumulator) {
            labels += other.labels
            targets += other.targets
        }
    }

    struct Output: MetricOutput {
        var values: Object
        var quantities: [Quantity] { [] }
        var summary: String { "" }
    }

    func output(of accumulator: Accumulator, for layer: Layer) -> Output {
        let context = layer.context
        let weights = try? context.weights.get()
        return Output(
            values: [
                "labels": .integer(accumulator.labels),
                "targets": .number(accumulator.targets),
                "hadContext": .flag(accumulator.hadContext),
                "weights": .integers(
                    weights.map { [$0.weight.rows, $0.weight.columns, $0.bias?.count ?? 0] } ?? []),
                "gate": .integer((try? context.gate.get())?.count),
                "next": .text((try? context.nextWeights.get())?.layer ?? ""),
                "fanOut": .integer((try? context.nextWeights.get())?.fanOut),
                "following": .integer((try? context.followingLayers.get())?.layers.count),
            ])
    }
}

@Suite("What metrics read beside a layer") struct ContextTests {
    private func results(
        _ file: String, needed: [MetricInput] = [], optional: [MetricInput] = [],
        site: Site? = nil
    ) async throws -> [LayerResult] {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let run = try RunFile(path: "/\(path)/Fixtures/\(file).h5")
        var metric = Given()
        metric.inputs = needed
        metric.optionalInputs = optional
        return try await Analyzer(
            metrics: [ConfiguredMetric(metric)],
            selection: Selection(sites: site.map { [$0] } ?? [])
        ).analyze(run).results
    }

    @Test func isGivenAsDeclared() async throws {
        let all = try await results(
            "gated/deep", needed: [.followingLayers, .labels],
            optional: [.weights, .gate, .nextWeights])
        let first = try #require(all.first)
        #expect(first.status == .ok)
        #expect(first.values["labels"] == .integer(120))
        #expect(first.values["hadContext"] == .flag(true))
        #expect(first.values["weights"] == .integers([6, 12, 12]))
        #expect(first.values["gate"] == .integer(12))
        #expect(first.values["next"] == .text("layer1"))
        #expect(first.values["fanOut"] == .integer(9))
        #expect(first.values["following"] == .integer(2))
        #expect(
            all.map(\.values).map { $0["following"] } == [.integer(2), .integer(1), .integer(0)])
    }

    @Test func isNotReadUnlessDeclared() async throws {
        let first = try #require(try await results("gated/deep").first)
        #expect(first.values["labels"] == .integer(0))
        #expect(first.values["weights"] == .integers([]))
        #expect(first.values["gate"] == .integer(nil))
        #expect(first.values["hadContext"] == .flag(false))
    }

    /// The sum of the first target over the samples, however the blocks are cut.
    @Test func targetsComeWithTheirSamples() async throws {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let run = try RunFile(path: "/\(path)/Fixtures/gated/targets.h5")
        let targets = try await run.matrix(try #require(try run.targets()), as: .activations)
        let sum = (0..<targets.rows).reduce(0) { $0 + targets[$1, 0] }
        let all = try await results("gated/targets", needed: [.targets])
        for result in all { #expect(result.values["targets"] == .number(sum)) }
        #expect(all.count == 3)
    }

    @Test(
        arguments: [
            (MetricInput.targets, "the run stores no targets"),
            (.nextWeights, "no layer with weights follows"),
            (.gate, "the layer stores no filter"),
        ])
    func whatIsMissingIsSkippedInWords(input: MetricInput, reason: String) async throws {
        let last = try #require(try await results("gated/deep", needed: [input]).last)
        #expect(last.status == .skipped)
        #expect(last.reason == reason)
        #expect(last.values == Object())
        let optional = try #require(try await results("gated/deep", optional: [input]).last)
        #expect(optional.status == .ok)
    }

    @Test func weightsHaveNoLabelsAndNoFollowingLayers() async throws {
        for input in [MetricInput.labels, .followingLayers, .targets] {
            let all = try await results("gated/deep", needed: [input], site: .weight)
            #expect(all.allSatisfy { $0.status == .skipped && $0.reason != nil })
        }
    }

    /// What is stored and cannot be used is a failure, also of what is optional.
    @Test func aGateOfAnotherLengthFails() async throws {
        let all = try await results("gated/wrong-gate", optional: [.gate])
        #expect(all.map(\.status) == [.failed, .ok])
        #expect(all[0].reason?.contains("7 gates, but the layer has 10 neurons") == true)
    }

    @Test func aConvolutionHasNoFollowingLayers() async throws {
        let all = try await results("layouts/conv", needed: [.followingLayers])
        #expect(all.allSatisfy { $0.status == .skipped })
        #expect(all.first?.reason == "what follows is known for dense layers only")
    }
}
