import LinearAlgebra
import Networks

/// What an epoch adds up over its batches.
struct EpochMeans {
    let loss: Loss
    private(set) var sums = LossSums()
    private var penalties = 0.0
    private(set) var least = Double.infinity
    private(set) var largest = -Double.infinity

    init(loss: Loss) { self.loss = loss }

    mutating func add(_ batch: LossSums, penalty: Double) {
        sums.add(batch)
        penalties += penalty * Double(batch.samples)
        let mean = batch.loss / Double(max(1, batch.samples))
        least = min(least, mean)
        largest = max(largest, mean)
    }

    /// Loss and accuracy, means over samples.
    var evaluation: Evaluation { Evaluation(sums, loss: loss) }
    /// The mean over samples.
    var penalty: Double { penalties / Double(max(1, sums.samples)) }
}

extension Trainer {
    /// Whether the training may change the network's size, so that sizes are recorded by layer.
    var resizes: Bool {
        !configuration.penalties.isEmpty || !controllers.isEmpty
            || network.layers.contains { $0.gate.isPresent }
    }

    /// What the units of a hidden layer count; see ``TrainingControl/Layer``; `nil` where nothing
    /// removes them.
    func unitValues(ofLayer layer: Int, in network: Network<Scalar>) -> [Double]? {
        if case .filter = network.layers[layer].gate {
            return network[layer, Gate.Name.filter].elements.map { Double($0) }
        }
        let isPenalized = configuration.penalties.contains {
            $0.form == .groupLasso && $0.layers(of: network).contains(layer)
        }
        return isPenalized ? rowNorms(ofLayer: layer, in: network) : nil
    }

    /// The units of a hidden layer that pass anything on; of a ramp its size.
    func size(ofLayer layer: Int) -> Double {
        let units = network.layers[layer].units
        if case .ramp = network.layers[layer].gate {
            let x0 = Double(network[layer, Gate.Name.size].elements[0])
            return min(max(x0, 0), Double(units))
        }
        guard let values = unitValues(ofLayer: layer, in: network) else { return Double(units) }
        let isSigned = network.layers[layer].gate.isSigned
        return Double(values.count { isSigned ? $0 != 0 : $0 > 0 })
    }

    /// The layers whose units are no outputs, and no copies of the layer before.
    private var sizedLayers: [Int] {
        network.hiddenLayers.filter { !network.layers[$0].isElementwise }
    }

    /// The sum over hidden layers.
    var size: Double { sizedLayers.reduce(0) { $0 + size(ofLayer: $1) } }

    /// Appends the epoch's values to the history.
    func record(_ means: EpochMeans, _ validated: Evaluation?, _ tested: Evaluation?) {
        func record(_ evaluation: Evaluation?, as part: String) {
            guard let evaluation else { return }
            history.append("\(part)_loss", evaluation.loss)
            if let accuracy = evaluation.accuracy { history.append("\(part)_accuracy", accuracy) }
        }
        record(means.evaluation, as: "train")
        record(validated, as: "validation")
        record(tested, as: "test")
        history.append("size", size)
        history.append("batch_loss_min", means.least)
        history.append("batch_loss_max", means.largest)
        guard resizes else { return }
        for (name, value) in sizes() { history.append(name, value) }
        history.append("penalty", means.penalty)
        history.append("objective", means.evaluation.loss + means.penalty)
        history.append("lambda", lastStep.strengths.first ?? 0)
        for (index, penalty) in configuration.penalties.enumerated() where penalty.target == .inputs
        {
            history.append("lambda_inputs", lastStep.strengths[index])
        }
        history.append("learning_rate", configuration.optimizer.learningRate * lastStep.factor)
        history.append("parameters", Double(network.parameterCount))
        history.append("multiply_adds", Double(network.multiplyAdds))
        history.append("training_multiply_adds", multiplyAdds)
        history.append("removed", Double(removed))
    }

    /// Sizes, filters and ramps of each hidden layer, under the names of the history.
    private func sizes() -> [(name: String, value: Double)] {
        let names = RunRecorder.layerNames(of: network)
        var list: [(name: String, value: Double)] = []
        for layer in (network.selectsInputs ? [0] : []) + sizedLayers {
            let name = names[layer]
            list.append(("size_\(name)", size(ofLayer: layer)))
            switch network.layers[layer].gate {
            case .none: break
            case .filter:
                let values = (unitValues(ofLayer: layer, in: network) ?? []).sorted()
                list.append(("filter_min_\(name)", values.first ?? 0))
                list.append(
                    ("filter_median_\(name)", values.isEmpty ? 0 : values[values.count / 2]))
            case .ramp:
                list.append(("x0_\(name)", Double(network[layer, Gate.Name.size].elements[0])))
                list.append(("slope_\(name)", network.slope(ofLayer: layer)))
            }
        }
        return list
    }

    /// What the history holds after an epoch.
    var seriesNames: Set<String> {
        var names: Set<String> = ["size", "batch_loss_min", "batch_loss_max"]
        let parts =
            ["train"] + (validation == nil ? [] : ["validation"]) + (test == nil ? [] : ["test"])
        for part in parts {
            names.insert("\(part)_loss")
            if configuration.loss == .crossEntropy { names.insert("\(part)_accuracy") }
        }
        guard resizes else { return names }
        names.formUnion(sizes().map { $0.name })
        names.formUnion([
            "penalty", "objective", "lambda", "learning_rate", "parameters", "multiply_adds",
            "training_multiply_adds", "removed",
        ])
        if configuration.penalties.contains(where: { $0.target == .inputs }) {
            names.insert("lambda_inputs")
        }
        return names
    }

    /// Whether neither the size nor the number of inputs changed by more than 1 % in the last five epochs;
    /// of a network that does not resize itself always.
    var isStable: Bool {
        guard resizes else { return true }
        return (["size"] + (network.selectsInputs ? ["size_inputs"] : [])).allSatisfy { name in
            let recent = history[name].suffix(5)
            guard recent.count == 5, let last = recent.last else { return false }
            return recent.allSatisfy { abs($0 - last) <= 0.01 * last }
        }
    }

    /// Keeps the network of the epoch just measured if it is the best by validation loss.
    ///
    /// While sizes move none is kept: the best epoch could be one before units were removed.
    func select(_ validated: Evaluation?) {
        guard !grows else { return }
        guard let validated, configuration.patience != nil || resizes else { return }
        guard isStable else {
            best = nil
            return
        }
        if validated.loss < best?.loss ?? .infinity { best = (epoch, validated.loss, network) }
    }
}

extension Trainer {
    /// The network that is recorded: the result without the units that pass nothing on, unless dead
    /// units were to stay.
    ///
    /// Those that a longer training might have revived are removed as well.
    var recorded: Network<Scalar> {
        guard removesUnits else { return result }
        var network = result
        for layer in network.layers.indices.dropLast() {
            guard let alive = aliveUnits(ofLayer: layer, in: network),
                alive.count < network.layers[layer].units
            else { continue }
            network.keep(units: alive, ofLayer: layer)
        }
        return network
    }

    /// Whether dead units are removed.
    var removesUnits: Bool {
        controllers.contains {
            if case .prune(let prune) = $0 { prune.interval != .never } else { false }
        }
    }

    /// The units of a hidden layer that pass something on, at least one; `nil` where all do.
    private func aliveUnits(ofLayer layer: Int, in network: Network<Scalar>) -> [Int]? {
        guard let values = unitValues(ofLayer: layer, in: network) else { return nil }
        let isSigned = network.layers[layer].gate.isSigned
        let alive = values.indices.filter { isSigned ? values[$0] != 0 : values[$0] > 0 }
        // A layer that collapsed keeps its strongest.
        return alive.isEmpty
            ? values.indices.max { values[$0] < values[$1] }.map { [$0] } : alive
    }

    /// The inputs that pass anything on to the recorded network; `nil` where all do, as without filters.
    var finalInputs: [Int]? {
        guard result.selectsInputs, let alive = aliveUnits(ofLayer: 0, in: result) else {
            return nil
        }
        return alive.map { Int(result.units[0].ids[$0]) }
    }

    /// Units of the recorded network's hidden layers that pass anything on.
    var finalSizes: [Int] {
        let network = result
        return network.hiddenLayers.map { layer in
            if case .ramp = network.layers[layer].gate {
                let x0 = Double(network[layer, Gate.Name.size].elements[0])
                return Int(min(max(x0, 0), Double(network.layers[layer].units)).rounded())
            }
            return aliveUnits(ofLayer: layer, in: network)?.count ?? network.layers[layer].units
        }
    }
}
