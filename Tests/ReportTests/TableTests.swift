import Analysis
import MetricCore
import Testing
import Text

@testable import Report

@Suite struct TableTests {
    private func result(
        _ run: String, _ layer: String, site: Site? = .post, mean: Double?,
        status: LayerResult.Status = .ok
    ) -> LayerResult {
        LayerResult(
            run: run, layer: layer, site: site, metric: descriptor(), status: status,
            reason: status == .ok ? nil : "too few", samples: 60000, neurons: 1024,
            quantities: [
                Quantity("count", title: "dead neurons", 38, in: .count),
                Quantity("mean", title: "mean", mean, in: .activation),
                Quantity("hidden", title: "no headline", 1, in: .none, headline: false),
            ], summary: status == .ok ? "38 of 1024 neurons never fire" : "")
    }

    @Test func tableForOneRun() {
        #expect(
            Table().text(of: [
                result("runs/a.h5", "hidden", mean: 0.123456),
                result("runs/a.h5", "out", mean: -12.3456),
            ]) == """
                Dead neurons
                layer   site  samples  neurons  dead neurons          mean
                                                              (activation)
                hidden  post   60,000    1,024            38        0.1235
                out     post   60,000    1,024            38        -12.35
                hidden: 38 of 1024 neurons never fire
                out: 38 of 1024 neurons never fire

                """)
    }

    @Test func severalRunsAndAFailure() {
        #expect(
            Table().text(of: [
                result("x/runs/a.h5", "層\u{1B}", mean: 1),
                result("x/runs/bb.h5", "h", site: .pre, mean: nil, status: .insufficient),
            ]) == """
                Dead neurons
                layer     site  run  samples  neurons  dead neurons          mean  status
                                                                     (activation)
                層\\u{1B}  post  a     60,000    1,024            38             1  ok
                h         pre   bb    60,000    1,024            38             -  insufficient
                a 層\\u{1B} (post): 38 of 1024 neurons never fire
                bb h (pre): too few

                """)
    }

    @Test func aSiteIsNamedOnlyWhereAMetricHasTwo() {
        var other = result("a.h5", "h", site: .pre, mean: 1)
        other.metric = descriptor("pca", title: "PCA")
        let text = Table().text(of: [result("a.h5", "h", mean: 1), other])
        #expect(text.contains("\n\nPCA\n"))
        #expect(text.split(separator: "\n").filter { $0.hasPrefix("h: 38 of") }.count == 2)
    }

    @Test func aNarrowTerminalGetsTheRestBeneath() {
        let lines = Table(width: 40).text(of: [result("a.h5", "hidden", mean: 2)])
            .split(separator: "\n", omittingEmptySubsequences: false)
        #expect(lines.allSatisfy { displayWidth(String($0)) <= 40 })
        #expect(lines.filter { $0.hasPrefix("layer   site") }.count == 2)
        #expect(lines.contains("hidden  post   60,000    1,024"))
    }

    @Test func onlyAStyledTableHasEscapes() {
        let results = [result("a.h5", "hidden", mean: 2)]
        #expect(!Table().text(of: results).contains("\u{1B}"))
        #expect(
            Table(isStyled: true).text(of: results).hasPrefix("\u{1B}[1mDead neurons\u{1B}[0m\n"))
    }

    @Test(
        arguments: [
            (nil, "-"), (.nan, "-"), (0, "0"), (1, "1"), (-1234, "-1,234"), (1234.4, "1,234"),
            (12345.6, "12,346"), (999.96, "1,000"), (999.94, "999.9"), (99.996, "100.0"),
            (0.5, "0.5000"), (0.0371049, "0.03710"), (0.0001234, "0.0001234"),
            (0.00009999, "9.999e-05"),
            (1.5e300, "1.500e+300"), (2e7, "2.000e+07"), (-0.0, "0"), (9.99996, "10.00"),
        ] as [(Double?, String)])
    func numbersForPeople(_ number: Double?, _ text: String) {
        #expect(readable(number) == text)
    }

    @Test func countsStayWhole() {
        #expect(readable(123_456_789, in: .count) == "123,456,789")
    }

    @Test(arguments: [
        (["runs/a.h5", "runs/b.h5"], ["a", "b"]),
        (["w/16/run.h5", "w/32/run.h5"], ["16", "32"]),
        (["a.h5", "b.hdf5"], ["a.h5", "b.hdf5"]),
        (["/x/a/b.h5", "/x/b.h5"], ["a/b", "b"]),
        (["one/two.h5"], ["two.h5"]),
    ])
    func runsAreNamedByWhatDiffers(_ paths: [String], _ names: [String]) {
        #expect(distinguishingParts(of: paths) == names)
    }

    @Test(arguments: [("abc", 3), ("漢字", 4), ("e\u{301}", 1), ("😀", 2), ("", 0), ("ｶ", 1)])
    func widthInCells(_ text: String, _ width: Int) { #expect(displayWidth(text) == width) }

    @Test(arguments: [
        ("abcdef", 4, "ab…f"), ("abc", 3, "abc"), ("abcdefgh", 5, "ab…gh"), ("漢字漢字", 5, "漢…字"),
    ])
    func longNamesLoseTheirMiddle(_ text: String, _ width: Int, _ short: String) {
        #expect(shortened(text, to: width) == short)
        #expect(displayWidth(shortened(text, to: width)) <= width)
    }
}
