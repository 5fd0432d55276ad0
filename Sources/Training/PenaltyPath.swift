public import Datasets
import Files
import FoundationEssentials
import Glibc
import HDF5
import LinearAlgebra
import Networks
import RunFormat

/// One network trained with several strengths of its penalty, the smallest good one of which is kept.
///
/// Each strength is a training of its own, with a run file beside the final one until the choice is
/// made; a path that was killed at any moment and is resumed ends with the same file.
public struct PenaltyPath: Sendable {
    /// The training, with the final run file; its penalties get their strength from the path.
    public let job: TrainingJob
    /// Shares of the strength above which no filter would leave 0, in the order of the trainings.
    public let shares: [Double]
    /// A training without penalty that takes part in the choice, whatever its output.
    public let plain: TrainingJob?

    /// A path; with one share or none it is the training itself.
    public init(_ job: TrainingJob, shares: [Double], plain: TrainingJob? = nil) {
        self.job = job
        self.shares = shares
        self.plain = shares.count > 1 ? plain : nil
    }

    /// One training of the path.
    public struct Candidate: Sendable {
        /// See ``PenaltyPath/shares``; `nil` where there is no penalty, or that of the job.
        public var share: Double?
        /// The training, with a run file of its own unless it is the only one.
        public var job: TrainingJob

        /// Whether it ended with finite numbers.
        fileprivate var isUsable: Bool {
            get throws {
                guard job.exists(job.output) else { return false }
                let outcome = try RunFile.reading(job.output) { run throws(RunError) in
                    run.attributes[Schema.Attribute.outcome]
                }
                return outcome != .text(TrainingOutcome.diverged.rawValue)
            }
        }
    }

    /// The trainings, in order.
    public var candidates: [Candidate] {
        guard !shares.isEmpty else { return [Candidate(share: nil, job: job)] }
        // Beside the file itself, where the output is a link: the chosen one is renamed.
        let place = outputFile(of: job.output)
        let choice = shares.count > 1 ? identity : nil
        let penalized = shares.map { share in
            var job = job
            job.choice = choice
            for index in job.configuration.penalties.indices {
                job.configuration.penalties[index].strength = .share(share)
            }
            if shares.count > 1 { job.output = "\(place).share-\(share)" }
            return Candidate(share: share, job: job)
        }
        guard var plain else { return penalized }
        plain.output = "\(place).plain"
        plain.choice = choice
        return penalized + [Candidate(share: nil, job: plain)]
    }

    /// What the choice is made from, as a text that no other path has.
    private var identity: String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        var settings: [UInt8] = []
        for job in [job] + [plain].compactMap({ $0 }) {
            settings += Array((try? encoder.encode(job.configuration)) ?? Data())
            settings += Array("\(job.hidden) \(job.filtersInputs)".utf8)
        }
        return "\(shares) \(Digest.of(settings))"
    }

    /// Trains what is missing, chooses, and leaves the chosen network's run as the only file.
    ///
    /// - Parameters:
    ///   - data: with samples held out for validation, if there is something to choose.
    ///   - resuming: whether to go on from what an earlier call left.
    ///   - train: trains one candidate to its end; the flag says whether it may go on from a checkpoint. A
    ///     candidate that diverges is none: `train` returns all the same, unless it is the only one.
    /// - Returns: what the choice was made from; `nil` if the run was complete before.
    /// - Throws: what `train` throws, `RunError`, ``StateFileError``.
    public func run(
        on data: LoadedDataset, resuming: Bool, train: (Candidate, Bool) throws -> Void
    ) throws -> PenaltyChoice? {
        let candidates = candidates
        guard candidates.count > 1 else {
            try train(candidates[0], resuming)
            return nil
        }
        for candidate in candidates { try candidate.job.check(on: data) }
        try job.checkKind()
        let lock = try job.lock()
        let choice = try runAlone(candidates, on: data, resuming: resuming, train: train)
        _ = consume lock
        return choice
    }

    private func runAlone(
        _ candidates: [Candidate], on data: LoadedDataset, resuming: Bool,
        train: (Candidate, Bool) throws -> Void
    ) throws -> PenaltyChoice? {
        if resuming, try isComplete(candidates, on: data) {
            for candidate in candidates { candidate.job.removeFiles() }
            return nil
        }
        // Before hours of training: whether the run may be written at all.
        _ = try RunRecorder(path: job.output)
        if !resuming {
            // Of an earlier path, which nothing shall be taken from.
            for candidate in candidates {
                _ = try RunRecorder(path: candidate.job.output)
                try StateFile.checkReplaceable(candidate.job.checkpointPath)
            }
            for candidate in candidates { candidate.job.removeFiles() }
        }
        for candidate in candidates { try train(candidate, resuming) }
        let usable = try candidates.filter { try $0.isUsable }
        guard !usable.isEmpty else {
            throw TrainingError.setting(
                name: "learning-rate", value: "\(job.configuration.optimizer.learningRate)",
                expected: "less, as no training ended with finite numbers")
        }
        let choice = try PenaltyChoice(
            among: usable, on: data,
            classWeights: job.configuration.classWeights(on: try TrainingData(data.train)))
        let chosen = usable[choice.chosen].job.output
        let target = outputFile(of: job.output)
        let code = withSystemPath(chosen) { old in
            withSystemPath(target) { rename(old, $0) == 0 ? 0 : errno }
        }
        guard code == 0 else { throw FileError(.write, job.output, code: code) }
        try synchronizeFolder(divided(target).folder)
        for candidate in candidates { candidate.job.removeFiles() }
        return choice
    }

    /// Whether the final run is there, of one of the candidates.
    ///
    /// - Throws: `RunError` or ``StateFileError`` if it is something else, and nothing of a path that was
    ///   begun is there.
    private func isComplete(_ candidates: [Candidate], on data: LoadedDataset) throws -> Bool {
        guard job.exists(job.output) else { return false }
        var refusal: (any Error)?
        for candidate in candidates {
            var final = candidate.job
            final.output = job.output
            do {
                if try final.isComplete(TrainingRecipe(final, on: data)) { return true }
            } catch { refusal = error }
        }
        let isBegun = candidates.contains {
            $0.job.exists($0.job.output) || $0.job.exists($0.job.checkpointPath)
        }
        if let refusal, !isBegun { throw refusal }
        return false
    }
}

/// Which training of a ``PenaltyPath`` is kept, and why.
public struct PenaltyChoice: Sendable {
    /// What is known of one candidate.
    public struct Entry: Sendable {
        /// Its share; see ``PenaltyPath/shares``; `nil` for the training without penalty.
        public var share: Double?
        /// Inputs that are used, then units of each layer.
        public var sizes: [Int]
        /// Numbers in its weights and biases that are not 0 for lack of an input.
        public var parameters: Int
        /// On the samples held out.
        public var quality: Quality
        /// Of each sample held out: squared error in deviations of the target, or -log p in nats, times the
        /// weight of its class.
        public var losses: [Double]
    }

    /// In the order of the trainings.
    public let entries: [Entry]
    /// The index of the one that is kept.
    public let chosen: Int

    init(
        among candidates: [PenaltyPath.Candidate], on data: LoadedDataset, classWeights: [Double]
    ) throws {
        guard let validation = data.validation else {
            throw TrainingError.setting(
                name: "validation-fraction", value: "0",
                expected: "a share to choose a penalty by; or one --penalty-share")
        }
        entries = try candidates.map { candidate in
            let model = try RecordedModel(path: candidate.job.output)
            let inputs = model.usedInputs.count
            let units = model.network.layers.map(\.neurons)
            let sizes = [inputs] + units
            return Entry(
                share: candidate.share, sizes: sizes,
                parameters: zip(sizes, units).reduce(0) { $0 + $1.1 * ($1.0 + 1) },
                quality: model.quality(on: validation),
                losses: model.losses(on: validation, classWeights: classWeights))
        }
        chosen = Self.smallestGood(
            entries.map(\.losses), parameters: entries.map(\.parameters),
            isPlain: entries.map { $0.share == nil })
    }

    /// The network with the fewest parameters of those whose mean loss is at most one standard error
    /// above the least; one without a penalty only if no other is as good.
    ///
    /// The standard error is that of the mean of the differences, sample by sample, so that what is hard
    /// for all networks does not count.
    ///
    /// - Parameters:
    ///   - losses: of each network on the same samples.
    ///   - parameters: of each network.
    ///   - isPlain: whether a network has no penalty; empty: all have one.
    /// - Returns: an index; networks whose loss is no number are not chosen if there is another.
    static func smallestGood(
        _ losses: [[Double]], parameters: [Int], isPlain: [Bool] = []
    ) -> Int {
        let means = losses.map { $0.reduce(0, +) / Double(max(1, $0.count)) }
        let finite = means.indices.filter { means[$0].isFinite }
        guard let best = finite.min(by: { means[$0] < means[$1] }) else { return 0 }
        let good = finite.filter { index in
            let comparison = ValidationComparison(losses[index], with: losses[best])
            return index == best
                || comparison.standardError.isFinite && -comparison.gain <= comparison.standardError
        }
        let penalized = good.filter { !(isPlain.indices.contains($0) && isPlain[$0]) }
        return (penalized.isEmpty ? good : penalized)
            .min { (parameters[$0], means[$0]) < (parameters[$1], means[$1]) } ?? best
    }
}

extension RecordedModel {
    /// The positions of the inputs that the network uses.
    public var usedInputs: [Int] {
        inputFilter.map { filter in filter.indices.filter { filter[$0] != 0 } }
            ?? Array(0..<network.inputs)
    }

    /// The loss of each sample: squared error in deviations of the target, the mean over outputs, or -log p
    /// of the right class in nats, times the weight of the class.
    ///
    /// - Parameters:
    ///   - samples: normalised as the training's were.
    ///   - weights: one a class; empty where all count alike.
    /// - Returns: a loss for each sample.
    func losses(on samples: LabeledData, classWeights weights: [Double] = []) -> [Double] {
        var losses: [Double] = []
        losses.reserveCapacity(samples.count)
        forEachBatch(of: samples) { range, outputs in
            if let scaling = data.targetScaling, let targets = samples.targetsInUnit(of: range) {
                let scaled = Matrix<Double>(rows: targets.rows, columns: targets.columns) { all in
                    for index in all.indices {
                        let (row, column) = index.quotientAndRemainder(dividingBy: targets.columns)
                        all.initializeElement(
                            at: index,
                            to: (targets[row, column] - scaling.mean[column])
                                / scaling.deviation[column])
                    }
                }
                losses += (0..<outputs.rows).map { outputs.squaredError(row: $0, of: scaled) }
                return
            }
            for (row, label) in samples.labels(of: range).enumerated() {
                let weight = weights.isEmpty ? 1 : weights[Int(label)]
                losses.append(weight * outputs.crossEntropy(row: row, label: Int(label)))
            }
        }
        return losses
    }
}

extension TrainingJob {
    /// Removes the run and the states.
    fileprivate func removeFiles() {
        withSystemPath(output) { _ = unlink($0) }
        removeStates()
        // Giving a lock back removes its file; one that somebody has stays.
        if exists(lockPath) { do { _ = try FileLock(lockPath) } catch {} }
    }
}
