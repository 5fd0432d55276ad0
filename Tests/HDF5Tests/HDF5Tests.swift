import Foundation
import HDF5
import Testing

/// A path under a fresh folder that is removed at the end of the process's tests.
func temporaryFolder() throws -> String {
    let folder = NSTemporaryDirectory() + "lamina-hdf5-" + UUID().uuidString
    try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
    return folder
}

func layout(_ name: String) -> String {
    URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .deletingLastPathComponent().appendingPathComponent("Fixtures/layouts/\(name)").path
}

@Suite struct Opening {
    @Test func saysWhyAFileCannotBeOpened() throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        func cause(_ path: String) -> HDF5Error.Cause? {
            do {
                _ = try HDF5File(readingAt: path)
                return nil
            } catch { return error.cause }
        }
        #expect(cause(folder + "/missing.h5") == .noSuchFile)
        #expect(cause(folder) == .isFolder)
        #expect(cause("/dev/null") == .notAFile)
        try Data().write(to: URL(fileURLWithPath: folder + "/empty.h5"))
        #expect(cause(folder + "/empty.h5") == .isEmpty)
        try Data("hello".utf8).write(to: URL(fileURLWithPath: folder + "/text.h5"))
        #expect(cause(folder + "/text.h5") == .notHDF5)
        let good = try Data(contentsOf: URL(fileURLWithPath: layout("bare.h5")))
        try good.prefix(1500).write(to: URL(fileURLWithPath: folder + "/cut.h5"))
        #expect(cause(folder + "/cut.h5") == .truncated)
        #expect(cause(layout("bare.h5")) == nil)
    }

    @Test func namesTheMissingObject() throws {
        let file = try HDF5File(readingAt: layout("bare.h5"))
        #expect {
            try HDF5Dataset("/none", in: file)
        } throws: { error in
            (error as? HDF5Error)?.cause == .noSuchObject
        }
        #expect(!file.contains("/none"))
        #expect(file.contains("/activations"))
    }
}

@Suite struct WritingAndReading {
    @Test func roundTripsDatasetsAndAttributes() throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/a.h5"
        let values = (0..<60).map { Float($0) / 8 }
        do {
            let file = try HDF5File(creatingAt: path)
            let chunked = try HDF5WritableDataset(
                "/deep/below/x", shape: [0, 6],
                options: StorageOptions(.float32, chunkShape: [4, 6], compressionLevel: 1),
                in: file)
            try chunked.resize(rows: 10, rest: [6])
            try values.withUnsafeBytes {
                try chunked.write(start: [0, 0], count: [10, 6], from: $0)
            }
            try file.setAttribute("text", of: "/deep", to: .text("größe"))
            try file.setAttribute("integer", of: "/deep", to: .integer(-3))
            try file.setAttribute("number", of: "/deep", to: .number(0.1))
            try file.setAttribute("numbers", of: "/deep", to: .numbers([1, 2.5]))
            try file.setAttribute("empty", of: "/deep", to: .text(""))
            try file.flush()
            try file.close()
        }
        let file = try HDF5File(readingAt: path)
        let dataset = try HDF5Dataset("/deep/below/x", in: file)
        #expect(dataset.shape == [10, 6])
        #expect(dataset.elementType.description == "float32")
        #expect(dataset.storage.layout == .chunked)
        #expect(dataset.storage.chunkShape == [4, 6])
        let chunks = try #require(try dataset.lookAtChunks())
        #expect(chunks.total == 3 && chunks.seen == 3 && chunks.written == 3)
        #expect(dataset.storage.filters.map(\.name) == ["shuffle", "deflate"])
        #expect(try dataset.readAll(as: .float, Float.self, limit: 100) == values)
        var part = [Double](repeating: 0, count: 4)
        try part.withUnsafeMutableBytes {
            try dataset.read(start: [3, 2], count: [2, 2], as: .double, into: $0)
        }
        #expect(part == [20, 21, 26, 27].map { $0 / 8 })
        let size = try dataset.chunkByteCount(at: [4, 0])
        #expect(size > 0)
        var chunk = [UInt8](repeating: 0, count: size)
        let skipped = try chunk.withUnsafeMutableBytes {
            try dataset.readRawChunk(at: [4, 0], into: $0)
        }
        #expect(skipped == 0)
        let attributes = Dictionary(
            uniqueKeysWithValues: try file.attributes(of: "/deep").map { ($0.name, $0.value) })
        #expect(
            attributes == [
                "text": .text("größe"), "integer": .integer(-3), "number": .number(0.1),
                "numbers": .numbers([1, 2.5]), "empty": .text(""),
            ])
        #expect(throws: HDF5Error.self) { try HDF5File(creatingAt: path) }
        #expect(throws: HDF5Error.self) {
            try dataset.readAll(as: .float, Float.self, limit: 59)
        }
    }

    @Test func readsStringsOfAllKinds() throws {
        let file = try HDF5File(readingAt: layout("metadata.h5"))
        let attributes = Dictionary(
            uniqueKeysWithValues: try file.attributes(of: "/").map { ($0.name, $0.value) })
        #expect(attributes["dataset"] == .text("mnist"))
        #expect(attributes["framework"] == .text("PyTorch 2.1"))
        #expect(attributes["note"] == .text("élan"))
        #expect(attributes["names"] == .texts(["a", "bc"]))
        #expect(attributes["fixed"] == .texts(["x", "yz"]))
        #expect(attributes["sizes"] == .integers([1, 2, 3]))
        #expect(attributes["empty"] == .text(""))
    }

    @Test func followsSoftLinksButNoCircles() throws {
        let file = try HDF5File(readingAt: layout("metadata.h5"))
        #expect(try HDF5Dataset("/soft/relative", in: file).shape == [20, 4])
        let cycles = try HDF5File(readingAt: layout("cycles.h5"))
        #expect {
            try HDF5Dataset("/layers/loop/post", in: cycles)
        } throws: { ($0 as? HDF5Error)?.cause == .linkCycle }
        let external = try HDF5File(readingAt: layout("external-link.h5"))
        #expect {
            try HDF5Dataset("/layers/elsewhere/post", in: external)
        } throws: { ($0 as? HDF5Error)?.cause == .externalLink }
        let allowed = try HDF5File(
            readingAt: layout("external-link.h5"), followsExternalLinks: true)
        #expect(try HDF5Dataset("/layers/elsewhere/post", in: allowed).shape == [20, 4])
    }

    @Test func isSafeFromManyThreads() async throws {
        let file = try HDF5File(readingAt: layout("storage.h5"))
        let sums = try await withThrowingTaskGroup(of: Float.self) { group in
            for name in ["contiguous", "chunked", "gzip", "split", "compact", "growing"] {
                group.addTask {
                    let dataset = try HDF5Dataset("/storage/\(name)", in: file)
                    return try dataset.readAll(as: .float, Float.self, limit: 10_000).reduce(0, +)
                }
            }
            return try await group.reduce(into: []) { $0.append($1) }
        }
        // Sum over 200 rows i and 16 columns j of i + j / 8.
        let expected: Float = 16 * 19900 + 200 * 15
        #expect(sums == [Float](repeating: expected, count: 6))
    }
}
