import RunFormat
import Text

/// The layers of a run, or of one of its snapshots, in the order of execution.
struct LayerOrder: Sendable {
    let entries: [LayerEntry]
    /// Whether each layer stores an index of its own; else the order is that of their names.
    let isStored: Bool
    private let positions: [ExactName: Int]

    /// Why nobody knows what follows a layer, where values do not tell it either.
    static let isUnknown =
        "the layers do not store an index each, and no recorded values tell their order"

    /// The order of `entries`, which is that of their indices and names.
    init(_ entries: [LayerEntry]) {
        self.entries = entries
        let indices = entries.compactMap(\.index)
        isStored =
            entries.count < 2
            || indices.count == entries.count && Set(indices).count == indices.count
        positions = Dictionary(
            zip(entries.map { ExactName($0.path) }, entries.indices),
            uniquingKeysWith: { first, _ in first })
    }

    /// Where `entry` is, by bytes: names that are equal only for Unicode are two layers.
    func position(of entry: LayerEntry) -> Int? { positions[ExactName(entry.path)] }
}
