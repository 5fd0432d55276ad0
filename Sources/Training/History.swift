/// Quantities recorded once an epoch, under the names that run files use.
public struct History: Sendable, Hashable, Codable {
    /// One quantity: a value for each epoch.
    public struct Series: Sendable, Hashable, Codable {
        /// As in run files: "train_loss", ...
        public var name: String
        /// One an epoch.
        public var values: [Double]
    }

    /// In the order in which they first appeared.
    public private(set) var series: [Series] = []

    /// A history of no epochs.
    public init() {}

    /// Adds this epoch's value of a quantity.
    public mutating func append(_ name: String, _ value: Double) {
        if let index = series.firstIndex(where: { $0.name == name }) {
            series[index].values.append(value)
        } else {
            series.append(Series(name: name, values: [value]))
        }
    }

    /// Adds to the last value of a quantity that was recorded.
    mutating func add(_ value: Double, toLast name: String) {
        guard let index = series.firstIndex(where: { $0.name == name }) else { return }
        series[index].values[series[index].values.count - 1] += value
    }

    /// The values of a quantity, one an epoch; empty if it was not recorded.
    public subscript(name: String) -> [Double] {
        series.first { $0.name == name }?.values ?? []
    }
}
