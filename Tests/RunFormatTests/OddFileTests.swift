import Foundation
import HDF5
import LinearAlgebra
import RunFormat
import Testing
import Text

/// Files of `Fixtures/layouts/hostile`, written by `Fixtures/reference/make_hostile.py`: valid but odd ones, whose
/// values are those of h5py, and damaged ones.
private func odd(_ name: String, as elementType: String? = nil) throws -> RunFile {
    try RunFile(
        path: layout("hostile/\(name).h5"), options: ReadOptions(elementType: elementType))
}

private func rows(
    _ name: String, _ path: String, as elementType: String? = nil
) async throws -> [[Double]] {
    let run = try odd(name, as: elementType)
    return try await collect(run.blocks(of: try run.dataset(path), as: .bare(.first))).rows
}

@Suite struct OddChunks {
    /// Shuffle alone undid what was never done: means of 1e36.
    @Test(arguments: ["shuffle", "deflate"])
    func atTheEdgeMayBeUnfiltered(_ name: String) async throws {
        #expect(try await rows("plain-edges-\(name)", "/layers/hidden/post") == grid(20, 6))
    }

    @Test(arguments: ["plain", "shuffle", "checksum"])
    func ofLZFAreRead(_ name: String) async throws {
        #expect(try await rows("lzf-kinds", name) == grid(20, 6))
        #expect(try await values("lzf.h5", "/layers/hidden/post") == grid(64, 4))
    }

    @Test func ofLZFMayBeStoredAsTheyAre() async throws {
        let noise = try await rows("lzf-kinds", "noise")
        #expect(noise.count == 16 && noise.allSatisfy { $0.allSatisfy { (0...255).contains($0) } })
        #expect(Set(noise.joined()).count > 60)
    }

    @Test(arguments: ["deflate_twice", "backwards"])
    func ofAnyPipelineAreRead(_ name: String) async throws {
        #expect(try await rows("odd-pipelines", name) == grid(20, 6))
    }

    @Test func ofIntegersAreRead() async throws {
        let expected = (0..<20).map { i in (0..<6).map { Double(i * 6 + $0) } }
        #expect(try await rows("odd-pipelines", "integers") == expected)
    }

    /// Chunks of 20 MiB do not fit into blocks of 16 MiB and are cut up.
    @Test func largerThanABlockAreCutUp() async throws {
        let run = try odd("large-chunk")
        let reader = try run.blocks(of: try run.dataset("post"), as: .activations)
        var next = 0
        while let (values, firstRow) = try await reader.next() {
            #expect(firstRow == next)
            for row in 0..<values.rows {
                #expect(values[row, 0] == Double(firstRow + row))
                #expect(values[row, 1 << 20 - 1] == Double(firstRow + row))
            }
            next += values.rows
        }
        #expect(next == 10 && reader.blockCount > 2)
    }

    /// The library hands out whatever its memory holds for what is missing.
    @Test(arguments: ["skipped", "deflate", "integers"])
    func withTooFewBytesAreErrors(_ name: String) async throws {
        let error = await refusal { _ = try await rows("short-chunk", name) }
        #expect(error?.kind == .badData)
        #expect(error?.message.contains("does not decode to the bytes it should have") == true)
    }

    /// 16 MiB of zeros for a chunk of 128 bytes; the library would inflate all of them.
    @Test(arguments: ["post", "integers"])
    func thatExplodeAreErrors(_ name: String) async throws {
        let error = await refusal { _ = try await rows("bomb", name) }
        #expect(error?.message.contains("does not decode") == true)
    }

    @Test(arguments: [
        ("extensible", "its values were never written"), ("tree", "its values were never written"),
        ("missing", "many were never written"),
    ])
    func thatAreOnlyClaimedAreNotCounted(name: String, words: String) async throws {
        let start = ContinuousClock.now
        let error = await refusal { _ = try await rows("claims-2-40-chunks", name) }
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
        #expect(ContinuousClock.now - start < .seconds(5))
    }
}

@Suite struct OddElements {
    @Test(arguments: ["i1", "i2", "i4", "i8", "signed12", "nbit"])
    func areIntegersOfAnyKind(_ name: String) async throws {
        let expected = (0..<12).map { i in (0..<5).map { Double(i * 5 + $0 - 30) } }
        #expect(try await rows("integers", name) == expected)
    }

    @Test(arguments: ["u1", "u4", "unsigned12", "shifted"])
    func areUnsignedIntegersOfAnyKind(_ name: String) async throws {
        let expected = (0..<12).map { i in (0..<5).map { Double(i * 5 + $0) } }
        #expect(try await rows("integers", name) == expected)
    }

    @Test func areWholeNumbersBeyondAnInt() async throws {
        #expect(try await rows("integers", "u8")[0] == [0x1p63 + 2048, 1, 2, 3, 4])
    }

    @Test func ofSixteenBitsNeedAType() async throws {
        let run = try odd("words")
        let layers = try run.layers()
        func open(_ name: String, _ run: RunFile) async throws -> [[Double]] {
            let layer = try run.layers(matching: [name])[0]
            return try await collect(
                run.blocks(of: try #require(layer.post), as: .activations)
            ).rows
        }
        #expect(layers.map(\.name) == ["hidden", "said", "whole"])
        let error = await refusal { _ = try await open("hidden", run) }
        #expect(error?.kind == .badData && error?.object == "/layers/hidden/post")
        #expect(error?.message.contains("--dtype bfloat16") == true)
        #expect(try await open("said", run) == grid(12, 5))
        let whole = (0..<12).map { i in (0..<5).map { Double(i * 5 + $0) } }
        #expect(try await open("whole", run) == whole)
        let labels = try #require(try run.labels())
        #expect(try labels.read(0..<12) == Array(0..<12))
        #expect(run.problems().contains { $0.hasPrefix("/layers/hidden/post: ") })
        #expect(try await open("hidden", try odd("words", as: "bfloat16")) == grid(12, 5))
        // What the dataset says itself counts more.
        #expect(try await open("whole", try odd("words", as: "bfloat16")) == whole)
        #expect(try await open("hidden", try odd("words", as: "uint16"))[0][0] == 0)
    }

    /// stored · 0.5 + 10, and 7 stands for a missing value.
    @Test func areUnpackedAsTheirAttributesSay() async throws {
        let packed = try await rows("packed", "packed")
        for (index, value) in packed.joined().enumerated() {
            #expect(index == 7 ? value.isNaN : value == Double(index) * 0.5 + 10)
        }
        let fill = try await rows("packed", "fill")
        for (value, expected) in zip(fill.joined(), grid(12, 5).joined()) {
            #expect(expected == 3 ? value.isNaN : value == expected)
        }
        #expect(try await rows("packed", "nan_fill") == grid(12, 5))
        #expect(try await rows("packed", "unsigned") == [[255, 1], [128, 127]])
        #expect(try odd("packed").dataset("packed").typeName.contains("* 0.5 + 10"))
        let error = await refusal { _ = try await rows("packed", "text") }
        #expect(
            error?.message == "its attribute scale_factor is 0.5; a number other than 0 is needed")
    }
}

@Suite struct SmallFloats {
    /// Values of ml_dtypes for every code.
    static func reference() throws -> [String: [Double]] {
        let url = root.appendingPathComponent("Fixtures/reference/small_floats.json")
        let values = try JSONDecoder().decode(
            [String: [String?]].self, from: Data(contentsOf: url))
        return values.mapValues { $0.map { $0.flatMap { Double($0) } ?? .nan } }
    }

    private func differences(_ path: String, _ name: String) async throws -> [Int] {
        let expected = try #require(try SmallFloats.reference()[name])
        let got = try await Array(rows("small-floats", path).joined())
        #expect(got.count == expected.count)
        return got.indices.filter {
            got[$0].isNaN != expected[$0].isNaN || (!got[$0].isNaN && got[$0] != expected[$0])
        }
    }

    @Test(arguments: [
        "float8_e3m4", "float8_e4m3", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz",
        "float8_e5m2", "float8_e5m2fnuz", "float8_e8m0fnu", "float6_e2m3fn", "float6_e3m2fn",
        "float4_e2m1fn",
    ])
    func areReadFromBytes(_ name: String) async throws {
        #expect(try await differences("bytes/\(name)", name) == [])
    }

    @Test(arguments: [
        "float8_e3m4", "float8_e4m3fn", "float8_e4m3fnuz", "float8_e4m3b11fnuz", "float8_e5m2",
        "float8_e5m2fnuz", "float6_e2m3fn", "float6_e3m2fn", "float4_e2m1fn",
    ])
    func areReadFromHDF5Types(_ name: String) async throws {
        #expect(try await differences("native/\(name)", name) == [])
        #expect(try odd("small-floats").dataset("native/\(name)").typeName == name)
    }

    @Test func thatAreNotKnownAreRefusedByName() async throws {
        let unknown = await refusal { _ = try await rows("small-floats", "native/unknown") }
        #expect(unknown?.message.contains("float8 (e4m3, bias 5)") == true)
        let pairs = await refusal { _ = try await rows("small-floats", "packed_pairs") }
        #expect(pairs?.message.contains("\"float4_e2m1fn_x2\", which is not read") == true)
    }
}

@Suite struct OddNames {
    @Test func ofOneLayerHideNone() throws {
        let run = try odd("second-names")
        #expect(try run.layers().map(\.name) == ["best", "hidden"])
        #expect(try run.layers(matching: ["hidden"]).map(\.name) == ["hidden"])
        // A soft link stands for what it leads to.
        let alias = try run.layers(matching: ["alias"]).map(\.name)
        #expect(alias == ["best"] || alias == ["hidden"])
        let remarks = try run.remarks()
        #expect(remarks.contains { $0.contains("/layers/alias is a second name") })
        #expect(remarks.contains { $0.contains("two names of the same layer") })
        #expect(run.problems() == [])
    }

    @Test func areChosenExactlyBeforeTheyArePatterns() throws {
        let run = try odd("patterns")
        #expect(try run.layers().count == 4)
        #expect(try run.layers(matching: ["dense[0][0]"]).map(\.name) == ["dense[0][0]"])
        #expect(try run.layers(matching: ["dense[0]0"]).map(\.name) == ["dense00"])
        for name in ["caf\u{E9}", "cafe\u{301}"] {
            let found = try run.layers(matching: [name])
            #expect(found.count == 1 && isSame(found[0].name, name))
        }
    }

    @Test func asPrintedChooseTheLayer() throws {
        let run = try open("names.h5")
        for layer in try run.layers() {
            #expect(try run.layers(matching: [layer.displayName]).map(\.path) == [layer.path])
        }
    }

    @Test func ofMatricesWithoutALayerAreTold() async throws {
        let run = try odd("bare-datasets")
        #expect(try run.layers().map(\.name) == ["fc1"])
        #expect(
            try run.remarks().first?.hasPrefix("/layers/fc2, /layers/fc3: not analyzed") == true)
        #expect(run.problems().count == 2)
        let error = await refusal { _ = try odd("only-bare-datasets").layers() }
        #expect(error?.message.hasSuffix("--dataset PATH; there are: /layers/fc2") == true)
    }

    /// Depth 64 is read, depth 300 named.
    @Test func ofGreatDepthAreRefused() throws {
        let start = ContinuousClock.now
        let run = try odd("deep")
        #expect(try run.layers().count == 1)
        #expect(run.problems().contains { $0.contains("more than 64 names") })
        _ = try run.describe()
        #expect(ContinuousClock.now - start < .seconds(5))
    }

    @Test func ofGreatLengthAreRefused() throws {
        let run = try odd("long-name")
        #expect(try run.layers().map(\.name) == ["short"])
        #expect(run.problems().count == 2)
    }

    /// 2^30 paths lead to one dataset; a thousand links of groups met before are followed.
    @Test func ofManyPathsEnd() throws {
        let start = ContinuousClock.now
        let run = try odd("many-paths")
        #expect((1...1_000).contains(try run.layers().count))
        #expect(run.problems().contains { $0.contains("more than 1,000 second names") })
        _ = run.datasetPaths()
        #expect(ContinuousClock.now - start < .seconds(60))
    }

    @Test func thatAreEqualAreReadOnce() throws {
        let run = try odd("equal-names")
        let (layers, unreachable) = try run.choose(matching: [])
        #expect(layers.map(\.name) == ["hidden"])
        #expect(unreachable.map(\.name) == ["hidden"])
        #expect(unreachable.first?.error.message.contains("more than once") == true)
    }
}

@Suite struct OddAttributes {
    @Test func areReadWithAllTheirBits() throws {
        let attributes = try odd("attributes").attributes
        #expect(attributes["seed"] == .unsigned(UInt64.max - 2))
        #expect(attributes["seeds"] == .unsigneds([1, 1 << 63]))
        #expect(attributes["small"] == .integer(7))
        #expect(attributes["flag"] == .unread("boolean"))
        #expect(attributes["empty"] == .text(""))
        #expect(attributes["latin"]?.display == "caf\\xE9")
        #expect(attributes["text"] == .text("élan"))
    }

    /// A thousand references to one string of 64 KiB are 64 MiB.
    @Test func haveALimitOnWhatTheyReferTo() throws {
        let attributes = try odd("shared-string").attributes
        guard case .unread(let reason)? = attributes["texts"] else {
            Issue.record("read")
            return
        }
        #expect(reason.hasPrefix("too large"))
        #expect(attributes["few"] == .texts(["ab", "é"]))
    }

    @Test func areListedUpToALimit() throws {
        let attributes = try odd("many-attributes").attributes
        #expect(attributes.seed == 5)
        #expect(attributes.format == "lamina-run")
        #expect(attributes.all.count <= 1_010)
        #expect(attributes["..."] == .unread("more than 1000 attributes"))
    }
}

@Suite struct OddFiles {
    @Test func ofNewerFormatsSayAWayOut() async throws {
        let error = await refusal {
            _ = try await rows("newer-layout", "/layers/hidden/post")
        }
        #expect(error?.message.contains("newer HDF5 library") == true)
        #expect(error?.message.contains("h5repack") == true)
    }

    @Test func thatArePointersOfGitAreNamed() async throws {
        let error = await refusal { _ = try odd("lfs-pointer") }
        #expect(error?.kind == .badData)
        #expect(error?.message.contains("git lfs pull") == true)
    }

    /// The address and the size of the values together are more than an Int holds.
    @Test func whoseAddressesOverflowAreRefused() async throws {
        let error = await refusal {
            _ = try await rows("address-overflow", "/layers/hidden/post")
        }
        #expect(error?.kind == .badData)
    }

    /// Rows that are overwritten or cut off after the file was opened are an error in every storage.
    @Test(
        arguments: ["compact", "contiguous", "chunked", "gzip", "growing", "split"], [true, false])
    func thatChangeWhileTheyAreReadAreErrors(name: String, isCut: Bool) async throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let path = folder + "/changing.h5"
        try FileManager.default.copyItem(atPath: layout("storage.h5"), toPath: path)
        let run = try RunFile(path: path)
        let reader = try run.blocks(of: try run.dataset("storage/\(name)"), as: .activations)
        // A clock tick later, so that the time of the change differs.
        try await Task.sleep(for: .milliseconds(30))
        let handle = try #require(FileHandle(forUpdatingAtPath: path))
        if isCut {
            try handle.truncate(atOffset: 4096)
        } else {
            try handle.seekToEnd()
            try handle.seek(toOffset: try handle.offset() - 100)
            try handle.write(contentsOf: Data(repeating: 1, count: 50))
        }
        try handle.close()
        let error = await refusal { while try await reader.next() != nil {} }
        #expect(error?.kind == .badData)
        let words = isCut ? "truncated" : "changed while it was read"
        #expect(error?.message.contains(words) == true, "\(error?.message ?? "")")
    }

    @Test func withConvertedNumbersThatAreCutAreErrors() async throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        for name in ["i4", "signed12"] {
            let path = folder + "/\(name).h5"
            try FileManager.default.copyItem(atPath: layout("hostile/integers.h5"), toPath: path)
            let run = try RunFile(path: path)
            let reader = try run.blocks(of: try run.dataset(name), as: .activations)
            #expect(truncate(path, 1024) == 0)
            let error = await refusal { while try await reader.next() != nil {} }
            #expect(error?.message.contains("truncated") == true)
        }
    }
}

@Suite struct OddTypes {
    /// 0x3C as E5M2 and 0x38 as E4M3 are 1; a name that is no floating type says nothing of the bits.
    @Test(arguments: [("e5m2", 1.0), ("byte-order", 1), ("narrowed", 7), ("purpose", 7)])
    func asNamed(layer: String, value: Double) async throws {
        let read = try await rows("dtype-attributes", "/layers/\(layer)/post")
        #expect(read == Array(repeating: [value, value], count: 3))
    }

    @Test(arguments: ["int4", "four-bytes", "nvfp4"])
    func thatAreNotKnownAreRefusedByName(layer: String) throws {
        let array = try odd("dtype-attributes").dataset("/layers/\(layer)/post")
        let refusal = try #require(array.refusal)
        #expect(refusal.message.contains("its attribute dtype is"), "\(refusal)")
    }

    @Test func ofLabelsMayBePacked() throws {
        let labels = try #require(try odd("labels-packed-whole").labels())
        #expect(try labels.read(0..<6) == [0, 1, 0, 1, 0, 1])
        #expect(throws: RunError.self) { try odd("labels-packed-fractions").labels() }
    }
}
