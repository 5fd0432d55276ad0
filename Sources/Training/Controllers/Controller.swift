public import Networks

/// How a training ended.
public enum TrainingOutcome: String, Sendable, Hashable, Codable {
    /// Its sizes no longer changed.
    case converged
    /// Epochs or arithmetic ran out before.
    case budget
    /// A layer lost all its units; one was kept.
    case collapsed
    case diverged
}

/// A change of the network's shape.
public struct TrainingEvent: Sendable, Hashable, Codable {
    /// The epoch under way, from 1.
    public var epoch: Int
    /// Updates made.
    public var step: Int
    /// The layer's name in run files.
    public var layer: String
    /// Units before.
    public var before: Int
    /// Units afterwards.
    public var after: Int
    /// Why, in a word or two.
    public var reason: String
}

/// What a controller sees of a training after a batch or an epoch, and may change.
public struct TrainingControl {
    /// A hidden layer whose units can be removed.
    public struct Layer {
        /// Its index in the network.
        public var index: Int
        /// What each unit counts: its filter, or the norm of its weights where those are penalized.
        public var values: [Double]
    }

    /// Epochs completed.
    public var epoch: Int
    /// Epochs to be done.
    public var epochs: Int
    /// Updates made.
    public var step: Int
    /// Updates of an epoch.
    public var stepsPerEpoch: Int
    /// Multiplications and additions of all passes so far.
    public var multiplyAdds: Double
    /// Whether the batch was the last of its epoch.
    public var isEndOfEpoch: Bool
    /// λ of every penalty; may be changed.
    public var strengths: [Double]
    /// Factor on the learning rate in place of the schedule's, if not `nil`; may be changed.
    public var rateFactor: Double?
    /// Set it to end the training: after the epoch, which may be cut short.
    public var outcome: TrainingOutcome?
    /// Whether dead units are removed, as opposed to being kept for comparison.
    public var removesUnits = true
    /// Whether the epoch ends with this batch.
    public var endsEpoch = false
    /// Edits to be made, in order, with a reason.
    public var edits: [(edit: StructuralEdit, reason: String)] = []
    /// Filters to be set to 0.
    public var silenced: [(layer: Int, unit: Int)] = []

    /// What is asked for where the network grows.
    public var growth = Growth()

    let read: () -> [Layer]
    /// Of the network as it is with the accepted one.
    var compare: () -> ValidationComparison? = { nil }
    /// Of the first layer, of the network as it is and of the accepted one.
    var units: () -> Int = { 0 }
    var acceptedUnits: () -> Int = { 0 }

    /// What units are sorted by, of each layer with a ramp, as it was for the batch.
    var ranks: (Sort.Key) -> [Layer] = { _ in [] }

    /// The hidden layers whose units can be removed, in order; reads the network anew.
    public func layers() -> [Layer] { read() }
}

/// Acts on a training between batches and epochs.
///
/// A controller is its settings and its state in one value: the value of a recipe is that of the
/// start, a checkpoint holds that of the moment, so that a resumed training goes on as it would have.
public protocol Controller: Codable, Sendable, Hashable {
    /// Called after each update, before the measurements of an epoch. Default: does nothing.
    mutating func afterBatch(_ control: inout TrainingControl)
    /// Called after the measurements of each epoch. Default: does nothing.
    mutating func afterEpoch(_ control: inout TrainingControl)
    /// Called after each edit, also of others, so that a state by unit can follow. Default: does
    /// nothing.
    mutating func follow(_ edit: StructuralEdit)
    /// Whether what it does in an epoch depends on how many there are to be, so that a training cannot
    /// be extended. Default: false.
    var dependsOnEpochs: Bool { get }
    /// - Throws: ``TrainingError/setting(name:value:expected:)`` if a setting is out of its domain.
    func check() throws(TrainingError)
    /// Whether the state is one that a training of layers with so many units can have; `units` is by
    /// layer index.
    func isValid(units: [Int]) -> Bool
}

extension Controller {
    /// Nothing.
    public mutating func afterBatch(_ control: inout TrainingControl) {}
    /// Nothing.
    public mutating func afterEpoch(_ control: inout TrainingControl) {}
    /// Nothing.
    public mutating func follow(_ edit: StructuralEdit) {}
    /// False.
    public var dependsOnEpochs: Bool { false }
    /// True.
    public func isValid(units: [Int]) -> Bool { true }
}

/// Any controller that a recipe can name.
public enum AnyController: Sendable, Hashable, Codable {
    case prune(Prune)
    case penaltySchedule(PenaltySchedule)
    case budget(Budget)
    case settle(Settle)
    case grow(Grow)
    case sort(Sort)

    /// The controller.
    public var value: any Controller {
        get {
            switch self {
            case .prune(let controller): controller
            case .penaltySchedule(let controller): controller
            case .budget(let controller): controller
            case .settle(let controller): controller
            case .grow(let controller): controller
            case .sort(let controller): controller
            }
        }
        set {
            switch newValue {
            case let controller as Prune: self = .prune(controller)
            case let controller as PenaltySchedule: self = .penaltySchedule(controller)
            case let controller as Budget: self = .budget(controller)
            case let controller as Settle: self = .settle(controller)
            case let controller as Grow: self = .grow(controller)
            case let controller as Sort: self = .sort(controller)
            default: preconditionFailure("no controller that a recipe can name")
            }
        }
    }

    /// Whether the other is of the same kind.
    func isSameKind(as other: AnyController) -> Bool { type(of: value) == type(of: other.value) }
}
