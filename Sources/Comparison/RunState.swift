public import Analysis
public import MetricCore
public import Report
import ResultStore

/// One state of one training, its end or an earlier snapshot: what is known about it and what was
/// found in its layers.
public struct RunState: Sendable {
    /// The file, as the user named it.
    public var run: String
    /// The step of an earlier state of the training; `nil` for the final one.
    public var snapshot: String?
    /// The attributes of the run's root, an object.
    public var attributes: JSONNode
    /// What was found, in the order of layers, then metrics.
    public var results: [LayerResult]
    /// The width of the network as the run's record says it; `nil` where there is none.
    public var recordedWidth: Int?
    /// Why the run as a whole has no results, or not all, where a batch said so.
    public var reason: String?
    /// Learning curves of the training; of the final state of a run file, where they were asked for.
    public var learningCurves: [Figure] = []
    /// The settings of the training, an object; from the attribute `parameters`.
    private let parameters: JSONNode?

    /// A state from its parts.
    public init(
        run: String, snapshot: String? = nil, attributes: JSONNode = .object([]),
        results: [LayerResult] = []
    ) {
        self.run = run
        self.snapshot = snapshot
        self.attributes = attributes
        self.results = results
        parameters = attributes["parameters"]?.text.flatMap {
            try? JSONNode(parsing: Array($0.utf8))
        }
    }

    /// The states that `results` of one run are of, in the order of their first result; a run
    /// without results has its final state.
    public static func states(
        run: String, attributes: JSONNode, results: [LayerResult]
    ) -> [RunState] {
        var steps: [String?] = []
        for result in results where !steps.contains(result.snapshot) {
            steps.append(result.snapshot)
        }
        return (steps.isEmpty ? [nil] : steps).map { step in
            RunState(
                run: run, snapshot: step, attributes: attributes,
                results: results.filter { $0.snapshot == step })
        }
    }

    /// What is known under `name`: an attribute, else a setting of the training, else `run`,
    /// `snapshot`, `width`, or of what `train` wrote `size` and `start` (the neurons of all hidden layers
    /// at the end and at the beginning) and `penalty` (the strength of the first one, as it was given).
    ///
    /// Attributes that describe the end of the training are not those of a snapshot, and `nil` there.
    public subscript(name: String) -> JSONNode? {
        if snapshot != nil, Self.ofTheEnd.contains(name) { return nil }
        if let value = attributes[name] ?? parameters?[name], value != .null { return value }
        switch name {
        case "run": return .text(run)
        case "snapshot": return .text(snapshot ?? "final")
        case "width": return width.map { .integer($0) }
        case "size": return sum(attributes["final_sizes"] ?? parameters?["hidden"])
        case "start": return sum(attributes["start_sizes"] ?? parameters?["hidden"])
        case "penalty":
            let first = parameters?["configuration"]?["penalties"]?.elements.first
            let strength = first?["strength"]
            return (strength?["value"] ?? strength?["share"])?["_0"]
        default: return nil
        }
    }

    private func sum(_ sizes: JSONNode?) -> JSONNode? {
        guard let sizes, !sizes.elements.isEmpty else { return nil }
        var sum = 0
        for element in sizes.elements {
            guard let size = element.integer,
                case let (next, false) = sum.addingReportingOverflow(size)
            else { return nil }
            sum = next
        }
        return .integer(sum)
    }

    /// The width of the network, as its record or its results say it; of results that do not, by the
    /// rule of `NetworkWidth`.
    public var width: Int? {
        // An earlier state of a network that resized itself has other neurons than the last.
        if snapshot != nil, attributes["final_sizes"] != nil {
            return results.first { $0.neurons > 0 }?.neurons
        }
        return recordedWidth ?? results.lazy.compactMap(\.width).first
            ?? NetworkWidth.of(
                attributes, firstLayer: results.first { $0.neurons > 0 }?.neurons)
    }

    /// Names that ``subscript(_:)`` knows, without those that hold long texts.
    public var names: [String] {
        let stored = attributes.fields + (parameters?.fields ?? [])
        return stored.map(\.name).filter { $0 != "parameters" }
            + ["run", "snapshot", "width"]
            + ["size", "start", "penalty"].filter { self[$0] != nil }
    }

    /// Whether the attribute `name` describes the end of the training, not its snapshots.
    static func isOfTheEnd(_ name: String) -> Bool { ofTheEnd.contains(name) }

    private static let ofTheEnd: Set = [
        "epoch", "train_accuracy", "test_accuracy", "train_loss", "test_loss", "final_sizes",
        "size",
    ]
}
