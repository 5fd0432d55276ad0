/// One tensor of parameters of a layer: its name in run files, its role, its shape, and which of its
/// axes count units.
public struct ParameterSlot: Sendable, Hashable, Codable {
    /// An axis of a two-dimensional tensor.
    public enum Axis: String, Sendable, Hashable, Codable {
        case rows, columns
    }

    /// What the values are for; an optimizer's groups go by it.
    public enum Role: String, Sendable, Hashable, Codable {
        case weight, bias, gate
        /// Numbers that a layer keeps and no gradient moves.
        case buffer
    }

    /// "weight", "bias", "filter", ...
    public var name: String
    /// What the values are for.
    public var role: Role
    /// Length of the first axis.
    public var rows: Int
    /// 1 for a vector.
    public var columns: Int
    /// The axis along which the layer's own units lie; `nil` if all units share the values.
    public var unitAxis: Axis?
    /// The axis along which the units of the layer's inputs lie; `nil` if the values belong to none.
    ///
    /// Its length is a multiple of the number of those units: a convolution has several columns an
    /// input channel, and a dense layer behind it one for each position, all beside each other.
    public var inputAxis: Axis?

    /// A slot of `rows` times `columns` values.
    public init(
        name: String, role: Role, rows: Int, columns: Int = 1, unitAxis: Axis? = .rows,
        inputAxis: Axis? = nil
    ) {
        self.name = name
        self.role = role
        self.rows = rows
        self.columns = columns
        self.unitAxis = unitAxis
        self.inputAxis = inputAxis
    }

    /// Number of values.
    public var count: Int { rows * columns }
}
