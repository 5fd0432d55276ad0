import Analysis
import MetricCore
import Report
import RunFormat
import Text

/// What is to be said of results, once where it is the same for several metrics.
struct Remark: Hashable {
    /// Run, layer, site and snapshot.
    let place: String
    let text: String

    /// The remarks on `results` in their order, each with the metrics that it holds for.
    static func all(
        on results: [LayerResult], _ texts: (LayerResult) -> [String]
    ) -> [(remark: Remark, metrics: [String])] {
        var order: [Remark] = []
        var metrics: [Remark: [String]] = [:]
        for result in results {
            let place = [result.run, result.layer, result.site?.rawValue, result.snapshot]
                .compactMap { $0 }.map(visible).joined(separator: " ")
            for text in texts(result) {
                let remark = Remark(place: place, text: text)
                if metrics[remark] == nil { order.append(remark) }
                metrics[remark, default: []].append(result.metric.id)
            }
        }
        return order.map { ($0, metrics[$0] ?? []) }
    }

    /// What went wrong in computations on `results`, without the errors that were `told` already.
    static func failures(in results: [LayerResult], told: [RunError] = []) -> [Failure] {
        let known = Set(told.map(\.description))
        return all(on: results.filter { $0.status == .failed }) { [$0.reason].compactMap { $0 } }
            .filter { !known.contains($0.remark.text) }
            .map { Failure(message: line($0.remark, $0.metrics), code: Failure.badData) }
    }

    /// One line; it names the metric if it holds for one only.
    static func line(_ remark: Remark, _ metrics: [String]) -> String {
        let metric = metrics.count == 1 ? "\(metrics[0]): " : ""
        return "\(remark.place): \(metric)\(remark.text)"
    }
}
