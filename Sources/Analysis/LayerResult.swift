public import MetricCore

/// What one metric found in one matrix of a run: a row of the output, with its reason if it has no
/// values.
public struct LayerResult: Sendable {
    /// The file, as the user named it.
    public var run: String
    /// The layer's name, or the path of a bare dataset.
    public var layer: String
    /// `nil` for a bare dataset.
    public var site: Site?
    /// The step of an earlier state of the same training; `nil` for the final one.
    public var snapshot: String?
    /// What was computed.
    public var metric: MetricDescriptor
    /// What computed it; `nil` for other programs' results.
    public var provenance: Provenance?
    /// How it ended.
    public var status: Status
    /// Why the status is not ok.
    public var reason: String?
    /// What a reader of the values should know.
    public var warnings: [String]
    /// Rows of the matrix.
    public var samples: Int
    /// Columns of the matrix.
    public var neurons: Int
    /// Entries that are NaN or infinite.
    public var nonFinite: Int
    /// The width of the network, whichever of its layers this is; `nil` where it is not known.
    public var width: Int?
    /// The settings of the metric.
    public var configuration: Object
    /// Everything computed, under the names of the contract.
    public var values: Object
    /// The scalars of `values` with units and titles.
    public var quantities: [Quantity]
    /// One line of what the values mean; empty if there are none.
    public var summary: String
    /// Pictures, as data.
    public var figures: [Figure]

    /// A result from its parts.
    public init(
        run: String, layer: String, site: Site?, snapshot: String? = nil,
        metric: MetricDescriptor, provenance: Provenance? = .current, status: Status,
        reason: String? = nil, warnings: [String] = [], samples: Int, neurons: Int,
        nonFinite: Int = 0, configuration: Object = Object(),
        values: Object = Object(), quantities: [Quantity] = [], summary: String = "",
        figures: [Figure] = []
    ) {
        self.run = run
        self.layer = layer
        self.site = site
        self.snapshot = snapshot
        self.metric = metric
        self.provenance = provenance
        self.status = status
        self.reason = reason
        self.warnings = warnings
        self.samples = samples
        self.neurons = neurons
        self.nonFinite = nonFinite
        self.configuration = configuration
        self.values = values
        self.quantities = quantities
        self.summary = summary
        self.figures = figures
    }

    /// How it ended, as the JSON spells it.
    public enum Status: String, Sendable {
        case ok, degenerate, insufficient, skipped, failed
    }
}
