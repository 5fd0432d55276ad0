public import HDF5
import Text

/// What the attributes of a run's root say.
public struct RunMetadata: Sendable, Hashable {
    /// An attribute as stored.
    public struct Entry: Sendable, Hashable {
        /// Its name.
        public let name: String
        /// What it holds.
        public let value: AttributeValue
    }

    /// All attributes, in the order of their names.
    public let all: [Entry]

    init(_ attributes: [(name: String, value: AttributeValue)]) {
        all = attributes.map { Entry(name: $0.name, value: $0.value) }
    }

    /// The attributes of a run's root; those that the schema names also where there are more than are listed.
    ///
    /// - Throws: ``HDF5Error`` if they cannot be listed.
    init(ofRoot root: HDF5Object) throws(HDF5Error) {
        var budget = AttributeLimits.bytes
        var found = try root.attributes(within: &budget)
        if found.count > AttributeLimits.count {
            for name in RunMetadata.known.sorted() where !found.contains(where: { $0.name == name })
            {
                if let value = root.attribute(name) { found.append((name, value)) }
            }
        }
        self.init(found)
    }

    /// The value of the attribute called `name`.
    public subscript(name: String) -> AttributeValue? {
        all.first { $0.name == name }?.value
    }

    /// The attributes that the schema does not name.
    public var others: [Entry] { all.filter { !RunMetadata.known.contains($0.name) } }

    private static let known: Set = [
        Schema.Attribute.format, Schema.Attribute.version, Schema.Attribute.framework,
        Schema.Attribute.dataset, Schema.Attribute.model, Schema.Attribute.seed,
        Schema.Attribute.epoch, Schema.Attribute.created, Schema.Attribute.trainAccuracy,
        Schema.Attribute.testAccuracy, Schema.Attribute.trainLoss, Schema.Attribute.testLoss,
        Schema.Attribute.parameters,
    ]

    /// `lamina-run` in a run.
    public var format: String? { self[Schema.Attribute.format]?.text }
    /// Version of the layout.
    public var version: Int? { self[Schema.Attribute.version]?.integer }
    /// What trained it.
    public var framework: String? { self[Schema.Attribute.framework]?.text }
    /// What it was trained on.
    public var dataset: String? { self[Schema.Attribute.dataset]?.text }
    /// What was trained.
    public var model: String? { self[Schema.Attribute.model]?.text }
    /// Seed of the training.
    public var seed: Int? { self[Schema.Attribute.seed]?.integer }
    /// Epochs trained.
    public var epoch: Int? { self[Schema.Attribute.epoch]?.integer }
    /// When it was written (ISO 8601).
    public var created: String? { self[Schema.Attribute.created]?.text }
    /// Between 0 and 1.
    public var trainAccuracy: Double? { self[Schema.Attribute.trainAccuracy]?.number }
    /// Between 0 and 1.
    public var testAccuracy: Double? { self[Schema.Attribute.testAccuracy]?.number }
    /// Loss on the training samples.
    public var trainLoss: Double? { self[Schema.Attribute.trainLoss]?.number }
    /// Loss on the test samples.
    public var testLoss: Double? { self[Schema.Attribute.testLoss]?.number }
    /// Settings of the training, JSON.
    public var parameters: String? { self[Schema.Attribute.parameters]?.text }
}

extension AttributeValue {
    /// The text, if it is one.
    public var text: String? {
        switch self {
        case .text(let text): text
        case .texts(let texts) where texts.count == 1: texts[0]
        default: nil
        }
    }

    /// The whole number, if it is one.
    public var integer: Int? {
        switch self {
        case .integer(let value): value
        case .integers(let values) where values.count == 1: values[0]
        case .number(let value): Int(exactly: value)
        default: nil
        }
    }

    /// The number, if it is one.
    public var number: Double? {
        switch self {
        case .number(let value): value
        case .numbers(let values) where values.count == 1: values[0]
        case .unsigned(let value): Double(value)
        case .unsigneds(let values) where values.count == 1: Double(values[0])
        default: integer.map(Double.init)
        }
    }

    /// The value for people, on one line: of a list the first 64 elements, of a text at most 2,000 cells.
    public var display: String {
        switch self {
        case .text(let text): shortened(visible(text), to: 2_000)
        case .texts(let texts): list(texts) { visible($0) }
        case .integer(let value): "\(value)"
        case .integers(let values): list(values) { "\($0)" }
        case .unsigned(let value): "\(value)"
        case .unsigneds(let values): list(values) { "\($0)" }
        case .number(let value): "\(value)"
        case .numbers(let values): list(values) { "\($0)" }
        case .unread(let type): "(\(visible(type)))"
        }
    }

    private func list<Element>(_ elements: [Element], _ text: (Element) -> String) -> String {
        let shown = elements.prefix(64).map(text).joined(separator: ", ")
        let more = elements.count > 64 ? " and \(elements.count - 64) more" : ""
        return shortened(shown, to: 2_000) + more
    }
}
