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
    var accumulatorOptions = Options(factor: 1)

    struct Options: Sendable, Hashable { var factor: Double }

    init(configuration: NoConfiguration = NoConfiguration()) { self.configuration = configuration }
    init(factor: Double) {
        configuration = NoConfiguration()
        accumulatorOptions = Options(factor: factor)
    }

    struct Accumulator: MetricAccumulator {
        init(for layer: Layer, options: Options) {}
        mutating func update(with block: ActivationBlock) {}
        mutating func merge(_ other: Accumulator) {}

        static func memory(for layer: Layer, options: Options) -> Double {
            options.factor * Double(layer.neurons) * Double(layer.neurons)
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
                == "its 400000 neurons need 161 GB of memory for pairs, and there is 16 GB; "
                + "choose other metrics or layers, or analyze fewer")
    }

    /// Each has enough memory, both together have not: two passes, results in the same order.
    @Test func metricsShareTheMemoryOfAPass() throws {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let run = try RunFile(path: "/\(path)/Fixtures/layouts/wide.h5")
        // 1.6e11 bytes for each pair of neurons, 12.8e6 for blocks.
        let metrics = [Pairs(), Pairs(factor: 2), Pairs()].map { ConfiguredMetric($0) }
        func passes(limit: Double) throws -> [[Double]] {
            let plan = try AnalysisPlan(
                of: run, metrics: metrics, selection: Selection(), memoryLimit: limit)
            return plan.steps.map {
                guard case .read(let job) = $0 else { return [] }
                return job.metrics.map { $0.memory(job.layer) / 1.6e11 }
            }
        }
        // The first and the last have one accumulator.
        #expect(try passes(limit: 4.9e11) == [[1, 2, 1]])
        #expect(try passes(limit: 3.3e11) == [[1], [2], [1]])
    }
}
