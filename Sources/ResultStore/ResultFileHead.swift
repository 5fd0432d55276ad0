public import Analysis
public import Report

/// What a result file says before its results: whose they are and what they are results of.
public struct ResultFileHead: Sendable, Equatable {
    /// The run file, as the user named it.
    public var run: String
    /// The run file, from the root.
    public var path: String
    /// `nil` if the run could not be read.
    public var identity: FileIdentity?
    /// How the run as a whole ended.
    public var status: Status
    /// Why the status is not ok.
    public var reason: String?
    /// The attributes of the run's root.
    public var attributes: JSONNode
    /// The options that are not those of a metric.
    public var settings: JSONNode
    /// Whose results are in the file.
    public var metrics: [MetricKey]

    /// A head from its parts.
    public init(
        run: String, path: String, identity: FileIdentity?, status: Status = .ok,
        reason: String? = nil, attributes: JSONNode = .object([]),
        settings: JSONNode = .object([]), metrics: [MetricKey] = []
    ) {
        self.run = run
        self.path = path
        self.identity = identity
        self.status = status
        self.reason = reason
        self.attributes = attributes
        self.settings = settings
        self.metrics = metrics
    }

    /// How the run as a whole ended.
    public enum Status: String, Sendable {
        case ok
        /// Some results have the status `failed`.
        case incomplete
        /// There are no results.
        case failed
    }

    /// A metric whose results are in the file.
    public struct MetricKey: Sendable, Equatable {
        /// Identifier of the metric.
        public var id: String
        /// Version of the metric.
        public var version: Int
        /// Settings of the metric.
        public var configuration: JSONNode
        /// What computed it.
        public var provenance: Provenance
        /// Whether none of its results has the status `failed`.
        public var isComplete: Bool

        /// A key from its parts.
        public init(
            id: String, version: Int, configuration: JSONNode, provenance: Provenance = .current,
            isComplete: Bool
        ) {
            self.id = id
            self.version = version
            self.configuration = configuration
            self.provenance = provenance
            self.isComplete = isComplete
        }
    }

    /// The head as it stands in the file, before the results.
    public var members: [JSONNode.Field] {
        let file: [JSONNode.Field] = [
            .init("run", .text(run)), .init("path", .text(path)),
            .init("status", .text(status.rawValue)),
            .init("reason", reason.map { .text($0) } ?? .null),
        ]
        let keys = metrics.map {
            JSONNode.Field(
                $0.id,
                .object([
                    .init("version", .integer($0.version)),
                    .init("configuration", $0.configuration),
                    .init("programVersion", .text($0.provenance.programVersion)),
                    .init("instructionSet", .text($0.provenance.instructionSet)),
                    .init("complete", .flag($0.isComplete)),
                ]))
        }
        return [
            .init("file", .object(file + (identity?.fields ?? []))),
            .init("attributes", attributes),
            .init("settings", settings), .init("metrics", .object(keys)),
        ]
    }

    /// `nil` if members are missing or of the wrong kind.
    init?(members: [JSONNode.Field]) {
        let document = JSONNode.object(members)
        guard let file = document["file"], let run = file["run"]?.text,
            let path = file["path"]?.text,
            let status = file["status"]?.text.flatMap(Status.init(rawValue:)),
            let attributes = document["attributes"], let settings = document["settings"],
            case .object(let keys) = document["metrics"]
        else { return nil }
        self.init(
            run: run, path: path, identity: nil, status: status, reason: file["reason"]?.text,
            attributes: attributes, settings: settings)
        identity = FileIdentity(file)
        for key in keys {
            guard let version = key.node["version"]?.integer,
                let configuration = key.node["configuration"],
                let program = key.node["programVersion"]?.text,
                let instructionSet = key.node["instructionSet"]?.text,
                let isComplete = key.node["complete"]?.flag
            else { return nil }
            metrics.append(
                MetricKey(
                    id: key.name, version: version, configuration: configuration,
                    provenance: Provenance(programVersion: program, instructionSet: instructionSet),
                    isComplete: isComplete))
        }
    }
}
