import AnalyzeCommands
import MetricRegistry

@main struct Main {
    static func main() {
        AnalyzeCommand<MetricRegistry>.runAndExit()
    }
}
