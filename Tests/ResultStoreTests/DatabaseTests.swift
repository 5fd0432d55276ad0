import Analysis
import Foundation
import GRDB
import MetricCore
import Testing

@testable import ResultStore

@Suite struct DatabaseTests {
    private func dump(_ database: ResultDatabase) throws -> [[String?]] {
        try database.rows("SELECT * FROM runs ORDER BY id")
            + database.rows("SELECT * FROM quantities ORDER BY run, layerIndex, metric, quantity")
            + database.rows("SELECT (SELECT count(*) FROM results), count(*) FROM numbers")
    }

    @Test func collectingTwiceChangesNothing() throws {
        let scratch = try Scratch()
        for run in ["a.h5", "b.h5"] { try store(run, in: scratch.path) }
        try storeFailure("z.h5", in: scratch.path)
        let database = try ResultDatabase(at: scratch.file("r.sqlite"))
        let collection = try ResultCollection(folders: [scratch.path])
        #expect(try database.update(from: collection).added == 3)
        let before = try dump(database)
        let again = try ResultDatabase(at: scratch.file("r.sqlite"))
        #expect(try again.update(from: collection) == .init(unchanged: 3))
        #expect(try dump(again) == before)
        // 2 runs x 2 layers x 2 metrics; of each 2 + 4 numbers.
        #expect(before.last == ["8", "24"])
    }

    @Test func aChangedFileReplacesItsRows() throws {
        let scratch = try Scratch()
        for run in ["a.h5", "b.h5"] { try store(run, in: scratch.path) }
        let database = try ResultDatabase(at: scratch.file("r.sqlite"))
        _ = try database.update(from: ResultCollection(folders: [scratch.path]))
        try store("a.h5", in: scratch.path, dead: 7)
        let changes = try database.update(from: ResultCollection(folders: [scratch.path]))
        #expect(changes == .init(replaced: 1, unchanged: 1))
        #expect(
            try database.rows(
                "SELECT run, value FROM quantities WHERE quantity = 'count' AND layer = 'hidden2' ORDER BY run"
            ) == [["a.h5", "7.0"], ["b.h5", "1.0"]])
        #expect(try database.rows("SELECT count(*) FROM numbers") == [["24"]])
        try FileManager.default.removeItem(atPath: scratch.file("a.h5.json"))
        let rest = try database.update(from: ResultCollection(folders: [scratch.path]))
        #expect(rest == .init(removed: 1, unchanged: 1))
        #expect(try database.rows("SELECT count(*) FROM numbers") == [["12"]])
    }

    @Test func otherFoldersAreAdded() throws {
        let (one, two) = (try Scratch(), try Scratch())
        try store("a.h5", in: one.path)
        try store("b.h5", in: two.path)
        let database = try ResultDatabase(at: one.file("r.sqlite"))
        _ = try database.update(from: ResultCollection(folders: [one.path]))
        let changes = try database.update(from: ResultCollection(folders: [two.path]))
        #expect(changes == .init(added: 1))
        #expect(try database.rows("SELECT run FROM runs ORDER BY run") == [["a.h5"], ["b.h5"]])
    }

    @Test func versionsOfTwoFoldersAreNotMixed() throws {
        let (one, two) = (try Scratch(), try Scratch())
        try store("a.h5", in: one.path)
        try store("b.h5", in: two.path, version: 2)
        let database = try ResultDatabase(at: one.file("r.sqlite"))
        _ = try database.update(from: ResultCollection(folders: [one.path]))
        let before = try dump(database)
        let other = try ResultCollection(folders: [two.path])
        #expect(
            throws: StoreError(
                database.path,
                .mixed([
                    .init(
                        metric: "pca",
                        variants: [
                            .init(version: 1, configuration: "{}", exampleRun: "a.h5"),
                            .init(version: 2, configuration: "{}", exampleRun: "b.h5"),
                        ])
                ]))
        ) { try database.update(from: other) }
        #expect(try dump(database) == before)
        #expect(try database.update(from: other, allowsMixed: true) == .init(added: 1))
    }

    @Test func foreignFilesAreRefused() throws {
        let scratch = try Scratch()
        let text = scratch.file("text.sqlite")
        try String(repeating: "no database ", count: 100).write(
            toFile: text, atomically: true, encoding: .utf8)
        #expect(throws: StoreError(text, .notStore)) { try ResultDatabase(at: text) }
        let database = scratch.file("r.sqlite")
        _ = try ResultDatabase(at: database)
        var bytes = try Data(contentsOf: URL(fileURLWithPath: database))
        bytes[63] = 9  // the last byte of user_version
        try bytes.write(to: URL(fileURLWithPath: database))
        #expect(throws: StoreError(database, .unknownStoreVersion(9))) {
            try ResultDatabase(at: database)
        }
        bytes[71] = 0  // the last byte of application_id
        try bytes.write(to: URL(fileURLWithPath: database))
        #expect(throws: StoreError(database, .notStore)) { try ResultDatabase(at: database) }
        let error = #expect(throws: StoreError.self) {
            try ResultDatabase(at: scratch.file("no/r.sqlite"))
        }
        guard case .database("open the store", 14, _) = error?.cause else {
            Issue.record("SQLITE_CANTOPEN is 14, not \(String(describing: error))")
            return
        }
    }

    @Test func viewsAnswer() throws {
        let scratch = try Scratch()
        // Two seeds at width 10 with 1 and 3 dead neurons, one at width 20; an earlier epoch.
        try store("a", in: scratch.path, dead: 1, seed: 1)
        try store("b", in: scratch.path, dead: 3, seed: 2)
        try store("c", in: scratch.path, dead: 8, seed: 1, width: 20)
        try store("d", in: scratch.path, dead: 0, seed: 1, epoch: 4)
        try storeFailure("z", in: scratch.path)
        let database = try ResultDatabase(at: scratch.file("r.sqlite"))
        _ = try database.update(from: ResultCollection(folders: [scratch.path]))
        #expect(
            try database.rows(
                "SELECT layer, site, deadNeurons, deadFraction, participationRatio, componentsFor95, shapiroW FROM layers WHERE run = 'b' ORDER BY layerIndex, site"
            ) == [
                ["hidden2", "post", "3.0", "0.3", nil, nil, nil],
                ["hidden2", "pre", nil, nil, "2.5", "3.0", nil],
                ["hidden10", "post", "0.0", "0.0", nil, nil, nil],
                ["hidden10", "pre", nil, nil, "2.5", "3.0", nil],
            ])
        // Every metric that was collected has columns, under the names of the command line.
        #expect(
            try database.rows(
                """
                SELECT "dead.fraction", "pca.componentsFor.0.95" FROM layers
                WHERE run = 'b' AND layer = 'hidden2' ORDER BY site
                """) == [["0.3", nil], [nil, "3.0"]])
        #expect(
            try database.rows(
                "SELECT width, runs, mean, variance, minimum, maximum FROM byWidth WHERE epoch = 5 AND layer = 'hidden2' AND quantity = 'count' ORDER BY width"
            ) == [["10", "2", "2.0", "2.0", "1.0", "3.0"], ["20", "1", "8.0", nil, "8.0", "8.0"]])
        #expect(
            try database.rows("SELECT run, dead, neurons FROM deadNeurons ORDER BY run")
                == [
                    ["a", "1.0", "20"], ["b", "3.0", "20"], ["c", "8.0", "30"], ["d", "0.0", "20"],
                ])
        #expect(
            try database.rows("SELECT run, status, reason FROM failures")
                == [["z", "failed", "it is empty"]])
        #expect(
            try database.rows("SELECT run FROM latest ORDER BY run") == [
                ["a"], ["b"], ["c"], ["z"],
            ])
    }

    /// Two sites of one run are two rows each, never summed and never one instead of the other.
    @Test func viewsKeepSitesApart() throws {
        let scratch = try Scratch()
        var results: [LayerResult] = []
        for (layer, neurons, counts) in [("hidden", 64, [3, 5]), ("output", 10, [0, 2])] {
            for (site, count) in zip([Site.pre, .post], counts) {
                var result = dead(layer, of: "a.h5", count: count, neurons: neurons)
                result.site = site
                results.append(result)
            }
        }
        let head = ResultFileHead(
            run: "a.h5", path: "/data/a.h5", identity: nil, metrics: [])
        try ResultFile.write(head, results: results, to: scratch.file("a.json"))
        let database = try ResultDatabase(at: scratch.file("r.sqlite"))
        _ = try database.update(from: ResultCollection(folders: [scratch.path]))
        #expect(
            try database.rows(
                "SELECT layer, site, deadNeurons FROM layers ORDER BY layerIndex, site DESC")
                == [
                    ["hidden", "pre", "3.0"], ["hidden", "post", "5.0"], ["output", "pre", "0.0"],
                    ["output", "post", "2.0"],
                ])
        #expect(
            try database.rows("SELECT site, dead, neurons FROM deadNeurons ORDER BY site DESC")
                == [["pre", "3.0", "74"], ["post", "7.0", "74"]])
    }

    @Test func viewsFollowTheMetricsThatWereCollected() throws {
        let scratch = try Scratch()
        var own = dead("hidden", of: "a.h5", count: 1)
        own.metric = descriptor("own-metric")
        own.values = ["it's \"odd\"": .number(7), "list": .numbers([1, 2])]
        own.quantities = []
        let head = ResultFileHead(run: "a.h5", path: "/data/a.h5", identity: nil)
        try ResultFile.write(head, results: [own], to: scratch.file("a.json"))
        let database = try ResultDatabase(at: scratch.file("r.sqlite"))
        _ = try database.update(from: ResultCollection(folders: [scratch.path]))
        #expect(
            try database.rows(#"SELECT "own-metric.it's ""odd""" FROM layers"#) == [["7.0"]])
        let names = "SELECT name FROM pragma_table_info('layers')"
        #expect(try database.rows(names + " WHERE name LIKE 'pca.%'").isEmpty)
        // A store of an earlier program has other views.
        let queue = try DatabaseQueue(path: database.path)
        try queue.write {
            try $0.execute(
                sql: "DROP VIEW deadNeurons; CREATE VIEW deadNeurons AS SELECT 1 AS dead")
        }
        _ = try database.update(from: ResultCollection(folders: [scratch.path]))
        #expect(try database.rows("SELECT site FROM deadNeurons").isEmpty)
    }

    /// What a stranger's store defines must not run when the store is read.
    @Test(arguments: [
        "DROP TABLE numbers; CREATE VIEW numbers AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT i AS resultID, 'x' AS quantity, NULL AS element, '' AS unit, i AS value FROM n",
        "ALTER TABLE numbers ADD COLUMN bomb AS (zeroblob(1000000000))",
        "CREATE TRIGGER bomb AFTER INSERT ON runs BEGIN DELETE FROM results; END",
        "DROP TABLE runs",
    ])
    func foreignDefinitionsAreRefused(sql: String) throws {
        let scratch = try Scratch()
        try store("a.h5", in: scratch.path)
        let path = scratch.file("r.sqlite")
        let collection = try ResultCollection(folders: [scratch.path])
        _ = try ResultDatabase(at: path).update(from: collection)
        var configuration = Configuration()
        configuration.foreignKeysEnabled = false
        let queue = try DatabaseQueue(path: path, configuration: configuration)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        for isToBeWritten in [true, false] {
            let error = #expect(throws: StoreError.self) {
                _ =
                    isToBeWritten
                    ? try ResultDatabase(at: path) : try ResultDatabase(readingAt: path)
            }
            guard case .foreignDefinition = error?.cause else {
                Issue.record("\(String(describing: error))")
                continue
            }
        }
    }

    /// SQLite keeps whatever is put into a column.
    @Test(arguments: [
        "UPDATE runs SET content = x'00ff', resultFile = x'00ff'",
        "UPDATE results SET metricVersion = 'many'", "UPDATE results SET metric = x'ff'",
        "UPDATE results SET configuration = 7.5", "UPDATE numbers SET value = 'text'",
        "UPDATE results SET neurons = -9e99, samples = 'x', layer = 5",
        "UPDATE runs SET attributes = x'ff', width = 'wide', run = 3",
        "UPDATE numbers SET quantity = x'ff', unit = 4, element = 'x'",
    ])
    func columnsOfOtherTypesAreErrorsOrNothing(sql: String) throws {
        let scratch = try Scratch()
        try store("a.h5", in: scratch.path)
        let database = try ResultDatabase(at: scratch.file("r.sqlite"))
        let collection = try ResultCollection(folders: [scratch.path])
        _ = try database.update(from: collection)
        // The tables as a stranger would declare them.
        let queue = try DatabaseQueue(path: database.path)
        try queue.writeWithoutTransaction { try $0.execute(sql: sql) }
        for includesArrays in [true, false] {
            do {
                _ = try database.update(from: collection, includesArrays: includesArrays)
            } catch {
                #expect(!error.isInputOutput, "\(error)")
            }
        }
        #expect(try !database.rows("SELECT * FROM runs").isEmpty)
    }

    @Test func aRenamedRunThatCountsTwiceIsFound() throws {
        let scratch = try Scratch()
        for name in ["a.h5", "renamed.h5"] { try store(name, in: scratch.path, content: "one") }
        // Neither run is there any more; the first is named.
        let twins = try ResultCollection(folders: [scratch.path]).twins
        #expect(twins.map(\.run) == ["a.h5"])
        #expect(twins.map(\.other) == ["renamed.h5"])
        #expect(twins.map(\.location) == [scratch.file("a.h5.json")])
    }

    /// Runs `program` with the store as its argument; `nil` where there is no Python.
    private func python(_ program: String, _ database: ResultDatabase) throws -> String? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["python3", "-c", "import sqlite3, sys\n" + program, database.path]
        let pipe = Pipe()
        process.standardOutput = pipe
        try process.run()
        let text = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return process.terminationStatus == 127 ? nil : text
    }

    @Test func theStoreIsReadByPython() throws {
        let scratch = try Scratch()
        try store("a\"b';--.h5", in: scratch.path, dead: 4)
        let database = try ResultDatabase(at: scratch.file("r.sqlite"))
        _ = try database.update(from: ResultCollection(folders: [scratch.path]))
        let query = "SELECT run, deadNeurons FROM layers ORDER BY layerIndex"
        let text = try python(
            "print(sqlite3.connect(sys.argv[1]).execute('\(query)').fetchone())", database)
        if let text { #expect(text == "('a\"b\\';--.h5', 4.0)\n") }
    }

    @Test func theQueriesOfTheDocumentationWork() throws {
        let scratch = try Scratch()
        try store("a.h5", in: scratch.path, dead: 3, width: 64)
        try storeFailure("z.h5", in: scratch.path)
        let database = try ResultDatabase(at: scratch.file("r.sqlite"))
        _ = try database.update(from: ResultCollection(folders: [scratch.path]))
        let page = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
            .appendingPathComponent("../../Sources/ResultStore/README.md")
        let queries = try String(contentsOf: page, encoding: .utf8)
            .components(separatedBy: "```sql\n").dropFirst()
            .compactMap { $0.components(separatedBy: "```").first }
        #expect(queries.count == 5)
        let answers = try queries.map { try database.rows($0) }
        // The width's layer is called otherwise here.
        #expect(answers.map(\.count) == [1, 0, 2, 1, 1])
        #expect(answers[3] == [["5", "3.0", String(3.0 / 74)]])
        let counts = try python(
            """
            store = sqlite3.connect(sys.argv[1])
            page = open('\(page.path)').read()
            queries = [part.split('```')[0] for part in page.split('```sql\\n')[1:]]
            print([len(store.execute(query).fetchall()) for query in queries])
            """, database)
        if let counts { #expect(counts == "[1, 0, 2, 1, 1]\n") }
    }
}
