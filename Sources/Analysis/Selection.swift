public import MetricCore
public import RunFormat

/// What of a run is to be analyzed.
public struct Selection: Sendable, Hashable {
    /// Glob patterns of layer names; all layers if there are none.
    public var layers: [String]
    /// The sites at which every metric looks; its own preference if there are none.
    public var sites: [Site]
    /// Matrices outside the layout of a run, instead of layers: paths of datasets or groups, or
    /// shell patterns.
    public var datasets: [String]
    /// What the axes of ``datasets`` stand for; `nil` for the usual meaning of their number.
    public var axes: AxisNames?
    /// Where the neurons of ``datasets`` are if they have more than two axes and ``axes`` is `nil`.
    public var channelsAreLast: Bool
    /// Steps of the training; the final state if empty.
    public var snapshots: [String]
    /// What to do with neurons that hold NaN or infinite entries.
    public var nonFinite: NonFinitePolicy

    /// A selection; the defaults take every layer in its final state.
    public init(
        layers: [String] = [], sites: [Site] = [], datasets: [String] = [],
        axes: AxisNames? = nil, channelsAreLast: Bool = false, snapshots: [String] = [],
        nonFinite: NonFinitePolicy = .exclude
    ) {
        self.layers = layers
        self.sites = sites
        self.datasets = datasets
        self.axes = axes
        self.channelsAreLast = channelsAreLast
        self.snapshots = snapshots
        self.nonFinite = nonFinite
    }
}

/// What to do with neurons that hold NaN or infinite entries.
public enum NonFinitePolicy: String, Sendable, Hashable, CaseIterable {
    /// Leave them out and say so.
    case exclude
    /// Refuse the layer.
    case fail
}
