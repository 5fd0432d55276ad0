import ArgumentParser
import DeadMetric
import LinearAlgebra
import MetricCore
import MetricTesting
import Testing

/// Four samples of seven neurons: active; silent; silent and changing (as before a ReLU);
/// constant above 0; barely changing; active; with a NaN.
private let columns: [[Double]] = [
    [0, 2, 0, 4], [0, 0, 0, 0], [-3, -1, 0, -5], [2, 2, 2, 2], [0, 0, 0, 0.01], [1, 5, 9, 0],
    [1, 1, .nan, 1],
]
private let layer = matrix(columns)

private func matrix(_ columns: [[Double]]) -> RealMatrix {
    .double(
        Matrix(
            rows: columns.count, columns: columns[0].count, elements: columns.flatMap { $0 }
        ).transposed)
}

private func dead(
    _ x: RealMatrix, _ rule: Dead.Rule = .neverActive, threshold: Double = 0.01
) throws -> Dead.Output {
    try output(of: Dead(configuration: .init(rule: rule, threshold: threshold)), on: x)
}

@Suite("Dead neurons") struct DeadTests {
    @Test("each rule by hand") func rules() throws {
        let never = try dead(layer)
        #expect(never.indices == [1, 2])
        #expect(never.judged == 6)
        #expect(never.fraction == 1.0 / 3)
        #expect(
            never.summary == "2 of 6 neurons are dead (never above 0 on these 4 samples)")
        let constant = try dead(layer, .constant)
        #expect(constant.indices == [1, 3])
        #expect(constant.summary == "2 of 6 neurons are dead (constant on these 4 samples)")
        // Variances that change: 2.75, 3.6875, 0.00001875, 12.6875; median 3.21875.
        let below = try dead(layer, .belowThreshold)
        #expect(below.indices == [1, 3, 4])
        #expect(
            below.summary
                == "3 of 6 neurons are dead (less than 1.0 % of the median variance on these 4 samples)"
        )
        let higher = try dead(layer, .belowThreshold, threshold: 0.86)
        #expect(higher.indices == [0, 1, 3, 4])  // 0.86 · 3.21875 = 2.768
        let lower = try dead(layer, .belowThreshold, threshold: 0.85)
        #expect(lower.indices == [1, 3, 4])  // 0.85 · 3.21875 = 2.736
        for output in [never, constant, below] {
            #expect(output.neverActive.count == 2)
            #expect(output.constant.count == 2)
            #expect(output.belowThreshold.count == 3)
            #expect(output.verdict == .ok)
        }
        let many = [Double](repeating: 0, count: 200)
        let last = Array(many.dropLast()) + [1]
        #expect(
            try dead(matrix([many, last])).summary == "1 of 2 neurons is dead (never above 0)")
        #expect(
            try dead(matrix([last, last])).summary == "0 of 2 neurons are dead (never above 0)")
    }

    /// An outlier channel of a residual stream, around -80 ± 5, beside a silent and a live neuron: it
    /// is silent behind a ReLU and the loudest of all where nothing follows.
    @Test(
        "the default rule follows the layer's nonlinearity",
        arguments: [
            ("relu", true), ("ReLU", true), ("relu6", true), ("torch.nn.ReLU", true),
            ("nn.ReLU()", true), ("squared_relu", true), (nil, false), ("", false),
            ("identity", false), ("leaky_relu", false), ("LeakyReLU", false), ("prelu", false),
            ("rrelu", false), ("crelu", false), ("elu", false), ("selu", false), ("gelu", false),
            ("silu", false), ("tanh", false), ("relu, batch norm", false), ("softmax", false),
        ] as [(String?, Bool)])
    func defaultRule(activation: String?, isSilencing: Bool) throws {
        let outlier = (0..<200).map { -80 + 5 * Double($0 % 3 - 1) }
        let silent = [Double](repeating: 0, count: 200)
        let live = (0..<200).map { Double($0 % 7) - 2 }
        let x = matrix([outlier, silent, live])
        let layer = Layer(
            name: "residual", site: .pre, neurons: 3, samples: 200, activation: activation)
        let output = Dead().output(of: accumulate(x, by: Dead()), for: layer)
        #expect(output.indices == (isSilencing ? [0, 1] : [1]))
        let rule = isSilencing ? "never-active" : "constant"
        #expect(output.values["rule"] == .text(rule))
        let shown = output.quantities.first { $0.name == "rule" }
        #expect(shown?.text == rule && shown?.isHeadline == true)
        #expect(Dead().configuration.values["rule"] == .text("automatic"))
        // Asked for, a rule is the same everywhere.
        let asked = try Dead(configuration: .init(rule: .neverActive))
        #expect(asked.output(of: accumulate(x, by: asked), for: layer).indices == [0, 1])
    }

    @Test("values are named and ordered as files rely on") func names() throws {
        let values = try dead(layer).values
        #expect(
            values.fields.map(\.name) == [
                "count", "fraction", "indices", "rule", "threshold", "neverActive", "constant",
                "belowThreshold",
            ])
        #expect(values["count"] == .integer(2))
        #expect(values["indices"] == .integers([1, 2]))
        #expect(values["rule"] == .text("never-active"))
        #expect(values["threshold"] == .number(0.01))
    }

    @Test("merging at every cut equals one pass", arguments: Dead.Rule.allCases)
    func merging(rule: Dead.Rule) throws {
        let metric = try Dead(configuration: .init(rule: rule))
        let (whole, merged) = try outputsAtEveryCut(of: metric, on: layer)
        for part in merged { #expect(part == whole) }
    }

    @Test(
        "a positive factor and the order of samples change nothing", arguments: Dead.Rule.allCases)
    func invariance(rule: Dead.Rule) throws {
        let whole = try dead(layer, rule)
        // Beyond 1e150 values are excluded.
        for scale in [1e-200, 0x1p-30, 8, 1e140] {
            let scaled = try dead(matrix(columns.map { $0.map { $0 * scale } }), rule)
            #expect(scaled.indices == whole.indices)
            #expect(scaled.values == whole.values)
        }
        #expect(try dead(matrix(columns.map { $0.reversed() }), rule) == whole)
        let swapped = try dead(matrix(columns.reversed()), rule)
        #expect(swapped.indices == whole.indices.map { 6 - $0 }.reversed())
    }

    @Test("thresholds must be above 0") func refusals() {
        for threshold in [0, -1, .nan, .infinity] as [Double] {
            #expect(throws: InvalidOption.self) {
                try Dead.Configuration(rule: .constant, threshold: threshold)
            }
        }
        #expect(Dead.Configuration().rule == nil)
        #expect(throws: Never.self) { try Dead.Arguments.parse([]).configuration() }
        #expect(throws: (any Error).self) { try Dead.Arguments.parse(["--rule", "sleepy"]) }
    }

    @Test("options become the configuration") func arguments() throws {
        let asked = try Dead.Arguments.parse(["--rule", "below-threshold", "--threshold", "0.5"])
        let configuration = try asked.configuration()
        #expect(configuration.rule == .belowThreshold)
        #expect(configuration.threshold == 0.5)
        #expect(configuration.values["rule"] == .text("below-threshold"))
    }

    @Test("silence on few samples is qualified") func ruleOfThree() throws {
        let silent = try dead(.float(Matrix(rows: 10, columns: 2)))
        // 1 - 0.05^(1/10) = 0.2589
        #expect(abs(silent.firingRateBound - 0.258_865_5) < 1e-7)
        #expect(silent.warnings.count == 1)
        #expect(silent.warnings.first?.contains("26 %") == true)
        let many = try dead(.float(Matrix(rows: 1000, columns: 2)))
        #expect(abs(many.firingRateBound - 3.0 / 1000) < 1e-5)
        #expect(many.warnings.isEmpty)
        #expect(try dead(.float(Matrix(rows: 10, columns: 2, repeating: 1))).warnings.isEmpty)
    }

    @Test("layers without a judgement") func degenerate() throws {
        let none = try dead(.double(Matrix(rows: 0, columns: 3)))
        #expect(none.verdict == .insufficient("there are no samples"))
        #expect(none.values["count"] == .null)
        #expect(none.values["fraction"] == .null)
        let bad = try dead(.double(Matrix(rows: 2, columns: 3, repeating: .nan)))
        #expect(bad.verdict == .degenerate("every neuron has NaN or infinite activations"))
        let noNeurons = try dead(.double(Matrix(rows: 2, columns: 0)))
        #expect(noNeurons.verdict == .insufficient("there are no neurons"))
        let one = RealMatrix.double(Matrix(rows: 1, columns: 2, elements: [0, 3]))
        #expect(try dead(one).indices == [0])
        #expect(try dead(one).verdict == .ok)
        #expect(
            try dead(one, .constant).verdict
                == .insufficient("one sample does not show whether a neuron changes"))
        let all = try dead(.double(Matrix(rows: 200, columns: 3)), .belowThreshold)
        #expect(all.fraction == 1)
        #expect(all.verdict == .ok)
        #expect(try dead(matrix([[0, 0, 1]])).fraction == 0)
    }
}
