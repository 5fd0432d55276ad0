import Analysis
import Comparison
import MetricCore
import Report
import Testing

struct RunStateTests {
    @Test func findsTheWidthWhereverItIs() {
        let layers = state("a.h5", width: 64)
        #expect(layers.width == 64)
        #expect(state("a.h5", width: 64, parameters: #"{"hidden": [128, 32]}"#).width == 128)
        #expect(state("a.h5", width: 64, parameters: #"{"hidden": 100}"#).width == 100)
        #expect(
            state("a.h5", width: 64, parameters: #"{"hidden": [128], "width": 7}"#).width == 7)
        #expect(state("a.h5", width: 64, parameters: "no JSON").width == 64)
        #expect(RunState(run: "a.h5").width == nil)
    }

    /// What `train compress` writes.
    @Test func knowsSizesAndPenalties() {
        let attributes = JSONNode.object([
            .init("final_sizes", .list([.integer(18), .integer(7)])),
            .init("start_sizes", .list([.integer(1000), .integer(500)])),
            .init(
                "parameters",
                .text(
                    """
                    {"hidden": [1000, 500], "configuration": {"penalties": [
                      {"cost": "units", "strength": {"value": {"_0": 0.01}}}]}}
                    """)),
        ])
        let run = RunState(run: "a.h5", attributes: attributes)
        #expect(run.width == 18)
        #expect(run["size"]?.number == 25)
        #expect(run["start"]?.number == 1500)
        #expect(run["penalty"]?.number == 0.01)
        #expect(Set(["size", "start", "penalty"]).isSubset(of: run.names))
        // Sizes of the end are not those of an earlier state.
        let earlier = RunState(
            run: "a.h5", snapshot: "3", attributes: attributes,
            results: state("a.h5", width: 64).results)
        #expect(earlier.width == 64)
        #expect(earlier["size"] == nil)
        let plain = state("a.h5", width: 64, parameters: #"{"hidden": [128, 32]}"#)
        #expect(plain["size"]?.number == 160)
        #expect(plain["start"]?.number == 160)
        #expect(plain["penalty"] == nil)
    }

    @Test func knowsAttributesAndSettings() {
        let run = state("a.h5", width: 64, accuracy: 0.5, parameters: #"{"rate": 0.1}"#)
        #expect(run["test_accuracy"]?.number == 0.5)
        #expect(run["rate"]?.number == 0.1)
        #expect(run["run"]?.text == "a.h5")
        #expect(run["snapshot"]?.text == "final")
        #expect(run["epoch"] == nil)
        #expect(state("a.h5", width: 64, accuracy: 0.5, snapshot: "3")["test_accuracy"] == nil)
    }

    @Test func readsBackWhatWasPrinted() throws {
        let results = sweep.flatMap(\.results)
        let states = try RunState.states(
            in: Array(JSON.text(of: results).utf8),
            descriptor: { id in [dead, normality].first { $0.id == id } })
        #expect(states.map(\.run) == sweep.map(\.run))
        #expect(states.map(\.width) == sweep.map(\.width))
        for (read, written) in zip(states.flatMap(\.results), results) {
            #expect(read.layer == written.layer)
            #expect(read.site == written.site)
            #expect(read.status == written.status)
            #expect(read.metric.id == written.metric.id)
            // JSON keeps a whole number as one.
            #expect(read.quantities.map(\.name) == written.quantities.map(\.name))
            #expect(read.quantities.map(\.value) == written.quantities.map(\.value))
        }
        let comparison = try Comparison(states, options: ComparisonOptions(target: "seed"))
        #expect(comparison.sections[0].quantities[0].aggregates.map { $0?.mean } == [2, 18, 200])
    }

    @Test func readsBatchDocuments() throws {
        let output = TextOutput()
        JSON.write(
            head: [.init("attributes", .object([.init("test_accuracy", .number(0.9))]))], kept: [],
            results: sweep[0].results, to: output)
        let states = try RunState.states(in: Array(output.text.utf8), descriptor: { _ in nil })
        #expect(states.count == 1)
        #expect(states[0]["test_accuracy"]?.number == 0.9)
        #expect(states[0].results[0].quantities.map(\.unit) == [.count, .fraction])
    }

    @Test func drawsListsOfStoredResults() throws {
        var result = sweep[0].results[0]
        result.values = [
            "density": .object(["x": .numbers([0, 0.5, 1]), "y": .numbers([1, 2, 1.5])]),
            "histogram": .object(["edges": .numbers([0, 1, 2]), "counts": .integers([3, 4])]),
            "list": .numbers([5, 4.5, 1]), "pair": .numbers([1, 2.5]),
            "neurons": .numbers([1, 0.5, 2]),
        ]
        let states = try RunState.states(
            in: Array(JSON.text(of: [result]).utf8), descriptor: { _ in nil })
        let figures = states[0].results[0].figures
        #expect(figures.map(\.title) == ["dead: density", "dead: histogram", "dead: list"])
        #expect(figures[0].series[0].y == [1, 2, 1.5])
        #expect(figures[1].series[0].mark == .bars)
        #expect(figures[2].series[0].x == [1, 2, 3])
    }

    @Test(arguments: [
        "", "{}", "[]", #"{"schema": "lamina.results/2", "results": []}"#,
        #"{"schema": "lamina.results/1", "results": {}}"#,
        #"{"schema": "lamina.results/1", "results": [{"run": "a"}]}"#,
    ])
    func refusesOtherDocuments(text: String) {
        #expect(throws: ResultDocumentError.self) {
            try RunState.states(in: Array(text.utf8), descriptor: { _ in nil })
        }
    }
}
