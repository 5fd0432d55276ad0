import ArgumentParser
import Report
import RunFormat
import Text

/// What the shell offers behind an option, from the run files that the line names already.
///
/// The shell calls for it with every key, so whatever goes wrong offers nothing.
enum Completions {
    /// Names of layers.
    static let layers = CompletionKind.custom { words, _, _ in
        names(in: words) { (try? $0.layers().map(\.name)) ?? [] }
    }

    /// Steps that were stored, and "all" of them.
    static let snapshots = CompletionKind.custom { words, _, _ in
        names(in: words) { $0.snapshots.isEmpty ? [] : $0.snapshots + ["all"] }
    }

    /// Paths of datasets with more than one dimension.
    static let datasets = CompletionKind.custom { words, _, _ in
        names(in: words) { run in run.datasets().filter { $0.shape.count > 1 }.map(\.path) }
    }

    /// Several of `ids`, separated by commas.
    static func list(of ids: [String]) -> CompletionKind {
        .custom { _, _, prefix in
            let chosen = prefix.split(separator: ",", omittingEmptySubsequences: false).dropLast()
            let start = chosen.map { $0 + "," }.joined()
            return ids.filter { id in !chosen.contains { $0 == id } }.map { start + $0 }
        }
    }

    private static func names(in words: [String], of run: (RunFile) -> [String]) -> [String] {
        var found: [String] = []
        for word in words.dropFirst() where !word.hasPrefix("-") {
            guard let file = try? RunFile(path: word) else { continue }
            // What cannot be printed or would be several words cannot be offered.
            found += run(file).filter { visible($0) == $0 && !$0.contains { $0.isWhitespace } }
        }
        return distinctNames(found)
    }
}
