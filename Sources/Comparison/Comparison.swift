import Analysis
public import MetricCore
import Report
import RunFormat
public import Statistics

/// Many runs in groups: how each quantity of a layer changes from group to group, and how it goes
/// with what the training achieved.
public struct Comparison: Sendable {
    /// What the groups differ in.
    public let axis: String
    /// The attribute beside which quantities are shown.
    public let target: String
    /// With what probability intervals are to cover.
    public let level: Double
    /// One a layer and combination of the other attributes.
    public let sections: [Section]
    /// What a reader should know: what was left out or does not fit together.
    public let warnings: [String]

    /// The quantities of one layer in runs that agree in everything but the axis.
    public struct Section: Sendable {
        /// What the runs have in common: names and values of the attributes before the axis.
        public let conditions: [(name: String, value: String)]
        /// The layer's name.
        public let layer: String
        /// The groups, in ascending order.
        public let groups: [GroupValue]
        /// The attribute that was aimed at.
        public let target: Track
        /// The layer's quantities.
        public let quantities: [Track]
    }

    /// One quantity along the groups.
    public struct Track: Sendable {
        /// `nil` for the attribute that was aimed at.
        public let metric: MetricDescriptor?
        /// Which values of the layer.
        public let site: Site?
        /// The name in the results; of an attribute its own.
        public let name: String
        /// For people.
        public let title: String
        /// What the numbers measure.
        public let unit: Quantity.Unit
        /// Every run's value: the position of its group, and the value.
        public let points: [(group: Int, value: Double)]
        /// A summary for each group; `nil` where no run has a value.
        public let aggregates: [Aggregate?]
        /// The values of untrained networks of the same shape; `nil` where there is none.
        public let baselines: [Double?]
        /// The rank correlation with the target over the runs that have both.
        public let correlation: RankCorrelation?
        /// The interval of ``correlation``; `nil` where the runs are not independent of each other or
        /// too few for one.
        public let correlationInterval: ClosedRange<Double>?

        /// `metric.quantity`, as it is named on the command line.
        public var identifier: String { metric.map { "\($0.id).\(name)" } ?? name }

        /// For people: the metric's title and the quantity's.
        public var heading: String { metric.map { "\($0.title): \(title)" } ?? title }

        /// The group with the largest mean, the first of several.
        public var highest: Int? { extreme { $0 > $1 } }
        /// The group with the smallest mean, the first of several.
        public var lowest: Int? { extreme { $0 < $1 } }

        private func extreme(_ precedes: (Double, Double) -> Bool) -> Int? {
            // A group alone is no extreme.
            guard aggregates.count(where: { $0 != nil }) > 1 else { return nil }
            var best: (group: Int, mean: Double)?
            for (group, aggregate) in aggregates.enumerated() {
                guard let mean = aggregate?.mean else { continue }
                if best.map({ precedes(mean, $0.mean) }) ?? true { best = (group, mean) }
            }
            return best?.group
        }
    }

    /// Compares `states`.
    ///
    /// - Parameters:
    ///   - states: what to compare.
    ///   - baselines: untrained networks; each stands beside the groups in which a run's layer has as
    ///     many neurons as its own.
    ///   - options: how.
    /// - Throws: ``ComparisonError`` if no state has the attribute to group by, or nothing that was
    ///   asked for is in the results.
    /// - Complexity: O(states · quantities).
    public init(
        _ states: [RunState], baselines: [RunState] = [], options: ComparisonOptions
    ) throws(ComparisonError) {
        var builder = ComparisonBuilder(states, baselines: baselines, options: options)
        sections = try builder.sections()
        axis = builder.axis
        target = options.target
        level = options.level
        warnings = builder.warnings
    }
}
