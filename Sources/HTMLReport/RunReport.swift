import Analysis
public import Comparison
import MetricCore
import Mustache
public import Report
import Text

/// One self-contained HTML file about many runs: an overview, what compares, a section a run with its
/// figures, warnings, and what each metric means.
///
/// The page needs no network and no other file. All texts from runs are escaped. The same input gives
/// the same bytes.
public struct RunReport {
    private let states: [RunState]
    private let comparison: Comparison?
    private let failures: [String]
    private let title: String
    private let manual: (String) -> String?

    /// A report.
    ///
    /// - Parameters:
    ///   - states: what was analyzed.
    ///   - comparison: of these states, where they compare.
    ///   - failures: what could not be read, a sentence each.
    ///   - title: of the page.
    ///   - manual: the README of the metric called so, in Markdown.
    public init(
        of states: [RunState], comparison: Comparison? = nil, failures: [String] = [],
        title: String = "Lamina report", manual: @escaping (String) -> String? = { _ in nil }
    ) {
        self.states = states
        self.comparison = comparison
        self.failures = failures
        self.title = title
        self.manual = manual
    }

    /// Writes the page.
    ///
    /// - Throws: nothing in practice: an error in a template, which are part of this module.
    public func write(to output: TextOutput) throws {
        let library = MustacheLibrary(templates: [
            "page": try MustacheTemplate(string: Self.text(PackageResources.page_mustache)),
            "run": try MustacheTemplate(string: Self.text(PackageResources.run_mustache)),
            "figure": try MustacheTemplate(string: Self.text(PackageResources.figure_mustache)),
        ])
        guard let page = library.render(context(), withTemplate: "page") else {
            preconditionFailure("the page has no template")
        }
        output.write(page)
    }

    private static func text(_ bytes: [UInt8]) -> String { String(decoding: bytes, as: UTF8.self) }

    private func context() -> [String: Any] {
        let names = RunNames(states)
        let sections = zip(states, names.all).enumerated().map { index, state in
            RunSection(state.0, name: state.1, anchor: "run-\(index + 1)")
        }
        let overview = Overview(sections)
        let warnings = warnings(of: sections)
        var context: [String: Any] = [
            "title": visible(title), "scope": scope,
            "style": Self.text(PackageResources.report_css),
            "script": Self.text(PackageResources.report_js),
            "columns": overview.columns, "rows": overview.rows,
            "hasWarnings": !warnings.isEmpty, "warnings": warnings,
            "runs": sections.map(\.context), "definitions": definitions,
        ]
        if let comparison { context["comparison"] = ComparisonSection(comparison).context }
        return context
    }

    private var scope: String {
        let runs = Set(states.map(\.run)).count
        let layers = Set(states.flatMap { $0.results.map(\.layer) }).count
        func counted(_ count: Int, _ noun: String) -> String {
            "\(count) \(noun)\(count == 1 ? "" : "s")"
        }
        let metrics = distinctMetrics.count
        return "\(counted(runs, "run")), \(counted(layers, "layer")), \(counted(metrics, "metric"))"
    }

    private var distinctMetrics: [MetricDescriptor] {
        var seen: Set<String> = []
        return states.flatMap(\.results).map(\.metric).filter { seen.insert($0.id).inserted }
    }

    private var definitions: [[String: Any]] {
        distinctMetrics.map { metric in
            var html = manual(metric.id).map { Markdown.html(of: $0, headingLevel: 3) } ?? ""
            if html.isEmpty {
                let references = metric.references.map { "- " + $0 }.joined(separator: "\n")
                html = Markdown.html(of: metric.abstract + "\n\n" + references)
            }
            return [
                "id": metric.id, "title": visible(metric.title),
                "question": visible(metric.question), "manual": html,
            ]
        }
    }

    /// What could not be read, what the comparison says, and what the results say.
    private func warnings(of sections: [RunSection]) -> [[String: Any]] {
        let whole = (failures + (comparison?.warnings ?? [])).map { ["text": visible($0)] }
        var list = WarningList()
        for section in sections {
            for result in section.state.results where result.status != .skipped {
                let reason =
                    result.status == .ok
                    ? [] : ["\(result.status.rawValue): \(result.reason ?? "no reason given")"]
                let place = [section.name, result.layer, result.site?.rawValue ?? ""]
                for warning in reason + result.warnings {
                    list.add(
                        warning, of: result.metric,
                        at: .init(
                            anchor: section.anchor,
                            name: place.filter { !$0.isEmpty }.joined(separator: " ")))
                }
            }
        }
        return whole + list.context
    }
}

/// What runs are called on the page: as much of their paths as tells them apart.
struct RunNames {
    let all: [String]

    init(_ states: [RunState]) {
        let runs = distinctNames(states.lazy.map(\.run))
        let parts = Dictionary(
            uniqueKeysWithValues: zip(runs.map { ExactName($0) }, distinguishingParts(of: runs)))
        let hasSteps = states.contains { $0.snapshot != nil }
        all = states.map { state in
            let name = visible(parts[ExactName(state.run)] ?? state.run)
            return hasSteps ? "\(name), \(state.snapshot.map { "step \($0)" } ?? "final")" : name
        }
    }
}
