import Foundation
import LinearAlgebra
import MetricCore
import RunFormat
import Synchronization
import Testing

@testable import Analysis

/// Keeps the first value of every row, which tests set to the row's number.
private struct Rows: Metric {
    static let descriptor = MetricDescriptor(
        id: "rows", title: "Rows", abstract: "The rows.", question: "Which rows?", sites: [.post])
    let configuration: NoConfiguration

    init(configuration: NoConfiguration = NoConfiguration()) { self.configuration = configuration }

    struct Accumulator: MetricAccumulator {
        var rows: [Int] = []
        var misplaced = 0
        var isFinished = false

        init(for layer: Layer, options: NoOptions) {}

        mutating func update(with block: ActivationBlock) {
            for row in 0..<block.values.rows {
                let value = Int(block.values[row, 0])
                if value != block.firstSample + row { misplaced += 1 }
                rows.append(value)
            }
        }

        mutating func merge(_ other: Accumulator) {
            rows += other.rows
            misplaced += other.misplaced
        }

        mutating func finish() { isFinished = true }
    }

    struct Output: MetricOutput {
        var values: Object
        var quantities: [Quantity] { [] }
        var summary: String { "" }
    }

    func output(of accumulator: Accumulator, for layer: Layer) -> Output {
        Output(
            values: [
                "inOrder": .flag(accumulator.rows == Array(0..<layer.samples)),
                "misplaced": .integer(accumulator.misplaced),
                "isFinished": .flag(accumulator.isFinished),
            ])
    }
}

@Suite struct PartTests {
    /// Long matrices are read in parts side by side, whose rows come together in order; so are the
    /// results of several layers, which are computed beside the reading of the next.
    @Test(arguments: [nil, 1] as [Int?])
    func rowsAndLayersAreInOrder(compression: Int?) async throws {
        let folder = FileManager.default.temporaryDirectory
            .appendingPathComponent(UUID().uuidString).path
        try FileManager.default.createDirectory(
            atPath: folder, withIntermediateDirectories: true)
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/run.h5"
        let (rows, columns) = (10_000, 1024)
        let writer = try RunWriter(path: path)
        for (index, name) in ["a", "b", "c"].enumerated() {
            // The first one is 40 MB: more than one part.
            let count = index == 0 ? rows : 10
            let layer = try writer.addLayer(name, index: index).addActivations(
                .post, sampleShape: [columns], sampleCount: count,
                storage: RunStorage(compressionLevel: compression))
            for first in stride(from: 0, to: count, by: 1000) {
                let height = min(1000, count - first)
                var values = Matrix<Float>(rows: height, columns: columns, repeating: 1)
                for row in 0..<height { values[row, 0] = Float(first + row) }
                try layer.append(values)
            }
        }
        try writer.commit()
        let run = try RunFile(path: path)
        let recorded = Recorded()
        let analysis = try await Analyzer(metrics: [ConfiguredMetric(Rows())]).analyze(run) {
            done, total in
            recorded.add(done, total)
        }
        #expect(analysis.results.map(\.layer) == ["a", "b", "c"])
        for result in analysis.results {
            #expect(result.values["inOrder"] == .flag(true))
            #expect(result.values["misplaced"] == .integer(0))
            #expect(result.values["isFinished"] == .flag(true))
        }
        let bytes = 4 * columns * (rows + 20)
        #expect(recorded.largest == bytes)
        #expect(recorded.totals == [bytes])
        let array = try #require(try run.layers()[0].post)
        let parts = try run.blocks(of: array, as: .activations).parts(atMost: 8)
        #expect(parts.count == (compression == nil ? 2 : 0))
    }
}

/// What was said of the progress, from any thread.
private final class Recorded: Sendable {
    private let state = Mutex<(largest: Int, totals: Set<Int>)>((0, []))

    var largest: Int { state.withLock { $0.largest } }
    var totals: Set<Int> { state.withLock { $0.totals } }

    func add(_ done: Int, _ total: Int) {
        state.withLock {
            $0.largest = max($0.largest, done)
            $0.totals.insert(total)
        }
    }
}
