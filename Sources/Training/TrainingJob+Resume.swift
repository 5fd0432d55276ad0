import Datasets
import Files
import Glibc
import HDF5
import Isolation
import LinearAlgebra
import Networks
import RunFormat
import Text

extension TrainingJob {
    func exists(_ path: String) -> Bool { (try? FileStatus(of: path)) != nil }

    /// The state to go on from; `nil` if there is none.
    ///
    /// - Throws: ``StateFileError`` if it is damaged or of another training.
    func storedState(
        of recipe: TrainingRecipe, on data: LoadedDataset
    ) throws(StateFileError) -> TrainerState<Float>? {
        guard exists(checkpointPath) else { return nil }
        let start = start(on: data)
        let state = try TrainerState<Float>(
            readingFrom: checkpointPath, parameterLimit: mostParameters(of: start))
        guard let stored = try? TrainingRecipe(text: state.origin) else {
            throw StateFileError(
                path: checkpointPath,
                "it is of a training with settings of another version of this program; "
                    + "start anew without --resume")
        }
        if let reason = recipe.difference(from: stored, extending: state.epoch) {
            throw StateFileError(path: checkpointPath, reason)
        }
        var settings = state.configuration
        settings.epochs = configuration.epochs
        guard settings == configuration else {
            throw StateFileError(
                path: checkpointPath, "its settings are not those of its recipe; start anew")
        }
        for epoch in snapshotEpochs where epoch < state.epoch {
            _ = try snapshot(epoch, of: start, recipe)
        }
        return state
    }

    /// Whether the file at ``output`` is the run of `recipe`.
    ///
    /// - Throws: `RunError` or ``StateFileError`` if it is something else and no checkpoint is left.
    func isComplete(_ recipe: TrainingRecipe) throws -> Bool {
        guard exists(output) else { return false }
        let isOnlyTrace = !exists(checkpointPath)
        let text: String
        do { text = try storedRecipe() } catch {
            guard isOnlyTrace else { return false }
            throw error
        }
        guard let stored = try? TrainingRecipe(text: text) else {
            guard isOnlyTrace else { return false }
            throw StateFileError(
                path: output,
                "it is of a training with other settings, or none of this version of this program; "
                    + "give another name")
        }
        guard let reason = recipe.difference(from: stored) else { return true }
        guard isOnlyTrace else { return false }
        if recipe.difference(from: stored, extending: stored.configuration.epochs) == nil {
            throw StateFileError(
                path: output,
                "it is complete with \(stored.configuration.epochs) epochs, and no checkpoint is left "
                    + "to go on from (--keep-checkpoint keeps one); start anew without --resume")
        }
        throw StateFileError(path: output, reason)
    }

    /// The recipe in the run file; empty if it has none.
    ///
    /// Not by way of `RunFile`, which would make it an input of this process: no output replaces those.
    private func storedRecipe() throws(RunError) -> String {
        do {
            // Other trainings of a sweep may go on meanwhile.
            return try Guard.whileReading(visible(output), at: output, isAlone: false) {
                () throws(HDF5Error) in
                let file = try HDF5File(readingAt: output)
                for (name, value) in try file.attributes(of: "/")
                where name == Schema.Attribute.parameters {
                    if case .text(let text) = value { return text }
                }
                return ""
            }
        } catch {
            throw RunError(
                .badData, file: output, "it is no run that can be read; remove it, or name another")
        }
    }

    /// The network with which the training begins.
    func start(on data: LoadedDataset) -> Network<Float> {
        var network = Network<Float>(
            inputs: data.train.inputCount, hidden: hidden, outputs: data.train.outputCount,
            activation: activation, gate: gate, inputGate: filtersInputs ? .filter() : .none,
            initialization: initialization, seed: configuration.seed)
        pretrained?.fill(&network)
        return network
    }

    /// A trainer at the beginning, or where `stored` ends.
    func trainer(on data: LoadedDataset, from state: TrainerState<Float>?) throws -> Trainer<Float>
    {
        let start = start(on: data)
        var training = try TrainingData(data.train)
        var validation = try data.validation.map { try TrainingData($0) }
        var test = try TrainingData(data.test)
        let weights = configuration.classWeights(on: training).map { Float($0) }
        training.classWeights = weights
        validation?.classWeights = weights
        test.classWeights = weights
        guard let state else {
            return try Trainer(
                start, configuration, training: training, validation: validation, test: test)
        }
        do {
            return try Trainer(
                resuming: state, start: start, training: training,
                validation: validation, test: test, epochs: configuration.epochs)
        } catch {
            throw StateFileError(path: checkpointPath, "\(error)")
        }
    }

    /// The network of an earlier epoch.
    ///
    /// - Throws: ``StateFileError`` if its file is missing, damaged or of another training.
    func snapshot(
        _ epoch: Int, of start: Network<Float>, _ recipe: TrainingRecipe
    ) throws(StateFileError) -> Network<Float> {
        let path = snapshotPath(epoch)
        let snapshot = try NetworkSnapshot(
            readingFrom: path, parameterLimit: mostParameters(of: start))
        guard snapshot.epoch == epoch, let stored = try? TrainingRecipe(text: snapshot.origin),
            recipe.difference(from: stored, extending: epoch) == nil
        else {
            throw StateFileError(
                path: path, "it is of another training; start anew without --resume")
        }
        do {
            return try start.restored(
                units: snapshot.units, slots: snapshot.slots, parameters: snapshot.parameters)
        } catch {
            throw StateFileError(path: path, "\(error)")
        }
    }

    /// Removes the states of a job whose run file is complete.
    func removeStates() {
        withSystemPath(checkpointPath) { _ = unlink($0) }
        for epoch in snapshotEpochs { withSystemPath(snapshotPath(epoch)) { _ = unlink($0) } }
    }

    func isSnapshot(_ epoch: Int) -> Bool {
        snapshotEvery.map {
            epoch > 0 && epoch % $0 == 0 && epoch < configuration.epochs
        } ?? false
    }

    /// The epochs, ascending, after which the network is kept to be recorded.
    var snapshotEpochs: StrideTo<Int> {
        let every = snapshotEvery ?? configuration.epochs
        return stride(from: max(1, every), to: configuration.epochs, by: max(1, every))
    }
}
