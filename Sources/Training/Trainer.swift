import LinearAlgebra
public import Networks

/// Trains one network; same settings, same data, same bits, on any number of cores.
///
/// After each epoch ``state`` holds all that another trainer needs to go on as this one would.
public final class Trainer<Scalar: TrainingScalar> {
    /// The network in its present state.
    public internal(set) var network: Network<Scalar>
    /// The settings, as given.
    public let configuration: TrainingConfiguration
    /// Losses and accuracies, a value each epoch.
    ///
    /// `train_*` are means over the epoch's batches as they were trained on, and `batch_loss_min` and
    /// `batch_loss_max` the extremes; `validation_*` and `test_*` are measured after the epoch. `size`
    /// is the number of units in all layers but the last; of those with filters it counts the ones
    /// that are not 0, and a ramp counts by its x₀.
    public internal(set) var history = History()
    /// Epochs completed.
    public internal(set) var epoch = 0
    /// Changes of the network's shape.
    public internal(set) var events: [TrainingEvent] = []
    /// Why the training ended before all epochs were done; `nil` while it goes on.
    var stop: TrainingOutcome?
    /// Where the training diverged, if it did and the network is that of the epoch before.
    public internal(set) var divergence: Divergence?
    /// λ of every penalty at the next step.
    public internal(set) var strengths: [Double] = []
    /// The largest λ that makes a difference, where a share of it was asked for.
    public internal(set) var largestStrength: Double?
    /// Multiplications and additions of all passes of the training so far.
    public internal(set) var multiplyAdds = 0.0

    let training: TrainingData<Scalar>
    let validation: TrainingData<Scalar>?
    let test: TrainingData<Scalar>?
    var optimizer: Optimizer<Scalar>
    var generator: SeededGenerator
    var best: (epoch: Int, loss: Double, network: Network<Scalar>)?
    var controllers: [AnyController]
    /// See ``Penalty/meanCost(of:)``.
    var meanCosts: [Double]
    var rateFactor: Double?
    /// The network after the last epoch, of a training whose record is kept when it diverges.
    var lastNetwork: Network<Scalar>?
    /// λ of the penalties and the factor on the learning rate in the last step.
    var lastStep = (strengths: [Double](), factor: 1.0)
    /// Of the last batch; see ``firstOrderChanges()``; empty unless units are sorted by it.
    var silencing: [TrainingControl.Layer] = []
    /// Units removed in the epoch under way, or by the controllers that act after it.
    var removed = 0
    /// Called after the measurements of each epoch, before controllers change what was measured.
    var measured: ((Trainer) -> Void)?

    var workspace: Workspace<Scalar>
    private var evaluationWorkspace: Workspace<Scalar>?
    /// The batch being trained on, and the one after it.
    private var buffers: [Minibatch<Scalar>]
    private var isMidEpoch = false

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
        optimizer = Optimizer(
            configuration.optimizer, layout: network.layout, units: network.units)
        generator = SeededGenerator(
            seed: configuration.seed, stream: RandomStream.order.rawValue)
        controllers = configuration.controllers
        meanCosts = configuration.penalties.map { $0.meanCost(of: network) }
        let capacity = min(configuration.batch, training.count)
        workspace = Workspace(network, capacity: capacity, for: .training)
        buffers = (0..<2).map { _ in
            Minibatch(
                capacity: capacity, inputs: training.inputCount, outputs: training.outputCount)
        }
        workspace.freeze(optimizer.isFrozen)
    }

    /// All that is needed to go on from the last completed epoch.
    ///
    /// - Precondition: no epoch is under way; after one was cancelled the state is lost.
    public var state: TrainerState<Scalar> {
        precondition(!isMidEpoch, "the state was asked for within an epoch")
        return currentState
    }

    /// Whether training has ended: all epochs are done, patience has run out, or a controller said so.
    public var isFinished: Bool {
        epoch >= configuration.epochs || hasStoppedEarly || stop != nil
    }

    /// Whether the validation loss has not fallen for as many epochs as patience allows.
    public var hasStoppedEarly: Bool {
        guard let patience = configuration.patience, let best else { return false }
        return epoch - best.epoch >= patience
    }

    /// How the training ended, or would if it did now.
    public var outcome: TrainingOutcome { stop ?? (isStable && !grows ? .converged : .budget) }

    /// The network of the epoch with the lowest validation loss, of those since the sizes changed
    /// last, if patience was set or the network resizes itself; else the last.
    public var result: Network<Scalar> { best?.network ?? network }

    /// The epoch, from 1, after which the network was as ``result``; 0 before the first.
    public var resultEpoch: Int { best?.epoch ?? epoch }

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
            do { try runEpoch(progress: progress) } catch {
                if case .diverged(let divergence) = error { goBack(from: divergence) }
                throw error
            }
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
        resolveStrengths()
        isMidEpoch = true
        removed = 0
        let order = generator.permutation(of: training.count)
        var means = EpochMeans(loss: configuration.loss)
        func samples(_ index: Int) -> ArraySlice<Int> {
            let size = min(configuration.batch, order.count)
            return order[index * size..<min((index + 1) * size, order.count)]
        }
        buffers[0].load(samples(0), of: training)
        for index in 0..<batchCount {
            let (sums, penalty) = train(on: buffers[0]) {
                if index + 1 < batchCount { buffers[1].load(samples(index + 1), of: training) }
            }
            buffers.swapAt(0, 1)
            means.add(sums, penalty: penalty)
            try require(sums.loss.isFinite, .loss, batch: index + 1)
            try require(penalty.isFinite, .penalty, batch: index + 1)
            let endsEpoch = control(afterBatch: index)
            let mean = means.evaluation
            let report = TrainingProgress(
                epoch: epoch + 1, epochs: configuration.epochs, batch: index + 1,
                batches: batchCount, loss: mean.loss, accuracy: mean.accuracy,
                size: resizes ? size : nil, time: clock.now - start)
            guard progress(report) && !Task.isCancelled else { throw .cancelled }
            if endsEpoch { break }
        }
        // The last update of an epoch is followed by no batch that could show what it did.
        try require(network.parameters.withElements { areFinite($0) }, .parameters)
        try require(
            optimizer.moments.allSatisfy { $0.withElements { areFinite($0) } }, .moments)
        let (validated, tested) = try evaluations()
        epoch += 1
        record(means, validated, tested)
        select(validated)
        isMidEpoch = false
        measured?(self)
        removed = 0
        controlAfterEpoch()
        history.add(Double(removed), toLast: "removed")
        // The copy costs as much as the next step, once an epoch.
        lastNetwork = resizes ? network : nil
    }

    /// Ends a training that resizes its network with the last epoch that was complete.
    private func goBack(from divergence: Divergence) {
        guard let lastNetwork else { return }
        network = lastNetwork
        events.removeAll { $0.epoch > epoch }
        stop = .diverged
        self.divergence = divergence
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
    var batchCount: Int { configuration.batches(of: training.count) }

    /// Factor on the learning rate in the next step.
    var scheduleFactor: Double {
        rateFactor
            ?? configuration.schedule.factor(
                step: optimizer.step, of: configuration.epochs * batchCount)
    }

    /// Makes one step on `batch`; does `prefetch` on a core that the update leaves free.
    private func train(
        on batch: Minibatch<Scalar>, _ prefetch: () -> Void
    ) -> (LossSums, penalty: Double) {
        let step = optimizer.step
        workspace.forward(
            batch.inputs, through: network, draw: (configuration.seed, step))
        let sums = workspace.loss(configuration.loss, of: batch, withGradient: true)
        workspace.backward(through: network)
        silencing = sorts ? firstOrderChanges() : []
        let penalties = penalties
        for penalty in penalties { penalty.addGradient(of: network, to: workspace.gradients) }
        let penalty = penalties.reduce(0) { $0 + $1.value(of: network) }
        multiplyAdds += Double(network.trainingMultiplyAdds) * Double(batch.samples)
        lastStep = (strengths, scheduleFactor)
        let shrinkages = penalties.flatMap { $0.shrinkages(of: network, step: step) }
        optimizer.update(
            &network.parameters, gradients: UnsafePointer(workspace.gradients),
            factor: lastStep.factor, shrinkages: shrinkages, alongside: prefetch)
        return (sums, penalty)
    }

    /// The losses and accuracies of the epoch under way on the samples that are not trained on.
    private func evaluations() throws(TrainingError) -> (validation: Evaluation?, test: Evaluation?)
    {
        guard validation != nil || test != nil else { return (nil, nil) }
        let workspace =
            evaluationWorkspace ?? Workspace(network, capacity: 512, for: .evaluation)
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

    /// Edits a layer's units, with what the optimizer and the controllers remember of them; training
    /// goes on with the others as it was.
    ///
    /// - Parameters:
    ///   - edit: of any layer but the last.
    ///   - reason: in the record of the training.
    public func apply(_ edit: StructuralEdit, reason: String = "asked for") {
        let before = network.layers[edit.layer].units
        let map = network.applyReturningMap(edit)
        optimizer.follow(map, layout: network.layout, units: network.units)
        for index in controllers.indices { controllers[index].value.follow(edit) }
        workspace.reshape(for: network)
        workspace.freeze(optimizer.isFrozen)
        evaluationWorkspace?.reshape(for: network)
        removed += before - edit.indices.count { $0 >= 0 }
        // Another order is no change of the shape.
        guard edit.indices.sorted() != Array(0..<before) else { return }
        events.append(
            TrainingEvent(
                epoch: isMidEpoch ? epoch + 1 : epoch, step: optimizer.step,
                layer: RunRecorder.layerNames(of: network)[edit.layer], before: before,
                after: edit.units.count, reason: reason))
    }

    /// Removes all units of a layer but `kept`, indices in any order.
    public func keep(units kept: [Int], ofLayer layer: Int) {
        apply(.keeping(kept, ofLayer: layer))
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
    /// Units of the hidden layers, if the network resizes itself.
    public var size: Double?
    /// Since this epoch began.
    public var time: Duration
}
