import Analysis
import Foundation
import MetricCore
import Testing

@testable import Report

private let hasGnuplot =
    run("gnuplot", ["--version"], input: [], seconds: 10).isSuccess

extension Result {
    fileprivate var isSuccess: Bool { if case .success = self { true } else { false } }
}

/// A folder that goes away with its owner.
private final class Folder {
    let path: String
    init() throws {
        path = FileManager.default.temporaryDirectory.path + "/report-\(UUID().uuidString)"
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }
    deinit { try? FileManager.default.removeItem(atPath: path) }
    var contents: [String] {
        (try? FileManager.default.contentsOfDirectory(atPath: path).sorted()) ?? []
    }
}

private func result(_ layer: String, _ figures: [Figure], run: String = "a.h5") -> LayerResult {
    LayerResult(
        run: run, layer: layer, site: .post, metric: descriptor(), status: .ok, samples: 1,
        neurons: 1, figures: figures)
}

private func figure(
    _ title: String = "Density", overlays: Bool = true, name: String = "density",
    mark: Figure.Series.Mark = .line, scale: Figure.Axis.Scale = .linear,
    x: [Double] = [0, 1, 2, 3], y: [Double] = [0, 2, 1, 0]
) -> Figure {
    Figure(
        title: title, x: Figure.Axis("deviation", scale: scale),
        y: Figure.Axis("density", scale: scale),
        series: [Figure.Series(name: name, mark: mark, x: x, y: y)], overlays: overlays)
}

@Suite struct PanelTests {
    @Test func overlaysShareAPanel() {
        let all = panels(of: [
            result("a", [figure(), figure("Fit", overlays: false)]),
            result("b", [figure(), figure("Fit", overlays: false)], run: "x/other.h5"),
        ])
        #expect(all.map(\.title) == ["Density", "a a: Fit", "x/other b: Fit"])
        #expect(all[0].curves.map(\.name) == ["a a", "x/other b"])
        #expect(all[0].curves.map(\.colour) == [0, 1])
        #expect(all[1].curves.map(\.name) == ["density"])
    }

    @Test func manyLayersGoOnInTheNextPanel() {
        let all = panels(of: (0..<20).map { result("l\($0)", [figure()]) })
        #expect(all.map(\.curves.count) == [7, 7, 6])
        #expect(all.map(\.title) == ["Density", "Density", "Density"])
        #expect(all[1].curves[0].name == "l7")
        #expect(all[1].curves[0].colour == 0)
    }

    @Test func pointsWithoutAPlaceAreDropped() throws {
        let panel = try #require(
            panels(of: [
                result(
                    "a", [figure(scale: .logarithmic, x: [0, 1, 2, .nan, 4], y: [1, 2, -1, 1, 3])])
            ]).first)
        #expect(panel.drawable[0].series.x == [1, 4])
        #expect(panel.drawable[0].series.y == [2, 3])
    }

    @Test func textsAreLiteralsInTheScript() {
        let nasty = "a'b`touch x`\"\nset output 'y'\u{1B}\\"
        let script = GnuplotScript(
            panels(of: [result(nasty, [figure(overlays: false)])]), on: .picture(.svg))
        let titles = script.text.split(separator: "\n").filter { $0.hasPrefix("set title") }
        #expect(
            titles == [
                #"set title 'a’b’touch x’"\nset output ’y’\u{1B}\: Density'"#
            ])
        #expect(!script.text.contains("`"))
    }

    @Test func pictureFormats() throws {
        #expect(try Plotter.format(of: "a/b.PNG") == .png)
        #expect(throws: PlotError.unknownFormat("a.gif")) { try Plotter.format(of: "a.gif") }
        #expect(throws: PlotError.unknownFormat("svg")) { try Plotter.format(of: "svg") }
    }
}

@Suite(.enabled(if: hasGnuplot, "gnuplot is not installed")) struct GnuplotTests {
    private func svg(_ results: [LayerResult]) throws -> (text: String, warnings: [String]) {
        let folder = try Folder()
        let warnings = try Plotter(program: "gnuplot").draw(results, to: folder.path + "/p.svg")
        #expect(folder.contents == ["p.svg"])
        let data = try Data(contentsOf: URL(fileURLWithPath: folder.path + "/p.svg"))
        #expect(try Self.isWellFormed(data))
        return (String(decoding: data, as: UTF8.self), warnings)
    }

    /// Tags balance and no bare ampersand or bracket is left: what a browser needs to show it.
    private static func isWellFormed(_ data: Data) throws -> Bool {
        let text = String(decoding: data, as: UTF8.self)
        let withoutComments = text.replacing(
            /<!--.*?-->|<\?.*?\?>|<!\[CDATA\[.*?\]\]>/.dotMatchesNewlines(), with: "")
        var open: [Substring] = []
        for tag in withoutComments.matches(of: /<(\/?)([A-Za-z:]+)(?:\s[^<>]*?)?(\/?)>/) {
            if tag.output.1 == "/" {
                guard open.popLast() == tag.output.2 else { return false }
            } else if tag.output.3.isEmpty {
                open.append(tag.output.2)
            }
        }
        let entities = withoutComments.replacing(/&(#x?[0-9A-Fa-f]+|[a-z]+);/, with: "")
        return open.isEmpty && !entities.contains("]]>") && !entities.contains("&")
            && text.contains("</svg>")
    }

    @Test func allMarksAndScales() throws {
        let figures = [
            figure("One", overlays: false, mark: .bars, x: [0, 1, 2, 3, 4]),
            figure("Two", overlays: false, mark: .dashedLine, scale: .binaryLogarithmic),
            figure("Three", overlays: false, mark: .points, scale: .logarithmic),
            figure("Four", overlays: false, mark: .bars, scale: .logarithmic, x: [1, 2, 4, 8, 9]),
            figure("Empty", overlays: false, x: [], y: []),
            figure("NaN", overlays: false, x: [.nan], y: [1]),
            figure(
                "Lost", overlays: false, mark: .bars, scale: .logarithmic, x: [0, 1, 2], y: [1, 0]),
            figure("Narrow", overlays: false, x: [1, 1.0000000000000002], y: [1, 2]),
            figure("Huge", overlays: false, x: [1e-300, 1e300], y: [1e300, -1e300]),
            figure("Single", overlays: false, x: [3], y: [3]),
            figure("Constant", overlays: false, scale: .logarithmic, x: [1, 2], y: [3, 3]),
        ]
        let (text, warnings) = try svg([result("h", figures)])
        for figure in figures { #expect(text.contains("h: \(figure.title)")) }
        #expect(warnings.isEmpty)
    }

    @Test func namesAreShownNotObeyed() throws {
        let folder = try Folder()
        let trap = folder.path + "/trap"
        let names = [
            "`touch \(trap)`", "'; system 'touch \(trap)'; '", "\"; !touch \(trap)",
            "a\n!touch \(trap)\n",
            "EOD\n", "$data0", "@macro", "a_b^{c} & <d> %g \\n {/=40 x}", "\u{1B}[31m", "層😀", "",
            "]]>",
        ]
        let (text, _) = try svg(
            names.map { result($0, [figure(), figure($0, overlays: false, name: $0)]) })
        #expect(folder.contents.isEmpty)
        #expect(text.contains("a_b^{c} &amp; &lt;d> %g \\n {/=40 x}"))
        #expect(text.contains("層😀"))
        #expect(text.contains("\\u{1B}[31m"))
    }

    @Test func tooManyPanelsAreCounted() throws {
        let many = (1...15).map { result("l\($0)", [figure(overlays: false)]) }
        let (text, warnings) = try svg(many)
        #expect(warnings.count == 1)
        #expect(warnings[0].contains("12 of 15 figures, 3 are left out"))
        #expect(text.contains("l12: Density"))
        #expect(!text.contains("l13: Density"))
    }

    @Test(
        arguments: [("png", [0x89, 0x50, 0x4E, 0x47]), ("pdf", Array("%PDF".utf8))]
            as [(String, [UInt8])])
    func otherFormats(_ ending: String, _ start: [UInt8]) throws {
        let folder = try Folder()
        let path = "\(folder.path)/it's.\(ending)"
        _ = try Plotter(program: "gnuplot").draw([result("a", [figure()])], to: path)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)).starts(with: start))
    }

    @Test func drawsInTheTerminal() throws {
        let results = [result("first", [figure()]), result("second", [figure(y: [1, 1, 2, 2])])]
        let (text, _) = try Plotter(program: "gnuplot").drawing(of: results, columns: 60, lines: 16)
        let lines = text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.count <= 60 })
        #expect(!text.unicodeScalars.contains { $0.value < 32 && $0 != "\n" })
        for word in ["Density", "first", "second", "deviation"] { #expect(text.contains(word)) }
    }

    @Test func aBigSeriesDoesNotDeadlock() throws {
        let x = (1...20_000).map { Double($0) / 7 }
        let (text, _) = try svg([result("a", [figure(x: x, y: x)])])
        #expect(text.contains("Density"))
    }
}

@Suite struct PlotErrorTests {
    private let results = [
        result("a", [figure(x: (0..<50_000).map(Double.init), y: (0..<50_000).map(Double.init))])
    ]

    @Test func brokenPrograms() throws {
        let folder = try Folder()
        let path = folder.path + "/p.svg"
        try "old".write(toFile: path, atomically: true, encoding: .utf8)
        #expect(throws: PlotError.notFound("/no/such/gnuplot")) {
            try Plotter(program: "/no/such/gnuplot").draw(results, to: path)
        }
        #expect(throws: PlotError.notFound("no-such-gnuplot")) {
            try Plotter(program: "no-such-gnuplot").draw(results, to: path)
        }
        #expect(throws: PlotError.failed("/bin/false", "it ended with exit code 1")) {
            try Plotter(program: "/bin/false").draw(results, to: path)
        }
        #expect(throws: PlotError.failed("/bin/true", "it wrote no picture")) {
            try Plotter(program: "/bin/true").draw(results, to: path)
        }
        #expect(try String(contentsOfFile: path, encoding: .utf8) == "old")
        #expect(folder.contents == ["p.svg"])
    }

    @Test func aProgramsOwnWords() throws {
        let folder = try Folder()
        let program = folder.path + "/gnuplot"
        try
            "#!/bin/sh\necho 'plot x' >&2\necho '     ^' >&2\necho 'line 3: out of paper' >&2\nexit 2\n"
            .write(toFile: program, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: program)
        #expect(throws: PlotError.failed(program, "line 3: out of paper")) {
            try Plotter(program: program).draw(results, to: folder.path + "/p.svg")
        }
    }

    @Test func nothingToDrawTouchesNoFile() throws {
        let folder = try Folder()
        let plotter = Plotter(program: "/bin/false")
        // On a logarithm 0 and -1 have no place.
        let empty = Figure(
            title: "spectrum", x: .init("k"), y: .init("variance", scale: .logarithmic),
            series: [.init(name: "", mark: .line, x: [1, 2], y: [0, -1])])
        #expect(throws: PlotError.nothingToDraw) {
            try plotter.draw([LayerResult](), to: folder.path + "/p.svg")
        }
        #expect(throws: PlotError.nothingToDraw) {
            try plotter.draw(figures: [empty], to: folder.path + "/p.svg")
        }
        #expect(throws: PlotError.nothingToDraw) { try plotter.drawing(of: [LayerResult]()) }
        #expect(folder.contents.isEmpty)
    }

    @Test func refusedFiles() throws {
        let folder = try Folder()
        func cause(_ path: String) -> OutputError.Cause? {
            do {
                try writeFile(at: path) { $0.write("text") }
                return nil
            } catch { return (error as? OutputError)?.cause }
        }
        #expect(cause(folder.path) == .isFolder)
        #expect(cause(folder.path + "/none/p.svg") == .noSuchFolder(folder.path + "/none"))
        #expect(cause("/dev/full") == .noSpace)
        #expect(cause(folder.path + "/new.json") == nil)
        #expect(cause(folder.path + "/new.json") == nil)
        #expect(folder.contents == ["new.json"])
        #expect(try String(contentsOfFile: folder.path + "/new.json", encoding: .utf8) == "text")
    }

    @Test func aLinkKeepsBeingALink() throws {
        let folder = try Folder()
        try writeFile(at: folder.path + "/real") { $0.write("old") }
        try FileManager.default.createSymbolicLink(
            atPath: folder.path + "/link", withDestinationPath: "real")
        try writeFile(at: folder.path + "/link") { $0.write("new") }
        #expect(try String(contentsOfFile: folder.path + "/real", encoding: .utf8) == "new")
        #expect(folder.contents == ["link", "real"])
    }
}
