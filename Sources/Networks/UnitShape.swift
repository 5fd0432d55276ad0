/// What a layer reads or writes for one sample: units, each with a value at every position.
///
/// A dense layer's units have one position. A convolution's unit is a channel, its positions are
/// those of the image, and the values of a channel lie beside each other: a dense layer behind a
/// convolution needs no flattening.
public struct UnitShape: Sendable, Hashable, Codable {
    /// What can be removed one by one: neurons or channels.
    public var units: Int
    /// Values of each unit.
    public var positions: Int

    /// A shape of `units` units with `positions` values each.
    public init(units: Int, positions: Int = 1) {
        self.units = units
        self.positions = positions
    }

    /// Values of a sample.
    public var count: Int { units * positions }
}
