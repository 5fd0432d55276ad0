import Networks

/// How parameters follow their gradients: the update rules of PyTorch, to the order of operations.
public enum OptimizerRule: Sendable, Hashable, Codable {
    /// Gradient descent; with momentum μ: b := μ b + g, p := p - lr b.
    case sgd(momentum: Double = 0)
    /// Kingma and Ba, "Adam: a method for stochastic optimization", 2015, algorithm 1.
    case adam(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)
    /// The same, algorithm 2: the second moment by the infinity norm.
    case adaMax(beta1: Double = 0.9, beta2: Double = 0.999, epsilon: Double = 1e-8)

    /// Numbers remembered for each parameter.
    var momentCount: Int {
        switch self {
        case .sgd(let momentum): momentum == 0 ? 0 : 1
        case .adam, .adaMax: 2
        }
    }
}

/// The settings of an optimizer.
public struct OptimizerConfiguration: Sendable, Hashable {
    /// How weight decay acts on a parameter p with decay λ and rate lr.
    public enum DecayKind: String, Sendable, Hashable, Codable, CaseIterable {
        /// λ p is added to the gradient, and so goes through the rule.
        case coupled
        /// p is multiplied by 1 - lr λ before the rule (Loshchilov and Hutter, "Decoupled weight
        /// decay regularization", 2019).
        case decoupled
    }

    /// The settings of some parameters; what is `nil` is as for all.
    public struct Group: Sendable, Hashable {
        /// λ.
        public var weightDecay: Double
        /// Factor on the learning rate.
        public var rateFactor: Double
        /// The learning rate itself, instead of that of the optimizer.
        public var rate: Double?
        /// Instead of the optimizer's.
        public var rule: OptimizerRule?
        /// Coupled unless something else is given.
        public var decayKind: DecayKind?
        /// Parameters are not less than this after an update.
        public var lower: Double?
        /// Nor more than this.
        public var upper: Double?
        /// Whether the parameters stay as they are.
        public var isFrozen: Bool?

        /// A group with the given settings.
        public init(
            weightDecay: Double = 0, rateFactor: Double = 1, rate: Double? = nil,
            rule: OptimizerRule? = nil, decayKind: DecayKind? = nil, lower: Double? = nil,
            upper: Double? = nil, isFrozen: Bool? = nil
        ) {
            self.weightDecay = weightDecay
            self.rateFactor = rateFactor
            self.rate = rate
            self.rule = rule
            self.decayKind = decayKind
            self.lower = lower
            self.upper = upper
            self.isFrozen = isFrozen
        }
    }

    /// How parameters follow their gradients.
    public var rule: OptimizerRule
    /// The step size; positive.
    public var learningRate: Double
    /// Settings of all parameters that ``groups`` does not name; gates have them without decay.
    public var standard: Group
    /// Settings by "layer/name", "layer/role", "name" or "role", the first of which is there: the
    /// name of a layer in run files, and of a parameter or what it is for ("weight", "bias", "gate").
    public var groups: [String: Group]

    /// Settings; weight decay, where given, applies to weights and biases alike, as in PyTorch.
    public init(
        _ rule: OptimizerRule = .adam(), learningRate: Double = 0.001, weightDecay: Double = 0,
        groups: [String: Group] = [:]
    ) {
        self.rule = rule
        self.learningRate = learningRate
        standard = Group(weightDecay: weightDecay)
        self.groups = groups
    }

    /// The settings of a layer's slot.
    func group(layer: String, slot: ParameterSlot) -> Group {
        for key in [
            "\(layer)/\(slot.name)", "\(layer)/\(slot.role.rawValue)", slot.name,
            slot.role.rawValue,
        ] {
            if let group = groups[key] { return group }
        }
        var group = standard
        if slot.role == .gate { group.weightDecay = 0 }
        if slot.role == .buffer { group.isFrozen = true }
        return group
    }

    /// Numbers remembered for each parameter: as many as the most demanding group needs.
    var momentCount: Int {
        ([rule] + ([standard] + groups.values).compactMap(\.rule)).map(\.momentCount).max() ?? 0
    }

    func check() throws(TrainingError) {
        func require(
            _ condition: Bool, _ name: String, _ value: Double, _ expected: String
        ) throws(TrainingError) {
            guard condition else {
                throw .setting(name: name, value: "\(value)", expected: expected)
            }
        }
        func check(_ rule: OptimizerRule) throws(TrainingError) {
            switch rule {
            case .sgd(let momentum):
                try require(momentum >= 0 && momentum < 1, "momentum", momentum, "0 to below 1")
            case .adam(let beta1, let beta2, let epsilon),
                .adaMax(let beta1, let beta2, let epsilon):
                try require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "0 to below 1")
                try require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "0 to below 1")
                try require(epsilon >= 0 && epsilon.isFinite, "epsilon", epsilon, "0 or more")
            }
        }
        try require(
            learningRate > 0 && learningRate.isFinite, "learning rate", learningRate,
            "a positive number")
        try check(rule)
        for group in [standard] + groups.values {
            try require(
                group.weightDecay >= 0 && group.weightDecay.isFinite, "weight decay",
                group.weightDecay, "0 or more")
            try require(
                group.rateFactor >= 0 && group.rateFactor.isFinite, "rate factor",
                group.rateFactor, "0 or more")
            if let rate = group.rate {
                try require(rate > 0 && rate.isFinite, "learning rate", rate, "a positive number")
            }
            if let rule = group.rule { try check(rule) }
            if let lower = group.lower, let upper = group.upper {
                try require(lower <= upper, "lower bound", lower, "at most \(upper)")
            }
        }
    }
}

extension OptimizerConfiguration: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case rule, learningRate, standard, groups
    }

    /// Decodes settings; those that are not there have their defaults.
    ///
    /// - Throws: `DecodingError`, also if there is a setting of another version.
    public init(from decoder: any Decoder) throws {
        try checkKeys(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init()
        rule = try values.decodeIfPresent(OptimizerRule.self, forKey: .rule) ?? rule
        learningRate =
            try values.decodeIfPresent(Double.self, forKey: .learningRate) ?? learningRate
        standard = try values.decodeIfPresent(Group.self, forKey: .standard) ?? standard
        groups = try values.decodeIfPresent([String: Group].self, forKey: .groups) ?? groups
    }
}

extension OptimizerConfiguration.Group: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case weightDecay, rateFactor, rate, rule, decayKind, lower, upper, isFrozen
    }

    /// Decodes settings; those that are not there have their defaults.
    ///
    /// - Throws: `DecodingError`, also if there is a setting of another version.
    public init(from decoder: any Decoder) throws {
        try checkKeys(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func value<T: Decodable>(_ key: CodingKeys) throws -> T? {
            try values.decodeIfPresent(T.self, forKey: key)
        }
        self.init(
            weightDecay: try value(.weightDecay) ?? 0, rateFactor: try value(.rateFactor) ?? 1,
            rate: try value(.rate), rule: try value(.rule), decayKind: try value(.decayKind),
            lower: try value(.lower), upper: try value(.upper), isFrozen: try value(.isFrozen))
    }
}
