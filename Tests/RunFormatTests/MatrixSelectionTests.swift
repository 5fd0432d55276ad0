@testable import RunFormat
import Testing

/// The matrix of one layer of `stacks.h5`: 100 layer + sample + unit / 8.
private func layer(_ index: Int) -> [[Double]] {
    grid(12, 4).map { $0.map { $0 + 100 * Double(index) } }
}

private func names(_ chosen: (matrices: [BareMatrix], leftOut: [String])) -> [String] {
    chosen.matrices.map(\.name)
}

@Suite struct MatrixSelectionTests {
    @Test(
        arguments: ["contiguous", "gzip", "single"],
        [
            ("lsu", "layer,sample,unit"), ("slu", "sample,layer,unit"),
            ("lus", "layer,unit,sample"),
            ("sul", "sample,unit,layer"),
        ])
    func splitsAStackIntoItsLayers(
        storage: String, order: (name: String, axes: String)
    ) async throws {
        let run = try open("stacks.h5")
        let path = "/stacks/\(order.name)_\(storage)"
        let (matrices, leftOut) = try run.matrices(
            named: [path], axes: AxisNames(order.axes))
        #expect(matrices.map(\.name) == ["\(path)[0]", "\(path)[1]", "\(path)[2]"])
        #expect(leftOut.isEmpty)
        for (index, matrix) in matrices.enumerated() {
            #expect(matrix.note == nil)
            let reader = try run.blocks(of: matrix.array, as: matrix.presentation)
            #expect(try await collect(reader).rows == layer(index))
            #expect(reader.rowsPerSample == 1)
        }
    }

    @Test func countsEveryOtherAxisAsRows() async throws {
        let run = try open("stacks.h5")
        let matrices = try run.matrices(
            named: ["stacks/lstu"], axes: AxisNames("layer,sample,token,unit")
        ).matrices
        #expect(matrices.count == 3)
        let reader = try run.blocks(of: matrices[1].array, as: matrices[1].presentation)
        #expect(reader.rowsPerSample == 3)
        #expect(try await collect(reader).rows == layer(1))
        // Without a layer among the names the stack is one matrix.
        let pooled = try run.matrices(
            named: ["/stacks/lsu_gzip"], axes: AxisNames("depth,sample,unit")
        ).matrices
        #expect(pooled.map(\.name) == ["/stacks/lsu_gzip"])
        let all = try run.blocks(of: pooled[0].array, as: pooled[0].presentation)
        #expect(try await collect(all).rows == layer(0) + layer(1) + layer(2))
    }

    @Test func choosesByPathGroupAndPattern() throws {
        let run = try open("stacks.h5")
        let hidden = ["/hidden/0", "/hidden/1", "/hidden/2", "/hidden/10"]
        #expect(
            names(try run.matrices(named: ["/hidden/1", "hidden/0"])) == [hidden[1], hidden[0]])
        for name in ["/hidden", "hidden/*", "/hid*"] {
            let chosen = try run.matrices(named: [name])
            #expect(names(chosen) == hidden)
            #expect(chosen.leftOut == ["/hidden/bias"])
        }
        #expect(names(try run.matrices(named: ["/hidden/?"])) == Array(hidden[..<3]))
        // Each once, in the order in which they were named.
        #expect(
            names(try run.matrices(named: ["/hidden/2", "/hidden/*"]))
                == [hidden[2], hidden[0], hidden[1], hidden[3]])
        let one = try run.matrices(
            named: ["/stacks/slu_gzip[2]"], axes: AxisNames("sample,layer,unit"))
        #expect(names(one) == ["/stacks/slu_gzip[2]"])
    }

    @Test func saysWhatAxesWereTakenFor() throws {
        let run = try open("stacks.h5")
        let last = try run.matrices(named: ["/stacks/lsu_gzip"], channelsAreLast: true).matrices[0]
        #expect(last.note?.contains("3 x 12 are all taken for samples") == true)
        #expect(last.note?.contains("--axes layer,sample,unit") == true)
        let image = try run.matrices(named: ["/stacks/lstu"]).matrices[0]
        #expect(image.note?.contains("samples x channels x height x width") == true)
        #expect(
            try run.matrices(named: ["/hidden/0"], channelsAreLast: true).matrices[0].note == nil)
    }

    @Test func refusesWhatChoosesNothing() async throws {
        let run = try open("stacks.h5")
        let missing = await refusal { _ = try run.matrices(named: ["/hidden/0", "/none*"]) }
        #expect(missing?.kind == .usage)
        #expect(missing?.object == "/none*")
        let vectors = await refusal { _ = try run.matrices(named: ["/hidden/bi*"]) }
        #expect(vectors?.kind == .badData)
        #expect(vectors?.message.contains("/hidden/bias") == true)
        let axes = await refusal {
            _ = try run.matrices(named: ["/hidden/0"], axes: AxisNames("layer,sample,unit"))
        }
        #expect(axes?.kind == .usage)
        #expect(axes?.message.contains("2 axes") == true)
        let three = await refusal {
            let matrix = try run.matrices(named: ["/stacks/lsu_gzip"]).matrices[0]
            _ = try run.blocks(of: matrix.array, as: matrix.presentation)
        }
        #expect(three?.message.contains("--axes layer,sample,unit") == true)
    }

    @Test(arguments: [
        "", "unit", "layer,unit", "sample,layer", "unit,unit,sample", "sample,,unit", "unit,", ",",
    ])
    func refusesNamesThatMakeNoMatrix(text: String) {
        #expect(AxisNames(text) == nil)
    }

    @Test func anExactNameComesBeforeAPattern() {
        let names = ["dense[0][0]", "dense00", "dense1"]
        #expect(NameChoice(among: names, patterns: ["dense[0][0]"]).positions == [0])
        #expect(NameChoice(among: names, patterns: ["dense[01]*"]).positions == [1, 2])
        #expect(NameChoice(among: names, patterns: []).positions == [0, 1, 2])
        #expect(NameChoice(among: names, patterns: ["x*", "dense1"]).unmatched == ["x*"])
        // The same text in two normal forms: two names.
        let twins = ["caf\u{E9}", "cafe\u{301}"]
        #expect(NameChoice(among: twins, patterns: [twins[1]]).positions == [1])
    }
}
