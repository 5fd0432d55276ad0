import AnalyzeCommands
import MetricCore
import MetricRegistry
import SelectivityMetric

/// The metrics that come with the package, and one of our own.
enum Metrics: MetricList {
    static let metrics: [any Metric.Type] = MetricRegistry.metrics + [Selectivity.self]
}

@main struct Main {
    static func main() {
        AnalyzeCommand<Metrics>.runAndExit()
    }
}
