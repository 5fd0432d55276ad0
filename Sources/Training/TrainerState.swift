public import LinearAlgebra
public import Networks

/// Everything that a training needs to go on with the same bits: plain arrays, for files.
public struct TrainerState<Scalar: TrainingScalar>: Sendable, Hashable, Codable {
    /// The best network so far, by validation loss.
    public struct Best: Sendable, Hashable, Codable {
        /// Epochs completed then.
        public var epoch: Int
        /// The validation loss.
        public var loss: Double
        /// As in the state.
        public var slots: [[ParameterSlot]]
        /// As in the state.
        public var units: [UnitIdentities]
        /// As in the state.
        public var parameters: [Scalar]
    }

    /// Epochs completed.
    public var epoch: Int
    /// Updates made.
    public var step: Int
    /// The layers' parameters: names and shapes, a list for each layer.
    public var slots: [[ParameterSlot]]
    /// The units of every layer, as many as it has by now.
    public var units: [UnitIdentities]
    /// The values of all slots in order, row-major.
    public var parameters: [Scalar]
    /// The optimizer's memory, each as long as ``parameters``.
    public var moments: [[Scalar]]
    /// When units were born that are there and were not from the start; `nil` for none.
    public var births: [UnitBirth]?
    /// The step at which the optimizer forgot its moments; `nil` for never.
    public var restart: Int?
    /// Units that were born before this step do not learn; `nil` where all do.
    public var frozenBefore: Int?
    /// Draws the order of the samples in the next epoch.
    public var generator: SeededGenerator
    /// What was measured so far.
    public var history: History
    /// The changes of the network's shape so far.
    public var events: [TrainingEvent]
    /// `nil` unless networks are compared.
    public var best: Best?
    /// λ of every penalty at the next step; empty before the first.
    public var strengths: [Double]
    /// The largest λ that makes a difference, where a share of it was asked for.
    public var largestStrength: Double?
    /// What the costs of units are relative to, for every penalty.
    public var meanCosts: [Double]
    /// Multiplications and additions of all passes so far.
    public var multiplyAdds: Double
    /// Factor on the learning rate in place of the schedule's.
    public var rateFactor: Double?
    /// Why the training ended; `nil` while it goes on.
    public var stop: TrainingOutcome?
    /// The controllers with their state.
    public var controllers: [AnyController]
    /// What the training is of, in the words of whoever stores the state, who compares it before
    /// going on; empty when a trainer made it.
    public var origin = ""
    /// The settings of the training.
    public var configuration: TrainingConfiguration
}

extension TrainerState where Scalar == Float {
    /// Writes the state to a file that replaces whatever is at `path` only once it is complete.
    ///
    /// - Throws: ``StateFileError``.
    public func write(to path: String) throws(StateFileError) {
        var header = self
        header.parameters = []
        header.moments = []
        header.best?.parameters = []
        var values = [StateFile.Values(prefix: "", slots: slots, elements: parameters)]
        values += moments.enumerated().map { index, elements in
            StateFile.Values(prefix: "moment\(index + 1).", slots: slots, elements: elements)
        }
        if let best {
            values.append(.init(prefix: "best.", slots: best.slots, elements: best.parameters))
        }
        try StateFile.write(header, values, to: path)
    }

    /// Reads a state that ``write(to:)`` wrote.
    ///
    /// - Parameters:
    ///   - path: the file.
    ///   - limit: parameters that the network has at most; memory for more is not asked for.
    /// - Throws: ``StateFileError`` if the file cannot be read, is of another format, or one bit of
    ///   it is not as it was written.
    public init(readingFrom path: String, parameterLimit limit: Int) throws(StateFileError) {
        // Parameters, two moments and the best network.
        let floats = limit.multipliedReportingOverflow(by: 4)
        let (state, arrays) = try StateFile.read(
            Self.self, from: path, limit: floats.overflow ? .max : floats.partialValue
        ) { state in
            let moments = state.configuration.optimizer.momentCount
            let count = try parameterCount(of: state.slots, limit: limit)
            let best = try state.best.map { [try parameterCount(of: $0.slots, limit: limit)] }
            return Array(repeating: count, count: 1 + moments) + (best ?? [])
        }
        self = state
        let momentCount = configuration.optimizer.momentCount
        parameters = arrays[0]
        moments = Array(arrays[1..<1 + momentCount])
        best?.parameters = arrays[arrays.count - 1]
    }
}

/// The network of one epoch, to be recorded at the end.
struct NetworkSnapshot: Codable {
    var epoch: Int
    var origin: String
    var slots: [[ParameterSlot]]
    var units: [UnitIdentities]
    var parameters: [Float] = []

    init(_ network: Network<Float>, epoch: Int, origin: String) {
        self.epoch = epoch
        self.origin = origin
        slots = network.layers.map { $0.slots }
        units = network.units
        parameters = network.parameters.elements
    }

    func write(to path: String) throws(StateFileError) {
        var header = self
        header.parameters = []
        try StateFile.write(
            header, [.init(prefix: "", slots: slots, elements: parameters)], to: path)
    }

    init(readingFrom path: String, parameterLimit limit: Int) throws(StateFileError) {
        let (snapshot, arrays) = try StateFile.read(Self.self, from: path, limit: limit) {
            [try parameterCount(of: $0.slots, limit: limit)]
        }
        self = snapshot
        parameters = arrays[0]
    }
}

/// Number of values in all `slots`.
///
/// - Throws: ``TrainingError/state(_:)`` if a slot has no size, or they hold more than `limit`.
private func parameterCount(
    of slots: [[ParameterSlot]], limit: Int
) throws(TrainingError) -> Int {
    var sum = 0
    for slot in slots.joined() {
        let (product, overflows) = slot.rows.multipliedReportingOverflow(by: slot.columns)
        guard slot.rows > 0, slot.columns > 0, !overflows, product <= limit - sum else {
            throw .state(
                "\(slot.name) is \(slot.rows) x \(slot.columns) in a network of at most \(limit) "
                    + "parameters")
        }
        sum += product
    }
    return sum
}
