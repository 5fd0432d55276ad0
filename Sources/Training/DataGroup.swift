public import Datasets
import HDF5
public import RunFormat

/// Names in the group `/data` of a run file.
///
///     /data                       attributes: dataset, task, kind ("table", "images", "numbers"), seed,
///                                 validation_fraction, normalization, and where they were given: source,
///                                 test_fraction, train_samples, test_samples, generated_samples,
///                                 has_header (of a table)
///     /data/inputs/mean           of each input, in its column's unit; of images of each channel, in
///     /data/inputs/deviation      units of 255; x = (value - mean) / deviation
///     /data/inputs/name           "column", "column=value", "column is missing"
///     /data/inputs/role           "number", "category" (1 where the column holds the value) or "missing"
///     /data/inputs/column         position among the columns, from 0
///     /data/inputs/value          the category
///     /data/inputs/filter         what each input is multiplied by where inputs have filters; the weights
///                                 of the first layer hold it already
///     /data/columns/name          of all columns of the training file, in its order
///     /data/columns/use           "number", "category", "target", "label" or "unused"
///     /data/classes               their names, or
///     /data/outputs/name, mean, deviation      value = output * deviation + mean
private enum Place {
    static let group = "/\(Schema.Path.data)"
    static let inputs = group + "/inputs"
    static let columns = group + "/columns"
    static let outputs = group + "/outputs"
    static let classes = group + "/classes"
}

extension RunWriter {
    /// Adds what is known of the data, as the group `/data`.
    ///
    /// - Throws: `RunError` if nothing can be written.
    public func add(_ data: DataDescription) throws(RunError) {
        try addGroup(Place.group)
        func set(_ name: String, _ value: AttributeValue?) throws(RunError) {
            if let value { try self.set(name, value, of: Place.group) }
        }
        try set("dataset", .text(data.dataset))
        try set("source", data.source.map { .text($0) })
        try set("task", .text(data.classes == nil ? "regression" : "classification"))
        let options = data.options
        try set("seed", Int(exactly: options.seed).map { .integer($0) } ?? .unsigned(options.seed))
        try set("validation_fraction", .number(options.validationFraction))
        try set("test_fraction", options.testFraction.map { .number($0) })
        try set("train_samples", options.trainSamples.map { .integer($0) })
        try set("test_samples", options.testSamples.map { .integer($0) })
        try set("generated_samples", options.generatedSamples.map { .integer($0) })
        try set("normalization", .text(options.normalization.rawValue))
        try addInputs(data.inputs)
        if let encoding = data.encoding {
            try set("has_header", .integer(encoding.hasHeader ? 1 : 0))
            try add(encoding.columns.map(\.name), at: Place.columns + "/name")
            try add(encoding.columns.map(\.use.name), at: Place.columns + "/use")
        }
        if let classes = data.classes {
            try add(classes, at: Place.classes)
        } else if let scaling = data.targetScaling {
            try add(data.outputs, at: Place.outputs + "/name")
            try add(scaling.mean, at: Place.outputs + "/mean")
            try add(scaling.deviation, at: Place.outputs + "/deviation")
        }
    }

    private func addInputs(_ inputs: DataDescription.Inputs) throws(RunError) {
        func addScaling(_ mean: [Double], _ deviation: [Double], kind: String) throws(RunError) {
            try set("kind", .text(kind), of: Place.group)
            try add(mean, at: Place.inputs + "/mean")
            try add(deviation, at: Place.inputs + "/deviation")
        }
        switch inputs {
        case .images(let shape, let scaling):
            try addScaling(
                scaling.mean.map(Double.init), scaling.deviation.map(Double.init), kind: "images")
            try set(
                "shape", .integers([shape.channels, shape.height, shape.width]), of: Place.inputs)
        case .numbers(let scaling):
            try addScaling(scaling.mean, scaling.deviation, kind: "numbers")
        case .columns(let inputs):
            try addScaling(inputs.map(\.mean), inputs.map(\.deviation), kind: "table")
            try add(inputs.map(\.name), at: Place.inputs + "/name")
            try add(inputs.map(\.role.rawValue), at: Place.inputs + "/role")
            try add(inputs.map { Double($0.column) }, at: Place.inputs + "/column")
            try add(inputs.map(\.value), at: Place.inputs + "/value")
        }
    }
}

extension TableEncoding.Use {
    fileprivate var name: String {
        switch self {
        case .number: "number"
        case .category: "category"
        case .target: "target"
        case .label: "label"
        case .unused: "unused"
        }
    }
}

extension RunFile {
    /// What is known of the data that the network learned; `nil` in files that do not say it.
    ///
    /// - Throws: `RunError` if what is there does not fit together.
    public func dataDescription() throws(RunError) -> DataDescription? {
        guard contains(Place.group) else { return nil }
        return try DataReader(run: self, attributes: attributes(of: Place.group)).description()
    }
}

/// Reads the group and checks it.
private struct DataReader {
    let run: RunFile
    let attributes: RunMetadata

    private func refusal(_ reason: String, at path: String = Place.group) -> RunError {
        RunError(.badData, file: run.path, object: path, reason)
    }

    private func text(_ name: String) throws(RunError) -> String {
        guard let text = attributes[name]?.text else {
            throw refusal("its attribute \(name) is missing or no text")
        }
        return text
    }

    /// - Throws: `RunError` unless `values` holds `count` finite numbers.
    private func numbers(_ path: String, count: Int? = nil) throws(RunError) -> [Double] {
        let values = try run.numbers(at: path)
        guard count == nil || values.count == count, values.allSatisfy(\.isFinite) else {
            throw refusal("it does not hold \(count ?? values.count) finite numbers", at: path)
        }
        return values
    }

    private func texts(_ path: String, count: Int? = nil) throws(RunError) -> [String] {
        let texts = try run.texts(at: path)
        guard count == nil || texts.count == count else {
            throw refusal("it holds \(texts.count) texts, not \(count ?? 0)", at: path)
        }
        return texts
    }

    private func scaling(_ place: String, count: Int? = nil) throws(RunError) -> ColumnScaling {
        let mean = try numbers(place + "/mean", count: count)
        let deviation = try numbers(place + "/deviation", count: mean.count)
        guard deviation.allSatisfy({ $0 > 0 }) else {
            throw refusal("a deviation is not positive", at: place + "/deviation")
        }
        return ColumnScaling(mean: mean, deviation: deviation)
    }

    func description() throws(RunError) -> DataDescription {
        let classes = run.contains(Place.classes) ? try texts(Place.classes) : nil
        let outputs = classes == nil ? try texts(Place.outputs + "/name") : []
        let inputs = try inputs()
        return DataDescription(
            dataset: try text("dataset"), source: attributes["source"]?.text,
            options: try options(), inputs: inputs, encoding: try encoding(inputs, classes),
            classes: classes, outputs: outputs,
            targetScaling: classes == nil
                ? try scaling(Place.outputs, count: outputs.count) : nil)
    }

    private func options() throws(RunError) -> LoadOptions {
        let seed: UInt64
        switch attributes["seed"] {
        case .integer(let value)? where value >= 0: seed = UInt64(value)
        case .unsigned(let value)?: seed = value
        default: throw refusal("its attribute seed is missing or no whole number")
        }
        guard let normalization = LoadOptions.Normalization(rawValue: try text("normalization"))
        else { throw refusal("its attribute normalization is unknown") }
        return LoadOptions(
            trainSamples: attributes["train_samples"]?.integer,
            testSamples: attributes["test_samples"]?.integer,
            validationFraction: attributes["validation_fraction"]?.number ?? 0,
            testFraction: attributes["test_fraction"]?.number,
            generatedSamples: attributes["generated_samples"]?.integer, seed: seed,
            normalization: normalization)
    }

    private func inputs() throws(RunError) -> DataDescription.Inputs {
        switch try text("kind") {
        case "images":
            let scaling = try scaling(Place.inputs)
            guard case .integers(let shape)? = try run.attributes(of: Place.inputs)["shape"],
                shape.count == 3, shape.allSatisfy({ (1...1 << 20).contains($0) }),
                scaling.mean.count == shape[0]
            else { throw refusal("its attribute shape is no shape of images", at: Place.inputs) }
            return .images(
                ImageShape(channels: shape[0], height: shape[1], width: shape[2]),
                PixelScaling(
                    mean: scaling.mean.map { Float($0) },
                    deviation: scaling.deviation.map { Float($0) }))
        case "numbers": return .numbers(try scaling(Place.inputs))
        case "table":
            let names = try texts(Place.inputs + "/name")
            let scaling = try scaling(Place.inputs, count: names.count)
            let roles = try texts(Place.inputs + "/role", count: names.count)
            let values = try texts(Place.inputs + "/value", count: names.count)
            let columns = try numbers(Place.inputs + "/column", count: names.count)
            var inputs: [DataDescription.Input] = []
            for index in names.indices {
                guard let role = DataDescription.Input.Role(rawValue: roles[index]),
                    let column = Int(exactly: columns[index]), column >= 0
                else {
                    throw refusal("input \(index) has no role or column", at: Place.inputs)
                }
                inputs.append(
                    DataDescription.Input(
                        name: names[index], column: column, role: role, value: values[index],
                        mean: scaling.mean[index], deviation: scaling.deviation[index]))
            }
            return .columns(inputs)
        case let kind: throw refusal("its kind is \"\(kind)\", which this version does not know")
        }
    }

    /// The encoding that the inputs and columns spell out.
    private func encoding(
        _ inputs: DataDescription.Inputs, _ classes: [String]?
    ) throws(RunError) -> TableEncoding? {
        guard case .columns(let inputs) = inputs else { return nil }
        let names = try texts(Place.columns + "/name")
        let uses = try texts(Place.columns + "/use", count: names.count)
        var columns: [TableEncoding.Column] = []
        var next = 0
        for (index, name) in names.enumerated() {
            let first = next
            while next < inputs.count, inputs[next].column == index { next += 1 }
            let own = inputs[first..<next]
            let hasMissing = own.last?.role == .missing
            let rest = hasMissing ? own.dropLast() : own
            let use: TableEncoding.Use
            switch uses[index] {
            case "number" where rest.count == 1 && rest.first?.role == .number:
                use = .number(hasMissing: hasMissing)
            case "category"
            where (1...256).contains(own.count) && rest.allSatisfy({ $0.role == .category }):
                use = .category(values: rest.map(\.value), hasMissing: hasMissing)
            case "target" where own.isEmpty: use = .target
            case "label" where own.isEmpty: use = .label(classes: classes ?? [])
            case "unused" where own.isEmpty: use = .unused("as in the training")
            default:
                throw refusal("column \(index) does not fit to the inputs", at: Place.columns)
            }
            columns.append(TableEncoding.Column(name, use))
        }
        guard next == inputs.count else {
            throw refusal("inputs are not in the order of the columns", at: Place.inputs)
        }
        return TableEncoding(
            columns: columns, hasHeader: attributes["has_header"]?.integer == 1)
    }
}
