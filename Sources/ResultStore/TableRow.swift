public import Report
import Text

/// A row of the flat table: one number, or a result or run that has none.
public struct TableRow: Sendable {
    /// The run that it is about.
    public var run: RunRecord
    /// `nil` for a run without results.
    public var result: StoredResult?
    /// Position of the layer in the run, from 0.
    public var layerIndex: Int?
    /// `nil` for a result without numbers.
    public var number: StoredResult.Number?
    /// Of the result; of the run if it has no results.
    public var status: String
    /// Why the status is not ok.
    public var reason: String?

    /// The names of ``fields``: the columns of CSV files and of the view `quantities`, and the
    /// members of the objects in JSON lines.
    public static let columns = [
        "run", "dataset", "model", "framework", "width", "seed", "epoch", "trainAccuracy",
        "testAccuracy", "trainLoss", "testLoss", "layer", "layerIndex", "site", "snapshot",
        "metric", "metricVersion", "configuration", "quantity", "element", "unit", "value",
        "status", "reason", "samples", "neurons", "nonFinite",
    ]

    /// The values in the order of ``columns``; null where there is none.
    public var fields: [JSONNode] {
        func text(_ text: String?) -> JSONNode { text.map { .text($0) } ?? .null }
        func integer(_ integer: Int?) -> JSONNode { integer.map { .integer($0) } ?? .null }
        func number(_ number: Double?) -> JSONNode { number.map { .number($0) } ?? .null }
        return [
            .text(run.run), text(run.dataset), text(run.model), text(run.framework),
            integer(run.width), integer(run.seed), integer(run.epoch), number(run.trainAccuracy),
            number(run.testAccuracy), number(run.trainLoss), number(run.testLoss),
            text(result?.layer), integer(layerIndex), text(result?.site), text(result?.snapshot),
            text(result?.metric), integer(result?.metricVersion), text(result?.configuration.line),
            text(self.number?.quantity), integer(self.number?.element), text(self.number?.unit),
            self.number?.value ?? .null, .text(status), text(reason), integer(result?.samples),
            integer(result?.neurons), integer(result?.nonFinite),
        ]
    }
}

/// The results of a run in the order of tables: by layer (in the order of the run), snapshot (the
/// final state last), site and metric, whatever the order in the file.
struct OrderedResults {
    let results: [(layerIndex: Int, result: StoredResult)]

    init(_ results: [StoredResult]) {
        var indexOfLayer: [ExactName: Int] = [:]
        for result in results where indexOfLayer[ExactName(result.layer)] == nil {
            indexOfLayer[ExactName(result.layer)] = indexOfLayer.count
        }
        self.results = results.map { (indexOfLayer[ExactName($0.layer), default: 0], $0) }
            .sorted { Self.key($0) < Self.key($1) }
    }

    private static func key(_ item: (layerIndex: Int, result: StoredResult)) -> Key {
        let result = item.result
        let step = result.snapshot.map { Double($0) ?? .greatestFiniteMagnitude } ?? .infinity
        return Key(
            layerIndex: item.layerIndex, step: step, snapshot: result.snapshot ?? "",
            site: result.site ?? "", metric: result.metric, version: result.metricVersion,
            configuration: result.configuration.line)
    }

    private struct Key: Comparable {
        var layerIndex: Int
        var step: Double
        var snapshot: String
        var site: String
        var metric: String
        var version: Int
        var configuration: String

        static func < (a: Key, b: Key) -> Bool {
            if a.layerIndex != b.layerIndex { return a.layerIndex < b.layerIndex }
            return (a.step, a.snapshot, a.site, a.metric, a.version, a.configuration)
                < (b.step, b.snapshot, b.site, b.metric, b.version, b.configuration)
        }
    }
}
