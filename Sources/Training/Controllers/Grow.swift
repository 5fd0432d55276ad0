import Networks

/// Lets the hidden layer of a network grow block by block, as long as samples held out say that it gains.
///
/// Each block has a number of epochs, over which the learning rate falls to 0 along a cosine; then the
/// network is compared with the one that was accepted last.
public struct Grow: Controller {
    /// How a block is added.
    public enum Method: String, Sendable, Hashable, Codable, CaseIterable {
        /// All units go on training, and a block's incoming weights come from the data
        /// (``NewUnits``). Ends with the first block that does not gain more than one standard error.
        case corrective
        /// Earlier units are frozen, and a new block learns what they miss, under a penalty on its
        /// filters that is raised as long as nothing is lost and lowered if the block does not gain.
        case frozen
    }

    /// What the epochs of a frozen block are for.
    enum Phase: Sendable, Hashable, Codable {
        /// A new block.
        case fitting
        /// One that was accepted, under a stronger penalty.
        case raising
    }

    /// How a block is added.
    public var method: Method
    /// Units of a block.
    public var block: Int
    /// Units at most.
    public var most: Int
    /// Epochs between two comparisons.
    public var epochs: Int
    /// Factor by which the penalty is raised and lowered.
    public var factor: Double
    /// The training ends when a block does not gain with a weaker penalty than this.
    public var least: Double
    private var phase = Phase.fitting
    /// Index of the first unit of the block.
    private var first = 0
    /// Updates made when the present epochs began.
    private var start = 0
    /// λ of a new block.
    private var base: Double?
    /// Mean validation loss of the block when it was accepted, less that of the network accepted last.
    private var gained = 0.0

    /// A controller at the start of a training, whose network is the first block.
    public init(
        _ method: Method, block: Int, most: Int, epochs: Int, factor: Double = 10,
        least: Double = 1e-7
    ) {
        self.method = method
        self.block = block
        self.most = most
        self.epochs = epochs
        self.factor = factor
        self.least = least
    }

    /// - Throws: ``TrainingError/setting(name:value:expected:)``.
    public func check() throws(TrainingError) {
        func require(
            _ condition: Bool, _ name: String, _ value: some CustomStringConvertible,
            _ words: String
        ) throws(TrainingError) {
            guard condition else {
                throw .setting(name: name, value: "\(value)", expected: words)
            }
        }
        try require(block > 0, "block", block, "1 or more")
        try require(most >= block, "most", most, "the units of a block or more")
        try require(epochs > 0, "epochs", epochs, "1 or more")
        try require(factor > 1 && factor.isFinite, "penalty-factor", factor, "more than 1")
        try require(least > 0 && least.isFinite, "penalty-least", least, "a positive number")
    }

    /// Sets the rate of the next step.
    public mutating func afterBatch(_ control: inout TrainingControl) {
        if base == nil { base = control.strengths.first ?? 0 }
        let share = Double(control.step - start) / Double(epochs * control.stepsPerEpoch)
        control.rateFactor = Schedule.cosineFactor(min(1, share))
    }

    /// After the last epoch of a block compares, and goes on with what follows.
    public mutating func afterEpoch(_ control: inout TrainingControl) {
        guard control.step - start >= epochs * control.stepsPerEpoch else { return }
        start = control.step
        control.rateFactor = 1
        switch method {
        case .corrective: growOn(&control)
        case .frozen: goOnWithBlock(&control)
        }
    }

    private mutating func growOn(_ control: inout TrainingControl) {
        let comparison = control.compare()
        guard comparison.map({ $0.gain > $0.standardError }) ?? true else {
            control.outcome = .converged
            return
        }
        control.growth.accepts = true
        add(&control)
    }

    private mutating func goOnWithBlock(_ control: inout TrainingControl) {
        let values = control.layers().first?.values ?? []
        let alive = values.indices.filter { $0 < first || values[$0] > 0 }
        let isEmpty = alive.count == first
        let comparison = isEmpty ? nil : control.compare()
        let isGood =
            switch phase {
            case .fitting: !isEmpty && (comparison.map { $0.gain > $0.standardError } ?? true)
            // All raises together may lose a standard error, not each of them.
            case .raising: comparison.map { gained + $0.gain >= -$0.standardError } ?? false
            }
        if isGood {
            if alive.count < values.count {
                control.edits.append((.keeping(alive, ofLayer: 0), "dead"))
            }
            control.growth.accepts = true
            gained = phase == .fitting ? 0 : gained + (comparison?.gain ?? 0)
            phase = .raising
            control.strengths = control.strengths.map { $0 * factor }
            return
        }
        control.growth.restores = true
        if phase == .raising {
            phase = .fitting
            control.strengths = control.strengths.map { _ in base ?? 0 }
            add(&control)
            return
        }
        control.strengths = control.strengths.map { $0 / factor }
        guard control.strengths.allSatisfy({ $0 >= least }) else {
            control.outcome = .converged
            return
        }
        add(&control)
    }

    /// Adds a block to what is accepted.
    private mutating func add(_ control: inout TrainingControl) {
        let units = control.growth.restores ? control.acceptedUnits() : control.units()
        guard units + block <= most else {
            control.outcome = .budget
            return
        }
        first = units
        control.growth.block = block
        control.growth.isFromData = method == .corrective
        control.growth.freezes = method == .frozen
    }

    /// Whether the numbers are those of a training.
    public func isValid(units: [Int]) -> Bool {
        first >= 0 && first <= (units.first ?? 0) && start >= 0 && (base ?? 0) >= 0
            && (base ?? 0).isFinite && gained.isFinite
    }
}

/// What a controller asks for when a network grows; done in the order of the properties, after edits.
public struct Growth: Sendable, Hashable {
    /// Whether the network as it is becomes the accepted one, which is the result of the training.
    public var accepts = false
    /// Whether the accepted network takes the place of the present one; its moments are forgotten.
    public var restores = false
    /// Units to be added; if no network was accepted, in place of all.
    public var block = 0
    /// Whether the block's incoming weights come from the data.
    public var isFromData = false
    /// Whether nothing but the block and the biases of the outputs learns from now on.
    public var freezes = false
}
