import Analysis
import MetricCore
import Report
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

    /// One line; it names the metric if it holds for one only.
    static func line(_ remark: Remark, _ metrics: [String]) -> String {
        let metric = metrics.count == 1 ? "\(metrics[0]): " : ""
        return "\(remark.place): \(metric)\(remark.text)"
    }
}
