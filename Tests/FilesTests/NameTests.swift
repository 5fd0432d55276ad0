import Testing

@testable import Files
import Text

@Suite struct NameTests {
    /// Every byte sequence of up to two bytes, alone and beside a letter, and the edges of UTF-8.
    @Test func everyByteSurvives() {
        var sequences: [[UInt8]] = [
            [0xF4, 0x8F, 0xBE, 0x80], [0xF4, 0x8F, 0xBF, 0xBF], [0xF4, 0x8F, 0xBD, 0xBF],
            [0xED, 0xA0, 0x80], [0xF0, 0x9F, 0x98, 0x80], [0xF0, 0x80, 0x80, 0x80],
            [0xE2, 0x82], [0xF0, 0x9F, 0x98], [0xFF, 0xFE, 0x00, 0x41], [0xF4, 0x90, 0x80, 0x80],
        ]
        for first in UInt8.min...UInt8.max {
            sequences.append([first])
            for second in UInt8.min...UInt8.max { sequences.append([first, second]) }
        }
        for sequence in sequences {
            #expect(encodeName(decodeName(sequence)) == sequence)
            let framed = [UInt8(ascii: "a")] + sequence + [UInt8(ascii: "z")]
            #expect(encodeName(decodeName(framed)) == framed)
        }
    }

    @Test func wellFormedNamesStayAsTheyAre() {
        for name in ["run.h5", "café", "cafe\u{301}", "名前", "😀", "\u{10FF7F}", ""] {
            #expect(decodeName(Array(name.utf8)).utf8.elementsEqual(name.utf8))
        }
        #expect(decodeName([0xE9]) == "\u{10FFE9}")
    }

    @Test func zeroBytesNameNothing() throws {
        let scratch = try Scratch()
        try scratch.write("a", "x")
        #expect(throws: FileError(.read, scratch.file("a\0b"), .system(2))) {
            try readFile(scratch.file("a\0b"))
        }
    }

    @Test func pathsAreDividedAtTheLastSlash() {
        for (path, folder, name) in [
            ("a", ".", "a"), ("/a", "/", "a"), ("a/b", "a", "b"), ("a/../b", "a/..", "b"),
            ("a/", "a", ""),
        ] {
            #expect(divided(path) == (folder, name))
        }
    }
}
