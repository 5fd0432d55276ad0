public import Analysis
import HDF5
public import MetricCore
public import Report
public import ResultStore
public import RunFormat
import Text

extension RunState {
    /// The states of a run that was analyzed just now.
    public static func states(of analysis: RunAnalysis, run: RunFile) -> [RunState] {
        states(
            run: analysis.run, attributes: JSONNode(run.attributes), results: analysis.results
        ).map { state in
            var state = state
            // Also of a run without results.
            state.recordedWidth = analysis.width(run.attributes)
            return state
        }
    }

    /// The states in a `lamina.results/1` document: of a batch, with the runs' attributes, or what
    /// `--format json` printed, without them.
    ///
    /// Units and one-line summaries are read where the document has them. Figures are made from the
    /// lists among the values.
    ///
    /// - Parameters:
    ///   - bytes: the whole document.
    ///   - descriptor: the metric called so, where it is known.
    /// - Returns: one state a run and snapshot, in the order of the document.
    /// - Throws: ``ResultDocumentError``.
    public static func states(
        in bytes: [UInt8], descriptor: (String) -> MetricDescriptor?
    ) throws(ResultDocumentError) -> [RunState] {
        let document: JSONNode
        do { document = try JSONNode(parsing: bytes) } catch {
            throw ResultDocumentError(place: "", problem: error.description)
        }
        let attributes = document["attributes"] ?? .object([])
        // Names that Unicode holds for equal are two runs.
        var runs: [ExactName] = []
        var results: [ExactName: [LayerResult]] = [:]
        for var result in try JSON.results(in: document) {
            result.describe(as: descriptor(result.metric.id))
            let name = ExactName(result.run)
            if results[name] == nil { runs.append(name) }
            results[name, default: []].append(result)
        }
        let file = document["file"]
        if runs.isEmpty, let run = file?["run"]?.text { runs = [ExactName(run)] }
        return runs.flatMap { run in
            states(
                run: run.text, attributes: attributes, results: results[run] ?? []
            ).map { state in
                var state = state
                state.reason = file?["reason"]?.text
                return state
            }
        }
    }

    /// The states in a collected store, in the order of the runs' names; lists and with them figures
    /// are there only if they were collected.
    ///
    /// - Throws: `StoreError`.
    public static func states(
        in store: ResultDatabase, descriptor: (String) -> MetricDescriptor?
    ) throws(StoreError) -> [RunState] {
        var numbers: [String: [(name: String, unit: String, value: Double?)]] = [:]
        for row in try store.rows(
            "SELECT resultID, quantity, unit, value FROM numbers WHERE element IS NULL "
                + "ORDER BY rowid")
        {
            guard let id = row[0], let name = row[1] else { continue }
            numbers[id, default: []].append((name, row[2] ?? "", row[3].flatMap { Double($0) }))
        }
        var results: [String: [LayerResult]] = [:]
        for row in try store.rows(
            """
            SELECT runID, run, layer, site, snapshot, metric, metricVersion, results.status,
              results.reason, warnings, samples, neurons, nonFinite, configuration, summary,
              results.id
            FROM results JOIN runs ON runs.id = runID ORDER BY runID, layerIndex, results.id
            """)
        {
            guard let runID = row[0], let id = row[15],
                let result = LayerResult(row, numbers[id] ?? [], descriptor: descriptor)
            else { continue }
            results[runID, default: []].append(result)
        }
        return try store.rows(
            "SELECT id, run, attributes, reason, width FROM runs ORDER BY run, id"
        ).flatMap { row in
            let attributes = row[2].flatMap { try? JSONNode(parsing: Array($0.utf8)) }
            return states(
                run: row[1] ?? "", attributes: attributes ?? .object([]),
                results: results[row[0] ?? ""] ?? []
            ).map { state in
                var state = state
                state.reason = row[3]
                state.recordedWidth = row[4].flatMap { Int($0) }
                return state
            }
        }
    }
}

extension RunAnalysis {
    /// The width of the network, whatever of it was analyzed.
    public func width(_ attributes: RunMetadata) -> Int? {
        NetworkWidth.of(JSONNode(attributes), firstLayer: firstLayerNeurons)
    }

    /// Notes the width of the network beside every result, for those who read the results without
    /// the run.
    public mutating func noteWidth(_ attributes: RunMetadata) {
        let width = width(attributes)
        for index in results.indices { results[index].width = width }
    }
}

extension LayerResult {
    /// Takes over what is known of the metric beside its version, and draws the lists.
    fileprivate mutating func describe(as known: MetricDescriptor?) {
        if var known {
            known.version = metric.version
            metric = known
        }
        if status == .ok { figures = storedFigures(of: values, title: metric.title) }
    }

    /// Reads a row of the store's table of results.
    fileprivate init?(
        _ row: [String?], _ numbers: [(name: String, unit: String, value: Double?)],
        descriptor: (String) -> MetricDescriptor?
    ) {
        guard let run = row[1], let layer = row[2], let id = row[5],
            let status = row[7].flatMap(Status.init(rawValue:))
        else { return nil }
        func node(_ text: String?) -> JSONNode? {
            text.flatMap { try? JSONNode(parsing: Array($0.utf8)) }
        }
        func count(_ text: String?) -> Int { text.flatMap { Int($0) } ?? 0 }
        var metric =
            descriptor(id) ?? MetricDescriptor(id: id, title: id, abstract: "", question: "")
        metric.version = count(row[6])
        self.init(
            run: run, layer: layer, site: row[3].flatMap(Site.init(rawValue:)), snapshot: row[4],
            metric: metric, status: status, reason: row[8],
            warnings: node(row[9])?.elements.compactMap(\.text) ?? [], samples: count(row[10]),
            neurons: count(row[11]), nonFinite: count(row[12]),
            configuration: node(row[13]).map { Object($0) } ?? Object(),
            values: Object(numbers.map { (name: $0.name, value: .number($0.value)) }),
            quantities: numbers.map {
                Quantity(
                    $0.name, title: $0.name, $0.value,
                    in: Quantity.Unit(rawValue: $0.unit) ?? .none)
            },
            summary: row[14] ?? "")
    }
}
