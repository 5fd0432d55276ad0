import LinearAlgebra
import Networks

extension Trainer {
    /// The penalties with their present strengths.
    var penalties: [ActivePenalty] {
        configuration.penalties.indices.map {
            ActivePenalty(
                penalty: configuration.penalties[$0], strength: strengths[$0],
                meanCost: meanCosts[$0])
        }
    }

    /// Lets the controllers act after a batch.
    ///
    /// - Returns: whether the epoch ends here.
    func control(afterBatch index: Int) -> Bool {
        let isLast = index + 1 == batchCount
        var endsEpoch = isLast
        for position in controllers.indices {
            var control = makeControl(isEndOfEpoch: isLast)
            controllers[position].value.afterBatch(&control)
            take(control)
            endsEpoch = endsEpoch || control.endsEpoch
        }
        return endsEpoch
    }

    /// Lets the controllers act after an epoch.
    func controlAfterEpoch() {
        for position in controllers.indices {
            var control = makeControl(isEndOfEpoch: true)
            controllers[position].value.afterEpoch(&control)
            take(control)
        }
    }

    private func makeControl(isEndOfEpoch: Bool) -> TrainingControl {
        var control = TrainingControl(
            epoch: epoch, epochs: configuration.epochs, step: optimizer.step,
            stepsPerEpoch: batchCount, multiplyAdds: multiplyAdds, isEndOfEpoch: isEndOfEpoch,
            strengths: strengths, rateFactor: rateFactor, outcome: stop,
            read: { [self] in
                network.layers.indices.dropLast().compactMap { index in
                    unitValues(ofLayer: index, in: network).map {
                        TrainingControl.Layer(index: index, values: $0)
                    }
                }
            })
        control.removesUnits = removesUnits
        control.compare = { [self] in comparison() }
        control.units = { [self] in network.layers[0].units }
        control.acceptedUnits = { [self] in best?.network.layers[0].units ?? 0 }
        control.ranks = { [self] key in
            switch key {
            case .importance: silencing
            case .scale: outgoingScales()
            }
        }
        return control
    }

    /// Whether units are sorted by what a batch says of them.
    var sorts: Bool {
        controllers.contains {
            if case .sort(let sort) = $0 { sort.key == .importance } else { false }
        }
    }

    /// The layers with ramps, and the layer of weights that reads each.
    private var rampedLayers: [(layer: Int, reader: ParameterLayout.Entry)] {
        network.hiddenLayers.compactMap { layer in
            guard case .ramp = network.layers[layer].gate else { return nil }
            return network.layout.entry(layer: layer + 1, name: "weight").map { (layer, $0) }
        }
    }

    /// For each unit of a layer with a ramp the square of Σ sᵢ hᵢ ∂L/∂(sᵢ hᵢ), from the gradient of the
    /// weights that read it.
    func firstOrderChanges() -> [TrainingControl.Layer] {
        rampedLayers.map { layer, reader in
            var sums = [Double](repeating: 0, count: reader.slot.columns)
            let gradients = workspace.gradients + reader.offset
            network.parameters.withElements { all in
                for index in 0..<reader.slot.count {
                    sums[index % reader.slot.columns] +=
                        Double(all[reader.offset + index]) * Double(gradients[index])
                }
            }
            return TrainingControl.Layer(index: layer, values: sums.map { $0 * $0 })
        }
    }

    /// For each unit of a layer with a ramp its factor times the norm of the weights that read it.
    private func outgoingScales() -> [TrainingControl.Layer] {
        rampedLayers.map { layer, reader in
            var squares = [Double](repeating: 0, count: reader.slot.columns)
            network.parameters.withElements { all in
                for index in 0..<reader.slot.count {
                    let weight = Double(all[reader.offset + index])
                    squares[index % reader.slot.columns] += weight * weight
                }
            }
            let factors = network.factors(ofLayer: layer) ?? []
            return TrainingControl.Layer(
                index: layer, values: zip(squares, factors).map { $0.squareRoot() * Double($1) })
        }
    }

    /// Does what a controller asked for.
    private func take(_ control: TrainingControl) {
        strengths = control.strengths
        rateFactor = control.rateFactor
        stop = control.outcome
        for (layer, unit) in control.silenced {
            network.setFilter(0, ofUnit: unit, layer: layer)
        }
        for (edit, reason) in control.edits { apply(edit, reason: reason) }
        if control.growth != Growth() { grow(control.growth) }
    }

    /// Sets λ of every penalty at the start of the training.
    func resolveStrengths() {
        guard strengths.count < configuration.penalties.count else { return }
        strengths = configuration.penalties.map { penalty in
            switch penalty.strength {
            case .value(let value): return value
            case .share(let share):
                let largest = largestStrength(of: penalty)
                if penalty.target == .units { largestStrength = largest }
                return share * largest
            }
        }
    }

    /// The largest λ with which some filter leaves 0: of each layer, with its filters at 0 and all
    /// others as they are, the steepest descent of the loss by a filter, over all training samples.
    private func largestStrength(of penalty: Penalty) -> Double {
        penalty.layers(of: network).map { layer in
            var silent = network
            let units = network.layers[layer].units
            silent[layer, Gate.Name.filter] = Matrix(rows: units, columns: 1)
            let gradient = silent.meanGradient(
                training, loss: configuration.loss, slot: Gate.Name.filter, ofLayer: layer,
                batch: workspace.capacity)
            let cost = penalty.unitCost(layer, of: network) / penalty.meanCost(of: network)
            return max(0, -(gradient.min() ?? 0)) / cost
        }.max() ?? 0
    }
}

extension Network where Scalar: TrainingScalar {
    /// Sets one filter.
    fileprivate mutating func setFilter(_ value: Scalar, ofUnit unit: Int, layer: Int) {
        guard let entry = layout.entry(layer: layer, name: Gate.Name.filter) else { return }
        parameters.withMutableElements { $0[entry.offset + unit] = value }
    }

    /// The derivatives of the mean loss over `data` by the values of one slot.
    func meanGradient(
        _ data: TrainingData<Scalar>, loss: Loss, slot: String, ofLayer layer: Int, batch size: Int
    ) -> [Double] {
        guard let entry = layout.entry(layer: layer, name: slot) else { return [] }
        let workspace = Workspace(self, capacity: size, for: .training)
        let batch = Minibatch<Scalar>(
            capacity: size, inputs: data.inputCount, outputs: data.outputCount)
        var sums = [Double](repeating: 0, count: entry.slot.count)
        let all = Array(0..<data.count)
        for start in stride(from: 0, to: data.count, by: size) {
            let samples = all[start..<min(start + size, data.count)]
            batch.load(samples, of: data)
            workspace.forward(batch.inputs, through: self)
            _ = workspace.loss(loss, of: batch, withGradient: true)
            workspace.backward(through: self)
            for i in sums.indices {
                sums[i] += Double(samples.count) * Double(workspace.gradients[entry.offset + i])
            }
        }
        return sums.map { $0 / Double(data.count) }
    }
}
