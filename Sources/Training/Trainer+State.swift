import LinearAlgebra
public import Networks

extension Trainer {
    /// A training that goes on from `state`, with the same data.
    ///
    /// - Parameters:
    ///   - state: taken from a trainer after any epoch.
    ///   - start: the network with which the training began; units removed since are removed.
    ///   - training: as in the training that the state is of.
    ///   - validation: as in that training.
    ///   - test: as in that training.
    ///   - epochs: how many there are to be in the end; `nil` for as many as were planned. Under a
    ///     schedule that is not constant, others make another training.
    /// - Throws: ``TrainingError`` as above, or if the state is none that such a training has.
    public convenience init(
        resuming state: TrainerState<Scalar>, start: Network<Scalar>,
        training: TrainingData<Scalar>, validation: TrainingData<Scalar>? = nil,
        test: TrainingData<Scalar>? = nil, epochs: Int? = nil
    ) throws(TrainingError) {
        var configuration = state.configuration
        configuration.epochs = epochs ?? configuration.epochs
        try self.init(
            start.restored(units: state.units, slots: state.slots, parameters: state.parameters),
            configuration, training: training, validation: validation, test: test)
        try check(state)
        optimizer = try Optimizer(
            state.configuration.optimizer, layout: network.layout, units: network.units,
            step: state.step, moments: state.moments, births: state.births ?? [],
            restart: state.restart ?? 0, frozenBefore: state.frozenBefore ?? 0)
        generator = state.generator
        history = state.history
        events = state.events
        epoch = state.epoch
        strengths = state.strengths
        largestStrength = state.largestStrength
        meanCosts = state.meanCosts
        multiplyAdds = state.multiplyAdds
        rateFactor = state.rateFactor
        stop = state.stop
        controllers = state.controllers
        lastNetwork = resizes && epoch > 0 ? network : nil
        if let best = state.best {
            self.best = try (
                best.epoch, best.loss,
                start.restored(
                    units: best.units, slots: best.slots, parameters: best.parameters)
            )
        }
    }

    /// - Throws: ``TrainingError/state(_:)`` if `state` is none that this training can be in.
    private func check(_ state: TrainerState<Scalar>) throws(TrainingError) {
        func require(_ condition: Bool, _ reason: String) throws(TrainingError) {
            guard condition else { throw .state(reason) }
        }
        let (steps, overflows) = state.epoch.multipliedReportingOverflow(by: batchCount)
        // A controller may have cut the last epoch short.
        let fewest = state.stop == nil ? steps : max(0, steps - batchCount + 1)
        try require(
            state.epoch >= 0 && !overflows && state.step >= fewest && state.step <= steps,
            "it has made \(state.step) steps in \(state.epoch) epochs of \(batchCount) batches")
        try require(state.generator.state != .zero, "its random generator has no state")
        var names = state.epoch == 0 ? [] : seriesNames
        for series in state.history.series {
            try require(
                names.remove(series.name) != nil && series.values.count == state.epoch,
                "its history is not that of \(state.epoch) epochs")
            try require(
                series.values.allSatisfy { $0.isFinite }, "its history holds what is no number")
        }
        try require(names.isEmpty, "its history is not that of \(state.epoch) epochs")
        for values in [state.parameters] + state.moments + [state.best?.parameters ?? []] {
            try require(
                values.withUnsafeBufferPointer { areFinite($0) }, "it holds what is no number")
        }
        if let best = state.best {
            try require(
                (configuration.patience != nil || resizes)
                    && (1...max(1, state.epoch)).contains(best.epoch)
                    && state.epoch > 0 && best.loss.isFinite,
                "its best network is of epoch \(best.epoch) of \(state.epoch)")
        }
        let penalties = configuration.penalties.count
        try require(
            (state.epoch == 0 && state.strengths.isEmpty || state.strengths.count == penalties)
                && state.strengths.allSatisfy { $0 >= 0 && $0.isFinite }
                && state.meanCosts.count == penalties
                && state.meanCosts.allSatisfy { $0 > 0 && $0.isFinite }
                && state.multiplyAdds >= 0 && state.multiplyAdds.isFinite
                && (state.rateFactor ?? 0) >= 0 && (state.rateFactor ?? 0).isFinite
                && (state.largestStrength ?? 0).isFinite,
            "its penalties are not those of \(penalties)")
        let units = network.layers.map { $0.units }
        try require(
            state.controllers.count == controllers.count
                && zip(state.controllers, controllers).allSatisfy { $0.isSameKind(as: $1) }
                && state.controllers.allSatisfy { $0.value.isValid(units: units) },
            "its controllers are not those of its settings")
        for controller in state.controllers { try controller.value.check() }
    }

    /// All that is needed to go on from the last completed epoch.
    var currentState: TrainerState<Scalar> {
        TrainerState(
            epoch: epoch, step: optimizer.step, slots: network.layers.map { $0.slots },
            units: network.units, parameters: network.parameters.elements,
            moments: optimizer.moments.map { $0.elements },
            births: optimizer.unitBirths.isEmpty ? nil : optimizer.unitBirths,
            restart: optimizer.births.restart > 0 ? optimizer.births.restart : nil,
            frozenBefore: optimizer.frozenBefore > 0 ? optimizer.frozenBefore : nil,
            generator: generator, history: history, events: events,
            best: best.map {
                TrainerState.Best(
                    epoch: $0.epoch, loss: $0.loss, slots: $0.network.layers.map { $0.slots },
                    units: $0.network.units, parameters: $0.network.parameters.elements)
            },
            strengths: strengths, largestStrength: largestStrength, meanCosts: meanCosts,
            multiplyAdds: multiplyAdds, rateFactor: rateFactor, stop: stop,
            controllers: controllers, configuration: configuration)
    }
}

extension Network {
    /// A later state of this network: with other units in its hidden layers, and other parameters.
    ///
    /// - Throws: ``TrainingError/state(_:)`` if they are not those of its layers, resized.
    func restored(
        units: [UnitIdentities], slots: [[ParameterSlot]], parameters: [Scalar]
    ) throws(TrainingError) -> Network {
        guard units.count == layers.count, slots.count == layers.count else {
            throw .state("it has \(units.count) layers, the network has \(layers.count)")
        }
        var resized = layers
        for (index, layer) in layers.enumerated() {
            let count = units[index].ids.count
            let isOutput = index + 1 == layers.count
            guard count > 0, isOutput ? count == layer.units : count <= 1 << 24 else {
                throw .state("layer \(index) has \(count) units")
            }
            guard UnitIdentities(ids: units[index].ids, next: units[index].next) != nil else {
                throw .state("layer \(index) has a unit twice")
            }
            let inputs = index == 0 ? layer.input.units : resized[index - 1].units
            guard !layer.selectsInputs || units[index].ids.allSatisfy({ $0 < layer.inputs }) else {
                throw .state("it reads inputs beyond the \(layer.inputs) that there are")
            }
            resized[index] = layer.resized(inputs: inputs, units: count)
                .selecting(units[index].ids)
        }
        guard resized.map({ $0.slots }) == slots else {
            throw .state("its parameters have other shapes")
        }
        let count = slots.joined().reduce(0) { $0 + $1.count }
        guard parameters.count == count else {
            throw .state("it has \(parameters.count) parameters of \(count)")
        }
        return Network(
            resized, parameters: parameters, units: units, initialization: initialization,
            seed: seed)
    }
}
