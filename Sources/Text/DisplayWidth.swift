/// The cells `text` takes in a terminal: 2 for East Asian wide characters and emoji, 0 for marks
/// that combine, else 1.
public func displayWidth(_ text: String) -> Int {
    let ascii = text.utf8.allSatisfy { $0 < 0x80 }
    return ascii ? text.utf8.count : text.reduce(0) { $0 + displayWidth($1) }
}

/// The cells of one character.
public func displayWidth(_ character: Character) -> Int {
    var width = 0
    for scalar in character.unicodeScalars {
        if isWide(scalar) || scalar.value == 0xFE0F { return 2 }
        switch scalar.properties.generalCategory {
        case .nonspacingMark, .enclosingMark, .format: break
        default: width = 1
        }
    }
    return width
}

/// The blocks of Unicode's East Asian Width W and F (UAX #11), gaps between them filled.
private func isWide(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0xA4CF, 0xA960...0xA97F,
        0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE6F, 0xFF00...0xFF60,
        0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F680...0x1F6FF, 0x1F900...0x1F9FF,
        0x1FA70...0x1FAFF, 0x20000...0x3FFFD:
        true
    default: false
    }
}

/// `text` in at most `width` cells, the middle left out where it does not fit.
public func shortened(_ text: String, to width: Int) -> String {
    guard displayWidth(text) > width else { return text }
    guard width > 1 else { return "…" }
    var head = "", tail: [Character] = []
    var room = width - 1
    let characters = Array(text)
    var (front, back) = (0, characters.count - 1)
    // The end of a name tells more than its middle: take from both ends in turn.
    while front <= back {
        let takesTail = tail.count < front
        let next = characters[takesTail ? back : front]
        room -= displayWidth(next)
        if room < 0 { break }
        if takesTail {
            tail.append(next)
            back -= 1
        } else {
            head.append(next)
            front += 1
        }
    }
    return head + "…" + String(tail.reversed())
}
