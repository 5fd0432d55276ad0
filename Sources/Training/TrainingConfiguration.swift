public import Networks

/// The settings of a training.
public struct TrainingConfiguration: Sendable, Hashable {
    /// Passes over the samples.
    public var epochs: Int
    /// Samples of a minibatch; the last of an epoch may have fewer.
    public var batch: Int
    /// Determines the order of the samples.
    public var seed: UInt64
    /// What is minimized.
    public var loss: Loss
    /// How.
    public var optimizer: OptimizerConfiguration
    /// How its learning rate goes from the first step to the last of ``epochs``.
    public var schedule: Schedule
    /// Epochs without a lower validation loss after which training stops and the network of the
    /// best epoch is restored; `nil` for never.
    public var patience: Int?
    /// How much the samples of each class count; `nil` for all alike.
    public var classWeights: ClassWeights?
    /// What is added to the loss for the network's size.
    public var penalties: [Penalty] = []
    /// What acts on the training between its batches and epochs, in this order.
    public var controllers: [AnyController] = []

    /// Settings; see the properties.
    public init(
        epochs: Int, batch: Int = 128, seed: UInt64 = 0, loss: Loss = .crossEntropy,
        optimizer: OptimizerConfiguration = OptimizerConfiguration(),
        schedule: Schedule = .constant, patience: Int? = nil,
        classWeights: ClassWeights? = nil
    ) {
        self.epochs = epochs
        self.batch = batch
        self.seed = seed
        self.loss = loss
        self.optimizer = optimizer
        self.schedule = schedule
        self.patience = patience
        self.classWeights = classWeights
    }

    func check() throws(TrainingError) {
        guard epochs >= 0 else {
            throw .setting(name: "epochs", value: "\(epochs)", expected: "0 or more")
        }
        guard batch > 0 else {
            throw .setting(name: "batch", value: "\(batch)", expected: "1 or more")
        }
        if let patience, patience < 1 {
            throw .setting(name: "patience", value: "\(patience)", expected: "1 or more")
        }
        if let classWeights, loss != .crossEntropy {
            throw .setting(
                name: "class-weights", value: classWeights.rawValue,
                expected: "none, as numbers are learned and not classes")
        }
        try optimizer.check()
        for penalty in penalties { try penalty.check() }
        for controller in controllers { try controller.value.check() }
    }

    /// Batches of an epoch of `samples` samples.
    func batches(of samples: Int) -> Int {
        let size = max(1, min(batch, samples))
        return samples / size + (samples % size > 0 ? 1 : 0)
    }
}

extension TrainingConfiguration: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case epochs, batch, seed, loss, optimizer, schedule, patience, classWeights, penalties
        case controllers
    }

    /// Decodes settings; those that are not there have their defaults.
    ///
    /// - Throws: `DecodingError`, also if there is a setting of another version.
    public init(from decoder: any Decoder) throws {
        try checkKeys(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(epochs: try values.decode(Int.self, forKey: .epochs))
        batch = try values.decodeIfPresent(Int.self, forKey: .batch) ?? batch
        seed = try values.decodeIfPresent(UInt64.self, forKey: .seed) ?? seed
        loss = try values.decodeIfPresent(Loss.self, forKey: .loss) ?? loss
        optimizer =
            try values.decodeIfPresent(OptimizerConfiguration.self, forKey: .optimizer) ?? optimizer
        schedule = try values.decodeIfPresent(Schedule.self, forKey: .schedule) ?? schedule
        patience = try values.decodeIfPresent(Int.self, forKey: .patience)
        classWeights = try values.decodeIfPresent(ClassWeights.self, forKey: .classWeights)
        penalties = try values.decodeIfPresent([Penalty].self, forKey: .penalties) ?? []
        controllers = try values.decodeIfPresent([AnyController].self, forKey: .controllers) ?? []
    }

    /// Encodes settings; lists that are empty are left out, so that older versions read the rest.
    ///
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(epochs, forKey: .epochs)
        try values.encode(batch, forKey: .batch)
        try values.encode(seed, forKey: .seed)
        try values.encode(loss, forKey: .loss)
        try values.encode(optimizer, forKey: .optimizer)
        try values.encode(schedule, forKey: .schedule)
        try values.encodeIfPresent(patience, forKey: .patience)
        try values.encodeIfPresent(classWeights, forKey: .classWeights)
        if !penalties.isEmpty { try values.encode(penalties, forKey: .penalties) }
        if !controllers.isEmpty { try values.encode(controllers, forKey: .controllers) }
    }
}
