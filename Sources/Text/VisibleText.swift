/// `text` with every character that a terminal could act on, or that hides or turns text, spelled out.
///
/// Line breaks and tabs become `\n`, `\r` and `\t`. Other control characters, marks without width
/// (joiners, byte order marks, tags, variation selectors) and marks that turn the direction of writing
/// become `\u{1B}` and so on. Bytes that were not UTF-8 (see ``decodeName(_:)``) become `\xE9` and so on.
/// Everything else stays as it is, so that the result of a second call equals that of the first. Options
/// that take a name accept this spelling as well.
///
/// - Complexity: O(bytes).
public func visible(_ text: String) -> String {
    // Printable ASCII, the most frequent text, needs no look at Unicode's properties.
    if text.utf8.allSatisfy({ $0 >= 0x20 && $0 < 0x7F }) { return text }
    guard text.unicodeScalars.contains(where: { isUnprintable($0) }) else { return text }
    var result = ""
    for scalar in text.unicodeScalars {
        switch scalar {
        case "\n": result += "\\n"
        case "\t": result += "\\t"
        case "\r": result += "\\r"
        case _ where isForeign(scalar): result += "\\x" + hexadecimal(scalar.value & 0xFF)
        case _ where isUnprintable(scalar):
            result += "\\u{" + String(scalar.value, radix: 16, uppercase: true) + "}"
        default: result.unicodeScalars.append(scalar)
        }
    }
    return result
}

/// Whether ``visible(_:)`` spells the scalar out: control characters, line separators, everything that
/// Unicode lets a renderer ignore, noncharacters, and the scalars that stand for foreign bytes.
public func isUnprintable(_ scalar: Unicode.Scalar) -> Bool {
    if scalar.value >= 0x20, scalar.value < 0x7F { return false }
    if isForeign(scalar) { return true }
    let properties = scalar.properties
    switch properties.generalCategory {
    case .control, .format, .lineSeparator, .paragraphSeparator, .surrogate: return true
    default: return properties.isDefaultIgnorableCodePoint || properties.isNoncharacterCodePoint
    }
}

private func hexadecimal(_ value: UInt32) -> String {
    let digits = String(value, radix: 16, uppercase: true)
    return digits.utf8.count < 2 ? "0" + digits : digits
}
