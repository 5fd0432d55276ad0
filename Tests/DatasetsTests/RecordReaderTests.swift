import Testing

@testable import Datasets

/// Records of `text`, a list of fields each.
private func records(_ text: String, separator: Unicode.Scalar = ",") throws -> [[String]] {
    try Array(text.utf8).withUnsafeBufferPointer { bytes in
        var reader = RecordReader(bytes, path: "t", separator: UInt8(ascii: separator))
        var records: [[String]] = []
        while try reader.next() {
            records.append(
                reader.fields.indices.map {
                    reader.withContent($0) { String(decoding: $0, as: UTF8.self) }
                })
        }
        return records
    }
}

/// RFC 4180, section 2, and the liberties that the reader documents.
@Suite struct RecordReaderTests {
    @Test(arguments: [
        // The examples of the RFC.
        ("aaa,bbb,ccc\r\nzzz,yyy,xxx\r\n", [["aaa", "bbb", "ccc"], ["zzz", "yyy", "xxx"]]),
        ("aaa,bbb,ccc\r\nzzz,yyy,xxx", [["aaa", "bbb", "ccc"], ["zzz", "yyy", "xxx"]]),
        ("\"aaa\",\"b\r\nbb\",\"ccc\"\r\nz,y,x", [["aaa", "b\r\nbb", "ccc"], ["z", "y", "x"]]),
        ("\"aaa\",\"b\"\"bb\",\"ccc\"", [["aaa", "b\"bb", "ccc"]]),
        ("a,,\n,,", [["a", "", ""], ["", "", ""]]),
        ("\"\",\"\"\"\"\n", [["", "\""]]),
        // Liberties.
        ("\u{FEFF}a,b\n1,2", [["a", "b"], ["1", "2"]]),
        ("a , b\r1, 2\r\r", [["a", "b"], ["1", "2"]]),
        ("\n\n  \na,b\n\n1,2\n \n", [["a", "b"], ["1", "2"]]),
        ("5'10\",\"x\" , y", [["5'10\"", "x", "y"]]),
        ("", []), ("\n", []), ("a", [["a"]]),
    ])
    func recordsAreRead(text: String, expected: [[String]]) throws {
        #expect(try records(text) == expected)
    }

    @Test func spacesSeparateInRuns() throws {
        #expect(
            try records("  1   2 3  \n\"a b\" c  d\n4 5 6", separator: " ") == [
                ["1", "2", "3"], ["a b", "c", "d"], ["4", "5", "6"],
            ])
    }

    @Test(arguments: [
        ("a,b\n1,\"2", 2, "column 2", "never closed"),
        ("a,b\n\"1\n\n,2\n", 2, "column 1", "never closed"),
        ("a,b\n\"x\ny\" z,2", 3, "column 1", "text follows"),
        ("a,b\n1,2\n3,\u{0}", 3, "column 2", "NUL"),
        ("a,\"b\u{0}\"", 1, "column 2", "NUL"),
    ])
    func malformedRecordsAreNamed(text: String, line: Int, column: String, words: String) throws {
        let error = try #require(throws: DatasetError.self) { try records(text) }
        guard case .malformed("t", line, column, let reason) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(reason.contains(words))
    }
}

@Suite struct CSVDialectTests {
    private func dialect(_ text: String) throws -> CSVDialect {
        try Array(text.utf8).withUnsafeBufferPointer {
            try CSVDialect(inferredFrom: $0, path: "t")
        }
    }

    @Test(
        arguments: [
            ("a,b\n1,2", ",", true, false), ("1,2\n3,4", ",", false, false),
            ("a\tb\n1\t2", "\t", true, false), ("a;b\n1,5;2,5", ";", true, true),
            ("a|b\n1.5|2", "|", true, false), ("1  2\n3 4\n", " ", false, false),
            // Commas in texts do not separate where something else does.
            ("a;b\n\"x, y\";1\nu, v;2\n", ";", true, false),
            // Only texts: a header does not stand below itself.
            ("kind,colour\nleaf,green\nroot,brown", ",", true, false),
            ("leaf,green\nleaf,brown\nroot,green", ",", false, false),
            // Row numbers without a name; a first line with a missing value is data.
            (",x\n0,1\n1,2", ",", true, false), ("?,x,1\n3,y,2", ",", false, false),
            ("a\n1\n2", ",", true, false), ("only,a,header", ",", true, false),
        ] as [(String, Unicode.Scalar, Bool, Bool)])
    func dialectsAreInferred(
        text: String, separator: Unicode.Scalar, hasHeader: Bool, hasDecimalComma: Bool
    ) throws {
        let found = try dialect(text)
        #expect(found.separator == UInt8(ascii: separator))
        #expect(found.hasHeader == hasHeader)
        #expect(found.hasDecimalComma == hasDecimalComma)
    }

    /// Values of the C library's conversion, and what is no number.
    @Test func numbersOfTables() {
        func value(_ text: String, comma: Bool = false) -> Double? {
            Array(text.utf8).withUnsafeBufferPointer { number($0, hasDecimalComma: comma) }
        }
        #expect(value("1.5e3") == 1500 && value("-.5") == -0.5 && value("1,5", comma: true) == 1.5)
        #expect(value("-inf") == .infinity && value("Infinity") == .infinity)
        #expect(value("1,5") == nil && value("1.000,5", comma: true) == nil)
        #expect(value("inform") == nil && value("nan") == nil && value("0x1") == nil)
    }
}
