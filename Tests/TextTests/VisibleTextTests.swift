import Testing
import Text

/// Expected texts follow from the rule in the documentation of `visible` and from Unicode's tables: the
/// code points are those of DerivedCoreProperties.txt (Default_Ignorable_Code_Point) and categories Cc, Cf,
/// Zl and Zp of UnicodeData.txt.
@Suite struct Visibility {
    @Test(arguments: [
        ("hidden", "hidden"), ("größe 層 😀", "größe 層 😀"), ("a b", "a b"), ("", ""),
        ("a\\nb", "a\\nb"),
        // C0, delete, C1; form feed as gnuplot prints it.
        ("a\n\t\r\u{0}b", "a\\n\\t\\r\\u{0}b"), ("\u{1B}[31mred", "\\u{1B}[31mred"),
        ("\u{C}", "\\u{C}"), ("\u{7F}\u{85}\u{9B}", "\\u{7F}\\u{85}\\u{9B}"),
        ("\u{2028}\u{2029}", "\\u{2028}\\u{2029}"),
        // Zero width: space, joiners, byte order mark, soft hyphen, word joiner, Hangul fillers.
        ("a\u{200B}\u{200C}\u{200D}b", "a\\u{200B}\\u{200C}\\u{200D}b"),
        ("\u{FEFF}x", "\\u{FEFF}x"),
        ("\u{AD}", "\\u{AD}"), ("\u{2060}", "\\u{2060}"),
        ("\u{3164}\u{115F}", "\\u{3164}\\u{115F}"),
        // Direction: marks, embeddings, overrides, isolates, the Arabic letter mark.
        ("\u{61C}", "\\u{61C}"), ("\u{200E}\u{200F}", "\\u{200E}\\u{200F}"),
        ("\u{202A}\u{202E}", "\\u{202A}\\u{202E}"), ("\u{2066}\u{2069}", "\\u{2066}\\u{2069}"),
        // Tags, variation selectors, noncharacters.
        ("\u{E0041}\u{E007F}", "\\u{E0041}\\u{E007F}"),
        ("\u{FE0F}\u{E0100}", "\\u{FE0F}\\u{E0100}"),
        ("\u{FFFE}", "\\u{FFFE}"),
    ])
    func spellsOut(text: String, expected: String) {
        #expect(visible(text) == expected)
        #expect(visible(visible(text)) == visible(text))
    }

    @Test func leavesNothingThatATerminalActsOn() {
        for value in 0...UInt32(0x2_FFFF) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let shown = visible(String(scalar)).unicodeScalars
            #expect(!shown.contains { $0.properties.isDefaultIgnorableCodePoint }, "U+\(value)")
            let controls: Set<Unicode.GeneralCategory> = [.control, .format, .lineSeparator]
            #expect(
                !shown.contains { controls.contains($0.properties.generalCategory) }, "U+\(value)")
        }
    }
}

@Suite struct ByteNames {
    /// Any bytes come back: the mapping loses none.
    @Test(
        arguments: [
            [], [0x63, 0x61, 0x66, 0xE9], [0xC3, 0xA9], [0xFF, 0xFE], [0xC3], [0xE2, 0x82],
            // Surrogate, overlong slash, above U+10FFFF, and U+10FFE9, which stands for a byte.
            [0xED, 0xA0, 0x80], [0xC0, 0xAF], [0xF4, 0x90, 0x80, 0x80], [0xF4, 0x8F, 0xBF, 0xA9],
            [0xF0, 0x9F, 0x98, 0x80],
        ] as [[UInt8]])
    func keepEveryByte(bytes: [UInt8]) { #expect(encodeName(decodeName(bytes)) == bytes) }

    @Test func keepEveryPairOfBytes() {
        for first in UInt8.min...UInt8.max {
            for second in UInt8.min...UInt8.max {
                let bytes = [first, second]
                if encodeName(decodeName(bytes)) != bytes { Issue.record("\(bytes)") }
            }
        }
    }

    @Test func areForeignWhereTheyAreNoUTF8() {
        let name = decodeName([0x63, 0x61, 0x66, 0xE9, 0xC3, 0xA9])
        #expect(isForeignName(name))
        #expect(visible(name) == "caf\\xE9é")
        #expect(!isForeignName("größe"))
    }

    @Test func areOnlyEqualByBytes() {
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        #expect(composed == decomposed)
        #expect(ExactName(composed) != ExactName(decomposed))
        #expect(
            Set([ExactName(composed), ExactName(decomposed), ExactName("caf\u{E9}")]).count == 2)
        #expect(!isSame(composed, decomposed))
    }

    /// One pass: a name of 512 KiB with a bad last byte took minutes when every rest was validated again.
    @Test func areDecodedInOnePass() {
        let bytes = [UInt8](repeating: 0x61, count: 1 << 19) + [0xFF]
        let start = ContinuousClock.now
        #expect(isForeignName(decodeName(bytes)))
        #expect(ContinuousClock.now - start < .seconds(20))
    }
}

@Test func distinctNamesCompareBytes() {
    let names = distinctNames(["caf\u{E9}", "a", "cafe\u{301}", "a", "caf\u{E9}"])
    #expect(
        names.map { Array($0.utf8) } == ["caf\u{E9}", "a", "cafe\u{301}"].map { Array($0.utf8) })
}
