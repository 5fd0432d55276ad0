import Files

extension Dataset {
    /// The table of a user as a data set: loading it divides, shuffles and normalises the rows as those
    /// of any other data set without a published test part.
    ///
    /// - Parameters:
    ///   - table: the file, which is called by its name without suffix.
    ///   - encoding: what its columns are for.
    /// - Returns: a data set whose rows have their targets.
    /// - Throws: ``DatasetError`` if a cell is not what its column is, or no row has its target.
    public static func table(
        _ table: CSVTable, _ encoding: TableEncoding
    ) throws(DatasetError) -> Dataset {
        let encoded = try encoding.rows(of: table, needsOutcome: true)
        guard let data = encoded.data else {
            preconditionFailure("rows with an outcome were asked for")
        }
        let names = encoding.targets.map { encoding.columns[$0].name }
        let notes =
            encoded.dropped == 0
            ? [] : ["\(encoded.dropped) rows are left out, as their target is missing"]
        let file = divided(table.path).name
        let suffix = file.firstIndex(of: ".") ?? file.endIndex
        return Dataset(
            id: suffix == file.startIndex ? file : String(file[..<suffix]), title: table.path,
            summary: table.summary,
            task: encoding.classes.map { .classification(classes: $0) }
                ?? .regression(outputs: names),
            inputCount: data.inputCount, imageShape: nil, files: [table.path], source: table.path,
            licence: "that of the file", folders: [], encoding: encoding, userFile: table.path
        ) { _, _ throws(DatasetError) in
            StoredParts(train: data, test: .unpublished, notes: notes)
        }
    }
}
