import Files
import Foundation
import GRDB
import Report
import Testing

@testable import ResultStore

/// Result files, shares and stores that accidents or strangers made.
@Suite struct HostileTests {
    private let scratch: Scratch

    init() throws {
        scratch = try Scratch()
        try store("a.h5", in: scratch.path)
        try store("b.h5", in: scratch.path)
    }

    private func change(_ name: String, _ body: (inout [UInt8]) -> Void) throws {
        var bytes = try readFile(scratch.file(name))
        body(&bytes)
        try Data(bytes).write(to: URL(fileURLWithPath: scratch.file(name)))
    }

    /// Gives the document `text` a checksum that is right.
    private func write(_ text: String, to name: String) throws {
        try Data(Checksum.added(to: Array(text.utf8)))
            .write(to: URL(fileURLWithPath: scratch.file(name)))
    }

    @Test func everyByteIsCovered() throws {
        let bytes = try readFile(scratch.file("a.h5.json"))
        #expect(Checksum.state(of: bytes) == .right)
        for offset in bytes.indices {
            for mask in [1, 0x80] as [UInt8] {
                var changed = bytes
                changed[offset] ^= mask
                #expect(Checksum.state(of: changed) != .right, "byte \(offset)")
            }
        }
        for length in 0..<bytes.count {
            #expect(Checksum.state(of: Array(bytes[..<length])) != .right)
        }
        #expect(Checksum.state(of: bytes + [0x0A]) != .right)
    }

    /// Fifty bytes of zeros in a body, as after a loss of power.
    @Test func aDamagedBodyIsAProblemAndNoMore() throws {
        try change("b.h5.json") { bytes in
            let middle = bytes.count / 2
            for index in middle..<middle + 50 { bytes[index] = 0 }
        }
        let collection = try ResultCollection(folders: [scratch.path])
        #expect(collection.files.map(\.head.run) == ["a.h5"])
        #expect(collection.problems.count == 1)
        #expect("\(collection.problems)".contains("b.h5.json"))
        let database = try ResultDatabase(at: scratch.file("t.sqlite"))
        #expect(try database.update(from: collection).added == 1)
    }

    @Test func filesOfOlderVersionsAreToldWhatToDo() throws {
        try change("b.h5.json") { bytes in
            let text = String(decoding: bytes, as: UTF8.self)
            let start = text.range(of: ",\n  \"checksum\"")?.lowerBound ?? text.endIndex
            bytes = Array((text[..<start] + "\n}\n").utf8)
        }
        let problems = try ResultCollection(folders: [scratch.path]).problems
        #expect(problems.count == 1)
        let words = problems.first?.description ?? ""
        #expect(words.contains("older version") && words.contains("analyze batch"))
    }

    /// A checksum that is right does not make results of a body.
    @Test func bodiesThatAreNoResults() throws {
        let text = String(decoding: try readFile(scratch.file("b.h5.json")), as: UTF8.self)
        let start = try #require(text.range(of: "\"results\": [")?.upperBound)
        for body in ["{}]", "7]", "\"x\", \"y\"]", "{\"layer\": \"a\", \"layer\": \"b\"}]"] {
            try write(text[..<start] + body + "\n}\n", to: "b.h5.json")
            let collection = try ResultCollection(folders: [scratch.path])
            #expect(collection.files.count == 2)
            let database = try ResultDatabase(at: scratch.file("\(UUID()).sqlite"))
            let changes = try database.update(from: collection)
            #expect(changes.added == 1)
            #expect(changes.problems.count == 1, "\(body)")
            #expect(try collection.writeCSV(to: TextOutput()).count == 1)
        }
    }

    @Test func sharesAddUpOrAreNamed() throws {
        func problem() throws -> String? {
            let problems = try ResultCollection(folders: [scratch.path]).problems
            #expect(problems.count <= 1)
            return problems.first?.description
        }
        func share(_ index: Int, of count: Int = 3, _ names: [String], isComplete: Bool = true)
            throws
        {
            try ShareFile(index: index, of: count, names: names, isComplete: isComplete)
                .write(to: scratch.path)
        }
        #expect(try problem() == nil)
        let names = ["x.h5", "y/z.h5"]
        try share(0, names)
        try share(1, names)
        #expect(try problem()?.contains("share 3/3 is missing") == true)
        try share(2, names, isComplete: false)
        #expect(try problem()?.contains("share 3/3 did not come to its end") == true)
        // The order of the list does not matter.
        try share(2, names.reversed())
        #expect(try problem() == nil)
        try share(1, names + ["new.h5"])
        #expect(try problem()?.contains("another list") == true)
        // A later list, of other shares.
        try share(0, of: 1, names + ["new.h5"])
        #expect(try problem() == nil)
        ShareFile.removeAll(in: scratch.path, ofAtMost: 3)
        #expect(try entries(of: scratch.path).allSatisfy { !$0.name.hasSuffix(".share") })
        // As many shares as there are integers.
        try share(0, of: .max, names)
        #expect(try problem()?.contains("share 2/\(Int.max) is missing") == true)
        try Data("{}".utf8).write(to: URL(fileURLWithPath: scratch.file("9-of-9.share")))
    }

    // MARK: Stores

    /// Makes a store, lets `sql` change it, and reads it as `compare` does.
    private func read(after sql: String) throws -> StoreError? {
        let path = scratch.file("\(UUID()).sqlite")
        let collection = try ResultCollection(folders: [scratch.path])
        _ = try ResultDatabase(at: path).update(from: collection)
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        do throws(StoreError) {
            let database = try ResultDatabase(readingAt: path)
            for table in ["runs", "results", "numbers"] {
                _ = try database.rows("SELECT * FROM \(table)")
            }
            _ = try ResultDatabase(at: path).update(from: collection)
            return nil
        } catch { return error }
    }

    @Test func columnsOfOtherTypesAreNoTrap() throws {
        for sql in [
            "UPDATE runs SET id = 9223372036854775807 WHERE id = (SELECT max(id) FROM runs)",
            "UPDATE runs SET resultFile = x'FF00'",
            "UPDATE runs SET content = 7, width = 'wide', seed = x'00', size = 1e300",
            "UPDATE results SET metricVersion = 'two', samples = -1, configuration = x'FE'",
            "UPDATE results SET metric = 5", "UPDATE numbers SET value = 'many', element = x'01'",
        ] {
            // An error or none, but no trap.
            _ = try read(after: sql)
        }
        #expect(try read(after: "UPDATE results SET metricVersion = 'two'") != nil)
    }

    @Test func viewsAndTriggersOfStrangersAreRefused() throws {
        let endless = """
            WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n)
            SELECT i AS resultID, '' AS quantity, NULL AS element, '' AS unit, i AS value FROM n
            """
        for sql in [
            "DROP TABLE numbers; CREATE VIEW numbers AS \(endless)",
            "DROP TABLE runs; CREATE TABLE runs(id, run)",
            "CREATE TRIGGER t AFTER INSERT ON runs BEGIN DELETE FROM results; END",
        ] {
            #expect(try read(after: sql) != nil, "\(sql)")
        }
        // What answers questions of the user's own is welcome.
        #expect(
            try read(after: "CREATE VIEW mine AS SELECT 1; CREATE INDEX i ON runs(seed)") == nil)
    }

    @Test func aStoreThatIsReadStaysAsItIs() throws {
        try Data().write(to: URL(fileURLWithPath: scratch.file("empty.sqlite")))
        #expect(throws: StoreError.self) {
            try ResultDatabase(readingAt: scratch.file("empty.sqlite"))
        }
        #expect(try FileStatus(of: scratch.file("empty.sqlite")).size == 0)
        #expect(throws: StoreError.self) {
            try ResultDatabase(readingAt: scratch.file("gone.sqlite"))
        }
        #expect(!isFile(scratch.file("gone.sqlite")))
    }
}
