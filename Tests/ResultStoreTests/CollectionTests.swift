import Files
import Analysis
import Foundation
import Report
import Testing

@testable import ResultStore

@Suite struct CollectionTests {
    private func csv(_ folder: String, arrays: Bool = false) throws -> [String] {
        let output = TextOutput()
        try ResultCollection(folders: [folder]).writeCSV(includesArrays: arrays, to: output)
        return output.text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    @Test func aRowIsAQuantity() throws {
        let scratch = try Scratch()
        try store("b.h5", in: scratch.path, dead: 3, seed: 2)
        let rows = try csv(scratch.path)
        let run = "b.h5,mnist,mlp,,10,2,5,,0.9,,"
        let dead = #"post,,dead,1,"{""rule"": ""zero""}""#
        let numbers: [String] = [
            "\(dead),count,,count,N", "\(dead),fraction,,fraction,F",
            "pre,,pca,1,{},participationRatio,,dimensions,2.5", "pre,,pca,1,{},converged,,,1",
            "pre,,pca,1,{},componentsFor.0.95,,count,3", "pre,,pca,1,{},stableRank,,,",
        ]
        var expected = [TableRow.columns.joined(separator: ",")]
        for (layer, count, fraction) in [("hidden2,0", "3", "0.3"), ("hidden10,1", "0", "0.0")] {
            for number in numbers {
                let value = number.hasSuffix("N") ? count : fraction
                let filled =
                    number.hasSuffix("N") || number.hasSuffix("F")
                    ? number.dropLast() + value : number
                expected.append("\(run),\(layer),\(filled),ok,,100,10,0")
            }
        }
        #expect(rows == expected + [""])
    }

    @Test func arraysAreThereOnRequest() throws {
        let scratch = try Scratch()
        try store("b.h5", in: scratch.path, dead: 2)
        let rows = try csv(scratch.path, arrays: true).filter { $0.contains(",hidden2,") }
        #expect(
            rows.filter { $0.contains(",indices,") }.map { $0.hasSuffix("ok,,100,10,0") } == [
                true, true,
            ])
        let components = rows.filter { $0.contains(",components,") }
            .map { $0.split(separator: ",", omittingEmptySubsequences: false)[19..<22] }
        #expect(
            components.map { Array($0) } == [
                ["0", "", "1.0"], ["1", "", "0.0"], ["2", "", "0.0"], ["3", "", "1.0"],
            ])
    }

    @Test func runsAreInOrderWhateverTheFilesAreCalled() throws {
        let (one, two) = (try Scratch(), try Scratch())
        for run in ["c", "a", "b"] { try store(run, in: one.path) }
        for run in ["b", "c", "a"] { try store(run, in: two.path) }
        try FileManager.default.moveItem(atPath: two.file("a.json"), toPath: two.file("z.json"))
        #expect(try csv(one.path) == csv(two.path))
    }

    @Test func jsonLinesHaveTheSameColumns() throws {
        let scratch = try Scratch()
        try store("a.h5", in: scratch.path)
        try storeFailure("z.h5", in: scratch.path)
        let output = TextOutput()
        try ResultCollection(folders: [scratch.path]).writeJSONLines(to: output)
        let lines = try output.text.split(separator: "\n").map {
            try JSONNode(parsing: Array($0.utf8))
        }
        #expect(lines.count == 13)
        #expect(lines.allSatisfy { $0.fields.map(\.name) == TableRow.columns })
        #expect(lines.last?["run"] == .text("z.h5"))
        #expect(lines.last?["status"] == .text("failed"))
        #expect(lines.last?["reason"] == .text("it is empty"))
        #expect(lines.last?["layer"] == .null)
    }

    @Test func failuresAreKnown() throws {
        let scratch = try Scratch()
        try store("a.h5", in: scratch.path)
        try storeFailure("z.h5", in: scratch.path)
        let failures = try ResultCollection(folders: [scratch.path]).failures
        #expect(failures.map(\.run) == ["z.h5"])
        #expect(failures.map(\.reason) == ["it is empty"])
    }

    @Test func versionsAreNotMixedSilently() throws {
        let scratch = try Scratch()
        try store("a.h5", in: scratch.path, version: 1)
        try store("b.h5", in: scratch.path, version: 2)
        let error = #expect(throws: StoreError.self) {
            try ResultCollection(folders: [scratch.path])
        }
        #expect(
            error?.cause
                == .mixed([
                    .init(
                        metric: "pca",
                        variants: [
                            .init(version: 1, configuration: "{}", exampleRun: "a.h5"),
                            .init(version: 2, configuration: "{}", exampleRun: "b.h5"),
                        ])
                ]))
        #expect(try ResultCollection(folders: [scratch.path], allowsMixed: true).files.count == 2)
    }

    @Test func theSameRunTwiceIsRefused() throws {
        let (one, two) = (try Scratch(), try Scratch())
        let first = try store("a.h5", in: one.path)
        let second = try store("a.h5", in: two.path)
        #expect(throws: StoreError(second, .duplicate(run: "a.h5", other: first))) {
            try ResultCollection(folders: [one.path, two.path])
        }
    }

    @Test func otherFilesAreNamed() throws {
        let scratch = try Scratch()
        #expect(throws: StoreError(scratch.path, .isEmpty)) {
            try ResultCollection(folders: [scratch.path])
        }
        try store("a.h5", in: scratch.path)
        for (name, text) in [
            ("1.json", "{"), ("2.json", "{}"), ("3.json", #"{"schema": "other/9"}"#),
            ("4.json", #"{"schema": "lamina.results/1", "results": []}"#), ("5.txt", "x"),
        ] {
            try text.write(toFile: scratch.file(name), atomically: true, encoding: .utf8)
        }
        let collection = try ResultCollection(folders: [scratch.path])
        #expect(collection.files.count == 1)
        #expect(
            collection.problems == [
                StoreError(
                    scratch.file("1.json"),
                    .notResultFile("not JSON: expected something more at byte 1")),
                StoreError(scratch.file("2.json"), .notResultFile("it has no schema")),
                StoreError(scratch.file("3.json"), .unknownSchema("other/9")),
                StoreError(
                    scratch.file("4.json"),
                    .damaged("it is cut short, or an older version wrote it")),
            ])
        #expect(throws: StoreError(scratch.file("no"), .unreadable("No such file or directory"))) {
            try ResultCollection(folders: [scratch.file("no")])
        }
    }

    @Test func keptResultsAreCopiedAsTheyAre() throws {
        let scratch = try Scratch()
        let file = try ResultFile(at: store("a.h5", in: scratch.path))
        let kept = try file.texts(ofMetrics: ["dead"])
        #expect(kept.count == 2)
        let target = scratch.file("copy.json")
        try ResultFile.write(
            file.head, kept: kept, results: [pca("hidden2", of: "a.h5")], to: target)
        let copy = try ResultFile(at: target)
        #expect(copy.head == file.head)
        #expect(try copy.texts(ofMetrics: ["dead"]).map(Array.init) == kept.map(Array.init))
        #expect(try copy.results(includesArrays: false).map(\.metric) == ["dead", "dead", "pca"])
        #expect(
            try copy.results(includesArrays: true).prefix(2)
                == file.results(includesArrays: true).filter { $0.metric == "dead" }.prefix(2))
    }

    /// FNV-1a's published offset basis and prime; the finalizer of 0 is 0.
    @Test func hashesDoNotChange() {
        #expect(stableHash(of: []) == finalized(0xCBF2_9CE4_8422_2325))
        // FNV-1a 64 of "foobar", from the reference test vectors.
        #expect(stableHash(of: Array("foobar".utf8)) == finalized(0x8594_4171_F739_67E8))
        #expect(hexadecimal(255) == "00000000000000ff")
    }

    private func finalized(_ hash: UInt64) -> UInt64 {
        var h = hash
        h ^= h >> 33
        h &*= 0xFF51_AFD7_ED55_8CCD
        h ^= h >> 33
        h &*= 0xC4CE_B9FE_1A85_EC53
        h ^= h >> 33
        return h
    }
}
