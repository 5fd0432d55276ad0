import Testing

@testable import Report

@Suite struct JSONReaderTests {
    private func parse(_ text: String) throws(JSONError) -> JSONNode {
        try JSONNode(parsing: Array(text.utf8))
    }

    @Test func readsWhatIsWritten() throws {
        let node = try parse(JSON.text(of: [everyKind, skipped]))
        #expect(node["schema"] == .text("lamina.results/1"))
        guard case .list(let results) = node["results"] else {
            Issue.record("no list")
            return
        }
        #expect(results.count == 2)
        #expect(results[0]["warnings"] == .list([.text("one \"quoted\""), .text("two")]))
        #expect(results[0]["values"]?["count"] == .integer(38))
        #expect(results[0]["values"]?["fraction"] == .number(0.1))
        #expect(results[0]["values"]?["edges"] == .list([.number(0), .number(0.5), .null]))
        #expect(results[1]["site"] == .null)
        #expect(results[1]["nothing"] == nil)
    }

    @Test(
        arguments: [
            ("-0", .integer(0)), ("-12", .integer(-12)), ("1.0", .number(1)), ("1e2", .number(100)),
            ("9223372036854775807", .integer(.max)), ("9223372036854775808", .number(0x1p63)),
            (" [ ] ", .list([])), ("{}", .object([])), ("\"\\u0041\\n\\/\"", .text("A\n/")),
            ("\"\\ud83d\\ude00\"", .text("😀")), ("true", .flag(true)),
        ] as [(String, JSONNode)])
    func values(_ text: String, _ node: JSONNode) throws { #expect(try parse(text) == node) }

    @Test(arguments: [
        "", " ", "01", "-", "+1", "1.", ".5", "1e", "1e999", "nul", "truex", "[1,]", "[1 2]", "[",
        "{",
        "{\"a\"}", "{\"a\":1,}", "{\"a\":1,\"a\":2}", "{a:1}", "\"", "\"\n\"", "\"\\x\"",
        "\"\\u12\"",
        "\"\\ud800\"", "\"\\ud800\\u0041\"", "\"\\udc00\"", "1 2", "NaN", "Infinity", "'a'",
        "\u{FEFF}1",
    ])
    func refuses(_ text: String) { #expect(throws: JSONError.self) { try parse(text) } }

    @Test func refusesBadBytesAndDeepNesting() {
        #expect(throws: JSONError.self) { try JSONNode(parsing: [0x22, 0xFF, 0x22]) }
        let depth = 100_000
        #expect(throws: JSONError.self) { try parse(String(repeating: "[", count: depth)) }
        #expect(throws: Never.self) {
            try parse(String(repeating: "[", count: 120) + String(repeating: "]", count: 120))
        }
    }

    @Test(
        arguments: [
            ("", 0, "something more"), ("[1,", 3, "something more"), ("[1,]", 3, "a value"),
            ("{\"a\" 1}", 5, "':'"), ("{a: 1}", 1, "a name"), ("1.", 2, "a digit"),
            ("01", 1, "no digits after a leading zero"), ("nul", 0, "'null'"),
            ("1 2", 2, "nothing more"), ("[1}", 2, "',' or ']'"),
        ] as [(String, Int, String)])
    func mistakesAreNamed(text: String, offset: Int, expected: String) {
        #expect(throws: JSONError(offset: offset, expected: expected)) { try parse(text) }
    }

    @Test func theHeadIsReadWithoutTheTail() throws {
        var reader = JSONReader(
            Array(#"{"a": 1, "skipped": [1, {"x": "]"}], "b": 2, "rest": oops"#.utf8))
        var seen: [String] = []
        try reader.object { (name, reader) throws(JSONError) in
            seen.append(name)
            if name == "rest" { return false }
            try reader.skip()
            return true
        }
        #expect(seen == ["a", "skipped", "b", "rest"])
    }

    @Test func skippingGivesThePlace() throws {
        let text = Array(#"[ {"a": [1, 2]} , "t\"]", -1.5e3 ]"#.utf8)
        var parts: [String] = []
        var reader = JSONReader(text)
        try reader.list { (reader) throws(JSONError) in
            parts.append(String(decoding: text[try reader.skip()], as: UTF8.self))
        }
        try reader.finish()
        #expect(parts == [#"{"a": [1, 2]}"#, #""t\"]""#, "-1.5e3"])
    }
}

@Suite struct JSONNameTests {
    /// Nothing is quadratic in the number of names: a text of 100,000 takes less than a second.
    @Test func manyNames() throws {
        let names = (0..<100_000).map { "\"n\($0)\": 1" }
        let start = ContinuousClock.now
        #expect(
            try JSONNode(parsing: Array("{\(names.joined(separator: ","))}".utf8)).fields.count
                == 100_000)
        #expect(throws: JSONError.self) {
            try JSONNode(
                parsing: Array("{\((names + names.suffix(1)).joined(separator: ","))}".utf8))
        }
        let equal = [String](repeating: "\"n\": 1", count: 100_000)
        let error = #expect(throws: JSONError.self) {
            try JSONNode(parsing: Array("{\(equal.joined(separator: ","))}".utf8))
        }
        #expect(error?.expected == "each name once")
        // 20 ms when optimized; quadratic it would be minutes.
        #expect(ContinuousClock.now - start < .seconds(10))
    }

    /// A name twice is an error even where nobody asks for the value.
    @Test func namesOccurOnce() {
        for text in [
            #"{"a": 1, "a": 2}"#, #"{"a": 1, "\u0061": 2}"#, #"[{"x": {"b": 1, "b": 1}}]"#,
        ] {
            var reader = JSONReader(Array(text.utf8))
            #expect(throws: JSONError.self) { try reader.skip() }
        }
    }

    /// Two names that Unicode holds for equal are two: é in one and in two scalars.
    @Test func namesAreComparedByBytes() throws {
        let node = try JSONNode(parsing: Array("{\"caf\u{E9}\": 1, \"cafe\u{301}\": 2}".utf8))
        #expect(node["caf\u{E9}"] == .integer(1))
        #expect(node["cafe\u{301}"] == .integer(2))
    }
}
