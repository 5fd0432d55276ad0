public import MetricCore
import Text

/// A figure as an SVG element for a page, the same text for the same figure.
///
/// Colours, line widths and fonts are left to the page, which styles these classes: `grid`, `axis`
/// and `text` for the frame, `series` with `c0` ... `c6` for colours and `line`, `dashed`, `points`
/// or `bars` for marks. Texts are escaped.
public struct VectorDrawing: Sendable {
    /// In user units, which are pixels where the drawing is not scaled.
    public let width: Double
    /// In user units, with the legend.
    public let height: Double
    private var elements: [String] = []
    private let title: String

    /// How many colours there are before they come again.
    public static let colourCount = 7
    /// The mean advance of a character at the size of 11 units that the page gives to texts.
    private static let characterWidth = 6.1

    private struct Frame {
        var left: Double
        var right: Double
        var top: Double
        var bottom: Double
        var x: AxisTicks
        var y: AxisTicks

        func place(x value: Double) -> Double { left + x.position(of: value) * (right - left) }
        func place(y value: Double) -> Double { bottom - y.position(of: value) * (bottom - top) }
    }

    /// Draws `figure`, whose title becomes the accessible name and is not drawn.
    public init(_ figure: Figure, width: Double = 460, height: Double = 280) {
        self.width = width
        title = figure.title
        let panel = Panel(figure)
        let curves = panel.drawable
        let legend = Self.legend(curves, width: width - 20)
        self.height = height + Double(legend.last.map { $0.row + 1 } ?? 0) * 18
        guard !curves.isEmpty else {
            elements = [Self.text("no values to draw", x: width / 2, y: height / 2, "middle")]
            return
        }
        let frame = Self.frame(panel, curves, width: width, height: height)
        drawFrame(frame, panel)
        // Bars first, so that lines stay visible on them.
        for curve in curves where curve.series.mark == .bars { draw(curve, panel, frame) }
        for curve in curves where curve.series.mark != .bars { draw(curve, panel, frame) }
        for entry in legend { draw(entry, top: height + 2) }
    }

    /// The element.
    public var svg: String {
        let size = "0 0 \(short(width)) \(short(height))"
        return "<svg class=\"figure\" viewBox=\"\(size)\" role=\"img\" "
            + "aria-label=\"\(escaped(title))\">" + elements.joined() + "</svg>"
    }

    private static func frame(
        _ panel: Panel, _ curves: [Panel.Curve], width: Double, height: Double
    ) -> Frame {
        let hasBars = curves.contains { $0.series.mark == .bars }
        let hasPoints = curves.contains { $0.series.mark == .points }
        let y = AxisTicks(
            curves.flatMap(\.series.y) + panel.y.ends, scale: panel.y.scale, includesZero: hasBars,
            isRounded: true)
        let widest = y.ticks.map(\.label.count).max() ?? 0
        let left = 30 + Double(widest) * characterWidth
        let x = AxisTicks(
            curves.flatMap(\.series.x) + panel.x.ends, scale: panel.x.scale,
            margin: hasPoints ? 0.03 : 0)
        return Frame(left: left, right: width - 14, top: 10, bottom: height - 38, x: x, y: y)
    }

    private mutating func drawFrame(_ frame: Frame, _ panel: Panel) {
        var (grid, marks) = ("", "")
        var labels: [String] = []
        for (value, label) in frame.y.ticks {
            let y = frame.place(y: value)
            grid += "M\(short(frame.left)) \(short(y))H\(short(frame.right))"
            marks += "M\(short(frame.left - 4)) \(short(y))h4"
            labels.append(Self.text(label, x: frame.left - 7, y: y + 4, "end"))
        }
        var free = -Double.infinity
        for (value, label) in frame.x.ticks {
            let x = frame.place(x: value)
            grid += "M\(short(x)) \(short(frame.top))V\(short(frame.bottom))"
            marks += "M\(short(x)) \(short(frame.bottom))v4"
            // Labels that would touch are left out, their marks stay.
            let half = Double(label.count) * Self.characterWidth / 2
            guard x - half > free else { continue }
            free = x + half + 6
            labels.append(Self.text(label, x: x, y: frame.bottom + 16, "middle"))
        }
        let corner =
            "M\(short(frame.left)) \(short(frame.top))V\(short(frame.bottom))"
            + "H\(short(frame.right))"
        elements.append("<path class=\"grid\" d=\"\(grid)\"/>")
        elements.append("<path class=\"axis\" d=\"\(corner)\(marks)\"/>")
        elements += labels
        let middle = (frame.left + frame.right) / 2
        elements.append(
            Self.text(
                shortened(visible(panel.x.label), to: 60), x: middle, y: frame.bottom + 32, "middle"
            ))
        let centre = (frame.top + frame.bottom) / 2
        elements.append(
            Self.text(
                shortened(visible(panel.y.label), to: 40), x: 12, y: centre, "middle",
                isTurned: true))
    }

    private mutating func draw(_ curve: Panel.Curve, _ panel: Panel, _ frame: Frame) {
        let series = curve.series
        let colour = curve.colour < 0 ? "" : " c\(curve.colour % Self.colourCount)"
        let path: String
        switch series.mark {
        case .bars:
            let floor = min(frame.bottom, frame.y.low < 0 ? frame.place(y: 0) : frame.bottom)
            path = panel.bars(of: series).map { bar in
                let (left, right) = (frame.place(x: bar.low), frame.place(x: bar.high))
                return "M\(short(left)) \(short(floor))V\(short(frame.place(y: bar.top)))"
                    + "H\(short(right))V\(short(floor))z"
            }.joined()
        case .points:
            var seen: Set<String> = []
            path = zip(series.x, series.y).compactMap { x, y in
                let point = "M\(short(frame.place(x: x))) \(short(frame.place(y: y)))h0"
                return seen.insert(point).inserted ? point : nil
            }.joined()
        case .line, .dashedLine:
            path = Self.line(
                zip(series.x, series.y).map { (frame.place(x: $0), frame.place(y: $1)) })
        }
        let mark =
            switch series.mark {
            case .line: "line"
            case .dashedLine: "dashed"
            case .points: "points"
            case .bars: "bars"
            }
        elements.append("<path class=\"series \(mark)\(colour)\" d=\"\(path)\"/>")
    }

    /// The path through `points`, without those that nobody would see: of many in one column of
    /// pixels the first, the lowest, the highest and the last are kept.
    private static func line(_ points: [(x: Double, y: Double)]) -> String {
        var kept: [(x: Double, y: Double)] = []
        var start = 0
        while start < points.count {
            var end = start + 1
            let column = points[start].x.rounded(.down)
            while end < points.count, points[end].x.rounded(.down) == column { end += 1 }
            if end - start <= 4 {
                kept += points[start..<end]
            } else {
                let inside = (start + 1)..<(end - 1)
                let low = inside.min { points[$0].y < points[$1].y } ?? start
                let high = inside.max { points[$0].y < points[$1].y } ?? start
                kept.append(points[start])
                kept += Set([low, high]).sorted().map { points[$0] }
                kept.append(points[end - 1])
            }
            start = end
        }
        var path = ""
        for point in kept {
            path += "\(path.isEmpty ? "M" : "L")\(short(point.x)) \(short(point.y))"
        }
        return path
    }

    private struct LegendEntry {
        var name: String
        var mark: Figure.Series.Mark
        var colour: Int
        var x: Double
        var row: Int
    }

    /// The names of the curves in rows of `width`; nothing where there is only one.
    private static func legend(_ curves: [Panel.Curve], width: Double) -> [LegendEntry] {
        let named = curves.filter { !$0.name.isEmpty }
        guard named.count > 1 else { return [] }
        var (x, row) = (0.0, 0)
        return named.map { curve in
            let name = shortened(curve.name, to: 48)
            let length = 34 + Double(displayWidth(name)) * characterWidth + 14
            if x > 0, x + length > width {
                x = 0
                row += 1
            }
            defer { x += length }
            return LegendEntry(
                name: name, mark: curve.series.mark, colour: curve.colour, x: x + 14, row: row)
        }
    }

    private mutating func draw(_ entry: LegendEntry, top: Double) {
        let y = top + Double(entry.row) * 18 + 8
        let colour = entry.colour < 0 ? "" : " c\(entry.colour % Self.colourCount)"
        let start = "M\(short(entry.x)) \(short(y))"
        let (mark, path) =
            switch entry.mark {
            case .line: ("line", start + "h26")
            case .dashedLine: ("dashed", start + "h26")
            case .points: ("points", "M\(short(entry.x + 13)) \(short(y))h0")
            case .bars: ("bars", "M\(short(entry.x)) \(short(y + 5))v-10h26v10z")
            }
        elements.append("<path class=\"series \(mark)\(colour)\" d=\"\(path)\"/>")
        elements.append(Self.text(entry.name, x: entry.x + 33, y: y + 4, "start"))
    }

    private static func text(
        _ text: String, x: Double, y: Double, _ anchor: String, isTurned: Bool = false
    ) -> String {
        let turn = isTurned ? " transform=\"rotate(-90 \(short(x)) \(short(y)))\"" : ""
        return "<text class=\"text\" x=\"\(short(x))\" y=\"\(short(y))\" "
            + "text-anchor=\"\(anchor)\"\(turn)>\(escaped(text))</text>"
    }
}

/// A length with at most one digit after the point: a tenth of a pixel is seen by nobody.
private func short(_ length: Double) -> String {
    let tenths = Int((max(-1e6, min(1e6, length)) * 10).rounded())
    let sign = tenths < 0 ? "-" : ""
    let (whole, rest) = abs(tenths).quotientAndRemainder(dividingBy: 10)
    return rest == 0 ? "\(sign)\(whole)" : "\(sign)\(whole).\(rest)"
}

/// `text` as it stands in HTML and XML, in elements and quoted attributes; what a reader could not
/// see is spelled out.
public func escaped(_ text: String) -> String {
    var result = ""
    for character in visible(text).unicodeScalars {
        switch character {
        case "&": result += "&amp;"
        case "<": result += "&lt;"
        case ">": result += "&gt;"
        case "\"": result += "&quot;"
        case "'": result += "&#39;"
        default: result.unicodeScalars.append(character)
        }
    }
    return result
}
