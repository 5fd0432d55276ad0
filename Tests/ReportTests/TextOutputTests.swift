import Report
import Testing

@Suite("Lines for people")
struct TextOutputTests {
    @Test("a line spells out what a terminal could act on; what sets it off stays")
    func linesAreVisible() {
        let output = TextOutput()
        output.write(line: "layer red\u{1B}[2J by\nwidth\u{202E}")
        output.write(line: "head\u{1B}[0m", isBold: true)
        #expect(
            output.text
                == "layer red\\u{1B}[2J by\\nwidth\\u{202E}\n\u{1B}[1mhead\\u{1B}[0m\u{1B}[0m\n")
    }

    @Test("heads, notes and cells of a table spell it out, and align by what is shown")
    func tablesAreVisible() {
        var table = TextTable([("a\u{1B}", "n\u{07}", false), ("b", "", true)])
        table.append(["\u{200B}x", "1"])
        let output = TextOutput()
        table.write(to: output)
        #expect(output.text == "a\\u{1B}    b\nn\\u{7}\n\\u{200B}x  1\n")
    }
}
