import MetricCore
import Report
import Text

/// Warnings of many results: sentences of a metric that differ in their numbers alone stand together,
/// each with its own numbers and the places where it was said.
struct WarningList {
    /// A layer of a run on the page.
    struct Place {
        var anchor: String
        var name: String
    }

    private struct Sentence {
        var text: String
        var places: [Place]
    }

    private struct Kind {
        var metric: String
        /// The sentence with an ellipsis for every number.
        var pattern: String
        var sentences: [Sentence] = []
        var positions: [String: Int] = [:]
    }

    private var kinds: [Kind] = []
    private var positions: [String: Int] = [:]

    /// Notes that `text` was said of a result.
    mutating func add(_ text: String, of metric: MetricDescriptor, at place: Place) {
        let pattern = Self.withoutNumbers(text)
        let key = metric.id + "\u{0}" + pattern
        let position = positions[key] ?? kinds.count
        if position == kinds.count {
            positions[key] = position
            kinds.append(Kind(metric: metric.title, pattern: pattern))
        }
        if let own = kinds[position].positions[text] {
            kinds[position].sentences[own].places.append(place)
        } else {
            kinds[position].positions[text] = kinds[position].sentences.count
            kinds[position].sentences.append(Sentence(text: text, places: [place]))
        }
    }

    /// What the template needs: for each kind a heading, and each of its sentences with its places; a
    /// sentence that is the heading is not told again.
    var context: [[String: Any]] {
        kinds.map { kind in
            let isOne = kind.sentences.count == 1
            let sentences = kind.sentences.map { sentence in
                var context: [String: Any] = [
                    "places": sentence.places.map {
                        ["anchor": $0.anchor, "place": visible($0.name)]
                    }
                ]
                if !isOne { context["own"] = visible(sentence.text) }
                return context
            }
            let heading = isOne ? kind.sentences[0].text : kind.pattern
            return ["text": visible("\(kind.metric): \(heading)"), "sentences": sentences]
        }
    }

    /// `text` with an ellipsis for every number.
    private static func withoutNumbers(_ text: String) -> String {
        func isDigit(_ character: Character) -> Bool { character.isASCII && character.isNumber }
        var result = ""
        var rest = text[...]
        while let start = rest.firstIndex(where: isDigit) {
            var before = rest[..<start]
            // A sign, unless it joins two words.
            if before.last == "-", before.dropLast().last.map({ " (".contains($0) }) ?? true {
                before.removeLast()
            }
            result += before
            rest = rest[start...]
            var end = rest.startIndex
            while end < rest.endIndex {
                let character = rest[end]
                let next = rest.index(after: end)
                let followsDigit = next < rest.endIndex && isDigit(rest[next])
                // Points and commas belong to a number only between digits, as do exponents.
                let isInside = ".,".contains(character) && followsDigit
                let isExponent =
                    character == "e" && next < rest.endIndex
                    && (followsDigit || "+-".contains(rest[next]))
                guard isDigit(character) || isInside || isExponent else { break }
                end = next
                if isExponent, end < rest.endIndex, "+-".contains(rest[end]) {
                    end = rest.index(after: end)
                }
            }
            result += "…"
            rest = rest[end...]
        }
        return result + rest
    }
}
