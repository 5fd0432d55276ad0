import Datasets
import FoundationEssentials
import HDF5
import Networks
import RunFormat

/// All settings that determine the run file of a training: the identity of a job.
///
/// Two texts are of the same training if the decoded recipes are equal. Settings that a text does not
/// name have their defaults, so that the runs and checkpoints of older versions stay valid.
struct TrainingRecipe: Hashable, Sendable {
    var dataset: String
    var dataSeed: UInt64
    /// Samples of each part.
    var samples: [String: Int]
    /// Of the samples, their classes or targets and their scaling; `nil` in older files.
    var dataDigest: String?
    var hidden: [Int]
    var activation: Activation
    /// `nil` for none.
    var gate: Gate?
    /// `nil` for no filters on the inputs.
    var inputFilter: Bool?
    var parent: String?
    /// What the training is a candidate of; see ``PenaltyPath``.
    var choice: String?
    /// The digest of the pretrained network that the training begins with.
    var pretrained: String?
    var initialization: Initialization
    var configuration: TrainingConfiguration
    var record: TrainingJob.Part
    var recordSamples: Int?
    var recordLayers: [String]
    var recordType: String
    var compression: Int
    var snapshotEvery: Int?

    /// The recipe of a job on `data`.
    init(_ job: TrainingJob, on data: LoadedDataset) {
        dataset = data.dataset.id
        dataSeed = job.dataSeed
        samples = [
            "train": data.train.count, "validation": data.validation?.count ?? 0,
            "test": data.test.count,
        ]
        dataDigest = data.digest.description
        hidden = job.hidden
        activation = job.activation
        gate = job.gate.isPresent ? job.gate : nil
        inputFilter = job.filtersInputs ? true : nil
        parent = job.parent
        choice = job.choice
        pretrained = job.pretrained?.digest
        initialization = job.initialization
        configuration = job.configuration
        record = job.recordedPart
        recordSamples = job.recording.samples
        recordLayers = job.recording.layers
        recordType = job.recording.storage.element.rawValue
        compression = job.recording.storage.compressionLevel ?? 0
        snapshotEvery = job.snapshotEvery
    }

    /// The recipe that `text` holds.
    ///
    /// - Throws: `DecodingError` if it is no recipe, or names settings that this version does not
    ///   know, which may make any difference.
    init(text: String) throws {
        self = try JSONDecoder().decode(Self.self, from: Data(text.utf8))
    }

    /// JSON with sorted keys.
    var text: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        guard let text = try? encoder.encode(self) else {
            preconditionFailure("settings of a checked job are finite numbers and text")
        }
        return String(decoding: text, as: UTF8.self)
    }
}

extension TrainingRecipe: Codable {
    enum CodingKeys: String, CodingKey, CaseIterable {
        case dataset, dataSeed, samples, dataDigest, hidden, activation, initialization
        case configuration, record, recordSamples, recordLayers, recordType, compression
        case snapshotEvery, gate, inputFilter, parent, choice, pretrained
    }

    init(from decoder: any Decoder) throws {
        try checkKeys(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        func value<T: Decodable>(_ key: CodingKeys, default standard: T) throws -> T {
            try values.decodeIfPresent(T.self, forKey: key) ?? standard
        }
        dataset = try values.decode(String.self, forKey: .dataset)
        dataSeed = try value(.dataSeed, default: 0)
        samples = try value(.samples, default: [:])
        dataDigest = try values.decodeIfPresent(String.self, forKey: .dataDigest)
        hidden = try values.decode([Int].self, forKey: .hidden)
        activation = try value(.activation, default: .relu)
        gate = try values.decodeIfPresent(Gate.self, forKey: .gate)
        inputFilter = try values.decodeIfPresent(Bool.self, forKey: .inputFilter)
        parent = try values.decodeIfPresent(String.self, forKey: .parent)
        choice = try values.decodeIfPresent(String.self, forKey: .choice)
        pretrained = try values.decodeIfPresent(String.self, forKey: .pretrained)
        initialization = try value(.initialization, default: .uniform)
        configuration = try values.decode(TrainingConfiguration.self, forKey: .configuration)
        record = try value(.record, default: .test)
        recordSamples = try values.decodeIfPresent(Int.self, forKey: .recordSamples)
        recordLayers = try value(.recordLayers, default: [])
        recordType = try value(.recordType, default: "float32")
        compression = try value(.compression, default: 4)
        snapshotEvery = try values.decodeIfPresent(Int.self, forKey: .snapshotEvery)
    }
}

/// Any key of a JSON object.
private struct AnyKey: CodingKey {
    var stringValue: String
    var intValue: Int? { nil }
    init(stringValue: String) { self.stringValue = stringValue }
    init?(intValue: Int) { nil }
}

/// - Throws: `DecodingError` if the object has a key that is not `known`: a newer version's setting.
func checkKeys(of decoder: any Decoder, known: [String]) throws {
    let keys = try decoder.container(keyedBy: AnyKey.self).allKeys.map(\.stringValue)
    if let unknown = keys.sorted().first(where: { !known.contains($0) }) {
        throw DecodingError.dataCorrupted(
            DecodingError.Context(
                codingPath: decoder.codingPath,
                debugDescription: "it has the setting \"\(unknown)\" of another version"))
    }
}

extension TrainingRecipe {
    /// Why a state or run of the recipe `stored` is not one of this recipe's.
    ///
    /// - Parameters:
    ///   - stored: the recipe that was stored with the state or run.
    ///   - done: epochs that a training may be extended from; `nil` where all epochs must agree.
    /// - Returns: the settings that differ and a remedy; `nil` if it is one.
    func difference(from stored: TrainingRecipe, extending done: Int? = nil) -> String? {
        var (mine, other) = (self, stored)
        if mine.dataDigest == nil || other.dataDigest == nil {
            (mine.dataDigest, other.dataDigest) = (nil, nil)
        }
        if mine == other { return nil }
        if let done, mine.canBeExtended, mine.configuration.epochs >= done {
            other.configuration.epochs = mine.configuration.epochs
            if mine == other { return nil }
        }
        let names =
            mine.settings.filter { other.settings[$0.key] != $0.value }.map(\.key)
            + other.settings.keys.filter { mine.settings[$0] == nil }
        if names == ["dataDigest"] {
            return "it is of a training on other data: the content of the data set has changed "
                + "since; start anew without --resume"
        }
        let list = names.sorted().map { name in
            "\(name) is \(mine.settings[name] ?? "not set") and was "
                + (other.settings[name] ?? "not set")
        }
        var reason =
            "it is of a training with other settings (" + list.joined(separator: ", ") + ")"
        if names == ["epochs"] {
            reason +=
                mine.canBeExtended
                ? "; a training can be extended, but not from fewer epochs than are done"
                : mine.configuration.schedule == .constant
                    ? "; its steps depend on the number of epochs, as it settles or warms up"
                    : "; under the schedule \(mine.configuration.schedule.rawValue) each step "
                        + "depends on the number of epochs: only a constant one can be extended"
        }
        return reason + "; give the same, another name, or start anew without --resume"
    }

    /// Whether no step depends on how many there are to be.
    private var canBeExtended: Bool {
        configuration.schedule == .constant
            && !configuration.controllers.contains { $0.value.dependsOnEpochs }
    }

    /// Each setting in one line, by name.
    private var settings: [String: String] {
        var flat: [String: String] = [:]
        func add(_ name: String, _ value: some Encodable) {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            flat[name] = (try? encoder.encode(value)).map { String(decoding: $0, as: UTF8.self) }
        }
        add("dataset", dataset)
        add("dataSeed", dataSeed)
        for (part, count) in samples { add("\(part) samples", count) }
        if let dataDigest { add("dataDigest", dataDigest) }
        add("hidden", hidden)
        add("activation", activation)
        if let gate { add("gate", gate) }
        if let inputFilter { add("input-filter", inputFilter) }
        if let parent { add("parent", parent) }
        if let choice { add("penalty shares", choice) }
        if let pretrained { add("from", pretrained) }
        add("initialization", initialization)
        add("epochs", configuration.epochs)
        add("batch", configuration.batch)
        add("seed", configuration.seed)
        add("loss", configuration.loss)
        add("optimizer", configuration.optimizer)
        add("schedule", configuration.schedule)
        for (index, penalty) in configuration.penalties.enumerated() {
            add(index == 0 ? "penalty" : "penalty \(index + 1)", penalty)
        }
        for controller in configuration.controllers {
            add("\(type(of: controller.value))", controller)
        }
        if let patience = configuration.patience { add("patience", patience) }
        if let weights = configuration.classWeights { add("class-weights", weights) }
        add("record", record)
        if let recordSamples { add("record-samples", recordSamples) }
        add("record-layers", recordLayers)
        add("record-type", recordType)
        add("compression", compression)
        if let snapshotEvery { add("snapshot-every", snapshotEvery) }
        return flat
    }
}
