public import Datasets
import Files
import Glibc
import HDF5
import Isolation
import LinearAlgebra
import Networks
import RunFormat

extension TrainingJob {
    /// Trains, keeping checkpoints, and writes the run file.
    ///
    /// A job that was killed at any moment and is resumed ends with the same file as one that was
    /// not. Only one process works on an output at a time.
    ///
    /// - Parameters:
    ///   - data: the data set.
    ///   - resuming: whether to go on from a checkpoint if there is one, and to leave a run file
    ///     that is there as it is.
    ///   - progress: called after each batch; returns whether to go on. A job that is told not to
    ///     writes a checkpoint of its last complete epoch first.
    ///   - isWanted: asked now and then while the run is recorded whether to go on.
    /// - Returns: how it ended.
    /// - Throws: ``TrainingError``, ``StateFileError``, `RunError`.
    public func run(
        on data: LoadedDataset, resuming: Bool = false,
        progress: (TrainingProgress) -> Bool = { _ in true }, isWanted: () -> Bool = { true }
    ) throws -> Outcome {
        // Before hours of training: settings, memory, the data to record, and a file to write.
        try check(on: data)
        let recorded = try recordedData(data)
        let recipe = TrainingRecipe(self, on: data)
        if resuming, try isComplete(recipe) { return complete() }
        try checkKind()
        let lock = try lock()
        let outcome = try runAlone(
            on: data, recorded, recipe, resuming: resuming, isWanted: isWanted, progress: progress)
        _ = consume lock
        return outcome
    }

    private func runAlone(
        on data: LoadedDataset, _ recorded: TrainingData<Float>, _ recipe: TrainingRecipe,
        resuming: Bool, isWanted: () -> Bool, progress: (TrainingProgress) -> Bool
    ) throws -> Outcome {
        // Asked again, as another process may have had the lock.
        if resuming, try isComplete(recipe) { return complete() }
        if !resuming {
            try StateFile.checkReplaceable(checkpointPath)
            for epoch in snapshotEpochs { try StateFile.checkReplaceable(snapshotPath(epoch)) }
        }
        let state = resuming ? try storedState(of: recipe, on: data) : nil
        removeAbandonedFiles(in: divided(output).folder)
        _ = try RunRecorder(path: output)
        let trainer = try trainer(on: data, from: state)
        // Of a complete training that goes on no network was kept for its last epoch.
        if (try? snapshot(trainer.epoch, of: start(on: data), recipe)) == nil {
            try writeSnapshot(trainer.network, epoch: trainer.epoch, recipe.text)
        }
        let recorder = try train(trainer, recipe.text, progress) {
            try record(trainer, on: recorded, data, recipe, isWanted: isWanted)
        }
        if !keepsCheckpoint { removeStates() }
        return .trained(
            Result(
                history: trainer.history, epoch: trainer.resultEpoch,
                overflowCount: recorder.overflowCount,
                outcome: trainer.resizes ? trainer.outcome : nil, startSizes: startSizes,
                finalSizes: trainer.finalSizes, finalInputs: trainer.finalInputs,
                parameters: trainer.recorded.parameterCount,
                divergence: trainer.divergence,
                largestStrength: trainer.largestStrength))
    }

    /// - Throws: ``TrainingError`` if a setting makes no sense, names a layer that the network does
    ///   not have, or needs more memory than there is.
    public func check(on data: LoadedDataset) throws(TrainingError) {
        try check(on: data, memory: MemoryShare.byteCount)
    }

    func check(on data: LoadedDataset, memory: Int) throws(TrainingError) {
        try configuration.check()
        if data.validation == nil, mostUnits != nil {
            throw .setting(
                name: "validation-fraction", value: "0",
                expected: "a share by which it is seen whether a block gains")
        }
        if let snapshotEvery, snapshotEvery < 1 {
            throw .setting(
                name: "snapshot-every", value: "\(snapshotEvery)", expected: "1 or more")
        }
        if let width = hidden.first(where: { $0 < 1 }) {
            throw .setting(name: "hidden", value: "\(width)", expected: "1 or more")
        }
        try checkResizing()
        if filtersInputs && !configuration.penalties.contains(where: { $0.target == .inputs }) {
            throw .setting(
                name: "input-filter", value: "set", expected: "none without a penalty on filters")
        }
        let names = RunRecorder.layerNames(hidden: hidden.count)
        for pattern in recording.layers
        where !names.contains(where: { matches($0, pattern: pattern) }) {
            throw .setting(
                name: "record-layers", value: pattern,
                expected: "a layer of the network: " + names.joined(separator: ", "))
        }
        try checkMemory(
            inputs: data.train.inputCount, outputs: data.train.outputCount,
            samples: data.train.count, available: memory)
    }

    /// Refuses gates and controllers that do not fit the network.
    private func checkResizing() throws(TrainingError) {
        let resizes = gate.isPresent || !configuration.penalties.isEmpty
        if resizes && hidden.isEmpty {
            throw .setting(name: "hidden", value: "not set", expected: "one layer or more")
        }
        for penalty in configuration.penalties
        where penalty.form == .groupLasso && activation(Double(0)) != 0 {
            throw .setting(
                name: "activation", value: activation.rawValue,
                expected: "one that is 0 at 0 with group-lasso, whose units end there")
        }
        for controller in configuration.controllers {
            if case .grow = controller, hidden.count != 1 || filtersInputs {
                throw .setting(
                    name: "hidden", value: hidden.map { "\($0)" }.joined(separator: ", "),
                    expected: "one layer in a network that grows, without filters on the inputs")
            }
            if case .settle(let settle) = controller, settle.epochs >= configuration.epochs {
                throw .setting(
                    name: "settle", value: "\(settle.epochs)",
                    expected: "fewer than the \(configuration.epochs) epochs")
            }
        }
        if case .ramp(let start, let slope) = gate {
            let most = hidden.min() ?? 0
            guard start >= 0 && start <= Double(most) else {
                throw .setting(name: "start", value: "\(start)", expected: "0 to \(most) units")
            }
            let slopes: [Double] =
                switch slope {
                case .fixed(let k), .learned(let k): [k]
                case .uniform(let low, let high): [low, high]
                }
            guard slopes.allSatisfy({ $0 > 0 && $0.isFinite }), slopes == slopes.sorted() else {
                throw .setting(
                    name: "slope", value: slopes.map { "\($0)" }.joined(separator: ".."),
                    expected: "a positive number, or two, the smaller first")
            }
        }
    }

    /// Refuses an output that is no regular file, before a lock is put beside it.
    func checkKind() throws(RunError) {
        if let kind = (try? FileStatus(of: output))?.kind, kind != .regular {
            throw RunError(
                .inputOutput, file: output,
                kind == .folder ? "it is a folder; name a file in it" : "it is no regular file")
        }
    }

    /// The outcome of a job whose run file is there; states and a lock file are left by a process that
    /// was killed after the file had its name.
    private func complete() -> Outcome {
        if !keepsCheckpoint { removeStates() }
        // Giving a lock back removes its file; one that somebody has stays.
        if exists(lockPath) { do { _ = try FileLock(lockPath) } catch {} }
        return .alreadyComplete
    }

    /// - Throws: ``StateFileError`` if another process works on the output, `RunError` if its folder
    ///   cannot be written.
    func lock() throws -> FileLock {
        do { return try FileLock(lockPath) } catch {
            switch error.cause {
            case .isHeld(let holder):
                throw StateFileError(
                    path: output, "it is being trained by \(holder)", isFromSystem: true,
                    isHeld: true)
            case .system(ENOENT), .system(ENOTDIR):
                let (folder, _) = divided(output)
                throw RunError(
                    .inputOutput, file: output, "there is no folder \(folder); create it first")
            default: throw RunError(.inputOutput, file: output, error.reason)
            }
        }
    }

    /// Trains to the end and calls `finish`; writes snapshots, and checkpoints when it is time or one
    /// of the two fails.
    private func train<R>(
        _ trainer: Trainer<Float>, _ origin: String, _ progress: (TrainingProgress) -> Bool,
        finish: () throws -> R
    ) throws -> R {
        let clock = ContinuousClock()
        var written = clock.now
        // Of the last epoch, if no checkpoint holds it yet.
        var pending = TrainerState<Float>?.none
        do {
            var measured: Network<Float>?
            trainer.measured = { measured = self.isSnapshot($0.epoch) ? $0.network : nil }
            defer { trainer.measured = nil }
            do {
                try trainer.run(progress: progress) { trainer in
                    if let measured {
                        try writeSnapshot(measured, epoch: trainer.epoch, origin)
                    }
                    var state = trainer.state
                    state.origin = origin
                    let isTime = clock.now - written >= checkpointEvery
                    if isTime || keepsCheckpoint && trainer.isFinished {
                        try state.write(to: checkpointPath)
                        pending = nil
                        written = clock.now
                    } else {
                        pending = state
                    }
                }
            } catch TrainingError.diverged where trainer.divergence != nil {
                // The last complete epoch is recorded, with this outcome.
            }
            return try finish()
        } catch {
            // The error to be told is what stopped the training.
            try? pending?.write(to: checkpointPath)
            throw error
        }
    }

    private func writeSnapshot(
        _ network: Network<Float>, epoch: Int, _ origin: String
    ) throws(StateFileError) {
        guard isSnapshot(epoch) else { return }
        try NetworkSnapshot(network, epoch: epoch, origin: origin).write(to: snapshotPath(epoch))
    }

    /// Writes the run file.
    private func record(
        _ trainer: Trainer<Float>, on recorded: TrainingData<Float>, _ data: LoadedDataset,
        _ recipe: TrainingRecipe, isWanted: () -> Bool
    ) throws -> RunRecorder {
        let recorder = try RunRecorder(path: output, options: recording)
        try recorder.set(Schema.Attribute.framework, .text(RunRecorder.framework))
        try recorder.set(Schema.Attribute.dataset, .text(data.dataset.id))
        let network = trainer.recorded
        let widths = network.hiddenLayers.map { network.layers[$0].units }
        let sizes = ([data.train.inputCount] + widths + [data.train.outputCount])
            .map { "\($0)" }.joined(separator: "-")
        try recorder.set(Schema.Attribute.model, .text("\(sizes) \(activation.rawValue)"))
        let seed = configuration.seed
        try recorder.set(
            Schema.Attribute.seed, Int(exactly: seed).map { .integer($0) } ?? .unsigned(seed))
        try recorder.set(Schema.Attribute.parameters, .text(recipe.text))
        if let parent { try recorder.set(Schema.Attribute.parent, .text(parent)) }
        if trainer.resizes { try recordResizing(trainer, recorder) }
        try recorder.record(trainer.history, epoch: trainer.resultEpoch)
        try recorder.record(data.description)
        for (part, samples) in [("validation", data.validation), ("test", data.test)] {
            guard let samples else { continue }
            try recorder.record(try trainer.result.quality(on: samples), of: part)
        }
        try recorder.record(
            network, on: recorded, resizes: trainer.resizes, isWanted: isWanted)
        for epoch in snapshotEpochs where epoch <= trainer.epoch {
            let network = try snapshot(epoch, of: start(on: data), recipe)
            try recorder.record(
                network, on: recorded, snapshot: "\(epoch)", resizes: trainer.resizes,
                isWanted: isWanted)
        }
        // The last network is kept beside the selected one.
        if trainer.resultEpoch != trainer.epoch, trainer.resizes,
            !snapshotEpochs.contains(trainer.epoch)
        {
            try recorder.record(
                trainer.network, on: recorded, snapshot: "\(trainer.epoch)", resizes: true,
                isWanted: isWanted)
        }
        try recorder.commit()
        return recorder
    }

    /// Records how the network's size changed.
    private func recordResizing(
        _ trainer: Trainer<Float>, _ recorder: RunRecorder
    ) throws(RunError) {
        try recorder.set(Schema.Attribute.outcome, .text(trainer.outcome.rawValue))
        try recorder.set(Schema.Attribute.selectedEpoch, .integer(trainer.resultEpoch))
        try recorder.set(Schema.Attribute.startSizes, .integers(startSizes))
        try recorder.set(Schema.Attribute.finalSizes, .integers(trainer.finalSizes))
        if let largest = trainer.largestStrength {
            try recorder.set(Schema.Attribute.largestStrength, .number(largest))
        }
        try recorder.record(
            trainer.events, layers: RunRecorder.layerNames(of: trainer.network))
    }

    private func recordedData(_ data: LoadedDataset) throws(TrainingError) -> TrainingData<Float> {
        switch recordedPart {
        case .train: return try TrainingData(data.train)
        case .test: return try TrainingData(data.test)
        case .validation:
            guard let validation = data.validation else {
                throw .setting(
                    name: "record", value: "validation",
                    expected: "train or test, as no samples are held out for validation")
            }
            return try TrainingData(validation)
        }
    }
}
