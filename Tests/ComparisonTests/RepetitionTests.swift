import Analysis
import Comparison
import MetricCore
import Report
import Testing

/// A run with these attributes beside its accuracy.
private func run(
    _ name: String, width: Int = 64, epoch: Int? = nil, seed: Int? = 1, model: String? = nil,
    accuracy: Double = 0.9, count: Double = 3, snapshot: String? = nil,
    more: [JSONNode.Field] = []
) -> RunState {
    var state = state(name, width: width, accuracy: accuracy, count: count, snapshot: snapshot)
    var fields = state.attributes.fields + more
    if let epoch { fields.append(.init("epoch", .integer(epoch))) }
    if let seed { fields.append(.init("seed", .integer(seed))) }
    if let model { fields.append(.init("model", .text(model))) }
    state.attributes = .object(fields)
    return state
}

private func conditions(_ comparison: Comparison) -> Set<String> {
    Set(
        comparison.sections.map { section in
            section.conditions.map { "\($0.name)=\($0.value)" }.joined(separator: " ")
        })
}

struct RepetitionTests {
    /// Four epochs of one training are four points along the epochs, not four seeds.
    @Test func epochsOfOneTrainingAreAnAxis() throws {
        let epochs = (0..<4).map { run("e\($0).h5", epoch: $0, accuracy: 0.3 + Double($0) / 5) }
        let comparison = try Comparison(epochs, options: ComparisonOptions())
        #expect(comparison.axis == "epoch")
        #expect(comparison.sections.map(\.layer) == ["hidden", "output"])
        for track in comparison.sections[0].quantities {
            #expect(track.aggregates.allSatisfy { $0?.count == 1 && $0?.interval == nil })
            // States of one training are not independent.
            #expect(track.correlationInterval == nil)
        }
    }

    @Test func epochsAreKeptApartBesideSeveralWidths() throws {
        var states: [RunState] = []
        for width in [8, 32] {
            for seed in 1...2 {
                for epoch in 0..<3 {
                    let name = "w\(width)-s\(seed)-e\(epoch).h5"
                    states.append(run(name, width: width, epoch: epoch, seed: seed))
                }
            }
        }
        for by in [[], ["width"]] {
            let comparison = try Comparison(states, options: ComparisonOptions(by: by))
            #expect(comparison.axis == "width")
            #expect(conditions(comparison) == ["epoch=0", "epoch=1", "epoch=2"])
            let counts = comparison.sections.flatMap(\.quantities).flatMap(\.aggregates)
            #expect(counts.allSatisfy { $0 == nil || $0?.count == 2 })
        }
        // By epoch the widths are mixed, but no epochs.
        let byEpoch = try Comparison(states, options: ComparisonOptions(by: ["epoch"]))
        #expect(conditions(byEpoch) == [""])
    }

    @Test func seedsThatStoppedAtOtherEpochsAreSeeds() throws {
        let states = (1...3).map { run("s\($0).h5", epoch: 10 + $0, seed: $0) }
        let comparison = try Comparison(states, options: ComparisonOptions())
        #expect(comparison.axis == "width")
        #expect(conditions(comparison) == [""])
        #expect(comparison.sections[0].quantities[0].aggregates[0]?.count == 3)
    }

    /// Without seeds nobody knows; the default is careful, and who asks for a group gets it, told.
    @Test func epochsWithoutSeedsMayBeOneTraining() throws {
        let states = (0..<3).map { (epoch: Int) in
            run("e\(epoch).h5", epoch: epoch, seed: nil)
        }
        #expect(try Comparison(states, options: ComparisonOptions()).axis == "epoch")
        let asked = try Comparison(states, options: ComparisonOptions(by: ["width"]))
        #expect(asked.sections[0].quantities[0].aggregates[0]?.count == 3)
        #expect(asked.warnings.contains { $0.contains("may be states of one training") })
    }

    @Test func snapshotsAreNeverSeeds() throws {
        let states = ["1", "2"].map { run("a.h5", snapshot: $0) } + [run("a.h5")]
        let alone = try Comparison(states, options: ComparisonOptions())
        #expect(alone.axis == "snapshot")
        for by in [["width"], ["seed"]] {
            let comparison = try Comparison(states, options: ComparisonOptions(by: by))
            #expect(conditions(comparison) == ["snapshot=1", "snapshot=2", "snapshot=final"])
        }
    }

    /// A transformer without a width of its own is not the widest CNN.
    @Test func modelsAreKeptApart() throws {
        let states = [
            run("a.h5", width: 8, model: "SmallCNN"), run("b.h5", width: 32, model: "SmallCNN"),
            run("t.h5", width: 64, model: "Transformer"),
        ]
        let comparison = try Comparison(states, options: ComparisonOptions())
        #expect(conditions(comparison) == ["model=SmallCNN", "model=Transformer"])
        #expect(comparison.sections.map { $0.groups.compactMap(\.number) }.contains([8, 32]))
        let asked = try Comparison(states, options: ComparisonOptions(by: ["seed"]))
        #expect(asked.warnings.contains { $0.contains("several models") })
    }

    /// The same network at several widths, as `train` and the journal name them.
    @Test(
        arguments: [
            (["784-64-10 relu", "784-256-10 relu"], [64, 256], 1),
            (["784-64-64-10 relu", "784-256-128-10 relu"], [64, 256], 1),
            (["784-64-10 relu", "784-64-64-10 relu"], [64, 64], 2),
            (["784-64-10 relu", "784-256-10 tanh"], [64, 256], 2),
            (["mlp-w64", "mlp-w256"], [64, 256], 1), (["resnet18", "resnet50"], [64, 256], 2),
            (["resnet18", "resnet50"], [64, 64], 2),
        ] as [([String], [Int], Int)])
    func sizesMakeNoOtherModel(models: [String], widths: [Int], sections: Int) throws {
        let states = zip(models, widths).enumerated().map {
            run("\($0).h5", width: $1.1, model: $1.0)
        }
        let comparison = try Comparison(states, options: ComparisonOptions(layers: ["hidden"]))
        #expect(comparison.sections.count == sections)
    }

    @Test func oneSeedTwiceIsNoRepetition() throws {
        let states = [0.1, 0.01].map { rate in
            run("\(rate).h5", more: [.init("rate", .number(rate))])
        }
        let comparison = try Comparison(states, options: ComparisonOptions())
        #expect(
            comparison.warnings.contains {
                $0.contains("0.1.h5 and 0.01.h5") && $0.contains("differ in rate")
            })
        let byRate = try Comparison(states, options: ComparisonOptions(by: ["rate"]))
        #expect(!byRate.warnings.contains { $0.contains("same seed") })
    }

    /// Seeds that have the same nearest double are different seeds.
    @Test func seedsBeyondDoublesAreApart() throws {
        let states = ([1 << 60, 1 << 60 + 1] as [Int]).map { run("\($0).h5", seed: $0) }
        let comparison = try Comparison(states, options: ComparisonOptions(by: ["seed"]))
        #expect(comparison.sections[0].groups.count == 2)
    }

    @Test func aRunThatCountsTwiceIsTold() throws {
        let renamed = state("b/64-0.h5", width: 64, accuracy: 0.90, count: 1, w: 0.9)
        let comparison = try Comparison(sweep + [renamed], options: ComparisonOptions())
        let told = comparison.warnings.filter { $0.contains("count twice") }
        #expect(told.count == 1)
        #expect(told.first?.hasPrefix("a/64-0.h5 and b/64-0.h5") == true)
        // One of 64 neurons is dead in many networks.
        let counts = ["x.h5", "y.h5"].map { state($0, width: 64, count: 1) }
        let alike = try Comparison(counts, options: ComparisonOptions())
        #expect(!alike.warnings.contains { $0.contains("count twice") })
        let clean = try Comparison(sweep, options: ComparisonOptions())
        #expect(!clean.warnings.contains { $0.contains("count twice") })
    }

    /// Names that Unicode holds for equal are two layers.
    @Test func layersAreToldApartByBytes() throws {
        let states = [64, 256].map { width -> RunState in
            var state = state("\(width).h5", width: width, count: 1)
            var twin = state.results[0]
            state.results[0].layer = "caf\u{E9}"
            twin.layer = "cafe\u{301}"
            twin.quantities = [Quantity("count", title: "dead", 7, in: .count)]
            state.results.insert(twin, at: 1)
            return state
        }
        let comparison = try Comparison(states, options: ComparisonOptions())
        #expect(comparison.sections.count == 2)
        #expect(
            comparison.sections.map { $0.quantities[0].points.map(\.value) } == [[1, 1], [7, 7]])
    }
}
