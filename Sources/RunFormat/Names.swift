import Text

/// Whether `a` comes before `b` when digits are read as numbers: `layer2` before `layer10`.
public func naturallyPrecedes(_ a: String, _ b: String) -> Bool {
    var x = Array(a.utf8)[...]
    var y = Array(b.utf8)[...]
    while let p = x.first, let q = y.first {
        if isDigit(p), isDigit(q) {
            let m = takeNumber(&x)
            let n = takeNumber(&y)
            if m.count != n.count { return m.count < n.count }
            if m != n { return m.lexicographicallyPrecedes(n) }
        } else if p != q {
            return p < q
        } else {
            x.removeFirst()
            y.removeFirst()
        }
    }
    if x.isEmpty != y.isEmpty { return x.isEmpty }
    // Equal but for leading zeros: any fixed order, by bytes, since other names are equal for Swift.
    return a.utf8.lexicographicallyPrecedes(b.utf8)
}

private func isDigit(_ byte: UInt8) -> Bool { byte >= 0x30 && byte <= 0x39 }

/// Removes the leading digits; returns them without leading zeros.
private func takeNumber(_ text: inout ArraySlice<UInt8>) -> ArraySlice<UInt8> {
    let digits = text.prefix { isDigit($0) }
    text = text.dropFirst(digits.count)
    return digits.drop { $0 == 0x30 }
}

/// The positions of the names that a pattern of `--layer` or the like chooses.
///
/// A name that is the pattern, byte for byte, is chosen alone: names may look like patterns
/// (`dense[0][0]`), and names that Unicode holds for equal are two. Else one that messages print as the
/// pattern (`visible`), since others cannot be typed; else all that match it as a shell pattern.
///
/// - Complexity: O(names · pattern · length of a name).
public func positions(of pattern: String, in names: [String]) -> [Int] {
    let exact = names.indices.filter { isSame(names[$0], pattern) }
    if !exact.isEmpty { return exact }
    let printed = names.indices.filter { isSame(visible(names[$0]), pattern) }
    if !printed.isEmpty { return printed }
    return names.indices.filter { matches(names[$0], pattern: pattern) }
}

/// Whether `name` matches a shell pattern: `*` any characters (slashes too), `?` one, `[a-c]` one
/// of a set, `[!a-c]` one not of it, a backslash takes the next character as it is.
///
/// - Complexity: O(pattern x name).
public func matches(_ name: String, pattern: String) -> Bool {
    let text = Array(name.unicodeScalars)
    let tokens = parse(Array(pattern.unicodeScalars))
    var at = 0
    var token = 0
    var star: (token: Int, text: Int)?
    while at < text.count {
        if token < tokens.count, tokens[token].isStar {
            star = (token, at)
            token += 1
        } else if token < tokens.count, tokens[token].matches(text[at]) {
            token += 1
            at += 1
        } else if let last = star {
            // Let the last star take one character more.
            star = (last.token, last.text + 1)
            token = last.token + 1
            at = last.text + 1
        } else {
            return false
        }
    }
    return tokens[token...].allSatisfy { $0.isStar }
}

private enum Token {
    case star, any
    case one(Unicode.Scalar)
    case set([ClosedRange<UInt32>], isNegated: Bool)

    var isStar: Bool { if case .star = self { true } else { false } }

    func matches(_ scalar: Unicode.Scalar) -> Bool {
        switch self {
        case .star: false
        case .any: true
        case .one(let expected): scalar == expected
        case .set(let ranges, let isNegated):
            ranges.contains { $0.contains(scalar.value) } != isNegated
        }
    }
}

private func parse(_ pattern: [Unicode.Scalar]) -> [Token] {
    var tokens: [Token] = []
    var next = 0
    while next < pattern.count {
        let scalar = pattern[next]
        next += 1
        switch scalar {
        case "*": tokens.append(.star)
        case "?": tokens.append(.any)
        case "\\" where next < pattern.count:
            tokens.append(.one(pattern[next]))
            next += 1
        case "[":
            guard let (token, end) = parseSet(pattern, from: next) else {
                tokens.append(.one(scalar))
                continue
            }
            tokens.append(token)
            next = end
        default: tokens.append(.one(scalar))
        }
    }
    return tokens
}

/// The set that begins after a `[`, and where it ends; `nil` if it does not.
private func parseSet(_ pattern: [Unicode.Scalar], from start: Int) -> (Token, Int)? {
    var next = start
    let isNegated = next < pattern.count && (pattern[next] == "!" || pattern[next] == "^")
    if isNegated { next += 1 }
    var ranges: [ClosedRange<UInt32>] = []
    let first = next
    while next < pattern.count {
        // A bracket in the first place is a member.
        if pattern[next] == "]", next > first {
            return (.set(ranges, isNegated: isNegated), next + 1)
        }
        let low = pattern[next].value
        if next + 2 < pattern.count, pattern[next + 1] == "-", pattern[next + 2] != "]" {
            let high = pattern[next + 2].value
            if low <= high { ranges.append(low...high) }
            next += 3
        } else {
            ranges.append(low...low)
            next += 1
        }
    }
    return nil
}
