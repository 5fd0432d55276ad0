import Analysis
import MetricCore

/// A metric as tests need it.
func descriptor(_ id: String = "dead", title: String = "Dead neurons") -> MetricDescriptor {
    MetricDescriptor(id: id, title: title, abstract: "", question: "", version: 2)
}

/// A result that has one value of every kind.
let everyKind = LayerResult(
    run: "runs/a.h5", layer: "hidden", site: .pre, metric: descriptor(),
    provenance: Provenance(programVersion: "9.1", instructionSet: "AVX9"), status: .ok,
    warnings: ["one \"quoted\"", "two"], samples: 60000, neurons: 512, nonFinite: 3,
    configuration: ["rule": .text("never-active"), "threshold": .null],
    values: [
        "count": .integer(38), "fraction": .number(0.1), "share": .number(.nan),
        "converged": .flag(true), "edges": .numbers([0, 0.5, .infinity]),
        "indices": .integers([4, 7]), "none": .integers([]),
        "rows": .matrix(rows: [[1, 2], [3, 4e-5]]),
        "quantiles": .object(["0.05": .number(1.5), "deep": .object(["x": .number(2)])]),
    ],
    quantities: [
        Quantity("count", title: "dead", 38, in: .count),
        Quantity("fraction", title: "share", 0.1, in: .fraction),
        Quantity("quantiles.0.05", title: "5 %", 1.5, in: .activation, headline: false),
    ],
    summary: "38 of 512 neurons never fire")

/// A result without values.
let skipped = LayerResult(
    run: "runs/a.h5", layer: "out,put", site: nil, snapshot: "10", metric: descriptor(),
    status: .degenerate, reason: "all values are \"equal\"", samples: 2, neurons: 1)
