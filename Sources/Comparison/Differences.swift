import Analysis
public import MetricCore
public import Report
import RunFormat
import Text

/// Two states side by side: what changed from the first to the second.
public struct Differences: Sendable {
    /// What the first is called.
    public let first: String
    /// What the second is called.
    public let second: String
    /// The numbers of both, in the order of the first.
    public let rows: [Row]
    /// What a reader should know: layers that only one of them has, results that do not compare.
    public let warnings: [String]

    /// One number of both.
    public struct Row: Sendable {
        /// `nil` for an attribute of the run.
        public let layer: String?
        /// Which values of the layer.
        public let site: Site?
        /// `nil` for an attribute of the run.
        public let metric: String?
        /// The name in the results, or of the attribute.
        public let quantity: String
        /// What the numbers measure.
        public let unit: Quantity.Unit
        /// The number of the first state; `nil` where it does not exist.
        public let first: Double?
        /// The number of the second state; `nil` where it does not exist.
        public let second: Double?

        /// second - first.
        public var difference: Double? { first.flatMap { a in second.map { $0 - a } } }

        /// (second - first) / |first|; `nil` if the first is 0.
        public var relative: Double? {
            guard let first, first != 0 else { return nil }
            return difference.map { $0 / abs(first) }
        }

        /// `metric.quantity`, as it is named on the command line.
        public var identifier: String { metric.map { "\($0).\(quantity)" } ?? quantity }
    }

    /// Puts two states side by side.
    ///
    /// - Parameters:
    ///   - first: what to start from.
    ///   - second: what to subtract it from.
    ///   - layers: glob patterns; all if there are none.
    ///   - quantities: glob patterns of `metric.quantity`; the headlines if there are none.
    /// - Throws: ``ComparisonError`` if they have no number in common.
    public init(
        _ first: RunState, _ second: RunState, layers: [String] = [], quantities: [String] = []
    ) throws(ComparisonError) {
        let titles = Self.names(first, second)
        (self.first, self.second) = titles
        var rows: [Row] = []
        var warnings = leftOutNeurons(in: [first, second])
        if quantities.isEmpty {
            for name in ["test_accuracy", "train_accuracy", "test_loss", "train_loss"] {
                let pair = (first[name]?.number, second[name]?.number)
                guard pair.0 != nil || pair.1 != nil else { continue }
                rows.append(
                    Row(
                        layer: nil, site: nil, metric: nil, quantity: name,
                        unit: name.hasSuffix("accuracy") ? .fraction : .none, first: pair.0,
                        second: pair.1))
            }
        }
        let names = first.results.map(\.layer)
        let choice = NameChoice(among: names, patterns: layers)
        let wanted = Set(choice.positions.map { ExactName(names[$0]) })
        var lonely: (first: [String], second: [String]) = ([], [])
        let others = NameChoice(among: second.results.map(\.layer), patterns: layers).positions
        for other in others.map({ second.results[$0] })
        where !first.results.contains(where: { Self.arePaired($0, other) }) {
            lonely.second.append("\(visible(other.layer)) (\(other.metric.id))")
        }
        for result in first.results where wanted.contains(ExactName(result.layer)) {
            guard let other = second.results.first(where: { Self.arePaired($0, result) }) else {
                lonely.first.append("\(visible(result.layer)) (\(result.metric.id))")
                continue
            }
            if other.metric.version != result.metric.version
                || other.configuration != result.configuration
            {
                warnings.append(
                    "\(visible(result.layer)): the results of \(result.metric.id) come from "
                        + "several versions or settings and may not compare")
            }
            for quantity in result.quantities {
                let isChosen =
                    quantities.isEmpty
                    ? quantity.isHeadline
                    : quantities.contains {
                        matches("\(result.metric.id).\(quantity.name)", pattern: $0)
                    }
                guard isChosen else { continue }
                let pair = [result, other].map {
                    $0.status == .ok ? $0.number(quantity.name) : nil
                }
                guard pair.contains(where: { $0 != nil }) else { continue }
                rows.append(
                    Row(
                        layer: result.layer, site: result.site, metric: result.metric.id,
                        quantity: quantity.name, unit: quantity.unit, first: pair[0],
                        second: pair[1]))
            }
        }
        for (title, names) in [(titles.first, lonely.first), (titles.second, lonely.second)]
        where !names.isEmpty {
            warnings.append(
                "only in \(title): \(names.prefix(8).joined(separator: ", "))"
                    + (names.count > 8 ? " and \(names.count - 8) more" : ""))
        }
        guard rows.contains(where: { $0.metric != nil && $0.difference != nil }) else {
            throw ComparisonError(
                description: "\(titles.first) and \(titles.second) have no number in common: "
                    + "the names of their layers differ, or nothing is called as asked",
                isAboutData: true)
        }
        self.rows = rows
        self.warnings = warnings
    }

    private static func arePaired(_ a: LayerResult, _ b: LayerResult) -> Bool {
        isSame(a.layer, b.layer) && a.site == b.site && a.metric.id == b.metric.id
    }

    private static func names(_ a: RunState, _ b: RunState) -> (first: String, second: String) {
        guard isSame(a.run, b.run) else {
            let parts = distinguishingParts(of: [a.run, b.run])
            return (visible(parts[0]), visible(parts[1]))
        }
        func step(_ state: RunState) -> String {
            state.snapshot.map { "step " + visible($0) } ?? "final"
        }
        return (step(a), step(b))
    }
}

extension Differences {
    /// Writes a table for people.
    public func writeTable(to output: TextOutput, isStyled: Bool = false) {
        var table = TextTable(
            [
                ("layer", "", false), ("site", "", false), ("quantity", "", false),
                (shortened(first, to: 24), "", true), (shortened(second, to: 24), "", true),
                ("difference", "", true), ("relative", "", true),
            ], isStyled: isStyled)
        for row in rows {
            let relative = row.relative.map { ratio in
                (ratio > 0 ? "+" : "") + (ratio * 100).brief(digits: 3) + " %"
            }
            table.append([
                row.layer ?? "-", row.site?.rawValue ?? "-", row.identifier,
                readable(row.first, in: row.unit), readable(row.second, in: row.unit),
                row.difference.map { ($0 > 0 ? "+" : "") + readable($0, in: row.unit) } ?? "-",
                relative ?? "-",
            ])
        }
        table.write(to: output)
    }

    /// Writes a row a number.
    public func writeCSV(to output: TextOutput) {
        output.write("layer,site,metric,quantity,unit,first,second,difference,relative\n")
        for row in rows {
            let texts = [
                row.layer ?? "", row.site?.rawValue ?? "", row.metric ?? "", row.quantity,
                row.unit.rawValue,
            ]
            let numbers = [row.first, row.second, row.difference, row.relative]
            output.write(
                (texts.map { CSV.field($0) } + numbers.map(plain)).joined(separator: ",") + "\n")
        }
    }

    /// Everything, as a `lamina.differences/1` document.
    public var json: JSONNode {
        let rows = rows.map { row -> JSONNode in
            .object([
                .init("layer", row.layer.map { .text($0) } ?? .null),
                .init("site", row.site.map { .text($0.rawValue) } ?? .null),
                .init("metric", row.metric.map { .text($0) } ?? .null),
                .init("quantity", .text(row.quantity)), .init("unit", .text(row.unit.rawValue)),
                .init("first", number(row.first)), .init("second", number(row.second)),
                .init("difference", number(row.difference)),
                .init("relative", number(row.relative)),
            ])
        }
        return .object([
            .init("schema", .text("lamina.differences/1")), .init("first", .text(first)),
            .init("second", .text(second)),
            .init("warnings", .list(warnings.map { .text($0) })), .init("rows", .list(rows)),
        ])
    }
}
