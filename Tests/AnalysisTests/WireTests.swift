import Isolation
import MetricCore
import Testing

@testable import Analysis

@Suite struct WireTests {
    /// A result in which nothing has its default.
    private static let made = LayerResult(
        run: "größe.h5", layer: "a/b", site: .pre, snapshot: "100",
        metric: MetricDescriptor(
            id: "m", title: "M", abstract: "A", question: "Q?", version: 3, sites: [.weight],
            usesLabels: true, keyQuantities: ["k"], draws: false, references: ["R"]),
        status: .degenerate, reason: "why", warnings: ["one", "two"], samples: 5, neurons: 2,
        nonFinite: 1, configuration: ["k": .integer(2), "off": .null],
        values: [
            "number": .number(-0.0), "integer": .integer(.min), "text": .text("\u{0}"),
            "flag": .flag(true), "numbers": .numbers([.infinity, 0.1]),
            "integers": .integers([1, -1]), "matrix": .matrix(rows: [[1, 2], []]),
            "object": .object(["inner": .number(.leastNonzeroMagnitude)]),
        ],
        quantities: [Quantity("q", title: "Q", nil, in: .nats, headline: false)],
        summary: "sum",
        figures: [
            Figure(
                title: "F", x: .init("x", scale: .logarithmic, range: 1...2), y: .init("y"),
                series: [.init(name: "s", mark: .bars, x: [1, 2], y: [3], group: 4)],
                overlays: true)
        ])

    private let result: LayerResult

    init() {
        var result = Self.made
        result.width = 7
        result.quantities.append(Quantity("rule", title: "rule", text: "constant"))
        self.result = result
    }

    @Test func aResultComesBackWhole() throws {
        var writer = WireWriter()
        writer.write(result)
        var reader = WireReader(writer.bytes)
        let back = try reader.value(LayerResult.self)
        func text(_ result: LayerResult) -> String {
            var text = ""
            dump(result, to: &text)
            return text
        }
        #expect(text(back) == text(result))
        // A new property must be written, too.
        #expect(Mirror(reflecting: result).children.count == 18)
        #expect(Mirror(reflecting: result.metric).children.count == 11)
        #expect(Mirror(reflecting: result.quantities[0]).children.count == 6)
        #expect(Mirror(reflecting: result.figures[0]).children.count == 5)
        #expect(Mirror(reflecting: result.figures[0].series[0]).children.count == 5)
        #expect(Mirror(reflecting: result.figures[0].x).children.count == 3)
    }

    /// Whatever is cut off, the rest is refused and nothing traps.
    @Test func cutResultsAreRefused() {
        var writer = WireWriter()
        writer.write(result)
        for length in 0..<writer.bytes.count {
            var reader = WireReader(Array(writer.bytes.prefix(length)))
            #expect(throws: WireReader.Mismatch.self) { try reader.value(LayerResult.self) }
        }
    }
}
