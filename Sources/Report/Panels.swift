import Analysis
import MetricCore
import Text

/// One set of axes with what is drawn in it.
struct Panel {
    var title: String
    var x: Figure.Axis
    var y: Figure.Axis
    var curves: [Curve]

    /// A series with its name in the legend.
    struct Curve {
        var name: String
        /// Place in the palette; -1 for what lies pale behind the curves.
        var colour: Int
        var series: Figure.Series
    }
}

/// The most curves that a panel of several layers holds.
private let curvesInPanel = 7

/// The figures of all results as panels.
///
/// Figures that may be overlaid and have metric and title in common share a panel, where each layer
/// has a colour; any other has a panel that is titled with its layer. A panel that would hold more
/// curves than the eye or the palette tells apart is followed by another of the same title.
func panels(of results: [LayerResult]) -> [Panel] {
    let all = Labels(results)
    let labels = Dictionary(grouping: results, by: \.metric.id).mapValues { all.narrowed(to: $0) }
    var panels: [Panel] = []
    var shared: [String: (panel: Int, layers: Int)] = [:]
    for result in results {
        let label = (labels[result.metric.id] ?? all).label(of: result)
        for figure in result.figures {
            let key = result.metric.id + "\u{0}" + figure.title
            guard figure.overlays else {
                var panel = Panel(figure)
                panel.title = "\(label): \(panel.title)"
                panels.append(panel)
                continue
            }
            var place = shared[key] ?? (panels.count, 0)
            if place.panel < panels.count,
                panels[place.panel].curves.count + figure.series.count > curvesInPanel
            {
                place = (panels.count, 0)
            }
            if place.panel == panels.count {
                panels.append(
                    Panel(title: visible(figure.title), x: figure.x, y: figure.y, curves: []))
            }
            panels[place.panel].curves += figure.series.map {
                let name = figure.series.count > 1 ? "\(label): \(visible($0.name))" : label
                return Panel.Curve(name: name, colour: place.layers, series: $0)
            }
            shared[key] = (place.panel, place.layers + 1)
        }
    }
    return panels
}

extension Panel {
    /// A figure by itself: bars pale in the background, any other series in a colour of its own.
    init(_ figure: Figure) {
        self.init(title: visible(figure.title), x: figure.x, y: figure.y, curves: [])
        var colours = 0
        for series in figure.series {
            let isBars = series.mark == .bars
            curves.append(
                Panel.Curve(
                    name: visible(series.name), colour: isBars ? -1 : series.group ?? colours,
                    series: series))
            if !isBars { colours += 1 }
        }
    }

    /// The bars that have a place on the axes.
    func bars(of series: Figure.Series) -> [(low: Double, high: Double, top: Double)] {
        zip(zip(series.x, series.x.dropFirst()), series.y)
            .map { (low: $0.0, high: $0.1, top: $1) }
            .filter {
                x.hasPlace(for: $0.low) && x.hasPlace(for: $0.high) && y.hasPlace(for: $0.top)
            }
    }

    /// The curves with the points that have a place on the axes; those left empty are gone.
    var drawable: [Curve] {
        curves.compactMap { curve in
            var curve = curve
            if curve.series.mark == .bars {
                return bars(of: curve.series).isEmpty ? nil : curve
            } else {
                let points = zip(curve.series.x, curve.series.y)
                    .filter { x.hasPlace(for: $0) && y.hasPlace(for: $1) }
                curve.series.x = points.map { $0.0 }
                curve.series.y = points.map { $0.1 }
            }
            return curve.series.y.isEmpty ? nil : curve
        }
    }
}

extension Figure.Axis {
    func hasPlace(for value: Double) -> Bool { value.isFinite && (scale == .linear || value > 0) }

    /// The ends of what is shown in any case.
    var ends: [Double] { range.map { [$0.lowerBound, $0.upperBound] } ?? [] }
}
