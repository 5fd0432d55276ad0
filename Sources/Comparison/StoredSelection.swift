public import Analysis
import Report
import RunFormat
import Text

/// What of stored results is looked at, chosen by the rules by which layers and datasets of a run
/// file are chosen, so that a file and its results give the same answers.
public struct StoredSelection: Sendable, Hashable {
    /// Names and shell patterns of layers; all if there are none.
    public var layers: [String]
    /// Paths and shell patterns of datasets outside the layout of a run, and groups of them.
    public var datasets: [String]

    /// A selection; everything unless told otherwise.
    public init(layers: [String] = [], datasets: [String] = []) {
        self.layers = layers
        self.datasets = datasets
    }

    /// The results that are selected.
    ///
    /// - Throws: ``ComparisonError`` if a pattern selects none of them.
    public func chosen(of results: [LayerResult]) throws(ComparisonError) -> [LayerResult] {
        // Of a run without results its own reason says more.
        guard !results.isEmpty, !layers.isEmpty || !datasets.isEmpty else { return results }
        let wantsLayers = datasets.isEmpty
        let names = distinct(
            results.filter { ($0.site == nil && $0.layer.hasPrefix("/")) != wantsLayers }
                .map { ExactName($0.layer) })
        let choice =
            wantsLayers
            ? NameChoice(among: names.map(\.text), patterns: layers)
            : NameChoice(among: names.map(\.text), patterns: datasets.map(Self.path(of:)))
        // A group chooses all that is below it.
        var positions = Set(choice.positions)
        let missing = choice.unmatched.filter { pattern in
            guard !wantsLayers else { return true }
            let below = names.indices.filter { names[$0].text.hasPrefix(pattern + "/") }
            positions.formUnion(below)
            return below.isEmpty
        }
        if let first = missing.first {
            let kind = wantsLayers ? "layer" : "dataset"
            throw ComparisonError(
                description: "no such \(kind): \(visible(first)); "
                    + (names.isEmpty
                        ? "there are no results of a \(kind)"
                        : "there are: " + names.map { visible($0.text) }.joined(separator: ", ")))
        }
        let wanted = Set(positions.map { names[$0] })
        return results.filter { wanted.contains(ExactName($0.layer)) }
    }

    private static func path(of name: String) -> String {
        let path = name.hasPrefix("/") ? name : "/" + name
        return path.count > 1 && path.hasSuffix("/") ? String(path.dropLast()) : path
    }
}
