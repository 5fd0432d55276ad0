extension TableEncoding {
    /// Infers what each column of `table` is for.
    ///
    /// A column of numbers is a number, one of at most 255 different texts a category; missing values
    /// are told to the network. Not used are columns without values, with one value, and of texts that
    /// are too many or too long to be categories. A target of texts is a class; so is one of at most
    /// 20 different whole numbers from 0 or 1 on without a gap, each ten times in the mean.
    ///
    /// - Parameters:
    ///   - table: the training file.
    ///   - options: what the user says of it.
    /// - Throws: ``DatasetError`` if an option names no column, a target cannot be learned, no input
    ///   is left, or a cell cannot be what its column is; line and column are named.
    public init(inferredFrom table: CSVTable, _ options: TableOptions) throws(DatasetError) {
        func positions(_ names: [String], _ option: String) throws(DatasetError) -> Set<Int> {
            var found: Set<Int> = []
            for name in names { found.insert(try table.position(of: name, option: option)) }
            return found
        }
        let targets = try positions(options.targets, "--target")
        let ignored = try positions(options.ignored, "--ignore")
        let categories = try positions(options.categories, "--category")
        if let both = targets.intersection(ignored.union(categories)).first {
            throw .invalidOption(
                name: "--target", value: table.names[both],
                expected: "a column that --ignore and --category do not name")
        }
        var columns: [Column] = []
        for index in table.names.indices {
            let use: Use =
                if targets.contains(index) {
                    try Self.target(table, index, options.task, isAlone: targets.count == 1)
                } else if ignored.contains(index) {
                    .unused("as asked")
                } else {
                    try Self.input(table, index, isCategory: categories.contains(index))
                }
            columns.append(Column(table.names[index], use))
        }
        self.init(columns: columns, hasHeader: table.dialect.hasHeader)
        guard !inputColumns.isEmpty else {
            throw .malformed(
                path: table.path, line: nil, column: nil,
                reason: "no column is left to predict \(table.names[targets.min() ?? 0]) from"
                    + (table.names.count == 1 ? "; it has one column" : ""))
        }
    }

    private static func problem(
        _ table: CSVTable, _ index: Int, line: Int? = nil, _ reason: String
    ) -> DatasetError {
        .malformed(path: table.path, line: line, column: table.names[index], reason: reason)
    }

    /// - Throws: ``DatasetError`` if the numbers of a column cannot be used.
    private static func checkNumbers(_ table: CSVTable, _ index: Int) throws(DatasetError) {
        let summary = table.summaries[index]
        if let (line, content) = summary.firstInfinite {
            throw problem(
                table, index, line: line,
                "\"\(content)\" is beyond the range of numbers; correct or remove the line, or leave "
                    + "the column out with --ignore")
        }
    }

    private static func values(
        _ table: CSVTable, _ index: Int
    ) throws(DatasetError) -> [String] {
        if let line = table.summaries[index].firstForeign {
            throw problem(table, index, line: line, "it is not UTF-8; save the table as UTF-8")
        }
        return table.summaries[index].sortedValues(
            hasDecimalComma: table.dialect.hasDecimalComma)
    }

    private static func input(
        _ table: CSVTable, _ index: Int, isCategory: Bool
    ) throws(DatasetError) -> Use {
        let summary = table.summaries[index]
        let present = summary.numbers + summary.texts
        if present == 0 { return .unused("it has no values") }
        if summary.distinct == 1, summary.missing == 0 { return .unused("it has one value") }
        if summary.texts == 0, !isCategory {
            try checkNumbers(table, index)
            return .number(hasMissing: summary.missing > 0)
        }
        if let (line, content) = summary.firstText, !isCategory,
            summary.numbers >= 19 * summary.texts, summary.distinct ?? .max > 20
        {
            throw problem(
                table, index, line: line,
                "it is \"\(content)\" where \(summary.numbers) of \(present) values are numbers; "
                    + "correct or empty it, or leave the column out with --ignore")
        }
        let reason: String? =
            if summary.longest > ColumnSummary.longestValue {
                "it holds texts of more than \(ColumnSummary.longestValue) bytes"
            } else if summary.distinct == nil {
                "it holds more than \(ColumnSummary.mostValues) different values"
            } else if let distinct = summary.distinct, distinct > 20, 2 * distinct > present {
                "most of its values stand in one row only"
            } else {
                nil
            }
        if let reason {
            guard isCategory else { return .unused(reason) }
            throw .invalidOption(
                name: "--category", value: table.names[index],
                expected: "a column of few values, but \(reason)")
        }
        return .category(
            values: try values(table, index), hasMissing: summary.missing > 0)
    }

    private static func target(
        _ table: CSVTable, _ index: Int, _ task: TableOptions.Task?, isAlone: Bool
    ) throws(DatasetError) -> Use {
        let summary = table.summaries[index]
        guard summary.numbers + summary.texts > 0 else {
            throw problem(table, index, "it is the target and has no values")
        }
        guard summary.distinct != 1 else {
            throw problem(
                table, index, "it is the target and has the same value in every row")
        }
        let asked = task.map { $0 == .classification }
        guard asked ?? (summary.texts > 0 || isAlone && summary.looksLikeClasses) else {
            if let (line, content) = summary.firstText {
                throw problem(
                    table, index, line: line, "it is \"\(content)\"; a regression needs numbers")
            }
            try checkNumbers(table, index)
            return .target
        }
        guard isAlone else {
            throw problem(
                table, index, "it holds classes; classes can only be learned as the one target")
        }
        guard summary.distinct != nil else {
            throw problem(
                table, index, line: summary.firstText?.line,
                "it holds more than \(ColumnSummary.mostValues) different values, or texts of more "
                    + "than \(ColumnSummary.longestValue) bytes; these are no classes")
        }
        return .label(classes: try values(table, index))
    }
}

extension ColumnSummary {
    /// Whether numbers are names of classes rather than measurements.
    fileprivate var looksLikeClasses: Bool {
        guard let distinct, isWhole, texts == 0 else { return false }
        return distinct <= 20 && numbers >= 10 * distinct && (least == 0 || least == 1)
            && most == least + Double(distinct - 1)
    }
}

extension TableEncoding {
    /// A line for each column: its name, its use (number, category, target, class or none), and its values.
    ///
    /// - Parameter table: the table that the encoding was inferred from.
    /// - Returns: texts that may hold whatever the file does.
    public func description(of table: CSVTable) -> [(name: String, use: String, content: String)] {
        columns.indices.map { index in
            let summary = table.summaries[index]
            var content =
                summary.numbers > 0 && summary.texts == 0
                ? "\(brief(summary.least)) to \(brief(summary.most))" : ""
            let use: String
            switch columns[index].use {
            case .number: use = "number"
            case .category(let values, _):
                use = "category"
                content = values.count > 5 || content.isEmpty ? list(values) : content
            case .target: use = "target, a number"
            case .label(let classes):
                use = "target, \(classes.count) classes"
                content = list(classes)
            case .unused(let reason):
                use = "not used"
                content = reason
            }
            if summary.missing > 0, summary.missing < table.rowCount {
                content += ", \(summary.missing) missing"
            }
            return (columns[index].name, use, content)
        }
    }

    private func list(_ values: [String]) -> String {
        "\(values.count) values: " + values.prefix(5).joined(separator: ", ")
            + (values.count > 5 ? "..." : "")
    }

    private func brief(_ value: Double) -> String {
        if let whole = Int(exactly: value) { return "\(whole)" }
        // Four digits say what kind of number it is.
        guard abs(value) >= 1e-3, abs(value) < 1e9 else { return "\(value)" }
        let scale = value.magnitude < 1 ? 1e6 : value.magnitude < 1000 ? 1e3 : 1
        return "\((value * scale).rounded() / scale)"
    }
}
