import LinearAlgebra

extension DataDescription {
    /// The scaling of the stored values.
    var scaling: LabeledData.Scaling {
        switch inputs {
        case .images(_, let pixels): return .pixels(pixels)
        case .numbers(let scaling): return .columns(scaling)
        case .columns(let inputs):
            let numbers = inputs.filter { $0.role == .number }
            return .columns(
                ColumnScaling(mean: numbers.map(\.mean), deviation: numbers.map(\.deviation)))
        }
    }

    /// Samples, normalised as the training's were.
    ///
    /// - Parameter data: samples of the same inputs, however normalised.
    /// - Returns: the same samples.
    /// - Throws: ``DatasetError/invalidOption(name:value:expected:)`` if they have other inputs.
    public func normalized(_ data: LabeledData) throws(DatasetError) -> LabeledData {
        let isSameKind: Bool =
            switch (data.inputs, inputs) {
            case (.images(let images), .images(let shape, _)): images.shape == shape
            case (.table(let rows), .columns(let inputs)):
                rows.inputNames == inputs.map(\.name)
            case (.matrix(let rows), .numbers(let scaling)): rows.columns == scaling.mean.count
            default: false
            }
        guard isSameKind else {
            throw .invalidOption(
                name: "--data", value: "data with \(data.inputCount) inputs",
                expected: "data of the kind that the network was trained on, with the "
                    + "\(inputCount) inputs of \(dataset)")
        }
        return data.scaled(by: scaling, targets: targetScaling)
    }

    /// The rows of a table, encoded and normalised as the training's were.
    ///
    /// - Parameters:
    ///   - path: a text file with the columns of the training, in any order if they have names; the
    ///     targets and columns that were not used may be missing.
    ///   - needsOutcome: whether the targets are wanted.
    /// - Returns: the rows in the order of the file, without a target if none was asked for.
    /// - Throws: ``DatasetError`` naming line and column of what cannot be encoded, or saying that the
    ///   network reads no tables.
    public func rows(of path: String, needsOutcome: Bool) throws(DatasetError) -> LabeledData {
        guard let encoding else {
            throw .invalidOption(
                name: "--data", value: path,
                expected: "no table: the network was trained on \(dataset), which is none")
        }
        let table = try CSVTable(path: path, hasHeader: encoding.hasHeader ? true : nil)
        let encoded = try encoding.rows(of: table, needsOutcome: needsOutcome)
        let nothing = LabeledData.Outcome.values(
            Matrix(rows: encoded.inputs.count, columns: 0), names: [])
        let data = LabeledData(
            inputs: .table(encoded.inputs), outcome: encoded.outcome ?? nothing)
        return data.scaled(by: scaling, targets: encoded.outcome == nil ? nil : targetScaling)
    }
}
