public import Networks

/// Removes units whose filters are dead.
public struct Prune: Controller {
    /// Which units are dead.
    public enum Rule: Sendable, Hashable, Codable {
        /// Filters that are not positive: they pass nothing on, and the subgradient never revives them.
        case nonPositive
        /// Filters of at most this magnitude.
        case threshold(Double)
        /// Filters that were not positive for so many steps in a row; `nil` for the steps of an epoch.
        ///
        /// The proximal map can revive a filter of 0 until then.
        case zeroFor(steps: Int?)
        /// Filters whose sign varies: with t = sign f, d = t - m, v := γ v + (1 - γ) d² and
        /// m := γ m + (1 - γ) t, those with v above the threshold, for good and at once 0 (Leclerc et
        /// al., "Smallify", 2018).
        case signVariance(decay: Double, threshold: Double)
    }

    /// When dead units are removed.
    public enum Interval: Sendable, Hashable, Codable {
        /// After the last batch of an epoch, before it is measured.
        case epoch
        case steps(Int)
        /// They stay, multiplied by 0; a layer without any other is found all the same.
        case never
    }

    /// What is remembered of the units of one layer.
    struct Statistics: Sendable, Hashable, Codable {
        var layer: Int
        /// Steps since the filter was positive; for ``Rule/zeroFor(steps:)``.
        var zeroSteps: [Int32] = []
        /// For ``Rule/signVariance(decay:threshold:)``.
        var mean: [Double] = []
        var variance: [Double] = []
        var isDead: [Bool] = []
    }

    /// Which units are dead.
    public var rule: Rule
    /// When they are removed.
    public var interval: Interval
    var statistics: [Statistics] = []

    /// A controller at the start of a training.
    public init(_ rule: Rule, every interval: Interval = .epoch) {
        self.rule = rule
        self.interval = interval
    }

    /// - Throws: ``TrainingError/setting(name:value:expected:)``.
    public func check() throws(TrainingError) {
        func require(
            _ condition: Bool, _ value: some CustomStringConvertible, _ expected: String
        ) throws(TrainingError) {
            guard condition else {
                throw .setting(name: "dead-rule", value: "\(value)", expected: expected)
            }
        }
        switch rule {
        case .nonPositive: break
        case .threshold(let threshold):
            try require(threshold >= 0 && threshold.isFinite, threshold, "0 or more")
        case .zeroFor(let steps): try require(steps ?? 1 > 0, steps ?? 1, "1 step or more")
        case .signVariance(let decay, let threshold):
            try require(decay >= 0 && decay < 1, decay, "0 to below 1")
            try require(threshold > 0 && threshold.isFinite, threshold, "a positive number")
        }
        if case .steps(let steps) = interval, steps < 1 {
            throw .setting(
                name: "remove", value: "\(steps)", expected: "epoch, never, or 1 step or more")
        }
    }

    /// Counts, marks, and where it is time removes.
    public mutating func afterBatch(_ control: inout TrainingControl) {
        let isDue =
            switch interval {
            case .epoch, .never: control.isEndOfEpoch
            case .steps(let steps): control.step % steps == 0
            }
        guard isDue || remembers else { return }
        for layer in control.layers() {
            let isDead = dead(in: layer, &control)
            guard isDue, isDead.contains(true) else { continue }
            remove(isDead, from: layer, &control)
        }
    }

    private var remembers: Bool {
        switch rule {
        case .zeroFor, .signVariance: true
        case .nonPositive, .threshold: false
        }
    }

    /// Which units of a layer are dead; brings the statistics up to date.
    private mutating func dead(
        in layer: TrainingControl.Layer, _ control: inout TrainingControl
    ) -> [Bool] {
        let index = position(of: layer)
        switch rule {
        case .nonPositive: return layer.values.map { $0 <= 0 }
        case .threshold(let threshold): return layer.values.map { $0.magnitude <= threshold }
        case .zeroFor(let steps):
            let most = Int32(clamping: steps ?? control.stepsPerEpoch)
            return layer.values.indices.map { unit in
                let zero = statistics[index].zeroSteps[unit]
                let now = layer.values[unit] <= 0 ? zero &+ (zero == .max ? 0 : 1) : 0
                statistics[index].zeroSteps[unit] = now
                return now >= most
            }
        case .signVariance(let decay, let threshold):
            for unit in layer.values.indices where !statistics[index].isDead[unit] {
                let value = layer.values[unit]
                let sign: Double = value > 0 ? 1 : value < 0 ? -1 : 0
                let distance = sign - statistics[index].mean[unit]
                statistics[index].variance[unit] =
                    decay * statistics[index].variance[unit] + (1 - decay) * distance * distance
                statistics[index].mean[unit] =
                    decay * statistics[index].mean[unit] + (1 - decay) * sign
                statistics[index].isDead[unit] = statistics[index].variance[unit] > threshold
            }
            for unit in layer.values.indices where statistics[index].isDead[unit] {
                control.silenced.append((layer.index, unit))
            }
            return statistics[index].isDead
        }
    }

    /// Where the statistics of a layer are; makes them when it is seen first.
    private mutating func position(of layer: TrainingControl.Layer) -> Int {
        if let index = statistics.firstIndex(where: { $0.layer == layer.index }) { return index }
        var new = Statistics(layer: layer.index)
        let count = layer.values.count
        switch rule {
        case .zeroFor: new.zeroSteps = Array(repeating: 0, count: count)
        case .signVariance:
            new.mean = layer.values.map { $0 > 0 ? 1 : $0 < 0 ? -1 : 0 }
            new.variance = Array(repeating: 0, count: count)
            new.isDead = Array(repeating: false, count: count)
        case .nonPositive, .threshold: break
        }
        statistics.append(new)
        return statistics.count - 1
    }

    private func remove(
        _ isDead: [Bool], from layer: TrainingControl.Layer, _ control: inout TrainingControl
    ) {
        var kept = isDead.indices.filter { !isDead[$0] }
        if kept.isEmpty {
            // Nothing would be left for the next layer: the strongest stays, and the training ends.
            let strongest = layer.values.indices.max { layer.values[$0] < layer.values[$1] }
            kept = [strongest ?? 0]
            control.outcome = .collapsed
        }
        guard interval != .never, kept.count < isDead.count else { return }
        control.edits.append(
            (.keeping(kept, ofLayer: layer.index), control.outcome?.rawValue ?? "dead"))
    }

    /// Moves what is remembered of each unit.
    public mutating func follow(_ edit: StructuralEdit) {
        guard let index = statistics.firstIndex(where: { $0.layer == edit.layer }) else { return }
        func moved<Value>(_ values: [Value], _ new: Value) -> [Value] {
            values.isEmpty ? [] : edit.indices.map { $0 < 0 ? new : values[$0] }
        }
        statistics[index].zeroSteps = moved(statistics[index].zeroSteps, 0)
        statistics[index].mean = moved(statistics[index].mean, 1)
        statistics[index].variance = moved(statistics[index].variance, 0)
        statistics[index].isDead = moved(statistics[index].isDead, false)
    }

    /// Whether there are as many numbers as units.
    public func isValid(units: [Int]) -> Bool {
        guard Set(statistics.map(\.layer)).count == statistics.count else { return false }
        return statistics.allSatisfy { entry in
            guard units.dropLast().indices.contains(entry.layer) else { return false }
            let count = units[entry.layer]
            let counts =
                switch rule {
                case .nonPositive, .threshold: (0, 0)
                case .zeroFor: (count, 0)
                case .signVariance: (0, count)
                }
            return entry.zeroSteps.count == counts.0 && entry.mean.count == counts.1
                && entry.variance.count == counts.1 && entry.isDead.count == counts.1
                && entry.zeroSteps.allSatisfy { $0 >= 0 }
                && (entry.mean + entry.variance).allSatisfy(\.isFinite)
        }
    }
}
