import Analysis
import LinearAlgebra
import MetricCore
import RunFormat
import Testing

/// Counts the samples of each of three more passes, and whether labels came along.
private struct Passes: TwoPassMetric {
    static let descriptor = MetricDescriptor(
        id: "passes", title: "Passes", abstract: "Samples of every pass.",
        question: "How often do the samples pass by?", sites: [.post])
    let configuration: NoConfiguration
    let needsSecondPass = true

    init(configuration: NoConfiguration = NoConfiguration()) { self.configuration = configuration }

    struct Accumulator: MetricAccumulator {
        var count = 0

        init(for layer: Layer, options: NoOptions) {}
        mutating func update(with block: ActivationBlock) { count += block.sampleCount }
        mutating func merge(_ other: Accumulator) { count += other.count }
    }

    struct SecondPass: SecondPassAccumulator {
        var counts = [0]
        var firstSamples: [Int] = []
        var labels = 0

        mutating func update(with block: ActivationBlock) {
            if counts[counts.count - 1] == 0 { firstSamples.append(block.firstSample) }
            counts[counts.count - 1] += block.sampleCount
            labels += block.labels?.count ?? 0
        }

        mutating func endPass() throws -> Bool {
            guard counts.count < 3 else { return false }
            counts.append(0)
            return true
        }
    }

    struct Output: MetricOutput {
        var values: Object
        var quantities: [Quantity] { [] }
        var summary: String { "" }
    }

    func secondPass(
        after accumulator: Accumulator, for layer: Layer
    ) -> Result<SecondPass, Refusal> {
        .success(SecondPass())
    }

    func output(of accumulator: Accumulator, for layer: Layer) -> Output {
        Output(values: Object())
    }

    func output(
        of accumulator: Accumulator, and secondPass: SecondPass, for layer: Layer
    ) -> Output {
        Output(
            values: [
                "counts": .integers([accumulator.count] + secondPass.counts),
                "firstSamples": .integers(secondPass.firstSamples),
                "labels": .integer(secondPass.labels),
            ])
    }
}

@Suite struct PassTests {
    /// Neither labels nor weights are needed, and labels that do not fit are not looked at.
    @Test(arguments: ["labels", "unlabelled"])
    func asManyAsTheMetricAsksFor(file: String) async throws {
        let path = #filePath.split(separator: "/").dropLast(3).joined(separator: "/")
        let run = try RunFile(path: "/\(path)/Fixtures/layouts/\(file).h5")
        let analysis = try await Analyzer(metrics: [ConfiguredMetric(Passes())]).analyze(run)
        let result = try #require(analysis.results.first)
        #expect(result.status == .ok)
        #expect(
            result.values["counts"]
                == .integers(Array(repeating: result.samples, count: 4)))
        #expect(result.values["firstSamples"] == .integers([0, 0, 0]))
        #expect(result.values["labels"] == .integer(0))
    }
}
