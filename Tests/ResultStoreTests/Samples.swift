import Analysis
import Files
import Foundation
import MetricCore
import Report

@testable import ResultStore

/// A folder that goes away.
final class Scratch {
    let path: String

    init() throws {
        path =
            FileManager.default.temporaryDirectory
            .appendingPathComponent("lamina-\(UUID().uuidString)").path
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    func file(_ name: String) -> String { path + "/" + name }
}

func descriptor(_ id: String, version: Int = 1) -> MetricDescriptor {
    MetricDescriptor(id: id, title: id, abstract: "", question: "", version: version)
}

func dead(_ layer: String, of run: String, count: Int, neurons: Int = 10) -> LayerResult {
    LayerResult(
        run: run, layer: layer, site: .post, metric: descriptor("dead"), status: .ok,
        samples: 100, neurons: neurons, configuration: ["rule": .text("zero")],
        values: [
            "count": .integer(count), "fraction": .number(Double(count) / Double(neurons)),
            "indices": .integers(Array(0..<count)), "rule": .text("zero"),
        ],
        quantities: [
            Quantity("count", title: "dead", Double(count), in: .count),
            Quantity("fraction", title: "share", Double(count) / Double(neurons), in: .fraction),
        ],
        summary: "\(count) of \(neurons) neurons never fire")
}

func pca(_ layer: String, of run: String, version: Int = 1) -> LayerResult {
    LayerResult(
        run: run, layer: layer, site: .pre, metric: descriptor("pca", version: version),
        status: .ok, samples: 100, neurons: 10,
        values: [
            "participationRatio": .number(2.5), "converged": .flag(true),
            "componentsFor": .object(["0.95": .integer(3)]), "stableRank": .null,
            "components": .matrix(rows: [[1, 0], [0, 1]]),
        ],
        quantities: [
            Quantity("participationRatio", title: "PR", 2.5, in: .dimensions),
            Quantity("componentsFor.0.95", title: "95 %", 3, in: .count),
        ])
}

/// Writes the result file of a run of two layers.
@discardableResult
func store(
    _ run: String, in folder: String, dead count: Int = 1, seed: Int = 1, width: Int = 10,
    epoch: Int = 5, version: Int = 1, content: String? = nil
) throws -> String {
    let results = [
        dead("hidden2", of: run, count: count, neurons: width),
        pca("hidden10", of: run, version: version),
        dead("hidden10", of: run, count: 0), pca("hidden2", of: run, version: version),
    ]
    let head = ResultFileHead(
        run: run, path: "/data/\(run)",
        identity: FileIdentity(
            size: 9, modified: TimeStamp(seconds: 1_700_000_000, nanoseconds: 123_456_789),
            changed: TimeStamp(seconds: 1_700_000_001), inode: .max,
            fingerprint: Digest.of(Array((content ?? run).utf8)),
            read: TimeStamp(seconds: 1_700_000_009)),
        attributes: .object([
            .init("dataset", .text("mnist")), .init("model", .text("mlp")),
            .init("seed", .integer(seed)), .init("test_accuracy", .number(0.9)),
            .init("parameters", .text(#"{"hidden": [\#(width)], "epoch": \#(epoch)}"#)),
        ]),
        metrics: [
            .init(
                id: "dead", version: 1, configuration: JSONNode(["rule": .text("zero")]),
                isComplete: true),
            .init(
                id: "pca", version: version, configuration: JSONNode(Object()), isComplete: true),
        ])
    let location = folder + "/" + run.split(separator: "/").joined(separator: "-") + ".json"
    try ResultFile.write(head, results: results, to: location)
    return location
}

/// Writes the result file of a run that could not be read.
func storeFailure(_ run: String, in folder: String) throws {
    let head = ResultFileHead(
        run: run, path: "/data/\(run)", identity: nil, status: .failed, reason: "it is empty")
    try ResultFile.write(head, results: [], to: folder + "/" + run + ".json")
}
