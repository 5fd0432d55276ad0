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
            let name = [condition.metric, condition.quantity].compactMap { $0 }
                .joined(separator: ".")
            return place.compactMap { $0 }.map(visible).joined(separator: " ")
                + ": \(name) is \(value), which satisfies \(condition.text)"
        }
    }

    /// The numbers of `states` that satisfy the condition, and how many there were to look at.
    ///
    /// Results that are not ok have no numbers that mean anything, and satisfy nothing.
    public func check(_ states: [RunState]) -> (hits: [Hit], checked: Int) {
        var hits: [Hit] = []
        var checked = 0
        func look(at value: Double?, _ run: String, _ result: LayerResult?) {
            guard let value, value.isFinite else { return }
            checked += 1
            if relation.holds(value, threshold) {
                hits.append(Hit(run: run, result: result, value: value, condition: self))
            }
        }
        for state in states {
            guard let metric else {
                look(at: state[quantity]?.number, state.run, nil)
                continue
            }
            for result in state.results where result.metric.id == metric && result.status == .ok {
                look(at: result.number(quantity), state.run, result)
            }
        }
        return (hits, checked)
    }
}

extension LayerResult {
    /// The number called `name` in the result's values or among its quantities.
    func number(_ name: String) -> Double? {
        if let quantity = quantities.first(where: { $0.name == name }) { return quantity.value }
        return values.number(at: name)
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
