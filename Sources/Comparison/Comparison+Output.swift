import MetricCore
public import Report
import Statistics
import Text

extension Comparison {
    /// The name of the format of ``json``.
    public static let schema = "lamina.comparison/1"

    /// Writes tables for people: for each section a table of extremes and correlations, then one a
    /// quantity with a row a group.
    public func writeTable(to output: TextOutput, isStyled: Bool = false) {
        for (position, section) in sections.enumerated() {
            if position > 0 { output.write("\n") }
            write(section, to: output, isStyled: isStyled)
        }
    }

    private func write(_ section: Section, to output: TextOutput, isStyled: Bool) {
        let notes = section.conditions.map { "\($0.name) \($0.value)" }
        output.write(
            line: "\(section.layer) by \(axis)"
                + (notes.isEmpty ? "" : " (\(notes.joined(separator: ", ")))"), isBold: isStyled)
        let percent = "\((level * 100).brief()) % interval"
        var summary = TextTable([
            ("quantity", "", false), ("site", "", false), ("highest at", "", true),
            ("lowest at", "", true), ("rank correlation", "with \(target)", true),
            (percent, "", false), ("runs", "", true),
        ])
        for track in [section.target] + section.quantities where !track.points.isEmpty {
            summary.append([
                track.identifier, track.site?.rawValue ?? "-",
                track.highest.map { section.groups[$0].text } ?? "-",
                track.lowest.map { section.groups[$0].text } ?? "-",
                readable(track.correlation?.coefficient),
                shown(track.correlationInterval),
                track.correlation.map { "\($0.count)" } ?? "-",
            ])
        }
        summary.write(to: output)
        for track in [section.target] + section.quantities where !track.points.isEmpty {
            output.write("\n")
            output.write(line: "\(track.identifier)  \(track.heading)", isBold: isStyled)
            write(track, of: section, percent: percent, to: output)
        }
    }

    private func write(
        _ track: Track, of section: Section, percent: String, to output: TextOutput
    ) {
        let unit = track.unit.label
        let hasBaseline = track.baselines.contains { $0 != nil }
        let showsTarget = track.metric != nil && !section.target.points.isEmpty
        var table = TextTable(
            [
                (axis, "", true), ("runs", "", true), ("mean", unit, true),
                ("deviation", "", true), (percent, "", false),
            ] + (hasBaseline ? [("untrained", "", true)] : [])
                + (showsTarget ? [(target, "mean", true)] : []))
        for (group, value) in section.groups.enumerated() {
            let aggregate = track.aggregates[group]
            let own = [
                value.text, "\(aggregate?.count ?? 0)", readable(aggregate?.mean, in: track.unit),
                readable(aggregate?.standardDeviation), shown(aggregate?.interval),
            ]
            table.append(
                own + (hasBaseline ? [readable(track.baselines[group], in: track.unit)] : [])
                    + (showsTarget ? [readable(section.target.aggregates[group]?.mean)] : []))
        }
        table.write(to: output)
    }

    /// Writes a row a group and quantity, the correlation repeated on each of a quantity.
    public func writeCSV(to output: TextOutput) {
        output.write(
            "by,group,conditions,layer,site,metric,quantity,unit,runs,mean,standardDeviation,low,"
                + "high,untrained,target,correlation,correlationLow,correlationHigh,pairs\n")
        for section in sections {
            let conditions = section.conditions.map { "\($0.name)=\($0.value)" }
                .joined(separator: "; ")
            for track in [section.target] + section.quantities where !track.points.isEmpty {
                let interval = track.correlationInterval
                for (group, value) in section.groups.enumerated() {
                    guard let aggregate = track.aggregates[group] else { continue }
                    let texts = [
                        axis, value.text, conditions, track.metric == nil ? "" : section.layer,
                        track.site?.rawValue ?? "", track.metric?.id ?? "", track.name,
                        track.unit.rawValue,
                    ]
                    let numbers = [
                        aggregate.mean, aggregate.standardDeviation,
                        aggregate.interval?.lowerBound, aggregate.interval?.upperBound,
                        track.baselines[group],
                    ]
                    let correlation = [
                        track.correlation?.coefficient, interval?.lowerBound,
                        interval?.upperBound,
                    ]
                    let cells =
                        texts.map { CSV.field($0) } + ["\(aggregate.count)"]
                        + numbers.map(plain) + [CSV.field(target)] + correlation.map(plain)
                        + [track.correlation.map { "\($0.count)" } ?? ""]
                    output.write(cells.joined(separator: ",") + "\n")
                }
            }
        }
    }

    /// Everything, as a `lamina.comparison/1` document.
    public var json: JSONNode {
        .object([
            .init("schema", .text(Self.schema)), .init("by", .text(axis)),
            .init("target", .text(target)), .init("level", .number(level)),
            .init("interval", .text("student-t")),
            .init("warnings", .list(warnings.map { .text($0) })),
            .init("sections", .list(sections.map { json(of: $0) })),
        ])
    }

    private func json(of section: Section) -> JSONNode {
        .object([
            .init("layer", .text(section.layer)),
            .init(
                "conditions",
                .object(section.conditions.map { .init($0.name, .text($0.value)) })),
            .init("groups", .list(section.groups.map(json(of:)))),
            .init("target", json(of: section.target, in: section)),
            .init("quantities", .list(section.quantities.map { json(of: $0, in: section) })),
        ])
    }

    private func json(of group: GroupValue) -> JSONNode {
        guard let number = group.number else { return .text(group.text) }
        return Int(exactly: number).map { .integer($0) } ?? .number(number)
    }

    private func json(of track: Track, in section: Section) -> JSONNode {
        let interval = track.correlationInterval
        let correlation: JSONNode =
            track.correlation.map {
                .object([
                    .init("spearman", .number($0.coefficient)), .init("pairs", .integer($0.count)),
                    .init("low", number(interval?.lowerBound)),
                    .init("high", number(interval?.upperBound)),
                ])
            } ?? .null
        let groups = section.groups.indices.compactMap { group -> JSONNode? in
            guard let aggregate = track.aggregates[group] else { return nil }
            return .object([
                .init("group", json(of: section.groups[group])),
                .init("runs", .integer(aggregate.count)), .init("mean", .number(aggregate.mean)),
                .init("standardDeviation", number(aggregate.standardDeviation)),
                .init("low", number(aggregate.interval?.lowerBound)),
                .init("high", number(aggregate.interval?.upperBound)),
                .init("untrained", number(track.baselines[group])),
                .init(
                    "values",
                    .list(track.points.filter { $0.group == group }.map { .number($0.value) })),
            ])
        }
        return .object([
            .init("metric", track.metric.map { .text($0.id) } ?? .null),
            .init("quantity", .text(track.name)),
            .init("site", track.site.map { .text($0.rawValue) } ?? .null),
            .init("unit", .text(track.unit.rawValue)),
            .init("highest", track.highest.map { json(of: section.groups[$0]) } ?? .null),
            .init("lowest", track.lowest.map { json(of: section.groups[$0]) } ?? .null),
            .init("correlation", correlation), .init("groups", .list(groups)),
        ])
    }
}

/// A number of a document, null where there is none.
func number(_ value: Double?) -> JSONNode { value.map { .number($0) } ?? .null }

/// A number of a table of comma-separated values, empty where there is none.
func plain(_ value: Double?) -> String { value.map(\.description) ?? "" }

private func shown(_ interval: ClosedRange<Double>?) -> String {
    interval.map { "\(readable($0.lowerBound)) ... \(readable($0.upperBound))" } ?? "-"
}
