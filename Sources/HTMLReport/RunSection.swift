import Analysis
import Comparison
import MetricCore
import Report
import Statistics
import Text

/// The part of the page about one state of a run.
struct RunSection {
    let state: RunState
    let name: String
    let anchor: String

    init(_ state: RunState, name: String, anchor: String) {
        self.state = state
        self.name = name
        self.anchor = anchor
    }

    /// The layers' names, in their order.
    var layers: [String] { distinctNames(state.results.lazy.map(\.layer)) }

    func results(ofLayer layer: String) -> [LayerResult] {
        state.results.filter { isSame($0.layer, layer) }
    }

    var context: [String: Any] {
        var figures = state.learningCurves
        let layers = layers.map { layer -> [String: Any] in
            let results = results(ofLayer: layer).filter { $0.status != .skipped }
            let own = results.flatMap(\.figures)
            let first = figures.count
            figures += own
            let size = results.first.map {
                "\(grouped($0.neurons)) neurons, \(grouped($0.samples)) samples"
            }
            return [
                "name": visible(layer), "note": size ?? "nothing was analyzed",
                "results": results.map(row),
                "figures": own.enumerated().map { index, figure in
                    figureContext(figure, set: anchor, index: first + index)
                },
            ]
        }
        return [
            "anchor": anchor, "name": name, "note": note, "attributes": attributes,
            "curves": state.learningCurves.enumerated().map { index, figure in
                figureContext(figure, set: anchor, index: index)
            },
            "hasCurves": !state.learningCurves.isEmpty, "layers": layers,
            "data": FigureData.json(of: figures),
        ]
    }

    private var note: String {
        let parts = ["dataset", "model"].compactMap { state[$0]?.text.map { visible($0) } }
        let accuracy = state["test_accuracy"]?.number.map { "test accuracy \(readable($0))" }
        return (parts + [accuracy].compactMap { $0 }).joined(separator: ", ")
    }

    private var attributes: [[String: Any]] {
        let path: [[String: Any]] = [["name": "file", "value": visible(state.run)]]
        return path
            + state.attributes.fields.map {
                ["name": visible($0.name), "value": shortened(visible($0.node.shown), to: 400)]
            }
    }

    private func row(_ result: LayerResult) -> [String: Any] {
        [
            "metric": result.metric.id, "title": visible(result.metric.title),
            "site": result.site?.rawValue ?? "", "isNotOK": result.status != .ok,
            "status": result.status.rawValue,
            "summary": visible(result.status == .ok ? result.summary : result.reason ?? ""),
            "quantities": result.quantities.filter(\.isHeadline).map { quantity in
                [
                    "title": visible(quantity.title),
                    "value": quantity.text.map { visible($0) }
                        ?? readable(quantity.value, in: quantity.unit),
                ]
            },
        ]
    }
}

/// What the template of a figure needs.
func figureContext(_ figure: Figure, set: String, index: Int) -> [String: Any] {
    [
        "title": visible(figure.title), "set": set, "index": index,
        "svg": VectorDrawing(figure).svg,
    ]
}

/// The table of all runs and layers.
struct Overview {
    private(set) var columns: [[String: Any]]
    private(set) var rows: [[String: Any]] = []

    init(_ sections: [RunSection]) {
        let states = sections.map(\.state)
        // What no run says has no column.
        let attributes = [
            ("dataset", "data set", false), ("width", "width", true), ("seed", "seed", true),
            ("epoch", "epoch", true), ("test_accuracy", "test accuracy", true),
        ].filter { name, _, _ in states.contains { $0[name] != nil } }
        let quantities = Self.quantities(of: states)
        columns = [Self.column("run", note: "the file")]
        columns += attributes.map { Self.column($1, note: $0, isNumeric: $2) }
        columns += [
            Self.column("layer", note: "as the run names it"),
            Self.column("neurons", note: "columns of the matrix", isNumeric: true),
        ]
        columns += quantities.map {
            Self.column(
                $0.title, note: "\($0.metric): \($0.key.quantity)", unit: $0.unit, isNumeric: true)
        }
        for section in sections {
            let before = attributes.map { name, _, isNumeric in
                Self.cell(section.state[name], isNumeric: isNumeric)
            }
            for layer in section.layers {
                let results = section.results(ofLayer: layer)
                let neurons = results.map(\.neurons).max() ?? 0
                let cells =
                    before + [
                        ["text": visible(layer), "isNumeric": false],
                        ["text": grouped(neurons), "value": "\(neurons)", "isNumeric": true],
                    ] + quantities.map { Self.cell($0.key, in: results) }
                rows.append(["anchor": section.anchor, "run": section.name, "cells": cells])
            }
        }
    }

    private struct Key: Hashable {
        var metric: String
        var quantity: String
        /// The site, of a metric that looked at several.
        var site: Site?
    }

    private static func quantities(
        of states: [RunState]
    ) -> [(key: Key, title: String, metric: String, unit: String)] {
        typealias Entry = (key: Key, title: String, metric: String, unit: String)
        var seen: Set<Key> = []
        let results = states.flatMap(\.results)
        let sites = Dictionary(grouping: results.filter { $0.status != .skipped }, by: \.metric.id)
            .mapValues { Set($0.map(\.site)) }
        return results.flatMap { result -> [Entry] in
            let site = sites[result.metric.id, default: []].count > 1 ? result.site : nil
            return result.keyQuantities.compactMap { quantity -> Entry? in
                let key = Key(metric: result.metric.id, quantity: quantity.name, site: site)
                guard seen.insert(key).inserted else { return nil }
                return (
                    key, quantity.title + (site.map { " (\($0.rawValue))" } ?? ""),
                    result.metric.title, quantity.unit.label
                )
            }
        }
    }

    private static func column(
        _ head: String, note: String, unit: String = "", isNumeric: Bool = false
    ) -> [String: Any] {
        [
            "head": visible(head), "note": visible(note),
            "unit": unit.isEmpty ? false : unit as Any,
            "isNumeric": isNumeric,
        ]
    }

    private static func cell(_ value: JSONNode?, isNumeric: Bool) -> [String: Any] {
        guard isNumeric else { return ["text": value?.shown ?? "", "isNumeric": false] }
        let number = value?.number
        return [
            "text": number.map { readable($0) } ?? value?.shown ?? "-",
            "value": number.map { $0.description } ?? "", "isNumeric": true,
        ]
    }

    private static func cell(_ key: Key, in results: [LayerResult]) -> [String: Any] {
        let result = results.first {
            $0.metric.id == key.metric && $0.status != .skipped
                && (key.site == nil || $0.site == key.site)
        }
        let quantity = result.flatMap { result in
            result.status == .ok
                ? result.quantities.first { $0.name == key.quantity } : nil
        }
        let value = quantity?.value.flatMap { $0.isFinite ? $0 : nil }
        return [
            "text": readable(value, in: quantity?.unit ?? .none),
            "value": value.map { $0.description } ?? "", "isNumeric": true,
        ]
    }
}

/// The part of the page about how groups of runs differ.
struct ComparisonSection {
    let comparison: Comparison

    init(_ comparison: Comparison) { self.comparison = comparison }

    var context: [String: Any] {
        let figures = comparison.figures
        return [
            "axis": visible(comparison.axis), "target": visible(comparison.target),
            "percent": "\((comparison.level * 100).brief()) %",
            // A group alone has neither extremes nor a correlation that says something.
            "sections": comparison.sections.filter { $0.groups.count > 1 }.map {
                section -> [String: Any] in
                let notes = section.conditions.map { "\(visible($0.name)) \($0.value)" }
                return [
                    "heading": ([visible(section.layer)] + notes).joined(separator: ", "),
                    "rows": ([section.target] + section.quantities)
                        .filter { !$0.points.isEmpty }.map { row($0, section) },
                ]
            },
            "figures": figures.enumerated().map { index, figure in
                figureContext(figure, set: "comparison", index: index)
            },
            "data": FigureData.json(of: figures),
        ]
    }

    private func row(
        _ track: Comparison.Track, _ section: Comparison.Section
    ) -> [String: Any] {
        let interval = track.correlationInterval
        return [
            "name": visible(track.heading),
            "highest": track.highest.map { section.groups[$0].text } ?? "-",
            "lowest": track.lowest.map { section.groups[$0].text } ?? "-",
            "correlation": readable(track.correlation?.coefficient),
            "interval": interval.map {
                "\(readable($0.lowerBound)) to \(readable($0.upperBound))"
            } ?? "-",
            "count": track.correlation.map { "\($0.count)" } ?? "-",
        ]
    }
}
