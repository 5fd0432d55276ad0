import Foundation
import HDF5
import LinearAlgebra
import RunFormat
import Testing

@Suite struct Writing {
    func matrix(_ rows: Range<Int>, _ columns: Int) -> Matrix<Float> {
        Matrix(
            rows: rows.count, columns: columns,
            elements: rows.flatMap { row in
                (0..<columns).map { Float(row) + Float($0) / 8 }
            })
    }

    @Test(arguments: [
        RunStorage(), RunStorage(element: .float16), RunStorage(element: .float64),
        RunStorage(compressionLevel: nil),
    ])
    func roundTrips(storage: RunStorage) async throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/run.h5"
        let writer = try RunWriter(path: path)
        try writer.set(Schema.Attribute.framework, .text("lamina"))
        try writer.set(Schema.Attribute.seed, .integer(3))
        try writer.set(Schema.Attribute.testAccuracy, .number(0.5))
        let hidden = try writer.addLayer(
            "encoder/0", index: 0, kind: "linear", activation: "relu")
        let pre = try hidden.addActivations(
            .pre, sampleShape: [5], sampleCount: 100, storage: storage)
        let post = try hidden.addActivations(.post, sampleShape: [5], storage: storage)
        let labels = try writer.addLabels()
        for first in stride(from: 0, to: 100, by: 7) {
            let rows = first..<min(first + 7, 100)
            try pre.append(matrix(rows, 5))
            try post.append(matrix(rows, 5))
            try labels.append(labels: rows.map { $0 % 10 })
        }
        try hidden.setWeights((0..<15).map(Float.init), shape: [5, 3])
        try hidden.setBias([0, 1, 2, 3, 4])
        try hidden.set("filter", [1, 1, 1, 0, 1], shape: [5])
        let conv = try writer.addLayer("conv", index: 1)
        let images = try conv.addActivations(.post, sampleShape: [2, 3, 4], storage: storage)
        try images.append(Matrix<Double>(rows: 100, columns: 24, repeating: 0.25))
        try writer.addHistory("train_loss", [2, 1])
        let early = try writer.addLayer("encoder/0", index: 0, snapshot: "10")
        try early.addActivations(.post, sampleShape: [5]).append(matrix(0..<100, 5))
        #expect(!FileManager.default.fileExists(atPath: path))
        try writer.commit()
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["run.h5"])

        let run = try RunFile(path: path)
        #expect(run.problems() == [])
        #expect(run.attributes.seed == 3)
        #expect(run.snapshots == ["10"])
        let layers = try run.layers()
        #expect(layers.map(\.name) == ["encoder/0", "conv"])
        let reader = try run.blocks(of: try #require(layers[0].pre), as: .activations)
        #expect(reader.isDouble == (storage.element == .float64))
        #expect(try await collect(reader).rows == grid(100, 5))
        #expect(try run.labels()?.read(0..<100) == (0..<100).map { $0 % 10 })
        #expect(layers[1].post?.shape == [100, 2, 3, 4])
        // What fits into one chunk takes no more space than it has.
        let isCompressed = storage.compressionLevel != nil
        #expect(layers[0].pre?.layout == (isCompressed ? .chunked : .contiguous))
        #expect(layers[0].post?.chunkShape == (isCompressed ? [100, 5] : nil))
        #expect(try run.history().map(\.values) == [[2, 1]])
        #expect(throws: RunError.self) { try writer.commit() }
    }

    /// Several parts of a contiguous dataset, read past the library, in whole and in slabs.
    @Test func largeContiguousArraysRoundTrip() async throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/run.h5"
        let writer = try RunWriter(path: path)
        let layer = try writer.addLayer("a", index: 0)
        let values = (0..<700 * 1024).map { Float($0) }
        try layer.setWeights(values, shape: [700, 1024])
        try writer.commit()
        let run = try RunFile(path: path)
        let weight = try #require(try run.layers()[0].weight)
        let rows = try await run.matrix(weight, as: .bare(.first))
        #expect(rows == .float(Matrix(rows: 700, columns: 1024, elements: values)))
        let turned = try await run.matrix(weight, as: .weights)
        guard case .float(let turned) = turned, case .float(let rows) = rows else {
            Issue.record("floats became doubles")
            return
        }
        #expect(turned == rows.transposed)
    }

    @Test func anAbandonedRunLeavesNothing() throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data("before".utf8).write(to: URL(fileURLWithPath: folder + "/run.h5"))
        do {
            let writer = try RunWriter(path: folder + "/run.h5")
            let layer = try writer.addLayer("a", index: 0)
            try layer.addActivations(.post, sampleShape: [5]).append(matrix(0..<9, 5))
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder) == ["run.h5"])
        #expect(
            try Data(contentsOf: URL(fileURLWithPath: folder + "/run.h5")) == Data("before".utf8))
    }

    /// Arrays of many chunks and of announced length, appended across the chunks' borders.
    @Test(arguments: [nil, 300], [nil, 1] as [Int?])
    func longArraysRoundTrip(announced: Int?, compression: Int?) async throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/run.h5"
        let writer = try RunWriter(path: path)
        // 64 rows of 4096 floats are 1 MiB, a chunk.
        let rows = try writer.addLayer("a", index: 0).addActivations(
            .post, sampleShape: [4096], sampleCount: announced,
            storage: RunStorage(compressionLevel: compression))
        for first in stride(from: 0, to: 300, by: 100) {
            try rows.append(
                Matrix<Float>(rows: 100, columns: 4096, repeating: Float(first)))
        }
        try writer.commit()
        let post = try RunFile(path: path).layers()[0].array(.post)
        #expect(post.shape == [300, 4096])
        #expect(post.chunkShape == (announced == nil || compression != nil ? [64, 4096] : nil))
        let run = try RunFile(path: path)
        let reader = try run.blocks(of: post, as: .activations)
        #expect(reader.blockRows == 256)
        var seen = 0
        while let (values, firstRow) = try await reader.next() {
            for row in 0..<values.rows {
                #expect(values[row, 4095] == Double((firstRow + row) / 100 * 100))
            }
            seen += values.rows
        }
        #expect(seen == 300)
    }

    @Test func fewerSamplesThanAnnouncedAreAnError() async throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let writer = try RunWriter(path: folder + "/run.h5")
        let rows = try writer.addLayer("a", index: 0).addActivations(
            .post, sampleShape: [5], sampleCount: 10)
        try rows.append(matrix(0..<9, 5))
        let error = await refusal { try writer.commit() }
        #expect(error?.message == "9 samples were appended where 10 were announced")
    }

    @Test func aMissingFolderIsNamed() async throws {
        let error = await refusal { _ = try RunWriter(path: "/nonexistent/run.h5") }
        #expect(error?.kind == .inputOutput)
        #expect(
            error?.description
                == "/nonexistent/run.h5: cannot write: there is no folder /nonexistent; create it first"
        )
    }

    @Test func halfPrecisionCountsWhatDoesNotFit() throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let writer = try RunWriter(path: folder + "/run.h5")
        let rows = try writer.addLayer("a", index: 0).addActivations(
            .post, sampleShape: [3], storage: RunStorage(element: .float16))
        // 65504 is the largest half; 65520 rounds to infinity (IEEE 754, ties to even).
        try rows.append(Matrix<Float>(rows: 1, columns: 3, elements: [65504, 65520, .infinity]))
        #expect(rows.overflowCount == 1)
    }
}
