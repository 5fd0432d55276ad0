import Foundation
import Glibc
import HDF5
import RunFormat
import Testing

@Suite struct Refusals {
    /// The error that reading the post-activations of `layer` ends with.
    func refusalOf(_ file: String, _ layer: String) async throws -> RunError? {
        await refusal {
            let run = try open(file)
            let entry = try #require(try run.layers(matching: [layer]).first)
            let reader = try run.blocks(of: try #require(entry.post), as: .activations)
            while try await reader.next() != nil {}
        }
    }

    @Test(arguments: [
        ("missing-filter.h5", "hidden", "filter 32001 (blosc), which is not installed"),
        ("missing-filter.h5", "hidden", "HDF5_PLUGIN_PATH"),
        ("external-storage.h5", "hidden", "external storage"),
        ("virtual.h5", "hidden", "virtual dataset"),
        ("shapes.h5", "vector", "its shape is 5;"),
        ("shapes.h5", "three", "its shape is 2 x 3 x 4;"),
        ("shapes.h5", "five", "its shape is 1 x 2 x 1 x 2 x 1;"),
        ("shapes.h5", "scalar", "its shape is scalar;"),
        ("shapes.h5", "no_rows", "its shape is 0 x 4: it holds no values"),
        ("shapes.h5", "no_columns", "its shape is 4 x 0: it holds no values"),
        ("shapes.h5", "null", "its shape is 0;"),
        ("elements.h5", "strings", "string of 2 bytes; numbers are needed"),
        ("elements.h5", "compound", "compound of 8 bytes; numbers are needed"),
        ("elements.h5", "variable", "string; numbers are needed"),
        ("elements.h5", "complex", "compound of 8 bytes; numbers are needed"),
        ("elements.h5", "logical", "booleans; numbers are needed: store them as whole numbers"),
        ("claims.h5", "chunked", "its values were never written"),
        ("claims.h5", "unwritten", "its values were never written"),
        ("claims.h5", "partly", "only 2 of its 10 chunks were written"),
        ("claims.h5", "overflow", "larger than any file"),
        ("claims.h5", "wide_chunks", "larger than the limit of 1073741824 bytes"),
    ])
    func nameTheObjectAndTheRemedy(file: String, layer: String, words: String) async throws {
        let error = try await refusalOf(file, layer)
        #expect(error?.kind == .badData)
        #expect(error?.file == layout(file))
        #expect(error?.object == "/layers/\(layer)/post")
        #expect(error?.message.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test(arguments: [
        ("external-link.h5", "elsewhere", "a link into another file"),
        ("cycles.h5", "loop", "go round in a circle"),
        ("cycles.h5", "dangling", "no such object"),
    ])
    func ofLinksNameThem(file: String, layer: String, words: String) async throws {
        let error = await refusal { _ = try open(file).layers(matching: [layer]) }
        #expect(error?.object == "/layers/\(layer)")
        #expect(error?.message.contains(words) == true, "\(error?.description ?? "")")
    }

    @Test func ofOneArrayLeaveTheOthers() async throws {
        let run = try open("external-link.h5")
        let layer = try #require(try run.layers().first)
        #expect(try run.layers().map(\.name) == ["good"])
        #expect(layer.pre?.refusal?.object == "/layers/good/pre")
        let reader = try run.blocks(of: try #require(layer.post), as: .activations)
        #expect(try await collect(reader).rows == grid(6, 3))
        let allowed = try RunFile(
            path: layout("external-link.h5"), options: ReadOptions(allowsExternalLinks: true))
        #expect(try allowed.layers().map(\.name) == ["elsewhere", "good"])
        let pre = try #require(try allowed.layers(matching: ["good"])[0].pre)
        #expect(
            try await collect(try allowed.blocks(of: pre, as: .activations)).rows == grid(9, 4))
    }

    @Test func circlesOfGroupsEnd() throws {
        #expect(try open("cycles.h5").layers().map(\.name) == ["good"])
        #expect(try open("cycles.h5").describe().layers.count == 1)
    }

    @Test func ofFilesNameTheCause() async throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        try Data().write(to: URL(fileURLWithPath: folder + "/empty.h5"))
        for (path, kind, words) in [
            (folder + "/none.h5", RunError.Kind.inputOutput, "no such file"),
            (folder, .inputOutput, "it is a folder"),
            (folder + "/empty.h5", .badData, "it is empty"),
            (#filePath, .badData, "it is not an HDF5 file"),
        ] {
            let error = await refusal { _ = try RunFile(path: path) }
            #expect(error?.kind == kind)
            #expect(
                error?.description == "\(path): cannot open the file: "
                    + (error.map { String($0.message.dropFirst(22)) } ?? ""))
            #expect(error?.message.contains(words) == true)
        }
    }

    @Test func ofRequestsSayWhatThereIs() async throws {
        let run = try open("bare.h5")
        let missing = await refusal { _ = try run.dataset("nothing") }
        #expect(missing?.kind == .usage)
        #expect(missing?.message == "no such dataset; there are: /activations, /vector")
        let group = await refusal { _ = try open("metadata.h5").dataset("/layers") }
        #expect(group?.kind == .usage)
        let noLayers = await refusal { _ = try run.layers() }
        #expect(noLayers?.kind == .badData)
        #expect(noLayers?.message.contains("--dataset PATH") == true)
        let vector = await refusal {
            _ = try run.blocks(of: try run.dataset("vector"), as: .bare(.first))
        }
        #expect(
            vector?.message
                == "its shape is 5; a matrix is needed, rows samples and columns neurons")
        let opaque = await refusal {
            let types = try open("types.h5")
            _ = try types.blocks(
                of: try types.dataset("types/opaque_unlabelled"), as: .bare(.first))
        }
        #expect(opaque?.message.contains("dtype = \"bfloat16\"") == true)
    }

    @Test func areSafeForATerminal() async throws {
        let run = try open("names.h5")
        let names = try run.layers().map(\.displayName)
        #expect(Set(names) == ["red\\u{1B}[31m", "caf\\xE9", "größe \\u{202E}gpj"])
        for layer in try run.layers() {
            let reader = try run.blocks(of: try #require(layer.post), as: .activations)
            #expect(try await collect(reader).rows == grid(6, 3))
        }
        let error = await refusal { _ = try run.layers(matching: ["x\u{1B}[0m"]) }
        #expect(error?.description.contains("\u{1B}") == false)
    }

    /// A file cut anywhere is refused at opening or gives the right values.
    @Test(arguments: ["metadata.h5", "storage.h5", "lzf.h5"])
    func truncatedFilesGiveErrorsOrRightValues(name: String) async throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let whole = try Data(contentsOf: URL(fileURLWithPath: layout(name)))
        let path = folder + "/cut.h5"
        for length in stride(from: 1, to: whole.count, by: max(1, whole.count / 150)) {
            try whole.prefix(length).write(to: URL(fileURLWithPath: path))
            let error = await refusal { _ = try RunFile(path: path) }
            #expect(error?.kind == .badData)
        }
    }

    /// A file with wrong bytes is refused or read; it never traps. (What is read may be wrong:
    /// HDF5 has no checksums over old-style metadata.)
    @Test func damagedFilesEndInErrorsOrValues() async throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let whole = try Data(contentsOf: URL(fileURLWithPath: layout("unlabelled.h5")))
        for position in stride(from: 8, to: whole.count, by: 29) {
            var damaged = whole
            damaged[position] ^= 0xFF
            let path = folder + "/\(position).h5"
            try damaged.write(to: URL(fileURLWithPath: path))
            guard let run = try? RunFile(path: path), let layers = try? run.layers() else {
                continue
            }
            _ = run.problems()
            for array in layers.flatMap({ $0.arrays.values }) {
                guard let reader = try? run.blocks(of: array, as: .activations),
                    reader.rows * reader.columns < 1 << 20
                else { continue }
                while (try? await reader.next()) != nil {}
            }
        }
    }
}

@Suite struct Failures {
    @Test func aDamagedChunkIsAnErrorThatNamesTheDataset() async throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        var bytes = try Data(contentsOf: URL(fileURLWithPath: layout("storage.h5")))
        let file = try HDF5File(readingAt: layout("storage.h5"))
        let dataset = try HDF5Dataset("/storage/gzip", in: file)
        var chunk = [UInt8](repeating: 0, count: try dataset.chunkByteCount(at: [64, 0]))
        _ = try chunk.withUnsafeMutableBytes {
            try dataset.readRawChunk(at: [64, 0], into: $0)
        }
        let place = try #require(bytes.range(of: Data(chunk)))
        bytes[place.lowerBound + chunk.count / 2] ^= 0xFF
        let path = folder + "/damaged.h5"
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = await refusal {
            let run = try RunFile(path: path)
            let reader = try run.blocks(of: try run.dataset("storage/gzip"), as: .activations)
            while try await reader.next() != nil {}
        }
        #expect(error?.kind == .badData)
        #expect(error?.object == "/storage/gzip")
        #expect(error?.frames.isEmpty == false)
    }

    @Test func aFileThatShrinksWhileItIsReadIsAnError() async throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/shrinking.h5"
        try FileManager.default.copyItem(atPath: layout("storage.h5"), toPath: path)
        let run = try RunFile(path: path)
        let array = try run.dataset("storage/contiguous")
        let reader = try run.blocks(of: array, as: .activations)
        #expect(truncate(path, 4096) == 0)
        let error = await refusal { _ = try await reader.next() }
        #expect(error?.kind == .badData)
        #expect(error?.object == "/storage/contiguous")
        #expect(error?.message.contains("truncated") == true)
    }

    @Test func aFileBeingWrittenIsNamedSo() async throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/busy.h5"
        try FileManager.default.copyItem(atPath: layout("bare.h5"), toPath: path)
        // The lock that the library takes for writing.
        let descriptor = Glibc.open(path, O_RDWR)
        defer { close(descriptor) }
        #expect(flock(descriptor, LOCK_EX | LOCK_NB) == 0)
        let error = await refusal { _ = try RunFile(path: path) }
        #expect(error?.kind == .inputOutput)
        #expect(error?.message.contains("another program is writing it") == true)
    }

    @Test(.enabled(if: getuid() != 0, "root may read everything"))
    func aFileWithoutPermissionIsNamedSo() async throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/secret.h5"
        try FileManager.default.copyItem(atPath: layout("bare.h5"), toPath: path)
        chmod(path, 0)
        let error = await refusal { _ = try RunFile(path: path) }
        #expect(error?.kind == .inputOutput)
        #expect(error?.message.contains("no permission") == true)
    }
}

@Suite struct Problems {
    @Test func aGoodRunHasNone() throws {
        for name in ["metadata.h5", "conv.h5", "nested.h5", "index.h5"] {
            #expect(try open(name).problems() == [], "\(name)")
        }
    }

    @Test func everyViolationIsNamed() throws {
        #expect(
            try open("mismatch.h5").problems() == [
                "/layers/empty: neither a layer (no pre, post, weight, bias) nor a group of layers",
                "/layers/hidden: attribute index is first; expected a whole number",
                "/layers/hidden/post: its shape is 6 x 4, but that of /layers/hidden/pre is 6 x 3",
                "/layers/hidden/weight: 5 neurons, but /layers/hidden/pre has 3",
                "/layers/hidden/bias: 2 neurons, but /layers/hidden/pre has 3",
                "/labels: 5 samples, but /layers/hidden/pre has 6",
                "/targets: 4 samples, but /layers/hidden/pre has 6",
            ])
        #expect(
            try open("newer.h5").problems()
                == ["/: attribute version is 2, newer than 1; use a newer program"])
        #expect(try open("unlabelled.h5").problems().count == 2)
        #expect(try open("no-layers.h5").problems().count == 1)
        #expect(
            try open("names.h5").problems() == [
                "/layers/caf\\xE9: its name is not UTF-8; rename it",
                "/layers/größe \\u{202E}gpj: its name holds control characters; rename it",
                "/layers/red\\u{1B}[31m: its name holds control characters; rename it",
            ])
        #expect(try open("missing-filter.h5").problems().count == 1)
        #expect(try open("shapes.h5").problems().count == 9)
        #expect(try open("elements.h5").problems().count == 5)
        #expect(try open("cycles.h5").problems().count == 3)
        #expect(try open("external-link.h5").problems().count == 2)
        #expect(try open("claims.h5").problems().count == 5)
    }
}
