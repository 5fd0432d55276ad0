import LinearAlgebra
import MetricCore
import RunFormat
import Testing

@testable import Analysis

/// Says that it takes a byte for every pair of neurons.
private struct Pairs: Metric {
    static let descriptor = MetricDescriptor(
        id: "pairs", title: "Pairs", abstract: "Pairs of neurons.",
        question: "How many pairs are there?", sites: [.post])
    let configuration: NoConfiguration
    var memoryRemedy: String? = "analyze fewer"

    init(configuration: NoConfiguration = NoConfiguration()) { self.configuration = configuration }

    struct Accumulator: MetricAccumulator {
        init(for layer: Layer, options: NoOptions) {}
        mutating func update(with block: ActivationBlock) {}
        mutating func merge(_ other: Accumulator) {}

        static func memory(for layer: Layer, options: NoOptions) -> Double {
            Double(layer.neurons) * Double(layer.neurons)
        }
    }

    struct Output: MetricOutput {
        var values: Object { Object() }
        var quantities: [Quantity] { [] }
        var summary: String { "" }
    }

    func output(of accumulator: Accumulator, for layer: Layer) -> Output { Output() }
}

/// A metric that takes next to nothing.
private struct Nothing: Metric {
    static let descriptor = MetricDescriptor(
        id: "nothing", title: "Nothing", abstract: "Nothing.", question: "What?", sites: [.post])
    let configuration: NoConfiguration

    init(configuration: NoConfiguration = NoConfiguration()) { self.configuration = configuration }

    struct Accumulator: MetricAccumulator {
        init(for layer: Layer, options: NoOptions) {}
        mutating func update(with block: ActivationBlock) {}
        mutating func merge(_ other: Accumulator) {}
    }

    func output(of accumulator: Accumulator, for layer: Layer) -> Pairs.Output { Pairs.Output() }
}

@Suite struct MemoryTests {
    /// 400,000 neurons have 1.6e11 pairs.
    @Test func whatTakesTooMuchIsRefusedAlone() throws {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let run = try RunFile(path: "/\(path)/Fixtures/layouts/wide.h5")
        let plan = try AnalysisPlan(
            of: run, metrics: [ConfiguredMetric(Pairs()), ConfiguredMetric(Nothing())],
            selection: Selection(), memoryLimit: 16e9)
        #expect(plan.steps.count == 2)
        guard case .fail(let results, let error) = plan.steps[0],
            case .read(let job) = plan.steps[1]
        else {
            Issue.record("not a refusal, then a job")
            return
        }
        #expect(results.map(\.metric.id) == ["pairs"])
        #expect(job.metrics.map(\.descriptor.id) == ["nothing"])
        #expect(error.object == "/layers/wide/post")
        #expect(
            error.message
                == "its 400000 neurons need 161 GB of memory for pairs, and this machine has 16 GB; "
                + "choose other metrics or layers, or analyze fewer")
    }
}
