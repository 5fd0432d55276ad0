import LinearAlgebra

/// Trains one network; same settings, same data, same bits, on any number of cores.
///
/// After each epoch ``state`` holds all that another trainer needs to go on as this one would.
public final class Trainer<Scalar: NetworkScalar> {
    /// The network in its present state.
    public private(set) var network: Network<Scalar>
    /// The settings, as given.
    public let configuration: TrainingConfiguration
    /// Losses and accuracies, a value each epoch.
    ///
    /// `train_*` are means over the epoch's batches as they were trained
    /// on, `validation_*` and `test_*` are measured after the epoch. `size` is the number of
    /// neurons in all layers but the last.
    public private(set) var history = History()
    /// Epochs completed.
    public private(set) var epoch = 0

    private let training: TrainingData<Scalar>
    private let validation: TrainingData<Scalar>?
    private let test: TrainingData<Scalar>?
    private var optimizer: Optimizer<Scalar>
    private var generator: SeededGenerator
    private var best: (epoch: Int, loss: Double, network: Network<Scalar>)?

    private var workspace: Workspace<Scalar>
    private var evaluationWorkspace: Workspace<Scalar>?
    /// The batch being trained on, and the one after it.
    private var buffers: [Batch<Scalar>]

    /// A training of `network` from the start.
    ///
    /// - Throws: ``TrainingError`` if a setting is out of its domain or the data do not fit.
    public init(
        _ network: Network<Scalar>, _ configuration: TrainingConfiguration,
        training: TrainingData<Scalar>, validation: TrainingData<Scalar>? = nil,
        test: TrainingData<Scalar>? = nil
    ) throws(TrainingError) {
        try configuration.check()
        for data in [training, validation, test] {
            if let data { try network.check(data, for: configuration.loss) }
        }
        if configuration.patience != nil && validation == nil {
            throw .setting(
                name: "patience", value: "set", expected: "none, as no samples are held out")
        }
        // The number of all steps, by which a schedule divides.
        let steps = configuration.epochs.multipliedReportingOverflow(
            by: configuration.batches(of: training.count))
        guard !steps.overflow else {
            throw .setting(
                name: "epochs", value: "\(configuration.epochs)",
                expected: "at most \(Int.max / configuration.batches(of: training.count)), "
                    + "of \(configuration.batches(of: training.count)) batches each")
        }
        self.network = network
        self.configuration = configuration
        self.training = training
        self.validation = validation
        self.test = test
        optimizer = Optimizer(configuration.optimizer, layout: network.layout)
        generator = SeededGenerator(
            seed: configuration.seed, stream: RandomStream.order.rawValue)
        let capacity = min(configuration.batch, training.count)
        workspace = Workspace(network, capacity: capacity, withGradients: true)
        buffers = (0..<2).map { _ in Batch(capacity: capacity, data: training) }
    }

    /// A training that goes on from `state`, with the same data.
    ///
    /// - Parameters:
    ///   - state: taken from a trainer after any epoch.
    ///   - layers: those with which the training began; neurons removed since are removed.
    ///   - training: as in the training that the state is of.
    ///   - validation: as in that training.
    ///   - test: as in that training.
    ///   - epochs: how many there are to be in the end; `nil` for as many as were planned. Under a
    ///     schedule that is not constant, others make another training.
    /// - Throws: ``TrainingError`` as above, or if the state is none that such a training has.
    public convenience init(
        resuming state: TrainerState<Scalar>, layers: [any NetworkLayer],
        training: TrainingData<Scalar>, validation: TrainingData<Scalar>? = nil,
        test: TrainingData<Scalar>? = nil, epochs: Int? = nil
    ) throws(TrainingError) {
        var configuration = state.configuration
        configuration.epochs = epochs ?? configuration.epochs
        try self.init(
            Network(layers, slots: state.slots, parameters: state.parameters),
            configuration, training: training, validation: validation, test: test)
        try check(state)
        optimizer = try Optimizer(
            state.configuration.optimizer, layout: network.layout, step: state.step,
            moments: state.moments)
        generator = state.generator
        history = state.history
        epoch = state.epoch
        if let best = state.best {
            self.best = try (
                best.epoch, best.loss,
                Network(layers, slots: best.slots, parameters: best.parameters)
            )
        }
    }

    /// - Throws: ``TrainingError/state(_:)`` if `state` is none that this training can be in.
    private func check(_ state: TrainerState<Scalar>) throws(TrainingError) {
        func require(_ condition: Bool, _ reason: String) throws(TrainingError) {
            guard condition else { throw .state(reason) }
        }
        let (steps, overflows) = state.epoch.multipliedReportingOverflow(by: batchCount)
        try require(
            state.epoch >= 0 && !overflows && steps == state.step,
            "it has made \(state.step) steps in \(state.epoch) epochs of \(batchCount) batches")
        try require(state.generator.state != .zero, "its random generator has no state")
        var names = state.epoch == 0 ? [] : seriesNames
        for series in state.history.series {
            try require(
                names.remove(series.name) != nil && series.values.count == state.epoch,
                "its history is not that of \(state.epoch) epochs")
            try require(
                series.values.allSatisfy(\.isFinite), "its history holds what is no number")
        }
        try require(names.isEmpty, "its history is not that of \(state.epoch) epochs")
        for values in [state.parameters] + state.moments + [state.best?.parameters ?? []] {
            try require(
                values.withUnsafeBufferPointer { areFinite($0) }, "it holds what is no number")
        }
        if let best = state.best {
            try require(
                configuration.patience != nil && (1...max(1, state.epoch)).contains(best.epoch)
                    && state.epoch > 0 && best.loss.isFinite,
                "its best network is of epoch \(best.epoch) of \(state.epoch)")
        }
    }

    /// What the history holds after an epoch.
    private var seriesNames: Set<String> {
        var names: Set<String> = ["size"]
        let parts =
            ["train"] + (validation == nil ? [] : ["validation"]) + (test == nil ? [] : ["test"])
        for part in parts {
            names.insert("\(part)_loss")
            if configuration.loss == .crossEntropy { names.insert("\(part)_accuracy") }
        }
        return names
    }

    /// All that is needed to go on from the last completed epoch.
    ///
    /// - Precondition: no epoch is under way; after one was cancelled the state is lost.
    public var state: TrainerState<Scalar> {
        precondition(!isMidEpoch, "the state was asked for within an epoch")
        return TrainerState(
            epoch: epoch, step: optimizer.step, slots: network.layers.map(\.slots),
            parameters: network.parameters.elements, moments: optimizer.moments.map(\.elements),
            generator: generator, history: history,
            best: best.map {
                TrainerState.Best(
                    epoch: $0.epoch, loss: $0.loss, slots: $0.network.layers.map(\.slots),
                    parameters: $0.network.parameters.elements)
            },
            configuration: configuration)
    }

    private var isMidEpoch = false

    /// Whether training has ended: all epochs are done, or patience has run out.
    public var isFinished: Bool { epoch >= configuration.epochs || hasStoppedEarly }

    /// Whether the validation loss has not fallen for as many epochs as patience allows.
    public var hasStoppedEarly: Bool {
        guard let patience = configuration.patience, let best else { return false }
        return epoch - best.epoch >= patience
    }

    /// The network of the epoch with the lowest validation loss if patience was set, else the
    /// last.
    public var result: Network<Scalar> {
        configuration.patience == nil ? network : best?.network ?? network
    }

    /// The epoch, from 1, after which the network was as ``result``; 0 before the first.
    public var resultEpoch: Int {
        configuration.patience == nil ? epoch : best?.epoch ?? epoch
    }

    /// Runs epochs until training has ended.
    ///
    /// - Parameters:
    ///   - progress: called after each batch; returns whether to go on.
    ///   - afterEpoch: called after each epoch, when ``state`` may be taken.
    /// - Throws: ``TrainingError/cancelled`` if `progress` said no or the task was cancelled,
    ///   ``TrainingError/diverged(_:)``, and what `afterEpoch` throws.
    public func run(
        progress: (TrainingProgress) -> Bool = { _ in true },
        afterEpoch: (Trainer) throws -> Void = { _ in }
    ) throws {
        while !isFinished {
            try runEpoch(progress: progress)
            try afterEpoch(self)
        }
    }

    /// Trains on every sample once and measures the result.
    ///
    /// - Parameter progress: called after each batch; returns whether to go on.
    /// - Throws: ``TrainingError/cancelled``; ``TrainingError/diverged(_:)`` if a loss, a penalty, a
    ///   parameter, a moment or an evaluation is not finite.
    public func runEpoch(
        progress: (TrainingProgress) -> Bool = { _ in true }
    ) throws(TrainingError) {
        let clock = ContinuousClock()
        let start = clock.now
        isMidEpoch = true
        let order = generator.permutation(of: training.count)
        let batches = batchCount
        var sums = LossSums()
        var penalties = 0.0
        func samples(_ index: Int) -> ArraySlice<Int> {
            let size = min(configuration.batch, order.count)
            return order[index * size..<min((index + 1) * size, order.count)]
        }
        buffers[0].load(samples(0), of: training)
        for index in 0..<batches {
            let (batchSums, penalty) = train(on: buffers[0]) {
                if index + 1 < batches { buffers[1].load(samples(index + 1), of: training) }
            }
            buffers.swapAt(0, 1)
            sums.add(batchSums)
            penalties += penalty * Double(batchSums.samples)
            try require(batchSums.loss.isFinite, .loss, batch: index + 1)
            try require(penalty.isFinite, .penalty, batch: index + 1)
            let mean = Evaluation(
                sums, penalty: penalties / Double(sums.samples), loss: configuration.loss)
            let report = TrainingProgress(
                epoch: epoch + 1, epochs: configuration.epochs, batch: index + 1,
                batches: batches, loss: mean.loss, accuracy: mean.accuracy,
                time: clock.now - start)
            guard progress(report) && !Task.isCancelled else { throw .cancelled }
        }
        // The last update of an epoch is followed by no batch that could show what it did.
        try require(network.parameters.withElements { areFinite($0) }, .parameters)
        try require(
            optimizer.moments.allSatisfy { $0.withElements { areFinite($0) } }, .moments)
        let (validated, tested) = try evaluations()
        epoch += 1
        record(
            Evaluation(
                sums, penalty: penalties / Double(max(1, sums.samples)),
                loss: configuration.loss), as: "train")
        if let validated {
            record(validated, as: "validation")
            // Without patience nobody asks for the best network: no copy is kept.
            if configuration.patience != nil, validated.loss < best?.loss ?? .infinity {
                best = (epoch, validated.loss, network)
            }
        }
        if let tested { record(tested, as: "test") }
        history.append(
            "size", Double(network.layers.dropLast().reduce(0) { $0 + $1.neurons }))
        isMidEpoch = false
    }

    /// - Throws: ``TrainingError/diverged(_:)`` of the epoch under way unless `isFinite`.
    private func require(
        _ isFinite: Bool, _ quantity: Divergence.Quantity, batch: Int? = nil
    ) throws(TrainingError) {
        guard isFinite else {
            throw .diverged(
                Divergence(quantity: quantity, epoch: epoch + 1, batch: batch ?? batchCount))
        }
    }

    /// Batches of an epoch.
    private var batchCount: Int { configuration.batches(of: training.count) }

    /// Makes one step on `batch`; does `prefetch` on a core that the update leaves free.
    private func train(
        on batch: Batch<Scalar>, _ prefetch: () -> Void
    ) -> (LossSums, penalty: Double) {
        workspace.forward(batch.inputs, through: network)
        let sums = workspace.loss(configuration.loss, of: batch, withGradient: true)
        let penalty = workspace.backward(through: network)
        optimizer.update(
            &network.parameters, gradients: UnsafePointer(workspace.gradients.base),
            factor: configuration.schedule.factor(
                step: optimizer.step, of: configuration.epochs * batchCount),
            alongside: prefetch)
        return (sums, penalty)
    }

    private func record(_ evaluation: Evaluation, as part: String) {
        history.append("\(part)_loss", evaluation.loss)
        if let accuracy = evaluation.accuracy { history.append("\(part)_accuracy", accuracy) }
    }

    /// The losses and accuracies of the epoch under way on the samples that are not trained on.
    private func evaluations() throws(TrainingError) -> (validation: Evaluation?, test: Evaluation?)
    {
        guard validation != nil || test != nil else { return (nil, nil) }
        let workspace =
            evaluationWorkspace ?? Workspace(network, capacity: 512, withGradients: false)
        evaluationWorkspace = workspace
        func evaluation(
            on data: TrainingData<Scalar>?, _ quantity: Divergence.Quantity
        ) throws(TrainingError) -> Evaluation? {
            guard let data else { return nil }
            let result = network.evaluate(data, loss: configuration.loss, in: workspace)
            try require(result.loss.isFinite, quantity)
            return result
        }
        return (
            try evaluation(on: validation, .validationLoss), try evaluation(on: test, .testLoss)
        )
    }

    /// Removes all neurons of a layer but `kept`, with what the optimizer remembers of them;
    /// training goes on with the rest as it was.
    ///
    /// - Parameters:
    ///   - kept: indices of neurons, ascending, at least one.
    ///   - layer: any but the last.
    public func keep(neurons kept: [Int], ofLayer layer: Int) {
        let positions = network.keepReturningPositions(kept, layer)
        optimizer.keep(positions, layout: network.layout)
        workspace = Workspace(network, capacity: workspace.capacity, withGradients: true)
        evaluationWorkspace = nil
    }
}

/// Where a training stands.
public struct TrainingProgress: Sendable, Hashable {
    /// The epoch under way, from 1.
    public var epoch: Int
    /// Epochs to be done.
    public var epochs: Int
    /// Batches done in this epoch, from 1.
    public var batch: Int
    /// Batches of an epoch.
    public var batches: Int
    /// Mean over this epoch so far.
    public var loss: Double
    /// Mean over this epoch so far; `nil` without classes.
    public var accuracy: Double?
    /// Since this epoch began.
    public var time: Duration
}

extension Network {
    /// A network from stored parameters, with the widths that they have.
    ///
    /// - Throws: ``TrainingError/state(_:)`` if they are not those of `layers`, resized.
    init(
        _ layers: [any NetworkLayer], slots: [[ParameterSlot]], parameters: [Scalar]
    ) throws(TrainingError) {
        guard slots.count == layers.count else {
            throw .state("it has \(slots.count) layers, the network has \(layers.count)")
        }
        var resized = layers
        for index in layers.indices.dropLast() {
            // The neurons that are left: by whichever slot counts them.
            guard let slot = slots[index].first(where: { $0.neuronAxis != nil }) else { continue }
            let neurons = slot.neuronAxis == .columns ? slot.columns : slot.rows
            guard neurons > 0, neurons <= layers[index].neurons else {
                throw .state("layer \(index) has \(neurons) of \(layers[index].neurons) neurons")
            }
            resized[index] = resized[index].resized(toNeurons: neurons)
            resized[index + 1] = resized[index + 1].resized(toInputs: resized[index].outputs)
        }
        guard resized.map(\.slots) == slots else {
            throw .state("its parameters have other shapes")
        }
        self.init(zeroed: resized)
        guard parameters.count == layout.count else {
            throw .state("it has \(parameters.count) parameters of \(layout.count)")
        }
        self.parameters = Matrix(rows: 1, columns: layout.count, elements: parameters)
    }
}
