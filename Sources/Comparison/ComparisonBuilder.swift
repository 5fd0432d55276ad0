public import Analysis
public import MetricCore
import Report
import RunFormat
import Statistics
import Text

/// Puts runs into sections and groups.
struct ComparisonBuilder {
    let options: ComparisonOptions
    let axis: String
    /// Attributes whose values are kept apart.
    private let strata: [String]
    private var states: [RunState]
    private let baselines: [RunState]
    private(set) var warnings: [String] = []

    init(_ states: [RunState], baselines: [RunState], options: ComparisonOptions) {
        self.options = options
        self.states = states
        self.baselines = baselines
        let plan = GroupingPlan(states, by: options.by)
        axis = plan.axis
        strata = plan.strata
        warnings = plan.warnings + twins(among: states) + leftOutNeurons(in: states)
    }

    mutating func sections() throws(ComparisonError) -> [Comparison.Section] {
        try dropStatesWithoutPlace()
        warnAboutMixedResults()
        var sections: [Comparison.Section] = []
        var leftOut: [(layer: String, neurons: Int)] = []
        for members in strataOfStates() {
            let groups = Set(members.compactMap { $0[axis].map(GroupValue.init) })
                .sorted(by: GroupValue.precedes)
            let conditions = strata.map { (name: $0, value: condition($0, of: members)) }
            let (layers, constant) = layers(of: members)
            for layer in layers {
                if let section = section(layer, members, groups, conditions) {
                    sections.append(section)
                }
            }
            leftOut += constant.filter { new in
                !leftOut.contains { isSame($0.layer, new.layer) && $0.neurons == new.neurons }
            }
        }
        guard !sections.isEmpty else { throw nothingFound() }
        if !leftOut.isEmpty {
            let layers = leftOut.map { "\(visible($0.layer)) (\($0.neurons))" }
            warnings.append(
                "layers with as many neurons at every width are left out: "
                    + "\(layers.joined(separator: ", ")); --layer compares them as well")
        }
        let hasBaseline = sections.contains { section in
            section.quantities.contains { $0.baselines.contains { $0 != nil } }
        }
        if !baselines.isEmpty, !hasBaseline {
            warnings.append(
                "no untrained network has a layer of the name and number of neurons of those "
                    + "compared")
        }
        return sections
    }

    private mutating func dropStatesWithoutPlace() throws(ComparisonError) {
        let placed = states.filter { $0[axis] != nil }
        if placed.count < states.count, let first = states.first(where: { $0[axis] == nil }) {
            guard !placed.isEmpty else {
                var names: [String] = []
                for name in states.flatMap(\.names) where !names.contains(name) {
                    names.append(name)
                }
                throw ComparisonError(
                    description: "no run says its '\(visible(axis))', by which to compare; there "
                        + "are: \(names.map(visible).joined(separator: ", "))")
            }
            let count = states.count - placed.count
            warnings.append(
                "\(count) of \(states.count) runs \(count == 1 ? "does" : "do") not say the "
                    + "\(visible(axis)) and \(count == 1 ? "is" : "are") left out, the first of "
                    + "them \(visible(first.run))")
        }
        states = placed
        if states.allSatisfy({ $0[options.target]?.number == nil }) {
            warnings.append(
                "no run says its \(visible(options.target)): there is nothing to correlate with")
        }
    }

    /// Values from several versions or settings of a metric are not comparable.
    private mutating func warnAboutMixedResults() {
        var seen: [String: (version: Int, configuration: Object)] = [:]
        var mixed: [String] = []
        for result in states.flatMap(\.results) {
            let id = result.metric.id
            guard let first = seen[id] else {
                seen[id] = (result.metric.version, result.configuration)
                continue
            }
            let differs =
                first.version != result.metric.version
                || first.configuration != result.configuration
            if differs, !mixed.contains(id) { mixed.append(id) }
        }
        for id in mixed {
            warnings.append(
                "the results of \(id) come from several versions or settings and may not compare")
        }
    }

    private func strataOfStates() -> [[RunState]] {
        let keyed = Dictionary(grouping: states) { state in
            strata.map { GroupingPlan.value(of: $0, state) }
        }
        func precedes(_ a: [GroupValue?], _ b: [GroupValue?]) -> Bool {
            for (a, b) in zip(a, b) where a != b {
                guard let a, let b else { return b == nil }
                return GroupValue.precedes(a, b)
            }
            return false
        }
        return keyed.sorted { precedes($0.key, $1.key) }.map(\.value)
    }

    /// What members of a stratum have in common; models that differ in their sizes are of one family.
    private func condition(_ name: String, of members: [RunState]) -> String {
        let own = Set(members.map { $0[name].map(GroupValue.init) })
        let value = own.count == 1 ? own.first : GroupingPlan.value(of: name, members[0])
        return value??.text ?? "none"
    }

    /// The layers to compare, in the order of the first run that has them, and those that are left
    /// out.
    private func layers(
        of members: [RunState]
    ) -> (compared: [String], leftOut: [(layer: String, neurons: Int)]) {
        let (names, sizes) = Self.sizes(in: members)
        let texts = names.map(\.text)
        guard options.layers.isEmpty else {
            let choice = NameChoice(among: texts, patterns: options.layers)
            return (choice.positions.map { texts[$0] }, [])
        }
        // The output layer, which has as many neurons at any width, says little about width. A group
        // of runs with one width is compared by the layers that vary elsewhere.
        var varying = names.filter { sizes[$0, default: []].count > 1 }
        if varying.isEmpty {
            let everywhere = Self.sizes(in: states).sizes
            varying = names.filter { everywhere[$0, default: []].count > 1 }
        }
        guard axis == "width", !varying.isEmpty else { return (texts, []) }
        return (
            varying.map(\.text),
            names.filter { !varying.contains($0) }.map {
                (layer: $0.text, neurons: sizes[$0]?.first ?? 0)
            }
        )
    }

    /// The layers in the order of the first run that has them, and the numbers of neurons of each.
    private static func sizes(
        in states: [RunState]
    ) -> (names: [ExactName], sizes: [ExactName: Set<Int>]) {
        var names: [ExactName] = []
        var sizes: [ExactName: Set<Int>] = [:]
        for result in states.flatMap(\.results) where result.neurons > 0 {
            let name = ExactName(result.layer)
            if sizes[name] == nil { names.append(name) }
            sizes[name, default: []].insert(result.neurons)
        }
        return (names, sizes)
    }

    private func section(
        _ layer: String, _ states: [RunState], _ groups: [GroupValue],
        _ conditions: [(name: String, value: String)]
    ) -> Comparison.Section? {
        let places = states.map { state in
            state[axis].map(GroupValue.init).flatMap { groups.firstIndex(of: $0) }
        }
        let targets = states.map { $0[options.target]?.number }
        var seen: Set<TrackKey> = []
        var tracks: [Comparison.Track] = []
        let isIndependent = areIndependent(states)
        for result in states.flatMap(\.results) where isSame(result.layer, layer) {
            for quantity in chosen(of: result) {
                let key = TrackKey(
                    metric: result.metric.id, site: result.site, name: quantity.name)
                guard seen.insert(key).inserted else { continue }
                let values = states.map { value(of: key, layer, in: $0) }
                guard values.contains(where: { $0 != nil }) else { continue }
                tracks.append(
                    track(
                        values, places, targets, groups.count, metric: result.metric, key: key,
                        title: quantity.title, unit: quantity.unit,
                        baselines: baselines(of: key, layer, groups, states, places),
                        isIndependent: isIndependent))
            }
        }
        guard !tracks.isEmpty else { return nil }
        // Runs list metrics in one order, but an early run may lack some.
        let target = track(
            targets, places, targets, groups.count, metric: nil,
            key: TrackKey(metric: "", site: nil, name: options.target),
            title: options.target.split(separator: "_").joined(separator: " "),
            unit: options.target.hasSuffix("accuracy") ? .fraction : .none,
            baselines: groups.map { _ in nil }, isIndependent: isIndependent)
        return Comparison.Section(
            conditions: conditions, layer: layer, groups: groups, target: target,
            quantities: tracks)
    }

    /// The quantities of a result that are compared.
    private func chosen(of result: LayerResult) -> [Quantity] {
        guard options.quantities.isEmpty else {
            return result.quantities.filter { quantity in
                options.quantities.contains {
                    matches("\(result.metric.id).\(quantity.name)", pattern: $0)
                }
            }
        }
        return result.keyQuantities
    }

    private func value(of key: TrackKey, _ layer: String, in state: RunState) -> Double? {
        let result = state.results.first {
            isSame($0.layer, layer) && $0.metric.id == key.metric && $0.site == key.site
        }
        guard let result, result.status == .ok else { return nil }
        return result.number(key.name).flatMap { $0.isFinite ? $0 : nil }
    }

    private func track(
        _ values: [Double?], _ places: [Int?], _ targets: [Double?], _ count: Int,
        metric: MetricDescriptor?, key: TrackKey, title: String, unit: Quantity.Unit,
        baselines: [Double?], isIndependent: Bool
    ) -> Comparison.Track {
        var points: [(group: Int, value: Double)] = []
        var pairs: (x: [Double], y: [Double]) = ([], [])
        for (index, value) in values.enumerated() {
            guard let value, let place = places[index] else { continue }
            points.append((place, value))
            if let target = targets[index] {
                pairs.x.append(value)
                pairs.y.append(target)
            }
        }
        points.sort { ($0.group, $0.value) < ($1.group, $1.value) }
        let correlation = metric == nil ? nil : RankCorrelation(pairs.x, pairs.y)
        return Comparison.Track(
            metric: metric, site: key.site, name: key.name, title: title, unit: unit,
            points: points,
            aggregates: (0..<count).map { group in
                options.aggregate(points.filter { $0.group == group }.map(\.value))
            },
            baselines: baselines,
            correlation: correlation,
            correlationInterval: isIndependent ? correlation?.interval(level: options.level) : nil)
    }

    /// Whether every state is a training of its own, which the interval of a correlation supposes.
    private func areIndependent(_ states: [RunState]) -> Bool {
        let seeded = states.filter { $0["seed"] != nil }
        return axis != "epoch" && Set(states.map { ExactName($0.run) }).count == states.count
            && Set(seeded.map(\.training)).count == seeded.count
    }

    /// What untrained networks of the shape of each group's runs have; the mean of several.
    private func baselines(
        of key: TrackKey, _ layer: String, _ groups: [GroupValue], _ states: [RunState],
        _ places: [Int?]
    ) -> [Double?] {
        groups.indices.map { group in
            let members = states.indices.filter { places[$0] == group }.map { states[$0] }
            let sizes = Set(members.compactMap { $0.neurons(of: layer) })
            let values = baselines.filter { baseline in
                baseline.neurons(of: layer).map(sizes.contains) ?? false
            }.compactMap { value(of: key, layer, in: $0) }
            return values.isEmpty ? nil : values.reduce(0, +) / Double(values.count)
        }
    }

    private func nothingFound() -> ComparisonError {
        var known: [String] = []
        for result in states.flatMap(\.results) {
            for quantity in result.quantities {
                let name = "\(result.metric.id).\(quantity.name)"
                if !known.contains(name) { known.append(name) }
            }
        }
        guard !known.isEmpty else {
            let reason = states.lazy.flatMap(\.results).compactMap(\.reason).first
            return ComparisonError(
                description: "there is nothing to compare: no run has results"
                    + (reason.map { " (\($0))" } ?? ""), isAboutData: true)
        }
        return ComparisonError(
            description: "no layer and quantity is called so; the quantities are: "
                + known.map(visible).joined(separator: ", "))
    }
}

/// What identifies a quantity within a layer.
private struct TrackKey: Hashable {
    var metric: String
    var site: Site?
    var name: String
}

extension RunState {
    /// The number of neurons of `layer`, where it was analyzed.
    func neurons(of layer: String) -> Int? {
        results.first { isSame($0.layer, layer) && $0.neurons > 0 }?.neurons
    }
}

extension LayerResult {
    /// The quantities that stand for the metric where there is little room: those that it proposes,
    /// else its first headline.
    public var keyQuantities: [Quantity] {
        let proposed = metric.keyQuantities.compactMap { name in
            quantities.first { $0.name == name }
        }
        if !proposed.isEmpty { return proposed }
        return quantities.first { $0.isHeadline }.map { [$0] } ?? []
    }
}
