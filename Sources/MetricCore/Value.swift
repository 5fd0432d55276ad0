/// A value of a result, as it appears in files: what JSON can say, with numbers kept apart by kind.
public enum Value: Sendable, Equatable {
    case null
    /// Written as null when it is NaN or infinite.
    case number(Double)
    case integer(Int)
    case text(String)
    case flag(Bool)
    case numbers([Double])
    case integers([Int])
    case matrix(rows: [[Double]])
    case object(Object)

    /// The number, or null if there is none.
    public static func number(_ value: Double?) -> Value { value.map { .number($0) } ?? .null }
    /// The integer, or null if there is none.
    public static func integer(_ value: Int?) -> Value { value.map { .integer($0) } ?? .null }
}

/// Named values in a fixed order.
public struct Object: Sendable, Equatable, ExpressibleByDictionaryLiteral {
    /// Names and values; names are unique.
    public var fields: [(name: String, value: Value)]

    /// An object or quantity from its parts.
    public init(_ fields: [(name: String, value: Value)] = []) { self.fields = fields }

    /// An object or quantity from its parts.
    public init(dictionaryLiteral elements: (String, Value)...) {
        fields = elements.map { (name: $0.0, value: $0.1) }
    }

    /// The value called `name`.
    public subscript(name: String) -> Value? {
        fields.first { $0.name == name }?.value
    }

    /// Adds a value at the end.
    public mutating func append(_ name: String, _ value: Value) {
        fields.append((name: name, value: value))
    }

    /// Whether names, values and their order are equal.
    public static func == (a: Object, b: Object) -> Bool {
        a.fields.count == b.fields.count
            && zip(a.fields, b.fields).allSatisfy { $0.name == $1.name && $0.value == $1.value }
    }
}

/// One number with its unit.
public struct Quantity: Sendable, Equatable {
    /// The name in ``MetricOutput/values``; dots reach into objects ("componentsFor.0.95").
    public var name: String
    /// For people, as a column's head.
    public var title: String
    /// `nil` where it does not exist, and of a word.
    public var value: Double?
    /// The word, where the quantity is one: a rule, a method.
    public var text: String?
    /// What the number measures.
    public var unit: Unit
    /// Whether the table shows it.
    public var isHeadline: Bool

    /// An object or quantity from its parts.
    public init(
        _ name: String, title: String, _ value: Double?, in unit: Unit, headline: Bool = true
    ) {
        self.name = name
        self.title = title
        self.value = value
        self.unit = unit
        isHeadline = headline
    }

    /// A word that a table should show beside the numbers: by which rule they were found.
    public init(_ name: String, title: String, text: String, headline: Bool = true) {
        self.init(name, title: title, nil, in: .none, headline: headline)
        self.text = text
    }

    /// The measure of a number.
    public enum Unit: String, Sendable {
        /// A pure number.
        case none = ""
        /// Neurons, samples, components, iterations: whole things.
        case count
        /// A share between 0 and 1.
        case fraction
        /// In the unit of the activations.
        case activation
        /// In the square of the unit of the activations.
        case activationSquared = "activation^2"
        /// Effective dimensions.
        case dimensions
        /// Natural logarithm of a density.
        case nats
    }
}
