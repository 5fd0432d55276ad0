public import MetricCore
import Report
import Text

extension Comparison {
    /// The target and then each layer's quantities along the axis.
    ///
    /// Each run is a point, the means are a line, the interval of the mean of three runs and more is
    /// dashed, untrained networks are dashed in another colour. What is kept apart (data sets) shares
    /// the axes; each has one colour in all figures, whether or not the others have values there.
    public var figures: [Figure] {
        let places = Places(sections.flatMap(\.groups), axis: axis)
        var figures: [Figure] = []
        // The target is the same beside every layer.
        if let first = sections.first {
            let sameLayer = sections.filter { isSame($0.layer, first.layer) }
            figures += figure(of: sameLayer.map { ($0, $0.target) }, at: places).map { [$0] } ?? []
        }
        for layer in distinctNames(sections.lazy.map(\.layer)) {
            let members = sections.filter { isSame($0.layer, layer) }
            for key in distinct(members.flatMap { $0.quantities.map(\.key) }) {
                let tracks = members.compactMap { section in
                    section.quantities.first { $0.key == key }.map { (section, $0) }
                }
                figures += figure(of: tracks, at: places).map { [$0] } ?? []
            }
        }
        return figures
    }

    private func figure(
        of tracks: [(section: Section, track: Track)], at places: Places
    ) -> Figure? {
        let tracks = tracks.filter { !$0.track.points.isEmpty }
        guard let (section, track) = tracks.first else { return nil }
        let kinds = distinct(sections.map(\.conditionText))
        var series: [Figure.Series] = []
        var baselines: [Figure.Series?] = []
        for (index, (section, track)) in tracks.enumerated() {
            let kind = section.conditionText
            let group = kinds.firstIndex(of: kind) ?? 0
            let positions = section.groups.map { places.position(of: $0) }
            series += track.series(
                name: kinds.count > 1 ? kind : "mean", group: group, level: level,
                // One name serves all intervals.
                namesInterval: index == tracks.count - 1, positions: positions)
            baselines.append(
                track.along(
                    kinds.count > 1 ? "" : "untrained", .dashedLine, track.baselines,
                    group: kinds.count + group, positions: positions))
        }
        return Figure(
            title: (track.metric == nil ? "" : section.layer + ": ") + track.heading,
            x: places.axis, y: Figure.Axis(track.verticalLabel),
            series: series + baselines.compactMap { $0 })
    }
}

extension Comparison.Section {
    /// What its runs have in common and other sections do not: "mnist, 10".
    fileprivate var conditionText: String { conditions.map(\.value).joined(separator: ", ") }
}

/// Where groups stand on the horizontal axis: numbers at their value, on a logarithm to base 2 if
/// they span a factor of four; anything else side by side.
private struct Places {
    let axis: Figure.Axis
    private let texts: [String]

    init(_ groups: [GroupValue], axis: String) {
        let groups = distinct(groups).sorted(by: GroupValue.precedes)
        let numbers = groups.compactMap(\.number)
        guard numbers.count == groups.count else {
            texts = groups.map(\.text)
            let names = texts.enumerated().map { "\($0 + 1) = \($1)" }
            self.axis = Figure.Axis(
                "\(axis) (\(names.joined(separator: ", ")))", range: 1...Double(max(1, texts.count))
            )
            return
        }
        texts = []
        let (low, high) = (numbers.first ?? 0, numbers.last ?? 0)
        self.axis = Figure.Axis(
            axis, scale: low > 0 && high >= 4 * low ? .binaryLogarithmic : .linear,
            range: low...max(low, high))
    }

    func position(of group: GroupValue) -> Double {
        if let number = group.number, texts.isEmpty { return number }
        return Double((texts.firstIndex(of: group.text) ?? 0) + 1)
    }
}

extension Comparison.Track {
    /// What makes two tracks the same quantity.
    fileprivate var key: [String] { [identifier, site?.rawValue ?? ""] }

    fileprivate func series(
        name: String, group: Int, level: Double, namesInterval: Bool, positions: [Double]
    ) -> [Figure.Series] {
        let runs = Figure.Series(
            name: "", mark: .points, x: points.map { positions[$0.group] }, y: points.map(\.value),
            group: group)
        // The interval of two values is nine times as wide as they are apart.
        let intervals = aggregates.map { $0.flatMap { $0.count > 2 ? $0.interval : nil } }
        let percent = namesInterval ? "\((level * 100).brief()) % interval of the mean" : ""
        let parts = [
            along(name, .line, aggregates.map { $0?.mean }, group: group, positions: positions),
            runs,
            along(
                percent, .dashedLine, intervals.map { $0?.lowerBound }, group: group,
                positions: positions),
            along(
                "", .dashedLine, intervals.map { $0?.upperBound }, group: group,
                positions: positions),
        ]
        return parts.compactMap { $0 }
    }

    fileprivate func along(
        _ name: String, _ mark: Figure.Series.Mark, _ values: [Double?], group: Int,
        positions: [Double]
    ) -> Figure.Series? {
        let points = zip(positions, values).compactMap { x, y in y.map { (x, $0) } }
        guard !points.isEmpty else { return nil }
        return Figure.Series(
            name: name, mark: mark, x: points.map { $0.0 }, y: points.map { $0.1 }, group: group)
    }

    fileprivate var verticalLabel: String {
        unit.label.isEmpty ? title : "\(title) (\(unit.label))"
    }
}

/// Each value once, in the order of its first occurrence.
func distinct<T: Hashable>(_ values: [T]) -> [T] {
    var seen: Set<T> = []
    return values.filter { seen.insert($0).inserted }
}
