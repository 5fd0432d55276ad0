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
    /// What differs for parameters of one name.
    public struct Group: Sendable, Hashable {
        /// λ: λ p is added to the gradient of p.
        public var weightDecay: Double
        /// Factor on the learning rate.
        public var rateFactor: Double

        /// A group with the given settings.
        public init(weightDecay: Double = 0, rateFactor: Double = 1) {
            self.weightDecay = weightDecay
            self.rateFactor = rateFactor
        }
    }

    /// How parameters follow their gradients.
    public var rule: OptimizerRule
    /// The step size; positive.
    public var learningRate: Double
    /// Settings of all parameters that ``groups`` does not name.
    public var standard: Group
    /// Settings by name of parameter: "weight", "bias", "filter", ...
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

    func check() throws(TrainingError) {
        func require(
            _ condition: Bool, _ name: String, _ value: Double, _ expected: String
        ) throws(TrainingError) {
            guard condition else {
                throw .setting(name: name, value: "\(value)", expected: expected)
            }
        }
        try require(
            learningRate > 0 && learningRate.isFinite, "learning rate", learningRate,
            "a positive number")
        switch rule {
        case .sgd(let momentum):
            try require(momentum >= 0 && momentum < 1, "momentum", momentum, "0 to below 1")
        case .adam(let beta1, let beta2, let epsilon), .adaMax(let beta1, let beta2, let epsilon):
            try require(beta1 >= 0 && beta1 < 1, "beta1", beta1, "0 to below 1")
            try require(beta2 >= 0 && beta2 < 1, "beta2", beta2, "0 to below 1")
            try require(epsilon >= 0 && epsilon.isFinite, "epsilon", epsilon, "0 or more")
        }
        for group in [standard] + groups.values {
            try require(
                group.weightDecay >= 0 && group.weightDecay.isFinite, "weight decay",
                group.weightDecay, "0 or more")
            try require(
                group.rateFactor >= 0 && group.rateFactor.isFinite, "rate factor",
                group.rateFactor, "0 or more")
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
        case weightDecay, rateFactor
    }

    /// Decodes settings; those that are not there have their defaults.
    ///
    /// - Throws: `DecodingError`, also if there is a setting of another version.
    public init(from decoder: any Decoder) throws {
        try checkKeys(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            weightDecay: try values.decodeIfPresent(Double.self, forKey: .weightDecay) ?? 0,
            rateFactor: try values.decodeIfPresent(Double.self, forKey: .rateFactor) ?? 1)
    }
}
