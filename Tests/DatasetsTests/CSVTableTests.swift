import LinearAlgebra
import Testing

@testable import Datasets

/// Reads `text` as a table and infers what its columns are for.
private func encoded(
    _ text: some Collection<UInt8>, _ options: TableOptions, hasHeader: Bool? = nil
) throws -> (CSVTable, TableEncoding, EncodedTable) {
    try withTemporaryFolder { folder in
        try write(text, to: "\(folder)/t.csv")
        let table = try CSVTable(path: "\(folder)/t.csv", hasHeader: hasHeader)
        let encoding = try TableEncoding(inferredFrom: table, options)
        return (table, encoding, try encoding.rows(of: table, needsOutcome: true))
    }
}

@Suite struct CSVTableTests {
    static let text = """
        id,when,size,kind,note,same,price
        1,1700000000,1.5,b,x,7,10
        2,1700000060,,a,y,7,20.5
        3,1700000120,2.5,,z,7,NA
        4,1700000180,3.5,b,w,7,40
        """

    @Test func columnsAreInferred() throws {
        let (table, encoding, rows) = try encoded(
            Self.text.utf8, TableOptions(targets: ["price"], ignored: ["id"], categories: ["note"]))
        #expect(table.rowCount == 4 && table.dialect.hasHeader)
        #expect(
            encoding.columns.map(\.use) == [
                .unused("as asked"), .number(hasMissing: false), .number(hasMissing: true),
                .category(values: ["a", "b"], hasMissing: true),
                .category(values: ["w", "x", "y", "z"], hasMissing: false),
                .unused("it has one value"), .target,
            ])
        // The third row has no target.
        #expect(rows.dropped == 1)
        let data = try #require(rows.data)
        #expect(
            data.inputNames == [
                "when", "size", "size is missing", "kind=a", "kind=b", "kind=(missing)", "note=w",
                "note=x", "note=y", "note=z",
            ])
        #expect(
            data.batch([1]).elements == [Float(1_700_000_060), 0, 1, 1, 0, 0, 0, 0, 1, 0])
        #expect(data.targets?.elements == [10, 20.5, 40])
    }

    /// Time stamps a minute apart keep their distances.
    ///
    /// Those of the rows with a target: mean 1700000080, deviations -80, -20 and 100, variance 5600. In
    /// single precision they would be 128 seconds apart or equal.
    @Test func timeStampsKeepTheirMinutes() throws {
        let (_, _, rows) = try encoded(Self.text.utf8, TableOptions(targets: ["price"]))
        let data = try #require(rows.data)
        let scaled = data.scaled(by: data.standardScaling(), targets: nil)
        let column = try #require(scaled.inputNames.firstIndex(of: "when"))
        let deviation = (5600.0).squareRoot()
        for (value, distance) in zip(scaled.batch(0..<3).column(column), [-80.0, -20, 100]) {
            #expect(abs(Double(value) - distance / deviation) < 1e-7)
        }
    }

    /// Sizes 1.5, missing, 3.5: mean 2.5, population deviation 1 over those that are there.
    @Test func missingNumbersCountAsTheMean() throws {
        let (_, _, rows) = try encoded(Self.text.utf8, TableOptions(targets: ["price"]))
        let data = try #require(rows.data)
        let scaled = data.scaled(by: data.standardScaling(), targets: nil)
        let column = try #require(scaled.inputNames.firstIndex(of: "size"))
        #expect(scaled.batch(0..<3).column(column) == [-1, 0, 1])
        #expect(scaled.batch(0..<3).column(column + 1) == [0, 1, 0])
    }

    @Test(
        arguments: [
            // Texts, and whole numbers from 0 or 1 on that repeat, are classes.
            ("yes,no", nil, true), ("0,1", nil, true), ("1,2,3", nil, true),
            ("2,3", nil, false), ("0,2", nil, false), ("0.5,1", nil, false),
            ("0,1", TableOptions.Task.regression, false), ("2,3", .classification, true),
        ] as [(String, TableOptions.Task?, Bool)])
    func targetsAreNumbersOrClasses(
        values: String, task: TableOptions.Task?, isClass: Bool
    ) throws {
        let values = values.split(separator: ",").map(String.init)
        let lines = (0..<60).map { "\($0 / 2),\(values[$0 % values.count])" }
        let (_, encoding, _) = try encoded(
            Array(("x,y\n" + lines.joined(separator: "\n")).utf8),
            TableOptions(targets: ["y"], task: task))
        #expect(encoding.classes == (isClass ? values.sorted() : nil))
    }

    @Test func columnsAreFoundByNameOrNumber() throws {
        let (_, byNumber, _) = try encoded("1,2\n3,4\n5,7".utf8, TableOptions(targets: ["2"]))
        #expect(byNumber.columns.map(\.name) == ["column 1", "column 2"])
        #expect(byNumber.targets == [1])
        let error = try #require(throws: DatasetError.self) {
            try encoded("a,b\n3,4\n5,7".utf8, TableOptions(targets: ["c"]))
        }
        guard case .invalidOption("--target", "c", let expected) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(expected.hasSuffix("a, b"))
    }

    @Test(
        arguments: [
            ("", nil, nil, "empty"), ("x,y\n", nil, nil, "no rows"),
            ("y\n1\n2\n", nil, nil, "no column is left"),
            ("y,z\n1,5\n2,5\n", nil, nil, "no column is left"),
            ("x,y\n1,2\n3,\"4", 3, "column 2", "never closed"),
            ("x,y\n1,2\n3,4\u{0}", 3, "column 2", "NUL"),
            ("x,x,y\n1,2,3\n", 1, "column 2", "rename"),
            ("x,y\n1,2\n3,inf\n", 3, "y", "range"), ("x,y\n1,2\n1e99,3\n", 3, "x", "range"),
            ("x,y\n1,5\n2,5\n", nil, "y", "same value"), ("x,y\n1,\n2,NA\n", nil, "y", "no values"),
        ] as [(String, Int?, String?, String)])
    func refusalsNameLineAndColumn(
        text: String, line: Int?, column: String?, words: String
    ) throws {
        let error = try #require(throws: DatasetError.self) {
            try encoded(text.utf8, TableOptions(targets: ["y"]))
        }
        guard case .malformed(_, let foundLine, let foundColumn, let reason) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(foundLine == line && foundColumn == column && reason.contains(words), "\(error)")
        #expect("\(error)".contains("t.csv"))
    }

    /// One word among many numbers is a mistake, not a category.
    @Test func aTextAmongNumbersIsNamed() throws {
        var lines = (0..<100).map { "\($0),\(2 * $0 + 1)" }
        lines[70] = "7o,141"
        let error = try #require(throws: DatasetError.self) {
            try encoded(
                Array(("x,y\n" + lines.joined(separator: "\n")).utf8), TableOptions(targets: ["y"]))
        }
        guard case .malformed(_, 72, "x", let reason) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(reason.contains("7o") && reason.contains("99 of 100"))
    }

    @Test func rowsOfAnotherLengthAreNamed() throws {
        let error = try #require(throws: DatasetError.self) {
            try encoded("x,y\n1,2\n1,2,3\n".utf8, TableOptions(targets: ["y"]))
        }
        guard case .wrongFieldCount(_, 3, 2, 3) = error else {
            Issue.record("\(error)")
            return
        }
    }

    @Test func namesAndLongTextsAreNotCategories() throws {
        let lines = (0..<300).map { "n\($0),\(String(repeating: "t", count: 201)),\($0),\($0)" }
        let (_, encoding, _) = try encoded(
            Array(("name,text,x,y\n" + lines.joined(separator: "\n")).utf8),
            TableOptions(targets: ["y"]))
        guard case .unused(let many) = encoding.columns[0].use,
            case .unused(let long) = encoding.columns[1].use
        else {
            Issue.record("\(encoding.columns)")
            return
        }
        #expect(many.contains("255") && long.contains("200 bytes"))
    }
}

/// Rows that come after the training.
@Suite struct NewRowTests {
    private func encode(_ text: String, like training: String) throws -> EncodedTable {
        try withTemporaryFolder { folder in
            try write(training.utf8, to: "\(folder)/t.csv")
            try write(text.utf8, to: "\(folder)/new.csv")
            let table = try CSVTable(path: "\(folder)/t.csv")
            let encoding = try TableEncoding(inferredFrom: table, TableOptions(targets: ["y"]))
            return try encoding.rows(
                of: CSVTable(path: "\(folder)/new.csv", hasHeader: encoding.hasHeader),
                needsOutcome: false)
        }
    }

    static let training = "x,c,d,y\n1,a,9,1.5\n2,b,9,2.5\n3,a,9,4\n"

    @Test(arguments: ["c,x\nb,5\n", "x;c;d;y\n5;b;;\n", "\"y\",\"c\",\"x\"\r\n?,\"b\",5"])
    func columnsAreFoundByName(text: String) throws {
        let rows = try encode(text, like: Self.training)
        #expect(rows.inputs.count == 1 && rows.outcome == nil)
        #expect(rows.inputs.numbers == [5] && rows.inputs.codes == [1])
    }

    @Test(arguments: [
        ("x,c\n5,e\n", 2, "c", "expected one of a, b"), ("x,c\n,a\n", 2, "x", "empty"),
        ("x,c\nq,a\n", 2, "x", "a number"), ("x\n5\n", 1, "c", "not there"),
        ("x,c,e\n5,a,1\n", 1, "column 3", "\"e\" is no column"),
        ("x,c\n5,a\n5,\n", 3, "c", "did not have"),
    ])
    func whatTheTrainingDidNotHaveIsNamed(
        text: String, line: Int, column: String, words: String
    ) throws {
        let error = try #require(throws: DatasetError.self) {
            try encode(text, like: Self.training)
        }
        guard case .malformed(_, line, column, let reason) = error else {
            Issue.record("\(error)")
            return
        }
        #expect(reason.contains(words))
    }
}
