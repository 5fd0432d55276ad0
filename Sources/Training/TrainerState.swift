public import LinearAlgebra

/// Everything that a training needs to go on with the same bits: plain arrays, for files.
public struct TrainerState<Scalar: NetworkScalar>: Sendable, Hashable, Codable {
    /// The best network so far, by validation loss.
    public struct Best: Sendable, Hashable, Codable {
        /// Epochs completed then.
        public var epoch: Int
        /// The validation loss.
        public var loss: Double
        /// As in the state.
        public var slots: [[ParameterSlot]]
        /// As in the state.
        public var parameters: [Scalar]
    }

    /// Epochs completed.
    public var epoch: Int
    /// Updates made.
    public var step: Int
    /// The layers' parameters: names and shapes, a list for each layer.
    public var slots: [[ParameterSlot]]
    /// The values of all slots in order, row-major.
    public var parameters: [Scalar]
    /// The optimizer's memory, each as long as ``parameters``.
    public var moments: [[Scalar]]
    /// Draws the order of the samples in the next epoch.
    public var generator: SeededGenerator
    /// What was measured so far.
    public var history: History
    /// `nil` without patience.
    public var best: Best?
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
        try StateFile.write(
            header, arrays: [parameters] + moments + (best.map { [$0.parameters] } ?? []), to: path)
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
            let moments = state.configuration.optimizer.rule.momentCount
            let count = try parameterCount(of: state.slots, limit: limit)
            let best = try state.best.map { [try parameterCount(of: $0.slots, limit: limit)] }
            return Array(repeating: count, count: 1 + moments) + (best ?? [])
        }
        self = state
        let momentCount = configuration.optimizer.rule.momentCount
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
    var parameters: [Float] = []

    init(_ network: Network<Float>, epoch: Int, origin: String) {
        self.epoch = epoch
        self.origin = origin
        slots = network.layers.map(\.slots)
        parameters = network.parameters.elements
    }

    func write(to path: String) throws(StateFileError) {
        var header = self
        header.parameters = []
        try StateFile.write(header, arrays: [parameters], to: path)
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
