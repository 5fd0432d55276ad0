import Analysis
import MetricCore
import Report
import Text

/// By which attributes states are put into groups, so that no group takes states of one training, or
/// different networks and data sets, for repetitions of one training.
struct GroupingPlan {
    /// What the groups differ in.
    let axis: String
    /// Attributes whose values are kept apart.
    private(set) var strata: [String]
    /// What was decided or found that the user did not ask for.
    private(set) var warnings: [String] = []

    /// The plan for `states`, grouped by `names`; by width if there are none, or by epoch or snapshot
    /// where all have one width and some training is there in several states.
    ///
    /// - Complexity: O(states · attributes).
    init(_ states: [RunState], by names: [String]) {
        let snapshots = Self.values(of: "snapshot", states).count
        let hasEpochs = Self.hasSeveralEpochs(states)
        if let last = names.last {
            axis = last
            strata = names.dropLast()
        } else {
            let isOneWidth = Self.values(of: "width", states).count < 2
            let ofOneWidth = hasEpochs ? "epoch" : snapshots > 1 ? "snapshot" : "width"
            axis = isOneWidth ? ofOneWidth : "width"
            strata = ["dataset", "model"].filter { Self.values(of: $0, states).count > 1 }
        }
        for name in ["snapshot", "epoch"] where axis != name && !strata.contains(name) {
            // Runs that say no seed may have one each: who asks for other groups gets them.
            let certain = names.isEmpty ? states : states.filter { $0["seed"] != nil }
            if name == "snapshot" ? snapshots > 1 : hasEpochs && mixesEpochs(certain) {
                strata.append(name)
            }
        }
        if !names.isEmpty { warnAboutMixtures(states) }
        warnAboutSeeds(states)
    }

    /// The value by which `state` is kept apart from others.
    static func value(of name: String, _ state: RunState) -> GroupValue? {
        if name == "model" { return state.modelFamily.map { GroupValue(.text($0)) } }
        return state[name].map(GroupValue.init)
    }

    private static func values(of name: String, _ states: [RunState]) -> Set<GroupValue?> {
        Set(states.map { value(of: name, $0) })
    }

    /// States that one group would hold.
    private func groups(of states: [RunState]) -> [[RunState]] {
        var order: [[GroupValue?]] = []
        var groups: [[GroupValue?]: [RunState]] = [:]
        for state in states {
            let key = (strata + [axis]).map { name in
                // Asked for by name, models are what they are called.
                strata.contains(name) || name != "model"
                    ? Self.value(of: name, state) : state[name].map(GroupValue.init)
            }
            if groups[key] == nil { order.append(key) }
            groups[key, default: []].append(state)
        }
        return order.compactMap { groups[$0] }
    }

    private static func hasSeveralEpochs(_ states: [RunState]) -> Bool {
        let trainings = Dictionary(grouping: states.filter { $0["epoch"] != nil }, by: \.training)
        return trainings.values.contains { values(of: "epoch", $0).count > 1 }
    }

    private func mixesEpochs(_ states: [RunState]) -> Bool {
        groups(of: states).contains { Self.hasSeveralEpochs($0) }
    }

    /// Groups that were asked for may hold what is no repetition.
    private mutating func warnAboutMixtures(_ states: [RunState]) {
        for (name, plural) in [("dataset", "data sets"), ("model", "models")] {
            let isMixed = groups(of: states).contains { Self.values(of: name, $0).count > 1 }
            guard isMixed else { continue }
            warnings.append(
                "some groups hold runs of several \(plural), which are no repetitions of one "
                    + "training; --by \(name),\(axis) keeps them apart")
        }
        if mixesEpochs(states) {
            warnings.append(
                "some groups hold runs of several epochs that say no seed, and may be states of one "
                    + "training; --by epoch,\(axis) keeps them apart")
        }
    }

    /// Runs of one group that share a seed are the same run, or differ in something else.
    private mutating func warnAboutSeeds(_ states: [RunState]) {
        for group in groups(of: states) {
            let trainings = Dictionary(grouping: group.filter { $0["seed"] != nil }, by: \.training)
            for state in group {
                guard let members = trainings[state.training], members.count > 1 else { continue }
                let other = members[1]
                let names = distinct(members.flatMap(\.names)).filter { name in
                    !RunState.isOutcome(name)
                        && Set(members.map { $0[name].map(GroupValue.init) }).count > 1
                }
                guard !names.isEmpty else { continue }
                warnings.append(
                    "\(visible(members[0].run)) and \(visible(other.run)) are in one group and have "
                        + "the same seed, so they are no repetitions; they differ in "
                        + names.prefix(4).map(visible).joined(separator: ", ")
                        + ", by which --by would keep them apart")
                return
            }
        }
    }
}

/// Pairs of states that hold the same: a run that was copied, or renamed after it was analyzed.
///
/// - Returns: for each state that repeats another, a sentence.
/// - Complexity: O(results).
func twins(among states: [RunState]) -> [String] {
    var seen: [String: RunState] = [:]
    var sentences: [String] = []
    for state in states {
        guard let content = state.content else { continue }
        if let first = seen[content] {
            guard !isSame(first.run, state.run) else { continue }
            sentences.append(
                "\(visible(first.run)) and \(visible(state.run)) hold the same, as a copied or renamed "
                    + "run does, and count twice; leave one of them out")
        } else {
            seen[content] = state
        }
    }
    return sentences
}

extension RunState {
    /// What makes two states of the same training: data set, kind of model, width and seed.
    var training: [GroupValue?] {
        ["dataset", "model", "width", "seed"].map { GroupingPlan.value(of: $0, self) }
    }

    /// The model's name without the sizes in it, so that it is the same at any width:
    /// "784-64-10 relu" and "784-256-10 relu" are of one family.
    ///
    /// Numbers that stand in a list, and numbers that are the width, are sizes; any other belongs to
    /// the name, as in "resnet18".
    var modelFamily: String? {
        guard let model = self["model"]?.shown else { return nil }
        let width = width.map(String.init)
        var family = ""
        var rest = Substring(model)
        while let start = rest.firstIndex(where: { $0.isASCII && $0.isNumber }) {
            family += rest[..<start]
            rest = rest[start...]
            var numbers: [Substring] = []
            var separators = ""
            while let first = rest.first, first.isASCII, first.isNumber {
                let number = rest.prefix { $0.isASCII && $0.isNumber }
                numbers.append(number)
                rest = rest.dropFirst(number.count)
                let next = rest.dropFirst().first
                guard let separator = rest.first, "-x,/".contains(separator),
                    let next, next.isASCII, next.isNumber
                else { break }
                separators.append(separator)
                rest = rest.dropFirst()
            }
            for (index, number) in numbers.enumerated() {
                family += numbers.count > 1 || String(number) == width ? "n" : String(number)
                if index < separators.count {
                    family.append(Array(separators)[index])
                }
            }
        }
        return family + rest
    }

    /// Whether the attribute `name` says what came of a training, or when, rather than how it was set
    /// up.
    static func isOutcome(_ name: String) -> Bool {
        isOfTheEnd(name) && name != "epoch"
            || ["created", "parameters", "run", "snapshot", "width"].contains(name)
    }

    /// All that is known of the state but its name; `nil` if that is too little to recognize it by.
    fileprivate var content: String? {
        let numbers = results.flatMap { result in
            result.quantities.compactMap { quantity in
                quantity.value.map {
                    "\(result.layer) \(result.site?.rawValue ?? "") \(result.metric.id) "
                        + "\(quantity.name) \($0)"
                }
            }
        }
        // Counts and shares of few neurons agree by chance; other numbers of two trainings do not.
        let isTelling = results.contains { result in
            result.quantities.contains { quantity in
                guard let count = quantity.value.map({ $0 * Double(max(1, result.neurons)) }) else {
                    return false
                }
                return abs(count - count.rounded()) > 1e-9 * abs(count)
            }
        }
        guard isTelling else { return nil }
        return ([attributes.line, snapshot ?? ""] + numbers).joined(separator: "\n")
    }
}
