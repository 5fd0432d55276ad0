import MetricCore
import Text
import Glibc

/// The kind of picture, which the ending of a file's name tells.
public enum PictureFormat: String, Sendable, CaseIterable {
    case svg, png, pdf
}

/// What gnuplot is to draw on.
enum Canvas {
    case picture(PictureFormat)
    /// Characters; each panel takes the whole width.
    case terminal(columns: Int, lines: Int, hasColours: Bool)
}

/// Panels in gnuplot's language.
///
/// Every text is a single-quoted literal, in which gnuplot substitutes nothing, and is shown without
/// its mark-up; data are inline.
struct GnuplotScript {
    private(set) var text = ""
    private let canvas: Canvas
    private var blocks = 0

    /// Okabe and Ito (2008), told apart by all kinds of colour vision; without the yellow, which is
    /// too light for a line on white.
    private static let palette = [
        "#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9", "#000000",
    ]

    init(_ panels: [Panel], on canvas: Canvas) {
        self.canvas = canvas
        let columns = panels.count <= 1 ? 1 : panels.count <= 4 ? 2 : 3
        let rows = (panels.count + columns - 1) / columns
        line("set encoding utf8")
        line("set format '%g'")
        switch canvas {
        case .terminal(let width, let height, let hasColours):
            line(
                "set terminal dumb nofeed size \(max(40, width)),\(max(12, height)) noenhanced "
                    + (hasColours ? "ansi256" : "mono"))
        case .picture(let format):
            let size = panels.count == 1 ? (width: 860, height: 560) : (width: 620, height: 460)
            // A tall legend gets its own room rather than that of the curves.
            let legend = panels.map { Self.legendLines($0, width: size.width) }.max() ?? 0
            let height = size.height + 20 * max(0, legend - 2)
            setTerminal(format, width: columns * size.width, height: rows * height)
            style()
            if panels.count > 1 {
                line("set multiplot layout \(rows),\(columns)")
            }
        }
        for panel in panels { draw(panel) }
        if case .picture = canvas, panels.count > 1 { line("unset multiplot") }
    }

    private mutating func setTerminal(_ format: PictureFormat, width: Int, height: Int) {
        switch format {
        case .svg:
            line(
                "set terminal svg noenhanced size \(width),\(height) dynamic linewidth 1.2 "
                    + "font 'Helvetica,Arial,sans-serif,15' background '#ffffff'")
        case .png:
            line(
                "set terminal pngcairo noenhanced size \(width * 3 / 2),\(height * 3 / 2) "
                    + "fontscale 1.5 pointscale 2 linewidth 1.8 font 'Sans,11' background '#ffffff'"
            )
        case .pdf:
            // 100 units of the layout are an inch.
            line(
                "set terminal pdfcairo noenhanced size \(inches(width))in,\(inches(height))in "
                    + "linewidth 1.8 font 'Sans,11' background '#ffffff'")
        }
    }

    /// About how many lines the legend beneath a panel takes.
    private static func legendLines(_ panel: Panel, width: Int) -> Int {
        let names = panel.curves.map { min(40, displayWidth($0.name)) }.filter { $0 > 0 }
        guard let longest = names.max(), names.count <= 8 else { return 0 }
        let inALine = max(1, width * 3 / 4 / (longest * 8 + 60))
        return (names.count + inALine - 1) / inALine
    }

    private func inches(_ length: Int) -> String { "\(length / 100).\(length % 100 / 10)" }

    private mutating func style() {
        line("set border 3 linewidth 0.8 linecolor rgb '#505050'")
        line("set tics nomirror out scale 0.6,0.3 textcolor rgb '#303030'")
        line("set grid xtics ytics linetype 1 linewidth 0.6 linecolor rgb '#e4e4e4'")
        line("set style fill transparent solid 0.5 noborder")
    }

    private mutating func draw(_ panel: Panel) {
        line("set title \(quoted(shortened(panel.title, to: 72)))")
        // Nearer to the axis than by default, which leaves room for the legend.
        let isPicture = if case .picture = canvas { true } else { false }
        line("set xlabel \(quoted(panel.x.label))\(isPicture ? " offset 0,0.4" : "")")
        line("set ylabel \(quoted(panel.y.label))")
        let curves = panel.drawable
        set(panel.x.scale, axis: "x")
        set(panel.y.scale, axis: "y")
        setLegend(curves)
        guard !curves.isEmpty else {
            // Without a point gnuplot would refuse the whole picture.
            line("unset logscale")
            line("set label 1 'no values to draw' at graph 0.5,0.5 center")
            line("plot [0:1] [0:1] NaN notitle")
            line("unset label 1")
            return
        }
        setHorizontalRange(of: curves, on: panel.x)
        var plots: [String] = []
        // Bars first, so that lines stay visible on them.
        for curve in curves.filter({ $0.series.mark == .bars })
            + curves.filter({ $0.series.mark != .bars })
        {
            plots.append(write(curve, in: panel))
        }
        line("plot " + plots.joined(separator: ", \\\n  "))
    }

    private mutating func set(_ scale: Figure.Axis.Scale, axis: String) {
        switch scale {
        case .linear:
            line("unset logscale \(axis)")
            line("unset m\(axis)tics")
        case .logarithmic:
            line("set logscale \(axis) 10")
            line("set m\(axis)tics 10")
        case .binaryLogarithmic:
            line("set logscale \(axis) 2")
            line("unset m\(axis)tics")
        }
    }

    /// The data's own range on the horizontal axis: gnuplot would round it to tics and leave a log
    /// axis half empty.
    private mutating func setHorizontalRange(of curves: [Panel.Curve], on axis: Figure.Axis) {
        let all = (curves.flatMap(\.series.x) + axis.ends).filter { axis.hasPlace(for: $0) }
        guard let low = all.min(), let high = all.max(), low < high else {
            return line("set autoscale x")
        }
        let hasPoints = curves.contains { $0.series.mark == .points }
        guard hasPoints else { return line("set xrange [\(low):\(high)]") }
        if axis.scale == .linear {
            let margin = 0.03 * (high - low)
            line("set xrange [\(low - margin):\(high + margin)]")
        } else {
            let factor = pow(high / low, 0.03)
            line("set xrange [\(low / factor):\(high * factor)]")
        }
    }

    private mutating func setLegend(_ curves: [Panel.Curve]) {
        let named = curves.filter { !$0.name.isEmpty }.count
        if case .terminal = canvas {
            line(named > 1 ? "set key outside below left Left reverse" : "unset key")
        } else if named < 2 {
            line("unset key")
        } else {
            // Beneath the axes it hides no curve; many names go beside them.
            line(
                "set key outside \(named > 8 ? "right top vertical" : "bottom center horizontal") "
                    + "Left reverse samplen 2.2 spacing 1.15 height 0.8")
        }
    }

    /// Writes the data of `curve` and returns how to plot them.
    private mutating func write(_ curve: Panel.Curve, in panel: Panel) -> String {
        let block = "$data\(blocks)"
        blocks += 1
        let series = curve.series
        line("\(block) << EOD")
        if series.mark == .bars {
            let floor = barFloor(series, panel)
            for bar in panel.bars(of: series) {
                let centre = bar.low / 2 + bar.high / 2
                line("\(centre) \(bar.top) \(bar.low) \(bar.high) \(floor) \(bar.top)")
            }
        } else {
            for (x, y) in zip(series.x, series.y) { line("\(x) \(y)") }
        }
        line("EOD")
        let name = curve.name.isEmpty ? "notitle" : "title \(quoted(shortened(curve.name, to: 40)))"
        return "\(block) \(look(of: curve)) \(name)"
    }

    /// Where bars begin: zero, or on a logarithm somewhat below the lowest.
    private func barFloor(_ series: Figure.Series, _ panel: Panel) -> Double {
        guard panel.y.scale != .linear else { return 0 }
        return (series.y.filter { panel.y.hasPlace(for: $0) }.min() ?? 1) / 2
    }

    private func look(of curve: Panel.Curve) -> String {
        let mark = curve.series.mark
        if case .terminal(_, _, let hasColours) = canvas {
            let colour = hasColours ? " linecolor \((curve.colour + 6) % 6 + 1)" : ""
            switch mark {
            case .bars: return "using 1:2 with impulses\(colour)"
            case .points: return "using 1:2 with points\(colour)"
            case .line, .dashedLine: return "using 1:2 with lines\(colour)"
            }
        }
        let colour = curve.colour < 0 ? "#9DB8CC" : Self.palette[curve.colour % Self.palette.count]
        // Past the end of the palette the same colours come again, broken.
        let dash = curve.colour / Self.palette.count % 4
        switch mark {
        case .bars:
            return "using 1:2:3:4:5:6 with boxxyerror linecolor rgb '\(colour)'"
        case .points:
            return "using 1:2 with points pointtype 7 pointsize 0.55 linecolor rgb '\(colour)'"
        case .dashedLine:
            return "using 1:2 with lines linewidth 2 dashtype '-' linecolor rgb '\(colour)'"
        case .line:
            let type = dash == 0 ? 1 : dash + 2
            return "using 1:2 with lines linewidth 2 dashtype \(type) linecolor rgb '\(colour)'"
        }
    }

    private mutating func line(_ text: String) { self.text += text + "\n" }

    /// A literal in which gnuplot replaces nothing.
    ///
    /// Apostrophes become typographic: gnuplot has a
    /// way to write them ('') but 5.4 misreads it at the start of a text. Backquotes, which
    /// it might run, become the same.
    private func quoted(_ text: String) -> String {
        var literal = "'"
        for scalar in visible(text).unicodeScalars {
            switch scalar {
            case "'", "`": literal += "’"
            // gnuplot copies this into SVG, where it may not stand.
            case ">" where literal.hasSuffix("]]"): literal += " >"
            default: literal.unicodeScalars.append(scalar)
            }
        }
        return literal + "'"
    }
}
