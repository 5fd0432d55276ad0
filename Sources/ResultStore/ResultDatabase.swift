import Files
import GRDB
import Glibc
import Report
import Text

/// Results in an SQLite file, which any SQLite reads: tables of runs, results and numbers, and
/// views that answer the common questions; `.schema` explains them.
public struct ResultDatabase: Sendable {
    /// The layout of the tables.
    public static let version = 2

    /// Where it is.
    public let path: String
    private let queue: DatabaseQueue
    /// Whether there was no file before.
    private let isNew: Bool

    /// Opens the store at `path`, or makes an empty one.
    ///
    /// - Throws: ``StoreError`` if the file is something else, or cannot be opened.
    public init(at path: String) throws(StoreError) {
        self.path = path
        isNew = (try? FileStatus(of: path)) == nil
        do {
            queue = try Self.open(path)
            try queue.write { database in
                let tables = try Int.fetchOne(database, sql: "SELECT count(*) FROM sqlite_master")
                let id = try Int.fetchOne(database, sql: "PRAGMA application_id")
                if tables == 0, id == 0 {
                    try database.execute(sql: "PRAGMA application_id = \(Schema.applicationID)")
                    try database.execute(sql: "PRAGMA user_version = \(Self.version)")
                    try database.execute(sql: Schema.tables)
                    try Views.update(in: database)
                } else {
                    try Self.check(database, path)
                }
            }
        } catch {
            // What a full disk leaves of a new store is an empty file.
            if isNew, (try? FileStatus(of: path))?.size == 0 {
                withSystemPath(path) { _ = unlink($0) }
            }
            throw Self.failure(error, path, "open the store")
        }
    }

    /// Opens the store at `path` to read it; nothing is written to it.
    ///
    /// The file may come from a stranger: what is read are plain tables, never views, virtual tables
    /// or computed columns, which can take any time and memory.
    ///
    /// - Throws: ``StoreError`` if the file is something else, or cannot be opened.
    public init(readingAt path: String) throws(StoreError) {
        self.path = path
        isNew = false
        func opened(readsOnly: Bool) throws -> DatabaseQueue {
            let queue = try Self.open(path, readsOnly: readsOnly)
            try queue.read { try Self.check($0, path) }
            return queue
        }
        do {
            queue = try opened(readsOnly: true)
        } catch let error as DatabaseError where error.resultCode == .SQLITE_READONLY {
            // A collection that was killed is to be undone first.
            do { queue = try opened(readsOnly: false) } catch {
                throw Self.failure(error, path, "open the store")
            }
        } catch { throw Self.failure(error, path, "open the store") }
    }

    private static func open(_ path: String, readsOnly: Bool = false) throws -> DatabaseQueue {
        var configuration = Configuration()
        // Somebody else's collecting or reading ends soon.
        configuration.busyMode = .timeout(10)
        configuration.readonly = readsOnly
        configuration.prepareDatabase { database in
            try database.execute(
                sql: "PRAGMA trusted_schema = OFF; PRAGMA cell_size_check = ON")
        }
        return try openQueue(path, configuration)
    }

    /// Refuses whatever is no store of this version, and definitions that this program never writes.
    private static func check(_ database: Database, _ path: String) throws {
        let id = try Int.fetchOne(database, sql: "PRAGMA application_id") ?? 0
        let version = try Int.fetchOne(database, sql: "PRAGMA user_version") ?? 0
        guard id == Schema.applicationID else { throw StoreError(path, .notStore) }
        guard version == Self.version else {
            throw StoreError(path, .unknownStoreVersion(version))
        }
        if let trigger = try String.fetchOne(
            database, sql: "SELECT name FROM sqlite_master WHERE type = 'trigger'")
        {
            throw StoreError(path, .foreignDefinition("trigger", trigger))
        }
        for table in ["runs", "results", "numbers"] {
            let sql = try String.fetchOne(
                database,
                sql: "SELECT sql FROM sqlite_master WHERE type = 'table' AND name = ?",
                arguments: [table])
            guard let sql, sql.uppercased().hasPrefix("CREATE TABLE") else {
                throw StoreError(path, .foreignDefinition("table", table))
            }
            let computed = try Int.fetchOne(
                database, sql: "SELECT count(*) FROM pragma_table_xinfo(?) WHERE hidden <> 0",
                arguments: [table])
            guard computed == 0 else { throw StoreError(path, .foreignDefinition("table", table)) }
        }
    }

    /// What ``update(from:includesArrays:allowsMixed:)`` did, in runs.
    public struct Changes: Sendable, Equatable {
        /// That were not there before.
        public var added = 0
        /// Whose results changed.
        public var replaced = 0
        /// Whose result file is gone.
        public var removed = 0
        /// That were not touched.
        public var unchanged = 0
        /// Result files whose results are no results; what the store says of their runs stays.
        public var problems: [StoreError] = []
    }

    /// Makes the store say what the result files say: all of it or, on an error, nothing.
    ///
    /// Runs of the same folders whose result file is gone are removed; runs from other folders
    /// stay. Doing it twice changes nothing.
    ///
    /// - Parameters:
    ///   - collection: the result files.
    ///   - includesArrays: whether the elements of lists get rows.
    ///   - allowsMixed: whether versions and configurations of a metric may differ.
    ///   - isInterrupted: asked before each file whether to give up.
    /// - Returns: what changed.
    /// - Throws: ``StoreError``: a file cannot be read, the store would mix versions or configurations
    ///   of a metric without leave, or it was interrupted. A store that was new is removed then.
    public func update(
        from collection: ResultCollection, includesArrays: Bool = false, allowsMixed: Bool = false,
        isInterrupted: () -> Bool = { false }
    ) throws(StoreError) -> Changes {
        do {
            return try queue.write { database in
                var changes = Changes()
                changes.removed = try removeVanished(collection, in: database)
                for (location, _) in collection.files {
                    if isInterrupted() { throw StoreError(path, .interrupted) }
                    let file = try ResultFile(at: location)
                    try update(
                        from: file, includesArrays: includesArrays, &changes, in: database)
                }
                if !allowsMixed { try checkUniform(database) }
                try Views.update(in: database)
                return changes
            }
        } catch {
            if isNew { removeIfEmpty() }
            throw Self.failure(error, path, "store results")
        }
    }

    /// Removes the file unless another process has put runs into it meanwhile.
    private func removeIfEmpty() {
        try? queue.write { database in
            guard try Int.fetchOne(database, sql: "SELECT count(*) FROM runs") == 0 else { return }
            withSystemPath(path) { _ = unlink($0) }
        }
    }

    private func removeVanished(
        _ collection: ResultCollection, in database: Database
    ) throws -> Int {
        let present = Set(collection.files.map { ExactName(absolute($0.location)) })
        let folders = Set(collection.folders.map { ExactName($0) })
        let stored = try Row.fetchAll(database, sql: "SELECT id, resultFile FROM runs")
        var count = 0
        for row in stored {
            let file = try text(row, "resultFile")
            guard folders.contains(ExactName(divided(file).folder)),
                !present.contains(ExactName(file))
            else { continue }
            let id = try integer(row, "id")
            try database.execute(sql: "DELETE FROM runs WHERE id = ?", arguments: [id])
            count += 1
        }
        return count
    }

    private func update(
        from file: ResultFile, includesArrays: Bool, _ changes: inout Changes,
        in database: Database
    ) throws {
        let content = hexadecimal(file.contentHash) + (includesArrays ? " with arrays" : "")
        let stored = try Row.fetchOne(
            database, sql: "SELECT id, content FROM runs WHERE path = ?",
            arguments: [file.head.path])
        if let stored, String.fromDatabaseValue(stored["content"]) == content {
            changes.unchanged += 1
            return
        }
        let results: [StoredResult]
        do { results = try file.results(includesArrays: includesArrays) } catch {
            changes.problems.append(error)
            return
        }
        let id = try stored.map { try integer($0, "id") }
        if let id {
            try database.execute(sql: "DELETE FROM runs WHERE id = ?", arguments: [id])
            changes.replaced += 1
        } else {
            changes.added += 1
        }
        let run = RunRecord(file.head, results: results)
        try insert(run, of: file, content: content, id: id, in: database)
        let runID = database.lastInsertedRowID
        for (layerIndex, result) in OrderedResults(results).results {
            try insert(result, layerIndex: layerIndex, runID: runID, in: database)
        }
    }

    private func insert(
        _ run: RunRecord, of file: ResultFile, content: String, id: Int?, in database: Database
    ) throws {
        let head = file.head
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO runs VALUES
                (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)
                """)
        let columns: [(any DatabaseValueConvertible)?] = [
            id, run.run, head.path, run.dataset, run.model, run.framework, run.width, run.seed,
            run.epoch, run.created, run.trainAccuracy, run.testAccuracy, run.trainLoss,
            run.testLoss, run.parameters, head.attributes.line, head.settings.line,
            head.status.rawValue, head.reason, head.identity?.size,
            head.identity?.modified.nanosecondsSince1970,
            head.identity.map { hexadecimal($0.fingerprint) }, absolute(file.location), content,
        ]
        try statement.execute(arguments: StatementArguments(columns))
    }

    private func insert(
        _ result: StoredResult, layerIndex: Int, runID: Int64, in database: Database
    ) throws {
        let statement = try database.cachedStatement(
            sql: "INSERT INTO results VALUES (NULL, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        let columns: [(any DatabaseValueConvertible)?] = [
            runID, result.layer, layerIndex, result.site, result.snapshot, result.metric,
            result.metricVersion, result.configuration.line, result.status, result.reason,
            result.samples, result.neurons, result.nonFinite,
            JSONNode.list(result.warnings.map { .text($0) }).line, result.summary,
        ]
        try statement.execute(arguments: StatementArguments(columns))
        let resultID = database.lastInsertedRowID
        let insertion = try database.cachedStatement(
            sql: "INSERT INTO numbers VALUES (?, ?, ?, ?, ?)")
        for number in result.numbers {
            try insertion.execute(arguments: [
                resultID, number.quantity, number.element, number.unit, number.value.number,
            ])
        }
    }

    /// Throws if a metric occurs in several versions or configurations.
    private func checkUniform(_ database: Database) throws {
        let rows = try Row.fetchAll(
            database,
            sql: """
                SELECT metric, metricVersion, configuration, min(run) AS run
                FROM results JOIN runs ON runs.id = runID
                GROUP BY metric, metricVersion, configuration
                ORDER BY metric, metricVersion, configuration
                """)
        var mixtures: [StoreError.Mixture] = []
        for row in rows {
            let metric = try text(row, "metric")
            let variant = StoreError.Mixture.Variant(
                version: try integer(row, "metricVersion"),
                configuration: try text(row, "configuration"), exampleRun: try text(row, "run"))
            if mixtures.last?.metric == metric {
                mixtures[mixtures.count - 1].variants.append(variant)
            } else {
                mixtures.append(StoreError.Mixture(metric: metric, variants: [variant]))
            }
        }
        mixtures.removeAll { $0.variants.count == 1 }
        if !mixtures.isEmpty { throw StoreError(path, .mixed(mixtures)) }
    }

    /// Rows of any query, each column as text; `nil` for NULL.
    ///
    /// - Throws: ``StoreError`` with what SQLite says about the query.
    public func rows(_ sql: String) throws(StoreError) -> [[String?]] {
        do {
            return try queue.read { database in
                try Row.fetchAll(database, sql: sql).map { row in
                    row.databaseValues.map { value in
                        switch value.storage {
                        case .null: nil
                        case .int64(let integer): integer.description
                        case .double(let number): number.description
                        case .string(let text): text
                        case .blob: "(blob)"
                        }
                    }
                }
            }
        } catch { throw Self.failure(error, path, "query the store") }
    }

    /// A column whose type SQLite does not enforce.
    private func text(_ row: Row, _ name: String) throws(StoreError) -> String {
        guard let text = String.fromDatabaseValue(row[name]) else {
            throw StoreError(path, .wrongType(column: name))
        }
        return text
    }

    /// A column whose type SQLite does not enforce.
    private func integer(_ row: Row, _ name: String) throws(StoreError) -> Int {
        guard let integer = Int.fromDatabaseValue(row[name]) else {
            throw StoreError(path, .wrongType(column: name))
        }
        return integer
    }

    private static func failure(
        _ error: any Error, _ path: String, _ operation: String
    ) -> StoreError {
        if let error = error as? StoreError { return error }
        guard let error = error as? DatabaseError else {
            return StoreError(path, .unreadable("\(error)"))
        }
        if [.SQLITE_BUSY, .SQLITE_LOCKED].contains(error.resultCode) {
            return StoreError(path, .locked)
        }
        if error.resultCode == .SQLITE_NOTADB { return StoreError(path, .notStore) }
        return StoreError(
            path,
            .database(
                operation: operation, code: error.extendedResultCode.rawValue,
                message: error.message ?? "unknown"))
    }
}

/// Opens the database at `path`.
///
/// GRDB takes the name as a text. A name that is no UTF-8 is reached through a symbolic link of
/// another name, which is only needed while SQLite finds the way: from then on it has the file's
/// own name, and names the journal after that.
private func openQueue(_ path: String, _ configuration: Configuration) throws -> DatabaseQueue {
    if !isForeignName(path) { return try DatabaseQueue(path: path, configuration: configuration) }
    let link = "/tmp/lamina-\(UInt64.random(in: 0...UInt64.max)).sqlite"
    let target = path.utf8.first == UInt8(ascii: "/") ? path : joined(currentFolder(), path)
    guard withSystemPath(target, { symlink($0, link) }) == 0 else {
        throw StoreError(path, .unreadable(String(cString: strerror(errno))))
    }
    defer { unlink(link) }
    return try DatabaseQueue(path: link, configuration: configuration)
}
