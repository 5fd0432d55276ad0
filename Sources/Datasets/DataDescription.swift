/// What a run file says of the data that its network learned.
///
/// That is how stored values become inputs, and outputs become values in their unit. With it new rows are encoded as the training's were.
public struct DataDescription: Hashable, Sendable {
    /// How inputs are made.
    public enum Inputs: Hashable, Sendable {
        /// Of images: (byte / 255 - mean) / deviation, a mean and deviation for each channel.
        case images(ImageShape, PixelScaling)
        /// Of the columns of a table: one entry an input.
        case columns([Input])
        /// Of bare numbers.
        case numbers(ColumnScaling)
    }

    /// One input made of a column.
    public struct Input: Hashable, Sendable {
        /// Kinds of inputs.
        public enum Role: String, Sendable {
            /// The number in the column, less its mean, divided by its deviation.
            case number
            /// 1 where the column holds the value, else 0.
            case category
            /// 1 where the column holds nothing, else 0.
            case missing
        }

        /// "column", "column=value" or "column is missing".
        public var name: String
        /// Position of the column in the table.
        public var column: Int
        /// What of the column.
        public var role: Role
        /// The category; empty for other roles.
        public var value: String
        /// Of a number over the training rows, in the column's unit; else 0.
        public var mean: Double
        /// What it is divided by; 1 unless it is a number.
        public var deviation: Double

        /// An input; see the properties.
        public init(
            name: String, column: Int, role: Role, value: String, mean: Double, deviation: Double
        ) {
            self.name = name
            self.column = column
            self.role = role
            self.value = value
            self.mean = mean
            self.deviation = deviation
        }
    }

    /// Name of the data set.
    public var dataset: String
    /// The user's file, where the data are one.
    public var source: String?
    /// How the data set was divided.
    public var options: LoadOptions
    /// How inputs are made.
    public var inputs: Inputs
    /// What the columns of a table are for; `nil` for other data.
    public var encoding: TableEncoding?
    /// Names of the classes; `nil` if numbers are learned.
    public var classes: [String]?
    /// Names of the numbers that are learned; empty if classes are.
    public var outputs: [String]
    /// Mean and deviation of these, in their unit; `nil` if classes are learned.
    public var targetScaling: ColumnScaling?

    /// A description; see the properties.
    public init(
        dataset: String, source: String?, options: LoadOptions, inputs: Inputs,
        encoding: TableEncoding?, classes: [String]?, outputs: [String],
        targetScaling: ColumnScaling?
    ) {
        self.dataset = dataset
        self.source = source
        self.options = options
        self.inputs = inputs
        self.encoding = encoding
        self.classes = classes
        self.outputs = outputs
        self.targetScaling = targetScaling
    }

    /// Number of inputs of the network.
    public var inputCount: Int {
        switch inputs {
        case .images(let shape, _): shape.count
        case .columns(let inputs): inputs.count
        case .numbers(let scaling): scaling.mean.count
        }
    }
}

extension LoadedDataset {
    /// What there is to say of these data in a run file.
    public var description: DataDescription {
        let encoding = train.encoding(declared: dataset.encoding)
        let inputs: DataDescription.Inputs
        switch (train.inputs, train.scaling) {
        case (.images(let images), .pixels(let scaling)): inputs = .images(images.shape, scaling)
        case (.table(let rows), .columns(let scaling)):
            inputs = .columns(rows.described(by: scaling, encoding))
        case (_, .columns(let scaling)): inputs = .numbers(scaling)
        case (_, .pixels): preconditionFailure("pixels in a table")
        }
        return DataDescription(
            dataset: dataset.id, source: dataset.userFile,
            options: options, inputs: inputs, encoding: encoding,
            classes: train.classNames.isEmpty ? nil : train.classNames,
            outputs: train.outputNames, targetScaling: train.targetScaling)
    }
}

extension LabeledData {
    /// Names of the numbers to be learned; empty for classes.
    public var outputNames: [String] {
        if case .values(_, let names) = outcome { names } else { [] }
    }

    /// What the columns of a table are for: as declared, else by their names; `nil` for other data.
    fileprivate func encoding(declared: TableEncoding?) -> TableEncoding? {
        guard case .table(let rows) = inputs else { return nil }
        if let declared { return declared }
        var columns: [TableEncoding.Column] = []
        for column in rows.columns {
            switch column {
            case .number(let name): columns.append(.init(name, .number(hasMissing: false)))
            case .missing: columns[columns.count - 1].use = .number(hasMissing: true)
            case .category(let name, let values):
                columns.append(.init(name, .category(values: values, hasMissing: false)))
            }
        }
        switch outcome {
        case .classes(_, let names): columns.append(.init("class", .label(classes: names)))
        case .values(_, let names): columns += names.map { .init($0, .target) }
        }
        return TableEncoding(columns: columns, hasHeader: true)
    }
}

extension TableRows {
    /// One entry an input, with the scaling of the numbers.
    fileprivate func described(
        by scaling: ColumnScaling, _ encoding: TableEncoding?
    ) -> [DataDescription.Input] {
        typealias Input = DataDescription.Input
        var inputs: [Input] = []
        var number = 0
        // Columns of inputs keep the order that they have among all columns.
        var position = -1
        let used = encoding?.inputPositions ?? Array(columns.indices)
        for column in columns {
            switch column {
            case .number(let name):
                position += 1
                inputs.append(
                    Input(
                        name: name, column: used[position], role: .number, value: "",
                        mean: scaling.mean[number], deviation: scaling.deviation[number]))
                number += 1
            case .missing:
                inputs.append(
                    Input(
                        name: column.inputNames[0], column: used[position], role: .missing,
                        value: "", mean: 0, deviation: 1))
            case .category(_, let values):
                position += 1
                for (name, value) in zip(column.inputNames, values) {
                    let isMissing =
                        value == TableEncoding.missing
                        && encoding?.hasMissing(used[position]) == true
                    inputs.append(
                        Input(
                            name: name, column: used[position],
                            role: isMissing ? .missing : .category, value: isMissing ? "" : value,
                            mean: 0, deviation: 1))
                }
            }
        }
        return inputs
    }
}

extension TableEncoding {
    /// Positions of the columns that become inputs.
    var inputPositions: [Int] {
        columns.indices.filter {
            switch columns[$0].use {
            case .number, .category: true
            case .target, .label, .unused: false
            }
        }
    }

    /// Whether a column has an input that tells where it is missing.
    func hasMissing(_ column: Int) -> Bool {
        switch columns[column].use {
        case .number(let hasMissing), .category(_, let hasMissing): hasMissing
        case .target, .label, .unused: false
        }
    }
}
