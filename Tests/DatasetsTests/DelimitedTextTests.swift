import Foundation
import LinearAlgebra
import Testing

@testable import Datasets

@Suite struct DelimitedTextTests {
    static let persons = TableSchema(
        columns: [
            .init("age", .number), .init("work", .category(["Private", "State-gov", "?"])),
            .init("id", .ignored), .init("income", .label(["low", "high"])),
        ], comment: "|", labelTerminator: ".")
    static let pairs = TableSchema(
        columns: [.init("a", .number), .init("b", .number), .init("target", .target)],
        separator: "\t", hasHeader: true)

    private func read(_ content: some Collection<UInt8>, _ schema: TableSchema) throws
        -> LabeledData
    {
        try withTemporaryFolder { folder in
            try write(content, to: "\(folder)/table")
            return try DelimitedText.read("\(folder)/table", schema: schema)
        }
    }

    @Test func categoriesAreSpreadInTheDeclaredOrder() throws {
        let data = try read(
            Array(
                "|a note\r\n39, State-gov, x, low\r\n\r\n-2.5, ?, , high.\n7e1, Private, y, low"
                    .utf8),
            Self.persons)
        #expect(data.inputNames == ["age", "work=Private", "work=State-gov", "work=?"])
        #expect(
            data.batch(0..<3)
                == Matrix(rows: 3, columns: 4, elements: [39, 0, 1, 0, -2.5, 0, 0, 1, 70, 1, 0, 0]))
        #expect(data.labels == [0, 1, 0])
        #expect(data.classNames == ["low", "high"])
        #expect(data.targets == nil)
    }

    /// The gzip bytes of "a b target / 1 2 3 / 4 5 6": `Fixtures/reference/datasets.py`.
    @Test func aGzippedTableWithAHeaderIsRead() throws {
        let data = try read(
            bytes(
                hex: """
                    1f8b08000000000002034be44ce22c492c4a4f2de132e434e234e632e134e534e30200b682acc2\
                    17000000
                    """), Self.pairs)
        #expect(data.batch(0..<2) == Matrix(rows: 2, columns: 2, elements: [1, 2, 4, 5]))
        #expect(data.targets == Matrix(rows: 2, columns: 1, elements: [3, 6]))
        #expect(data.labels.isEmpty)
    }

    @Test(arguments: [
        ("1\t2\t3", 1, "a", "1", "the header \"a\""),
        ("a\tb\ttarget\n1\tx\t3", 2, "b", "x", "a number"),
        ("a\tb\ttarget\n1\tnan\t3", 2, "b", "nan", "a number"),
        ("a\tb\ttarget\n1\tinf\t3", 2, "b", "inf", "a number"),
        ("a\tb\ttarget\n1\t\t3", 2, "b", "", "a number"),
        ("a\tb\ttarget\n1\t1e999\t3", 2, "b", "1e999", "a number"),
        ("a\tb\ttarget\n\n1\t2\t1,5", 3, "target", "1,5", "a number"),
    ])
    func fieldsOfAnotherKindAreNamed(
        text: String, line: Int, column: String, value: String, expected: String
    ) throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/table"
            try write(text.utf8, to: path)
            #expect(
                throws: DatasetError.wrongField(
                    path: path, line: line, column: column, value: value, expected: expected)
            ) { try DelimitedText.read(path, schema: Self.pairs) }
        }
    }

    @Test func otherRefusalsAreNamed() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/table"
            try write("a\tb\ttarget\n1\t2".utf8, to: path)
            #expect(
                throws: DatasetError.wrongFieldCount(path: path, line: 2, expected: 3, found: 2)
            ) { try DelimitedText.read(path, schema: Self.pairs) }
            try write("a\tb\ttarget\n".utf8, to: path)
            #expect(
                throws: DatasetError.wrongCount(path: path, what: "rows", expected: 1, found: 0)
            ) { try DelimitedText.read(path, schema: Self.pairs) }
            try write("1,Nowhere,x,low".utf8, to: path)
            #expect(
                throws: DatasetError.wrongField(
                    path: path, line: 1, column: "work", value: "Nowhere",
                    expected: "one of Private, State-gov, ?")
            ) { try DelimitedText.read(path, schema: Self.persons) }
            try write("1,?,x,middling".utf8, to: path)
            #expect(
                throws: DatasetError.wrongField(
                    path: path, line: 1, column: "income", value: "middling",
                    expected: "one of low, high")
            ) { try DelimitedText.read(path, schema: Self.persons) }
        }
    }

    @Test func contentBeyondTheLimitIsRefused() throws {
        try withTemporaryFolder { folder in
            let path = "\(folder)/table"
            try write("a\tb\ttarget\n1\t2\t3\n4\t5\t6\n".utf8, to: path)
            var enough = try ByteSource(path: path)
            #expect(try enough.rest(limit: 23).count == 23)
            #expect(throws: DatasetError.tooLarge(path: path, limit: 22)) {
                var source = try ByteSource(path: path)
                _ = try source.rest(limit: 22)
            }
        }
    }

    /// Lines across the pieces in which a file is read, the last one without its end.
    @Test func longFilesReadAsShortOnes() throws {
        let schema = TableSchema(
            columns: [TableSchema.Column("a", .number), TableSchema.Column("b", .target)])
        try withTemporaryFolder { folder in
            let count = 60_000
            let lines = (0..<count).map { "\($0).25,\(-$0)" }
            try write(lines.joined(separator: "\r\n").utf8, to: "\(folder)/table")
            let data = try DelimitedText.read("\(folder)/table", schema: schema)
            #expect(data.count == count)
            let inputs = data.batch(0..<count).column(0)
            #expect(inputs == (0..<count).map { Float($0) + 0.25 })
            #expect(data.targets?.elements == (0..<count).map { -Float($0) })
            try write((lines + ["x,1"]).joined(separator: "\n").utf8, to: "\(folder)/table")
            let error = try #require(throws: DatasetError.self) {
                try DelimitedText.read("\(folder)/table", schema: schema)
            }
            guard case .wrongField(_, count + 1, "a", "x", _) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    /// A line without an end is not gathered in memory.
    @Test func endlessLinesAreRefused() throws {
        let schema = TableSchema(columns: [TableSchema.Column("b", .target)])
        try withTemporaryFolder { folder in
            let path = "\(folder)/table"
            #expect(FileManager.default.createFile(atPath: path, contents: Data("1\n".utf8)))
            #expect(truncate(path, 1 << 40) == 0)
            let error = try #require(throws: DatasetError.self) {
                try DelimitedText.read(path, schema: schema)
            }
            guard case .wrongField(path, 2, "the line", _, _) = error else {
                Issue.record("\(error)")
                return
            }
        }
    }

    /// Against the C library's correctly rounded conversion.
    @Test(arguments: [
        "0", "-0", "1", "126.201", "0.00266337", "0.4608690142631531", "123456789012345678",
        "9007199254740993", "1234567890123456789012", "-7.5e-3", "1E6", ".5", "5.", "+3",
    ])
    func decimalsAreCorrectlyRounded(text: String) {
        let value = Array(text.utf8).withUnsafeBufferPointer { decimal($0) }
        #expect(value == strtod(text, nil))
    }

    @Test(arguments: [
        "", "-", ".", "1 2", "0x10", "1e", "--1", "1.2.3", "e5", "NaN", "infinity",
        "1" + String(repeating: "0", count: 1000),
    ])
    func anythingElseIsNoDecimal(text: String) {
        #expect(Array(text.utf8).withUnsafeBufferPointer { decimal($0) } == nil)
    }

    @Test func controlCharactersDoNotReachTheTerminal() {
        let error = DatasetError.wrongField(
            path: "t", line: 1, column: "a", value: "\u{1B}[2J\u{7}\u{202E}", expected: "a number")
        #expect(!error.description.unicodeScalars.contains { $0.value < 32 || $0.value == 0x202E })
    }
}
