import Analysis
import MetricCore
import Text

/// How the results of one command are told apart: what they all share is left out.
struct Labels {
    /// What remains of each run's path when the folders and endings that all share are gone.
    let runs: [ExactName: String]
    let showsRun: Bool
    private(set) var showsSite: Bool
    let showsSnapshot: Bool

    init(_ results: [LayerResult]) {
        let paths = distinctNames(results.lazy.map(\.run))
        runs = Dictionary(
            uniqueKeysWithValues: zip(paths.map { ExactName($0) }, distinguishingParts(of: paths)))
        showsRun = paths.count > 1
        showsSite = Set(results.map(\.site)).count > 1
        showsSnapshot = results.contains { $0.snapshot != nil }
    }

    /// The same runs, and the site only if it varies among `results`: those of one metric, where
    /// another may have looked at another site.
    func narrowed(to results: some Sequence<LayerResult>) -> Labels {
        var labels = self
        labels.showsSite = Set(results.map(\.site)).count > 1
        return labels
    }

    func run(of result: LayerResult) -> String {
        visible(runs[ExactName(result.run)] ?? result.run)
    }

    /// "hidden", or as much more as it takes: "a hidden (pre, step 100)".
    func label(of result: LayerResult) -> String {
        var label = visible(result.layer)
        if showsRun { label = run(of: result) + " " + label }
        var notes: [String] = []
        if showsSite, let site = result.site { notes.append(site.rawValue) }
        if let snapshot = result.snapshot { notes.append("step " + visible(snapshot)) }
        return notes.isEmpty ? label : label + " (\(notes.joined(separator: ", ")))"
    }
}

/// The paths without the leading folders, the trailing names and the ending that all have.
public func distinguishingParts(of paths: [String]) -> [String] {
    guard paths.count > 1 else { return paths.map { lastComponents($0) } }
    var parts = paths.map { $0.split(separator: "/", omittingEmptySubsequences: false)[...] }
    func shared(_ element: (ArraySlice<Substring>) -> Substring?) -> Bool {
        guard let first = element(parts[0]) else { return false }
        return parts.allSatisfy { $0.count > 1 && element($0) == first }
    }
    while shared({ $0.first }) { parts = parts.map { $0.dropFirst() } }
    while shared({ $0.last }) { parts = parts.map { $0.dropLast() } }
    var names = parts.map { $0.joined(separator: "/") }
    let endings = Set(names.map { ending(of: $0) })
    if endings.count == 1, let ending = endings.first, !ending.isEmpty {
        names = names.map { String($0.dropLast(ending.count)) }
    }
    return names
}

private func lastComponents(_ path: String) -> String {
    String(path.split(separator: "/").last ?? "/")
}

/// ".h5" of "a/b.h5"; empty if the name has none.
private func ending(of path: String) -> Substring {
    let name = path.split(separator: "/").last ?? ""
    guard let dot = name.lastIndex(of: "."), dot != name.startIndex else { return "" }
    return name[dot...]
}
