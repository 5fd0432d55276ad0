import Analysis
import Comparison
import Foundation
import HTMLReport
import MetricCore
import Report
import Testing

struct RunReportTests {
    /// What stands in the first element with this opening tag.
    private func content(of tag: String, in page: String) throws -> String {
        let start = try #require(page.range(of: tag))
        let end = try #require(page[start.upperBound...].range(of: "</script>"))
        return String(page[start.upperBound..<end.lowerBound])
    }

    @Test func holdsEverythingAndNeedsNothing() throws {
        let page = try page(of: runs, failures: ["e.h5: not HDF5"], manual: { _ in "# How *to*" })
        for part in [
            "id=\"overview-table\"", "id=\"comparison\"", "id=\"run-4\"", "id=\"metric-dead\"",
            "<h3>How <em>to</em></h3>", "e.h5: not HDF5", "prefers-color-scheme:dark",
            "@media print",
        ] {
            #expect(page.contains(part))
        }
        for address in ["http:", "https:", "src=", "@import", "url("] {
            #expect(!page.contains(address))
        }
        // Four runs with two figures, and the comparison's accuracy and count.
        #expect(page.components(separatedBy: "<svg ").count == 1 + 4 * 2 + 2)
    }

    /// "é" in two Unicode forms: two runs, two layers, and no row that stands for both.
    @Test func namesThatDifferInBytesStayApart() throws {
        let names = ["caf\u{E9}", "cafe\u{301}"]
        let both = names.enumerated().map { index, name in
            sample("\(name).h5", width: 64 << index, accuracy: 0.5, dead: 1, layer: name)
        }
        var one = both[0]
        one.results += both[1].results
        let page = try page(of: both + [one])
        let overview = try #require(page.range(of: "id=\"overview-table\""))
        let rows = page[overview.upperBound...].components(separatedBy: "</table>")[0]
            .components(separatedBy: "<tr")
        // Swift's == takes the two names for one; bytes do not.
        func count(_ name: String) -> Int {
            rows.count { Array($0.utf8).firstRange(of: Array(name.utf8)) != nil }
        }
        // The first name is also that of the run whose second layer has the other.
        #expect(names.map(count) == [3, 2])
    }

    @Test func isTheSameForTheSameRuns() throws {
        #expect(try page(of: runs) == page(of: runs))
    }

    @Test func escapesWhatRunsSay() throws {
        let evil = "</script><script>alert(1)</script><b>\"'&"
        var state = sample(evil, width: 64, accuracy: 0.5, dead: 1, layer: evil, warnings: [evil])
        state.attributes = .object([.init(evil, .text(evil)), .init("dataset", .text(evil))])
        state.results[0].summary = evil
        state.results[0].figures[0].title = evil
        state.results[0].figures[0].series[0].name = evil
        state.results[0].figures[0].x.label = evil
        state.results[0].quantities[0].title = evil
        state.results[0].metric.title = evil
        let page = try page(of: [state, state], failures: [evil])
        #expect(!page.contains("alert(1)</script>"))
        #expect(!page.contains("<b>\""))
        #expect(page.contains("&lt;script&gt;alert(1)"))
    }

    @Test func embedsTheDataOfFigures() throws {
        let page = try page(of: runs)
        let data = try content(of: "<script type=\"application/json\" id=\"data-run-1\">", in: page)
        let figures = try JSONNode(parsing: Array(data.utf8)).elements
        #expect(figures.map { $0["title"]?.text } == ["Curve", "Bars"])
        let series = figures[0]["series"]?.elements ?? []
        #expect(series[0]["x"] == .list([.integer(1), .integer(2), .integer(3)]))
        // Seven digits; what two series share is written once; what does not exist is null.
        #expect(series[0]["y"]?.elements[2] == .number(0.33333334))
        #expect(series[1]["x"] == .integer(0))
        #expect(series[1]["y"]?.elements[1] == .null)
    }

    @Test func tellsLikeWarningsOnce() throws {
        let page = try page(of: [
            sample("a.h5", width: 64, accuracy: 0.5, dead: 1, warnings: ["3 of 1.5 are odd"]),
            sample(
                "b.h5", width: 64, accuracy: 0.5, dead: 1, warnings: ["41 of 7 are odd", "new"]),
        ])
        let start = try #require(page.range(of: "<section id=\"warnings\">"))
        let end = try #require(page[start.upperBound...].range(of: "</section>"))
        let section = page[start.upperBound..<end.lowerBound]
        #expect(section.components(separatedBy: "<li>").count == 1 + 2)
        // Each with its own numbers, none above all others.
        #expect(section.contains("<li>Dead neurons: … of … are odd<div>3 of 1.5 are odd: <a "))
        #expect(section.contains("<div>41 of 7 are odd: <a href=\"#run-2\">b hidden post</a>"))
        #expect(section.contains("<li>Dead neurons: new<div><a href=\"#run-2\">"))
    }

    @Test func aNumberIsANumberHoweverItIsWritten() throws {
        let warnings = ["BIC -69.716, mixture 6.2e-05.", "BIC 3, mixture -1e+9."]
        let page = try page(
            of: warnings.enumerated().map {
                sample("\($0).h5", width: 64, accuracy: 0.5, dead: 1, warnings: [$1])
            })
        #expect(!page.contains("<li>Dead neurons: BIC 3"))
        #expect(page.contains("<div>BIC -69.716, mixture 6.2e-05.: <a href=\"#run-1\">"))
        #expect(page.contains("<li>Dead neurons: BIC …, mixture ….<div>"))
    }

    @Test func keepsSitesApartInTheOverview() throws {
        var state = sample("a.h5", width: 64, accuracy: 0.5, dead: 3)
        var other = state.results[0]
        other.site = .pre
        other.quantities[0].value = 41
        state.results.append(other)
        let page = try page(of: [state])
        #expect(page.contains("data-v=\"3.0\"") && page.contains("data-v=\"41.0\""))
        #expect(page.contains("dead (pre)") && page.contains("dead (post)"))
    }

    @Test func comparesNothingWhereThereIsNothing() throws {
        let page = try page(of: [RunState(run: "a.h5")])
        #expect(!page.contains("id=\"comparison\""))
        #expect(page.contains("id=\"run-1\""))
    }
}
