import Files
public import Report
import Text

/// The result files of some folders, in the order of tables: by the name of the run, whatever the
/// order in which they came to be.
public struct ResultCollection: Sendable {
    /// Where each file is, with its head.
    public let files: [(location: String, head: ResultFileHead)]
    /// Files that end in .json and are no result files of this program's or damaged, and shares that
    /// do not add up.
    public let problems: [StoreError]
    /// The folders, from the root.
    let folders: [String]

    /// Reads the heads of all result files (*.json) in `folders`.
    ///
    /// - Parameters:
    ///   - folders: where result files are; folders in them are not searched.
    ///   - allowsMixed: whether several versions or configurations of a metric may meet.
    /// - Throws: ``StoreError`` if a folder cannot be read, if there are no result files, if two
    ///   are of one run, and if they mix versions or configurations of a metric without leave.
    public init(folders: [String], allowsMixed: Bool = false) throws(StoreError) {
        var files: [(location: String, head: ResultFileHead)] = []
        var problems: [StoreError] = []
        for folder in folders {
            for name in try names(in: folder) where name.hasSuffix(".json") {
                do {
                    let location = joined(folder, name)
                    files.append((location, try ResultFile(at: location).head))
                } catch { problems.append(error) }
            }
            if let problem = ShareFile.problem(in: folder) { problems.append(problem) }
        }
        guard !files.isEmpty else {
            if let first = problems.first { throw first }
            throw StoreError(folders.joined(separator: ", "), .isEmpty)
        }
        let keys = files.map { (ExactName($0.head.run), ExactName($0.head.path)) }
        files = keys.indices.sorted { keys[$0] < keys[$1] }.map { files[$0] }
        var seen: [ExactName: String] = [:]
        for file in files {
            if let other = seen.updateValue(file.location, forKey: ExactName(file.head.path)) {
                throw StoreError(
                    file.location, .duplicate(run: file.head.run, other: other))
            }
        }
        self.files = files
        self.problems = problems
        self.folders = folders.map(absolute)
        if !allowsMixed { try checkUniform() }
    }

    /// Runs whose results are missing or not all there, with the reason.
    public var failures: [(run: String, reason: String)] {
        files.filter { $0.head.status != .ok }
            .map { ($0.head.run, $0.head.reason ?? $0.head.status.rawValue) }
    }

    /// Runs with the content of another run: copies, and results of a run that was renamed since.
    ///
    /// Of the two the result file of the run that is gone is named, else the later one.
    public var twins: [(run: String, other: String, location: String)] {
        var seen: [FileContent: Int] = [:]
        var twins: [(run: String, other: String, location: String)] = []
        for (index, file) in files.enumerated() {
            guard let identity = file.head.identity else { continue }
            let content = FileContent(size: identity.size, fingerprint: identity.fingerprint)
            guard let first = seen[content] else {
                seen[content] = index
                continue
            }
            let pair = [files[first], file]
            let doubtful = pair.first { (try? FileStatus(of: $0.head.path)) == nil } ?? file
            twins.append((pair[0].head.run, pair[1].head.run, doubtful.location))
        }
        return twins
    }

    /// The ways in which the runs were read, each with the first run that was read so: a file whose words
    /// are bfloat16 is read with another `--dtype` than others, for a good reason or by mistake.
    public var readings: [(settings: String, run: String)] {
        var readings: [(settings: String, run: String)] = []
        for file in files {
            let names = ["dtype", "axes", "channelsAreLast", "nonFinite"]
            let text = names.compactMap { name in
                file.head.settings[name].map { "\(name) \($0.line)" }
            }.joined(separator: ", ")
            if !readings.contains(where: { isSame($0.settings, text) }) {
                readings.append((text, file.head.run))
            }
        }
        return readings
    }

    private struct FileContent: Hashable {
        var size: Int
        var fingerprint: UInt64
    }

    private func checkUniform() throws(StoreError) {
        var variants: [(metric: String, variants: [StoreError.Mixture.Variant])] = []
        for file in files {
            for key in file.head.metrics {
                let text = key.configuration.line
                let index = variants.firstIndex { $0.metric == key.id } ?? variants.count
                if index == variants.count { variants.append((key.id, [])) }
                let isKnown = variants[index].variants.contains {
                    $0.version == key.version && $0.configuration == text
                }
                if isKnown { continue }
                variants[index].variants.append(
                    StoreError.Mixture.Variant(
                        version: key.version, configuration: text, exampleRun: file.head.run))
            }
        }
        let mixed = variants.filter { $0.variants.count > 1 }
        guard mixed.isEmpty else {
            throw StoreError(
                folders.joined(separator: ", "),
                .mixed(mixed.map { StoreError.Mixture(metric: $0.metric, variants: $0.variants) }))
        }
    }

    /// Hands over the rows, run by run.
    ///
    /// - Parameters:
    ///   - includesArrays: whether the elements of lists have rows.
    ///   - body: takes a row.
    /// - Returns: files whose results are no results, which have no rows.
    /// - Throws: ``StoreError`` if a file cannot be read, or what `body` throws.
    @discardableResult
    public func forEachRow(
        includesArrays: Bool = false, _ body: (TableRow) throws -> Void
    ) throws -> [StoreError] {
        var problems: [StoreError] = []
        for (location, _) in files {
            let file = try ResultFile(at: location)
            let results: [StoredResult]
            do { results = try file.results(includesArrays: includesArrays) } catch {
                problems.append(error)
                continue
            }
            try rows(of: file.head, results).forEach(body)
        }
        return problems
    }

    private func rows(of head: ResultFileHead, _ results: [StoredResult]) -> [TableRow] {
        let run = RunRecord(head, results: results)
        if results.isEmpty {
            return [
                TableRow(
                    run: run, result: nil, layerIndex: nil, number: nil,
                    status: head.status.rawValue, reason: head.reason)
            ]
        }
        return OrderedResults(results).results.flatMap { layerIndex, result in
            let numbers = result.numbers.isEmpty ? [nil] : result.numbers.map { $0 }
            return numbers.map {
                TableRow(
                    run: run, result: result, layerIndex: layerIndex, number: $0,
                    status: result.status, reason: result.reason)
            }
        }
    }

    /// Writes the rows as comma-separated values under the names of ``TableRow/columns``.
    ///
    /// - Returns: files whose results are no results, which have no rows.
    /// - Throws: ``StoreError`` if a file cannot be read.
    @discardableResult
    public func writeCSV(
        includesArrays: Bool = false, to output: TextOutput
    ) throws -> [StoreError] {
        output.write(TableRow.columns.joined(separator: ",") + "\n")
        return try forEachRow(includesArrays: includesArrays) { row in
            let fields = row.fields.map { value in
                switch value {
                case .null: ""
                case .text(let text): CSV.field(text)
                default: value.line
                }
            }
            output.write(fields.joined(separator: ",") + "\n")
        }
    }

    /// Writes the rows as JSON objects, one a line, with the names of ``TableRow/columns``.
    ///
    /// - Returns: files whose results are no results, which have no rows.
    /// - Throws: ``StoreError`` if a file cannot be read.
    @discardableResult
    public func writeJSONLines(
        includesArrays: Bool = false, to output: TextOutput
    ) throws -> [StoreError] {
        try forEachRow(includesArrays: includesArrays) { row in
            let members = zip(TableRow.columns, row.fields).map(JSONNode.Field.init)
            JSON.writeLine(.object(members), to: output)
            output.write("\n")
        }
    }
}

/// The names in a folder, in the order of their bytes.
private func names(in folder: String) throws(StoreError) -> [String] {
    do { return try entries(of: folder).map(\.name) } catch {
        throw StoreError(folder, .unreadable(error.reason))
    }
}

/// `path` from the root, without symbolic links where it exists.
func absolute(_ path: String) -> String { resolvedPath(path) ?? path }
