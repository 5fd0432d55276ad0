public import Analysis
import MetricCore
import Report
import Text

/// A condition on one number: `dead.fraction > 0.3`, `test_accuracy <= 0.9`.
///
/// Left of the operator (`>`, `>=`, `<`, `<=`, `==`, `!=`) stands a metric, a dot and one of its
/// quantities, or an attribute of the run alone; right of it a number.
public struct Condition: Sendable, Hashable {
    /// As it was written.
    public let text: String
    /// The metric's identifier; `nil` where an attribute is meant.
    public let metric: String?
    /// The quantity, in which dots reach into objects, or the attribute.
    public let quantity: String
    /// How the value is compared with the threshold.
    public let relation: Relation
    /// The number on the right.
    public let threshold: Double

    /// A comparison of two numbers.
    public enum Relation: String, Sendable, CaseIterable {
        // Two characters before one: the first that fits is taken.
        case atMost = "<="
        case atLeast = ">="
        case equal = "=="
        case different = "!="
        case below = "<"
        case above = ">"

        func holds(_ a: Double, _ b: Double) -> Bool {
            switch self {
            case .atMost: a <= b
            case .atLeast: a >= b
            case .equal: a == b
            case .different: a != b
            case .below: a < b
            case .above: a > b
            }
        }
    }

    /// Reads a condition.
    ///
    /// - Throws: ``ConditionError``.
    public init(parsing text: String) throws(ConditionError) {
        self.text = text
        guard
            let start = text.firstIndex(where: { "<>=!".contains($0) }),
            let relation = Relation.allCases.first(where: { text[start...].hasPrefix($0.rawValue) })
        else { throw ConditionError(text: text, problem: .noRelation) }
        self.relation = relation
        let name = text[..<start].trimmed
        let right = text[start...].dropFirst(relation.rawValue.count).trimmed
        guard let threshold = Double(right), threshold.isFinite else {
            throw ConditionError(text: text, problem: .noNumber(right))
        }
        self.threshold = threshold
        let isName =
            !name.isEmpty && name.allSatisfy { $0.isLetter || $0.isNumber || "._-".contains($0) }
        let parts = name.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        guard isName, parts.allSatisfy({ !$0.isEmpty }) else {
            throw ConditionError(text: text, problem: .noName(name))
        }
        metric = parts.count == 2 ? String(parts[0]) : nil
        quantity = String(parts[parts.count - 1])
    }

    /// A number that satisfies a condition.
    public struct Hit: Sendable {
        /// Where it was found.
        public let run: String
        /// `nil` for an attribute.
        public let result: LayerResult?
        /// The number.
        public let value: Double
        /// What it satisfies.
        public let condition: Condition

        /// One line: "run layer: dead.fraction is 0.41, which satisfies dead.fraction > 0.3".
        public var description: String {
            let place = [run, result?.layer, result?.site?.rawValue, result?.snapshot]
            return place.compactMap { $0 }.map(visible).joined(separator: " ")
                + ": \(condition.name) is \(value), which satisfies \(condition.text)"
        }
    }

    /// A place where the number should be and is not.
    public struct Gap: Sendable {
        /// The run without the number.
        public let run: String
        /// The result without the number; `nil` for an attribute, and where no result could have it.
        public let result: LayerResult?
        /// Why the number is missing.
        public let reason: String
        /// What could not be checked.
        public let condition: Condition

        /// One line: "run layer: no dead.fraction to check against ...: the metric failed (...)".
        public var description: String {
            let place = [run, result?.layer, result?.site?.rawValue, result?.snapshot]
            let number =
                result?.leftOut == nil
                ? "there is no \(condition.name)" : "there is no \(condition.name) of all neurons"
            return place.compactMap { $0 }.map(visible).joined(separator: " ")
                + ": \(number) to check '\(visible(condition.text))' against: \(visible(reason))"
        }
    }

    /// What a check of the condition found.
    public struct Verdict: Sendable {
        /// The numbers that satisfy the condition.
        public var hits: [Hit] = []
        /// Where the number should be and is not, or is not finite.
        public var gaps: [Gap] = []
        /// How many finite numbers were compared.
        public var checked = 0
    }

    /// Compares the number of every result of every run with the threshold.
    ///
    /// A check must not pass on what it could not see. A gap is told for each result of the metric
    /// without a finite number, and for each state of a run in which nothing has the number. Results
    /// that were skipped, because their layer stores no values that the metric reads, are gaps only
    /// in the latter case. An attribute of the end of a training is not looked for in its snapshots
    /// where the run's final state is among `states`.
    ///
    /// - Complexity: O(results).
    public func check(_ states: [RunState]) -> Verdict {
        var verdict = Verdict()
        let finals = Set(states.filter { $0.snapshot == nil }.map { ExactName($0.run) })
        for state in states {
            if metric != nil {
                checkResults(of: state, &verdict)
            } else if state.snapshot == nil || !RunState.isOfTheEnd(quantity)
                || !finals.contains(ExactName(state.run))
            {
                let stored = state[quantity]
                let reason =
                    stored == nil
                    ? "the run does not say it" : "it is \(stored?.shown ?? ""), no number"
                look(at: stored?.number, state.run, nil, reason, &verdict)
            }
        }
        return verdict
    }

    private func checkResults(of state: RunState, _ verdict: inout Verdict) {
        let own = state.results.filter { $0.metric.id == metric }
        let before = verdict.checked + verdict.gaps.count
        for result in own where result.status != .skipped {
            let number = result.status == .ok ? result.number(quantity) : nil
            let hits = verdict.hits.count
            look(at: number, state.run, result, result.reasonWithoutNumber, &verdict)
            // A number of the remaining neurons that does not satisfy the condition clears nobody.
            if number?.isFinite == true, verdict.hits.count == hits, let note = result.leftOut {
                verdict.gaps.append(
                    Gap(run: state.run, result: result, reason: note, condition: self))
            }
        }
        guard verdict.checked + verdict.gaps.count == before else { return }
        let reason =
            own.first?.reason
            ?? (state.results.isEmpty
                ? state.reason ?? "the run has no results"
                : "the run has no results of \(metric ?? "")")
        verdict.gaps.append(Gap(run: state.run, result: own.first, reason: reason, condition: self))
    }

    private func look(
        at value: Double?, _ run: String, _ result: LayerResult?, _ reason: String,
        _ verdict: inout Verdict
    ) {
        guard let value, value.isFinite else {
            let reason = value.map { "it is \($0)" } ?? reason
            verdict.gaps.append(Gap(run: run, result: result, reason: reason, condition: self))
            return
        }
        verdict.checked += 1
        if relation.holds(value, threshold) {
            verdict.hits.append(Hit(run: run, result: result, value: value, condition: self))
        }
    }

    /// What stands left of the relation.
    fileprivate var name: String { [metric, quantity].compactMap { $0 }.joined(separator: ".") }
}

extension LayerResult {
    /// The number called `name` in the result's values or among its quantities.
    func number(_ name: String) -> Double? {
        if let quantity = quantities.first(where: { $0.name == name }) { return quantity.value }
        return values.number(at: name)
    }

    /// That neurons are missing in the result's numbers, if some are.
    var leftOut: String? {
        guard nonFinite > 0 else { return nil }
        let entries = nonFinite == 1 ? "1 entry is" : "\(nonFinite) entries are"
        return entries + " NaN, infinite or beyond 1e150, and their neurons are left out"
    }

    /// Why a number of the metric is not in the result.
    fileprivate var reasonWithoutNumber: String {
        guard status != .ok else { return "the result has no number of this name" }
        return "the result is \(status.rawValue)" + (reason.map { " (\($0))" } ?? "")
    }
}

/// Why a text is no condition.
public struct ConditionError: Error, Hashable, CustomStringConvertible {
    /// What was written.
    public var text: String
    /// What is wrong with it.
    public var problem: Problem

    /// What can be wrong.
    public enum Problem: Hashable, Sendable {
        case noRelation
        /// What stands where a number should.
        case noNumber(String)
        /// What stands where a name should.
        case noName(String)
    }

    /// One sentence with the remedy.
    public var description: String {
        let reason =
            switch problem {
            case .noRelation: "it has none of < <= > >= == !="
            case .noNumber(let found): "'\(visible(found))' is no number"
            case .noName(let found): "'\(visible(found))' is no name"
            }
        return "'\(visible(text))' is no condition: \(reason); "
            + "write metric.quantity > number, as in 'dead.fraction > 0.3'"
    }
}

extension Substring {
    fileprivate var trimmed: String {
        var text = self
        while text.first?.isWhitespace == true { text.removeFirst() }
        while text.last?.isWhitespace == true { text.removeLast() }
        return String(text)
    }
}
