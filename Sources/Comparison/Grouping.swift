public import Report
import RunFormat
import Statistics
import Text

/// A value by which runs are put into groups.
public struct GroupValue: Sendable, Hashable {
    /// For people.
    public let text: String
    /// `nil` if it is not a number.
    public let number: Double?

    /// The value of an attribute.
    public init(_ node: JSONNode) {
        text = node.shown
        number = node.number
    }

    /// Numbers before texts, numbers by size, texts in natural order.
    static func precedes(_ a: GroupValue, _ b: GroupValue) -> Bool {
        switch (a.number, b.number) {
        case (let a?, let b?): a < b
        case (_?, nil): true
        case (nil, _?): false
        case (nil, nil): naturallyPrecedes(a.text, b.text)
        }
    }

    /// Whether both are the same number, or the same text.
    public static func == (a: GroupValue, b: GroupValue) -> Bool {
        guard let number = a.number, number == b.number, abs(number) < 0x1p53 else {
            // Seeds beyond 2^53 differ although their nearest doubles do not.
            return a.number == b.number && isSame(a.text, b.text)
        }
        return true
    }

    /// Agrees with ``==(_:_:)``: 64 and 64.0 are one group.
    public func hash(into hasher: inout Hasher) {
        if let number { hasher.combine(number) } else { hasher.combine(ExactName(text)) }
    }
}

/// Several values of one quantity.
public struct Aggregate: Sendable, Hashable {
    /// How many there are.
    public let count: Int
    /// Their arithmetic mean.
    public let mean: Double
    /// The square root of their variance, which divides by n - 1; `nil` for a single value.
    public let standardDeviation: Double?
    /// Student's t interval of the mean, which covers it with the level's probability if the values
    /// are independent and normally distributed; `nil` for a single value.
    public let interval: ClosedRange<Double>?
}

/// What a comparison looks at and how.
public struct ComparisonOptions: Sendable, Hashable {
    /// What runs are grouped by: attributes, settings of the training, `width`, `run`, `snapshot`.
    ///
    /// The last is the horizontal axis; each combination of the others is compared for
    /// itself.
    public var by: [String]
    /// The attribute with which the quantities are correlated.
    public var target: String
    /// Glob patterns of layers; if there are none, all whose number of neurons differs between the
    /// runs, or all if none differs.
    public var layers: [String]
    /// Glob patterns of `metric.quantity`; those that the metrics propose if there are none.
    public var quantities: [String]
    /// With what probability intervals are to cover.
    public var level: Double

    /// Options; unless told otherwise widths are compared, and data sets and models kept apart.
    public init(
        by: [String] = [], target: String = "test_accuracy", layers: [String] = [],
        quantities: [String] = [], level: Double = 0.95
    ) {
        self.by = by
        self.target = target
        self.layers = layers
        self.quantities = quantities
        self.level = level
    }

    func aggregate(_ values: [Double]) -> Aggregate? {
        guard !values.isEmpty else { return nil }
        let count = Double(values.count)
        // In one order: sums must not depend on that of the files.
        let sorted = values.sorted()
        let mean = sorted.reduce(0, +) / count
        let squares = sorted.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        guard count > 1 else {
            return Aggregate(count: 1, mean: mean, standardDeviation: nil, interval: nil)
        }
        let deviation = (squares / (count - 1)).squareRoot()
        return Aggregate(
            count: values.count, mean: mean, standardDeviation: deviation,
            interval: StudentT.meanInterval(
                mean: mean, standardDeviation: deviation, count: values.count, level: level))
    }
}

/// A request that does not fit the runs.
public struct ComparisonError: Error, Hashable, CustomStringConvertible {
    /// One sentence with the remedy.
    public var description: String
    /// Whether the runs hold nothing to compare, whatever were asked for.
    public var isAboutData = false
}
