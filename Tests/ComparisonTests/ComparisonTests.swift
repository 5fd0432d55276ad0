import Analysis
import Comparison
import MetricCore
import Report
import Statistics
import Testing

struct ComparisonTests {
    private func track(
        _ identifier: String, _ comparison: Comparison, section: Int = 0
    ) throws -> Comparison.Track {
        try #require(
            comparison.sections[section].quantities.first { $0.identifier == identifier })
    }

    @Test func groupsByWidthAndSummarizesSeeds() throws {
        let comparison = try Comparison(sweep, options: ComparisonOptions())
        #expect(comparison.axis == "width")
        // The output layer has 10 neurons at any width and is left out.
        #expect(comparison.sections.map(\.layer) == ["hidden"])
        let section = comparison.sections[0]
        #expect(section.groups.map(\.number) == [64, 256, 1024])
        #expect(
            section.quantities.map(\.identifier)
                == ["dead.count", "dead.fraction", "shapiro-wilk.w"])

        let count = try track("dead.count", comparison)
        let middle = try #require(count.aggregates[1])
        // 16 and 20: mean 18, deviation √((2² + 2²) / (2 - 1)); Student's t with one degree of
        // freedom is below 12.7062 with a probability of 97.5 %, and √8 / √2 = 2.
        #expect(middle.count == 2)
        #expect(middle.mean == 18)
        #expect(middle.standardDeviation == 8.0.squareRoot())
        let interval = try #require(middle.interval)
        #expect(abs(interval.lowerBound - (18 - 2 * 12.706_204_736)) < 1e-7)
        #expect(abs(interval.upperBound - (18 + 2 * 12.706_204_736)) < 1e-7)
        #expect(count.highest == 2)
        #expect(count.lowest == 0)

        let w = try track("shapiro-wilk.w", comparison)
        let widest = try #require(w.aggregates[2])
        #expect(widest.count == 1)
        #expect(widest.mean == 0.95)
        #expect(widest.standardDeviation == nil)
        #expect(widest.interval == nil)
        #expect(w.highest == 1)
    }

    @Test func correlatesWithTheAccuracyOverAllRuns() throws {
        let comparison = try Comparison(sweep, options: ComparisonOptions())
        // Counts 1 3 16 20 100 300 have ranks 1...6, accuracies the ranks 1 2 4 3 5 6:
        // Σd² = 2, ρ = 1 - 6 · 2 / (6 · 35).
        let count = try #require(try track("dead.count", comparison).correlation)
        #expect(abs(count.coefficient - (1 - 12.0 / 210)) < 1e-15)
        #expect(count.count == 6)
        // W .9 .8 .99 .97 .95 have ranks 2 1 5 4 3, their accuracies 1 2 4 3 5:
        // Σd² = 1 + 1 + 1 + 1 + 4 = 8, ρ = 1 - 6 · 8 / (5 · 24).
        let w = try #require(try track("shapiro-wilk.w", comparison).correlation)
        #expect(abs(w.coefficient - (1 - 48.0 / 120)) < 1e-15)
        #expect(w.count == 5)
    }

    @Test func doesNotDependOnTheOrderOfRuns() throws {
        let comparison = try Comparison(sweep, options: ComparisonOptions())
        let reversed = try Comparison(sweep.reversed(), options: ComparisonOptions())
        #expect(comparison.json == reversed.json)
    }

    @Test func keepsDataSetsApart() throws {
        let runs = [
            state("a.h5", width: 64, accuracy: 0.9, count: 1, dataset: "mnist"),
            state("b.h5", width: 64, accuracy: 0.8, count: 2, dataset: "fashion"),
            state("c.h5", width: 128, accuracy: 0.91, count: 3, w: 0.9, dataset: "mnist"),
        ]
        let comparison = try Comparison(runs, options: ComparisonOptions())
        #expect(comparison.sections.map { $0.conditions.map(\.value) } == [["fashion"], ["mnist"]])
        #expect(comparison.sections.map { $0.groups.map(\.text) } == [["64"], ["64", "128"]])
        // One figure for both, in which each has a colour.
        let figure = try #require(
            comparison.figures.first { $0.title == "hidden: Dead neurons: dead" })
        #expect(Set(figure.series.map(\.group)) == [0, 1])
        #expect(figure.series.map(\.name).contains("mnist"))
        // The same colour and name where the other has no values.
        let alone = try #require(comparison.figures.first { $0.title.hasSuffix(": W") })
        #expect(alone.series.map(\.group) == [1, 1])
        #expect(alone.series.map(\.name) == ["mnist", ""])
    }

    @Test func groupsByAnyAttributeOrParameter() throws {
        let runs = [
            state("a.h5", width: 64, count: 1, parameters: #"{"rate": 0.1, "optimizer": "sgd"}"#),
            state("b.h5", width: 64, count: 2, parameters: #"{"rate": 0.01, "optimizer": "adam"}"#),
        ]
        let rates = try Comparison(runs, options: ComparisonOptions(by: ["rate"]))
        #expect(rates.sections[0].groups.map(\.number) == [0.01, 0.1])
        let optimizers = try Comparison(runs, options: ComparisonOptions(by: ["optimizer"]))
        #expect(optimizers.sections[0].groups.map(\.text) == ["adam", "sgd"])
        #expect(optimizers.figures.contains { $0.x.label == "optimizer (1 = adam, 2 = sgd)" })
        let both = try Comparison(runs, options: ComparisonOptions(by: ["optimizer", "rate"]))
        #expect(both.sections.count == 4)
        #expect(both.warnings.contains { $0.contains("test_accuracy") })
    }

    @Test func putsUntrainedNetworksBesideTheirShape() throws {
        let comparison = try Comparison(
            sweep, baselines: [state("new.h5", width: 256, count: 0, w: 0.5)],
            options: ComparisonOptions())
        #expect(try track("dead.count", comparison).baselines == [nil, 0, nil])
        let figure = try #require(comparison.figures.first { $0.title.hasSuffix(": W") })
        #expect(figure.series.contains { $0.name == "untrained" && $0.y == [0.5] })
        let other = try Comparison(
            sweep, baselines: [state("new.h5", width: 100, count: 0, w: 0.5)],
            options: ComparisonOptions())
        #expect(other.warnings.contains { $0.contains("untrained") })
        #expect(!comparison.warnings.contains { $0.contains("untrained") })
    }

    @Test func namesTheLayersThatItLeavesOut() throws {
        let comparison = try Comparison(sweep, options: ComparisonOptions())
        #expect(
            comparison.warnings == [
                "layers with as many neurons at every width are left out: output (10); --layer "
                    + "compares them as well"
            ])
        let asked = try Comparison(sweep, options: ComparisonOptions(layers: ["*"]))
        #expect(asked.sections.map(\.layer) == ["hidden", "output"])
        #expect(asked.warnings.isEmpty)
        // Another axis has no reason to leave a layer out.
        let byRun = try Comparison(sweep, options: ComparisonOptions(by: ["run"]))
        #expect(byRun.sections.map(\.layer) == ["hidden", "output"])
    }

    @Test func knowsNoCorrelationOfTwoRuns() throws {
        let two = try Comparison([sweep[0], sweep[2]], options: ComparisonOptions(by: ["width"]))
        #expect(try track("dead.count", two).correlation == nil)
        let text = TextOutput()
        two.writeTable(to: text)
        let line = text.text.split(separator: "\n").first { $0.hasPrefix("dead.count") }
        #expect(line?.split(whereSeparator: \.isWhitespace).suffix(3) == ["-", "-", "-"])
    }

    @Test func showsOnlyWhatWasAskedFor() throws {
        let comparison = try Comparison(
            sweep, options: ComparisonOptions(layers: ["out*"], quantities: ["dead.f*"]))
        #expect(comparison.sections.map(\.layer) == ["output"])
        #expect(comparison.sections[0].quantities.map(\.identifier) == ["dead.fraction"])
    }

    @Test func saysWhatIsMissing() throws {
        var runs = sweep
        runs.append(RunState(run: "bad.h5"))
        let comparison = try Comparison(runs, options: ComparisonOptions())
        #expect(comparison.warnings.contains { $0.contains("bad.h5") })
        #expect(throws: ComparisonError.self) {
            try Comparison(sweep, options: ComparisonOptions(by: ["colour"]))
        }
        #expect(throws: ComparisonError.self) {
            try Comparison(sweep, options: ComparisonOptions(quantities: ["dead.x"]))
        }
        #expect(throws: ComparisonError.self) { try Comparison([], options: ComparisonOptions()) }
    }

    @Test func drawsWidthsOnALogarithmToBaseTwo() throws {
        let figures = try Comparison(sweep, options: ComparisonOptions()).figures
        #expect(figures.map(\.title).first == "test accuracy")
        #expect(figures.allSatisfy { $0.x.scale == .binaryLogarithmic && $0.x.label == "width" })
        let accuracy = figures[0]
        // Two seeds are too few for an interval that could be drawn.
        #expect(accuracy.series.map(\.mark) == [.line, .points])
        #expect(accuracy.series[0].x == [64, 256, 1024])
        #expect(abs(accuracy.series[0].y[0] - 0.91) < 1e-15)
        #expect(accuracy.series[1].x == [64, 64, 256, 256, 1024, 1024])
    }

    @Test func printsTablesAndData() throws {
        let comparison = try Comparison(sweep, options: ComparisonOptions())
        let table = TextOutput()
        comparison.writeTable(to: table)
        #expect(table.text.hasPrefix("hidden by width\n"))
        #expect(table.text.contains("\n  256     2    18      2.828  -7.412 ... 43.41"))
        let csv = TextOutput()
        comparison.writeCSV(to: csv)
        let lines = csv.text.split(separator: "\n")
        // The accuracy and three quantities at three widths.
        #expect(lines.count == 1 + 4 * 3)
        #expect(lines.contains { $0.hasPrefix("width,256,,hidden,post,dead,count,count,2,18.0,") })
        #expect(
            Set(lines.map { $0.split(separator: ",", omittingEmptySubsequences: false).count }) == [
                19
            ])
        #expect(comparison.json["schema"]?.text == "lamina.comparison/1")
        #expect(comparison.json["sections"]?.elements[0]["groups"]?.elements[2].integer == 1024)
    }
}

struct DifferencesTests {
    @Test func putsTwoStatesSideBySide() throws {
        let differences = try Differences(sweep[0], sweep[2])
        #expect(differences.first == "64-0")
        #expect(differences.second == "256-0")
        let accuracy = try #require(differences.rows.first)
        #expect(accuracy.identifier == "test_accuracy")
        #expect(accuracy.difference == 0.95 - 0.9)
        let count = try #require(differences.rows.first { $0.identifier == "dead.count" })
        #expect(count.difference == 15)
        #expect(count.relative == 15)
        let output = try #require(differences.rows.last)
        #expect(output.layer == "output")
        #expect(output.difference == 0)
        // Nothing is a multiple of 0.
        #expect(output.relative == nil)
    }

    @Test func namesWhatOnlyOneOfThemHas() throws {
        var (first, second) = (sweep[0], sweep[2])
        first.results.removeAll { $0.metric.id == "shapiro-wilk" }
        second.results.removeAll { $0.layer == "output" }
        #expect(
            try Differences(first, second).warnings == [
                "only in 64-0: output (dead)", "only in 256-0: hidden (shapiro-wilk)",
            ])
    }

    @Test func isZeroBetweenARunAndItself() throws {
        let differences = try Differences(sweep[0], sweep[0])
        #expect(differences.rows.allSatisfy { $0.difference == 0 })
    }

    @Test func namesStepsOfOneRun() throws {
        let early = state("a.h5", width: 64, accuracy: 0.9, count: 2, snapshot: "10")
        let differences = try Differences(early, state("a.h5", width: 64, accuracy: 0.9, count: 5))
        #expect(differences.first == "step 10")
        #expect(differences.second == "final")
        // The file's accuracy is that of the end.
        #expect(differences.rows.first?.first == nil)
        #expect(differences.rows.first?.second == 0.9)
    }

    @Test func refusesWhatHasNothingInCommon() {
        #expect(throws: ComparisonError.self) {
            try Differences(sweep[0], RunState(run: "b.h5"))
        }
        #expect(throws: ComparisonError.self) {
            try Differences(sweep[0], sweep[1], layers: ["none"])
        }
    }

    @Test func printsTablesAndData() throws {
        let differences = try Differences(sweep[0], sweep[2])
        let csv = TextOutput()
        differences.writeCSV(to: csv)
        #expect(csv.text.contains("hidden,post,dead,count,count,1.0,16.0,15.0,15.0\n"))
        #expect(csv.text.contains("output,post,dead,count,count,0.0,0.0,0.0,\n"))
        let table = TextOutput()
        differences.writeTable(to: table)
        #expect(table.text.contains("dead.count"))
        #expect(table.text.contains("+1,500 %") || table.text.contains("+1500 %"))
        #expect(differences.json["rows"]?.elements.count == differences.rows.count)
    }
}
