/// A quantity computed from the activations of one layer.
///
/// A metric is a value made from a checked configuration. What it keeps while the samples stream
/// by lives in an ``Accumulator``; accumulators of disjoint samples merge into that of their union.
/// Metrics that name the same accumulator (same type, same options) share one instance a layer, so
/// that a block of samples is summarized once, however many metrics ask.
public protocol Metric: Sendable {
    /// What was asked for; stored with every result.
    associatedtype Configuration: MetricConfiguration = NoConfiguration
    /// How the command line spells a configuration.
    associatedtype Arguments: MetricArguments<Configuration> = NoArguments
    associatedtype Accumulator: MetricAccumulator
    associatedtype Output: MetricOutput

    static var descriptor: MetricDescriptor { get }

    var configuration: Configuration { get }

    /// Cannot fail: a configuration is already checked.
    init(configuration: Configuration)

    /// What the metric needs beside the values of the layer. Default: nothing.
    ///
    /// The engine reads it once, however many metrics ask, and gives it to the accumulator and to
    /// ``output(of:for:)`` in ``Layer/context``, labels and targets with each block.
    var inputs: [MetricInput] { get }

    /// What the metric uses beside ``inputs`` where the run holds it. Default: labels if the descriptor says
    /// so.
    var optionalInputs: [MetricInput] { get }

    /// Why there is no result for `layer`, which is then skipped with this reason; `nil` if there is one.
    /// Default: the first of ``inputs`` that the run does not hold.
    func refusal(for layer: Layer) -> Refusal?

    /// Which accumulator of its type the metric starts from.
    var accumulatorOptions: Accumulator.Options { get }

    /// The command or option that takes less memory, for the refusal of a layer that would take too
    /// much; `nil` unless implemented.
    var memoryRemedy: String? { get }

    /// The result for one layer.
    ///
    /// A result that mathematics does not define is not an error: the output says so in its
    /// ``MetricOutput/verdict``.
    ///
    /// - Throws: what went wrong in a computation that should have succeeded.
    func output(of accumulator: Accumulator, for layer: Layer) throws -> Output
}

extension Metric {
    /// None.
    public var memoryRemedy: String? { nil }

    /// Nothing.
    public var inputs: [MetricInput] { [] }

    /// Labels, where blocks should carry them.
    public var optionalInputs: [MetricInput] { Self.descriptor.usesLabels ? [.labels] : [] }

    /// The first of ``inputs`` that is not there.
    public func refusal(for layer: Layer) -> Refusal? {
        inputs.lazy.compactMap { layer.context.refusal(of: $0) }.first
    }
}

extension Metric where Accumulator.Options == NoOptions {
    /// No options: every metric that uses this accumulator shares it.
    public var accumulatorOptions: NoOptions { NoOptions() }
}

/// What a metric keeps while samples stream by.
///
/// For any split of the samples, merging the parts in order equals one pass over the whole, up to
/// rounding. Memory must not grow with the number of samples.
public protocol MetricAccumulator: Sendable {
    associatedtype Options: Hashable & Sendable = NoOptions

    /// The state before any sample: the identity of ``merge(_:)``.
    init(for layer: Layer, options: Options)

    mutating func update(with block: ActivationBlock)

    /// Adds the samples that `other` has seen, which come after those seen here.
    mutating func merge(_ other: Self)

    /// Computes what waits for more samples, as no more come; nothing unless implemented.
    ///
    /// The output must be the same without it.
    mutating func finish()

    /// Whether much of its time goes into products and decompositions of matrices, so that the
    /// BLAS had better be the fastest for this processor. Default: no.
    static var multipliesMatrices: Bool { get }

    /// About how many bytes the accumulator of `layer` and the result from it take; 128 a neuron
    /// unless implemented.
    ///
    /// A layer for which the machine has not that much is refused before any of it is asked for.
    static func memory(for layer: Layer, options: Options) -> Double
}

extension MetricAccumulator {
    /// Nothing waits.
    public mutating func finish() {}

    /// It does without a BLAS.
    public static var multipliesMatrices: Bool { false }

    /// A few numbers a neuron.
    public static func memory(for layer: Layer, options: Options) -> Double {
        128 * Double(layer.neurons)
    }
}

/// An accumulator that knows how many entries each neuron had that no metric can use: NaN, infinite, or
/// beyond 1e150 in magnitude (`ValueDomain` of Statistics).
public protocol NonFiniteCounting: MetricAccumulator {
    /// All such entries, one count a neuron.
    var nonFiniteCounts: [Int] { get }
    /// Those of them that are finite, one count a neuron. Default: none.
    var excessiveCounts: [Int] { get }
}

extension NonFiniteCounting {
    /// None.
    public var excessiveCounts: [Int] { nonFiniteCounts.map { _ in 0 } }
}

/// The options of an accumulator that has none.
public struct NoOptions: Hashable, Sendable {
    /// A value from its parts.
    public init() {}
}

/// The result of a metric on one layer.
public protocol MetricOutput: Equatable, Sendable {
    /// Everything computed, under the names that files and scripts rely on.
    var values: Object { get }
    /// Whether the values mean anything; `.ok` unless implemented.
    var verdict: Verdict { get }
    /// What a reader of the values should know; none unless implemented.
    var warnings: [String] { get }
    /// The scalars among the values, those for the table first.
    var quantities: [Quantity] { get }
    /// One line of what it means: "38 of 1024 neurons are dead".
    var summary: String { get }
    /// Pictures, as data; none unless implemented.
    var figures: [Figure] { get }
}

extension MetricOutput {
    /// The values mean what they say.
    public var verdict: Verdict { .ok }
    /// None.
    public var warnings: [String] { [] }
    /// None.
    public var figures: [Figure] { [] }
}

/// Whether a result means anything, and if not, why.
public enum Verdict: Sendable, Hashable {
    case ok
    /// The data are of a kind for which the quantity is undefined (constant, one-valued).
    case degenerate(String)
    /// There are too few data.
    case insufficient(String)
    /// The computation did not succeed.
    case failed(String)
}

/// Which values of a layer.
public enum Site: String, Sendable, Hashable, CaseIterable {
    /// Before the nonlinearity.
    case pre
    /// After the nonlinearity.
    case post
    /// The weights; a neuron's samples are its incoming weights.
    case weight
}

/// What is being analyzed: one matrix of values, a column a neuron.
public struct Layer: Sendable {
    /// As the run names it.
    public var name: String
    /// `nil` for a matrix that belongs to no layer of a run.
    public var site: Site?
    /// Columns of the matrix.
    public var neurons: Int
    /// Rows of the matrix: samples, for a convolutional layer samples times positions.
    public var samples: Int
    /// Neurons with entries that are NaN, infinite or beyond 1e150 in magnitude, ascending; known once all
    /// samples were seen.
    ///
    /// What they hold must not enter a result.
    public var nonFiniteNeurons: [Int]
    /// The nonlinearity between ``Site/pre`` and ``Site/post`` as the run names it ("relu"); `nil`
    /// where no run says it.
    public var activation: String?
    /// What metrics declared of the network around the layer.
    public var context: RunContext

    /// A value from its parts.
    public init(
        name: String, site: Site? = nil, neurons: Int, samples: Int, nonFiniteNeurons: [Int] = [],
        activation: String? = nil, context: RunContext = RunContext()
    ) {
        self.name = name
        self.site = site
        self.neurons = neurons
        self.samples = samples
        self.nonFiniteNeurons = nonFiniteNeurons
        self.activation = activation
        self.context = context
    }
}

/// What a metric is, for people: help, tables, reports.
public struct MetricDescriptor: Sendable, Hashable {
    /// Stable identifier: subcommand, table and file name; kebab case.
    public var id: String
    /// For heads of tables and pages.
    public var title: String
    /// One sentence: what it computes.
    public var abstract: String
    /// The question it answers.
    public var question: String
    /// Increases when the same input gives other values.
    public var version: Int
    /// Sites it can use, the preferred first.
    public var sites: [Site]
    /// Whether blocks should carry the samples' classes, where the run has them.
    public var usesLabels: Bool
    /// Names of the quantities that stand for the metric where there is little room, as in a
    /// comparison of runs; the first headline if empty.
    public var keyQuantities: [String]
    /// Whether outputs have figures.
    public var draws: Bool
    /// Whether `analyze all`, `batch`, `compare` and `report` compute it only where it is named, because it
    /// would make them noticeably slower.
    public var isOnRequest: Bool
    /// Where the definition comes from.
    public var references: [String]

    /// A value from its parts.
    public init(
        id: String, title: String, abstract: String, question: String, version: Int = 1,
        sites: [Site] = [.post, .pre, .weight], usesLabels: Bool = false,
        keyQuantities: [String] = [], draws: Bool = true, isOnRequest: Bool = false,
        references: [String] = []
    ) {
        self.id = id
        self.title = title
        self.abstract = abstract
        self.question = question
        self.version = version
        self.sites = sites
        self.usesLabels = usesLabels
        self.keyQuantities = keyQuantities
        self.draws = draws
        self.isOnRequest = isOnRequest
        self.references = references
    }
}

/// A fixed list of metrics.
public protocol MetricList: Sendable {
    /// The metrics, in the order in which they are listed and run.
    static var metrics: [any Metric.Type] { get }

    /// What the metric called `id` means and how it is read, in Markdown; `nil` unless implemented.
    static func manual(of id: String) -> String?
}

extension MetricList {
    /// None.
    public static func manual(of id: String) -> String? { nil }
}
