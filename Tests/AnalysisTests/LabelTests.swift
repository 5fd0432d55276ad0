import Analysis
import LinearAlgebra
import MetricCore
import RunFormat
import Statistics
import Testing

/// Counts the samples of every class; without labels there are none.
private struct Classes: Metric {
    static let descriptor = MetricDescriptor(
        id: "classes", title: "Classes", abstract: "Samples of every class.",
        question: "How many samples has each class?", sites: [.post], usesLabels: true)
    let configuration: NoConfiguration

    init(configuration: NoConfiguration = NoConfiguration()) { self.configuration = configuration }

    struct Accumulator: MetricAccumulator {
        var counts: [Int: Int] = [:]

        init(for layer: Layer, options: NoOptions) {}

        mutating func update(with block: ActivationBlock) {
            for label in block.labels ?? [] { counts[label, default: 0] += 1 }
        }

        mutating func merge(_ other: Accumulator) {
            counts.merge(other.counts, uniquingKeysWith: +)
        }
    }

    struct Output: MetricOutput {
        var counts: [Int: Int]
        var values: Object {
            ["counts": .integers(counts.sorted { $0.key < $1.key }.map(\.value))]
        }
        var quantities: [Quantity] { [] }
        var summary: String { "\(counts.count) classes" }
    }

    func output(of accumulator: Accumulator, for layer: Layer) -> Output {
        Output(counts: accumulator.counts)
    }
}

/// Counts samples.
private struct Samples: Metric {
    static let descriptor = MetricDescriptor(
        id: "samples", title: "Samples", abstract: "Number of samples.",
        question: "How many samples are there?", sites: [.post])
    let configuration: NoConfiguration

    init(configuration: NoConfiguration = NoConfiguration()) { self.configuration = configuration }

    struct Output: MetricOutput {
        var count: Int
        var values: Object { ["count": .integer(count)] }
        var quantities: [Quantity] { [] }
        var summary: String { "\(count) samples" }
    }

    func output(of accumulator: MomentsAccumulator, for layer: Layer) -> Output {
        Output(count: accumulator.moments.count)
    }
}

@Suite struct LabelTests {
    private func analysis(of file: String, dataset: String? = nil) async throws -> RunAnalysis {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let run = try RunFile(path: "/\(path)/Fixtures/layouts/\(file).h5")
        let analyzer = Analyzer(
            metrics: [ConfiguredMetric(Classes()), ConfiguredMetric(Samples())],
            selection: Selection(datasets: dataset.map { [$0] } ?? []))
        return try await analyzer.analyze(run)
    }

    @Test func reachTheMetricsThatUseThem() async throws {
        // 20 samples labelled 0 ... 9 in turn.
        let results = try await analysis(of: "metadata").results
        #expect(results.map(\.status) == [.ok, .ok])
        #expect(results[0].values["counts"] == .integers(Array(repeating: 2, count: 10)))
    }

    /// 5 samples of 4 x 2 positions: each position has the label of its sample.
    @Test func belongToEveryPositionOfASample() async throws {
        let results = try await analysis(of: "conv").results
        #expect(results[0].values["counts"] == .integers([8, 8, 8, 8, 8]))
    }

    @Test func ofAnotherLengthFailOnlyThoseMetrics() async throws {
        let analysis = try await analysis(of: "labels")
        #expect(analysis.results.map(\.status) == [.failed, .ok])
        #expect(analysis.results[0].reason?.contains("4 labels") == true)
        #expect(analysis.results[0].values == Object())
        #expect(analysis.results[1].values["count"] == .integer(6))
        #expect(analysis.failures.map(\.object) == ["/labels"])
    }

    @Test func areNotReadBesideAMatrixOfAnotherLength() async throws {
        let analysis = try await analysis(of: "labels", dataset: "/layers/hidden/post")
        #expect(analysis.results.map(\.status) == [.failed, .ok])
        #expect(analysis.failures.isEmpty)
    }
}
