public import Analysis
import Files
public import Report
import Text

/// A result of one metric in one matrix, read back from a file.
public struct StoredResult: Sendable, Equatable {
    /// The layer's name, or the path of a bare dataset.
    public var layer: String
    /// `nil` for a bare dataset, and where nothing was read.
    public var site: String?
    /// Step of the training; `nil` for its end.
    public var snapshot: String?
    /// Identifier of the metric.
    public var metric: String
    /// Version of the metric.
    public var metricVersion: Int
    /// What computed it; `nil` where that is not said.
    public var provenance: Provenance?
    /// As the contract spells it: ok, degenerate, insufficient, skipped, failed.
    public var status: String
    /// Why the status is not ok.
    public var reason: String?
    /// What a reader of the values should know.
    public var warnings: [String]
    /// Rows of the matrix.
    public var samples: Int
    /// Columns of the matrix.
    public var neurons: Int
    /// Entries that are NaN or infinite.
    public var nonFinite: Int
    /// The width of the network; `nil` where it is not known.
    public var width: Int?
    /// Settings of the metric.
    public var configuration: JSONNode
    /// The numbers among the values.
    public var numbers: [Number]
    /// One line of what the values mean.
    public var summary: String

    /// A number among the values.
    public struct Number: Sendable, Equatable {
        /// Dots reach into objects.
        public var quantity: String
        /// Position in a list, from 0, in a matrix counted row by row; `nil` for a scalar.
        public var element: Int?
        /// Empty for pure numbers and where none is known.
        public var unit: String
        /// An integer, a number, or null if it does not exist; a truth value is 0 or 1.
        public var value: JSONNode
    }

    /// Reads a result; the cursor passes it in any case.
    ///
    /// - Returns: `nil` if members are missing or of the wrong kind.
    init?(_ reader: inout JSONReader, includesArrays: Bool) throws(JSONError) {
        var members: [JSONNode.Field] = []
        var values: [(name: String, element: Int?, value: JSONNode)] = []
        try reader.object { (name, reader) throws(JSONError) in
            if name == "values" {
                try Self.read(
                    &reader, prefix: "", includesArrays: includesArrays, into: &values)
            } else {
                members.append(JSONNode.Field(name, try reader.value()))
            }
            return true
        }
        let result = JSONNode.object(members)
        guard let layer = result["layer"]?.text, let metric = result["metric"]?.text,
            let version = result["metricVersion"]?.integer, let status = result["status"]?.text,
            let samples = result["samples"]?.integer, let neurons = result["neurons"]?.integer,
            let nonFinite = result["nonFinite"]?.integer,
            let configuration = result["configuration"]
        else { return nil }
        self.layer = layer
        site = result["site"]?.text
        snapshot = result["snapshot"]?.text
        self.metric = metric
        metricVersion = version
        if let program = result["programVersion"]?.text,
            let instructionSet = result["instructionSet"]?.text
        {
            self.provenance = Provenance(programVersion: program, instructionSet: instructionSet)
        }
        self.status = status
        reason = result["reason"]?.text
        warnings = result["warnings"]?.elements.compactMap(\.text) ?? []
        self.samples = samples
        self.neurons = neurons
        self.nonFinite = nonFinite
        width = result["width"]?.integer
        self.configuration = configuration
        summary = result["summary"]?.text ?? ""
        let units = Dictionary(
            (result["units"]?.fields ?? []).map { (ExactName($0.name), $0.node.text ?? "") },
            uniquingKeysWith: { a, _ in a })
        numbers = values.map {
            Number(
                quantity: $0.name, element: $0.element, unit: units[ExactName($0.name)] ?? "",
                value: $0.value)
        }
    }

    /// Collects the numbers of an object; texts repeat the configuration and are left out.
    private static func read(
        _ reader: inout JSONReader, prefix: String, includesArrays: Bool,
        into values: inout [(name: String, element: Int?, value: JSONNode)]
    ) throws(JSONError) {
        var found: [(name: String, element: Int?, value: JSONNode)] = []
        try reader.object { (name, reader) throws(JSONError) in
            if !includesArrays, try reader.isAtList() {
                try reader.skip()
                return true
            }
            collect(
                try reader.value(), name: prefix + name, includesArrays: includesArrays,
                into: &found)
            return true
        }
        values += found
    }

    private static func collect(
        _ value: JSONNode, name: String, includesArrays: Bool,
        into found: inout [(name: String, element: Int?, value: JSONNode)]
    ) {
        switch value {
        case .null, .integer, .number: found.append((name, nil, value))
        case .flag(let flag): found.append((name, nil, .integer(flag ? 1 : 0)))
        case .text: break
        case .object(let members):
            for member in members {
                collect(
                    member.node, name: name + "." + member.name, includesArrays: includesArrays,
                    into: &found)
            }
        case .list(let elements):
            guard includesArrays else { break }
            let flat = elements.flatMap { element in
                if case .list(let row) = element { row } else { [element] }
            }
            for (index, element) in flat.enumerated() { found.append((name, index, element)) }
        }
    }
}
