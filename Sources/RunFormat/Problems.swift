import HDF5
import Text

extension RunFile {
    /// Every violation of the run format, each one line that begins with the object's path.
    ///
    /// Values are not looked at. An empty result means that every analysis can read the file.
    public func problems() -> [String] {
        var problems = rootProblems() + self.problems(in: "")
        for snapshot in snapshots {
            let base = "/\(Schema.Path.snapshots)/\(snapshot)"
            if Int(snapshot) == nil {
                problems.append("\(base): the name of a snapshot is its step, a whole number")
            }
            problems += self.problems(in: base)
        }
        let history = "/\(Schema.Path.history)"
        if let links = try? file.object(at: history).links() {
            for link in links where link.name != Schema.Path.events {
                let array = ArrayInfo("\(history)/\(link.name)", in: file, limits: options)
                problems += unreadable(array)
                if array.refusal == nil, array.shape.count != 1 {
                    problems.append(
                        "\(array.path): its shape is \(shapeText(array.shape)); a history has one "
                            + "number an epoch")
                }
            }
        }
        return problems.map { visible($0) }
    }

    private func rootProblems() -> [String] {
        var problems: [String] = []
        switch attributes[Schema.Attribute.format] {
        case nil:
            problems.append(
                "/: attribute \(Schema.Attribute.format) is missing; set it to \"\(Schema.format)\""
            )
        case let value? where value.text != Schema.format:
            problems.append(
                "/: attribute \(Schema.Attribute.format) is \(value.display); "
                    + "expected \"\(Schema.format)\"")
        default: break
        }
        switch attributes[Schema.Attribute.version] {
        case nil:
            problems.append(
                "/: attribute \(Schema.Attribute.version) is missing; set it to the integer "
                    + "\(Schema.version)")
        case let value?:
            if let version = value.integer, version > Schema.version {
                problems.append(
                    "/: attribute \(Schema.Attribute.version) is \(version), newer than "
                        + "\(Schema.version); use a newer program")
            } else if value.integer != Schema.version {
                problems.append(
                    "/: attribute \(Schema.Attribute.version) is \(value.display); expected "
                        + "\(Schema.version)")
            }
        }
        return problems
    }

    private func problems(in base: String) -> [String] {
        let scan = scanLayers(base)
        var problems: [String] = []
        let root = "\(base)/\(Schema.Path.layers)"
        if scan.layers.isEmpty {
            problems.append(
                "\(root): no layers; a layer is a group with pre, post, weight or bias")
        }
        problems += scan.refusals.map { line($0.error, at: "\(root)/\($0.name)") }
        problems += scan.strangers.map {
            "\(root)/\($0): neither a layer (no pre, post, weight, bias) nor a group of layers"
        }
        problems += scan.bare.map {
            "\($0): a dataset of no layer; a layer is a group with pre, post, weight or bias"
        }
        var samples: (count: Int, path: String)?
        for layer in scan.layers {
            problems += self.problems(of: layer)
            for array in [layer.pre, layer.post].compactMap({ $0 }) where array.refusal == nil {
                guard RowLayout(array.shape, as: .activations) != nil else { continue }
                let count = array.shape[0]
                if let first = samples, first.count != count {
                    problems.append(
                        "\(array.path): \(count) samples, but \(first.path) has \(first.count)")
                }
                if samples == nil { samples = (count, array.path) }
            }
        }
        let indices = Dictionary(grouping: scan.layers.filter { $0.index != nil }, by: \.index)
        for (index, layers) in indices.sorted(by: { ($0.key ?? 0) < ($1.key ?? 0) })
        where layers.count > 1 {
            let names = layers.map(\.name).joined(separator: ", ")
            problems.append("\(root): index \(index ?? 0) belongs to several layers: \(names)")
        }
        for name in [Schema.Path.labels, Schema.Path.targets] {
            guard let array = array(name, in: base) else { continue }
            problems += sampleProblems(array, isLabels: name == Schema.Path.labels, samples)
        }
        return problems
    }

    private func sampleProblems(
        _ array: ArrayInfo, isLabels: Bool, _ samples: (count: Int, path: String)?
    ) -> [String] {
        if array.refusal != nil { return unreadable(array) }
        var problems: [String] = []
        if isLabels, array.shape.count != 1 {
            return ["\(array.path): its shape is \(shapeText(array.shape)); expected (samples)"]
        }
        if !isLabels, array.shape.count != 2 {
            return [
                "\(array.path): its shape is \(shapeText(array.shape)); "
                    + "expected (samples, outputs)"
            ]
        }
        if isLabels {
            if case .integer = array.elementType?.kind {
            } else {
                problems.append(
                    "\(array.path): its elements are \(array.typeName); labels are whole numbers")
            }
        }
        if let samples, let count = array.shape.first, count != samples.count {
            problems.append(
                "\(array.path): \(count) samples, but \(samples.path) has \(samples.count)")
        }
        return problems
    }

    private func problems(of layer: LayerEntry) -> [String] {
        var problems: [String] = []
        if isForeignName(layer.name) {
            problems.append("\(layer.path): its name is not UTF-8; rename it")
        } else if visible(layer.name) != layer.name {
            problems.append("\(layer.path): its name holds control characters; rename it")
        }
        if let index = layer.attributes.first(where: { $0.name == Schema.Attribute.index }),
            layer.index == nil
        {
            problems.append(
                "\(layer.path): attribute \(Schema.Attribute.index) is \(index.value.display); "
                    + "expected a whole number")
        }
        for role in ArrayRole.allCases {
            guard let array = layer.arrays[role] else { continue }
            problems += unreadable(array)
        }
        problems += layer.others.flatMap { unreadable($0) }
        var neurons: (count: Int, path: String)?
        for role in [ArrayRole.pre, .post, .weight, .bias] {
            guard let array = layer.arrays[role], array.refusal == nil else { continue }
            let problem = rankProblem(array, role)
            if let problem {
                problems.append("\(array.path): \(problem)")
                continue
            }
            let count = role == .weight || role == .bias ? array.shape[0] : array.shape[1]
            if array.isUntyped {
                problems.append(
                    "\(array.path): its elements are unsigned words of 16 bits; say what they are in its "
                        + "attribute \(Schema.Attribute.elementType) (\"bfloat16\", \"uint16\")")
            }
            if array.shape.contains(0) {
                problems.append(
                    "\(array.path): its shape is \(shapeText(array.shape)): it holds no values")
            }
            if role == .post, let pre = layer.pre, pre.refusal == nil, pre.shape != array.shape {
                problems.append(
                    "\(array.path): its shape is \(shapeText(array.shape)), but that of "
                        + "\(pre.path) is \(shapeText(pre.shape))")
            } else if let first = neurons, first.count != count {
                problems.append(
                    "\(array.path): \(count) neurons, but \(first.path) has \(first.count)")
            }
            if neurons == nil { neurons = (count, array.path) }
        }
        if let filter = layer.filter, filter.refusal == nil {
            let count = filter.shape.first ?? 0
            if filter.shape.count != 1 {
                problems.append(
                    "\(filter.path): its shape is \(shapeText(filter.shape)); expected (neurons)")
            } else if let first = neurons, first.count != count {
                problems.append(
                    "\(filter.path): \(count) neurons, but \(first.path) has \(first.count)")
            }
        }
        return problems
    }

    private func rankProblem(_ array: ArrayInfo, _ role: ArrayRole) -> String? {
        let found = "its shape is \(shapeText(array.shape)); expected "
        switch role {
        case .pre, .post:
            return RowLayout(array.shape, as: .activations) == nil
                ? found + "(samples, neurons) or (samples, channels, height, width)" : nil
        case .weight:
            return RowLayout(array.shape, as: .weights) == nil
                ? found + "(neurons, inputs) or (out, in, height, width)" : nil
        case .bias:
            return array.shape.count == 1 ? nil : found + "(neurons)"
        }
    }

    private func unreadable(_ array: ArrayInfo) -> [String] {
        array.refusal.map { [line($0, at: array.path)] } ?? []
    }

    private func line(_ error: RunError, at path: String) -> String {
        "\(error.object ?? path): \(error.message)"
    }
}
