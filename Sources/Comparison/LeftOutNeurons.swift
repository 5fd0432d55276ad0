import Analysis
import MetricCore
import Text

/// What numbers of `states` are those of a part of a layer's neurons.
///
/// - Returns: a sentence for each layer, at most five and one that counts the others.
/// - Complexity: O(results).
func leftOutNeurons(in states: [RunState]) -> [String] {
    var sentences: [String] = []
    for state in states {
        var seen: Set<ExactName> = []
        for result in state.results {
            guard let note = result.leftOut, seen.insert(ExactName(result.layer)).inserted else {
                continue
            }
            let place = [state.run, result.layer, result.site?.rawValue, result.snapshot]
            sentences.append(
                place.compactMap { $0 }.map(visible).joined(separator: " ") + ": \(note)")
        }
    }
    let shown = 5
    guard sentences.count > shown else { return sentences }
    return sentences.prefix(shown) + [
        "\(sentences.count - shown) more layers have entries that are NaN, infinite or beyond 1e150"
    ]
}
