import Report

/// What tables say about a run beside its results.
public struct RunRecord: Sendable, Equatable {
    /// The file, as the user named it.
    public var run: String
    /// What the network was trained on.
    public var dataset: String?
    /// What the network is.
    public var model: String?
    /// What trained it.
    public var framework: String?
    /// As the results say it; of results that do not, by the rule of ``NetworkWidth``.
    public var width: Int?
    /// Seed of the training.
    public var seed: Int?
    /// Epochs of training behind it.
    public var epoch: Int?
    /// ISO 8601.
    public var created: String?
    /// Between 0 and 1.
    public var trainAccuracy: Double?
    /// Between 0 and 1.
    public var testAccuracy: Double?
    /// Loss on the training set.
    public var trainLoss: Double?
    /// Loss on the test set.
    public var testLoss: Double?
    /// JSON.
    public var parameters: String?

    /// Reads the attributes of a run; parameters stand in for attributes that are not there.
    public init(_ head: ResultFileHead, results: [StoredResult]) {
        run = head.run
        let attributes = head.attributes
        parameters = attributes["parameters"]?.text
        let settings = parameters.flatMap { try? JSONNode(parsing: Array($0.utf8)) }
        func value(_ name: String) -> JSONNode? { attributes[name] ?? settings?[name] }
        func text(_ name: String) -> String? {
            guard let value = value(name), value != .null else { return nil }
            return value.text ?? value.line
        }
        dataset = text("dataset")
        model = text("model")
        framework = text("framework")
        seed = value("seed")?.integer
        epoch = value("epoch")?.integer
        created = text("created")
        trainAccuracy = value("train_accuracy")?.number
        testAccuracy = value("test_accuracy")?.number
        trainLoss = value("train_loss")?.number
        testLoss = value("test_loss")?.number
        width =
            results.lazy.compactMap(\.width).first
            ?? NetworkWidth.of(
                attributes, firstLayer: results.first { $0.neurons > 0 }?.neurons)
    }
}
