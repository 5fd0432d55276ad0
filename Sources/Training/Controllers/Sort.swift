public import Networks

/// Sorts the units of layers with ramps, so that those that count most come first and a small layer keeps the
/// best.
///
/// Whole units move, with their weights and moments, after the first batch of each epoch but the first: their
/// factors change with their places, and the rest of the epoch gets used to it before it is measured.
public struct Sort: Controller {
    /// What units are sorted by, largest first; uᵢ = Σ sᵢ hᵢ ∂L/∂(sᵢ hᵢ) over a batch, the first-order
    /// change of the loss when unit i is silenced.
    public enum Key: String, Sendable, Hashable, Codable, CaseIterable {
        /// The moving average of uᵢ² over the batches.
        case importance
        /// sᵢ times the norm of the unit's outgoing weights, into which a learned scale of the unit goes.
        case scale
    }

    /// What is remembered of the units of one layer.
    struct Average: Sendable, Hashable, Codable {
        var layer: Int
        var values: [Double]
    }

    /// What units are sorted by.
    public var key: Key
    /// Share that a batch leaves of the average before it.
    static let decay = 0.99
    var averages: [Average] = []
    /// Epochs completed when units were sorted last.
    var sorted = 0

    /// A controller at the start of a training.
    public init(by key: Key) { self.key = key }

    /// Any key will do.
    public func check() throws(TrainingError) {}

    /// Adds the batch to the averages, and sorts if it was the first after an epoch.
    public mutating func afterBatch(_ control: inout TrainingControl) {
        let isDue = control.epoch > sorted
        // An average is of all batches; scales are those of the moment.
        if isDue || key == .importance {
            for layer in control.ranks(key) { add(layer) }
        }
        guard isDue else { return }
        sorted = control.epoch
        for (layer, values) in averages.map({ ($0.layer, $0.values) }) {
            let order = values.indices.sorted { (values[$0], $1) > (values[$1], $0) }
            guard order != Array(values.indices) else { continue }
            control.edits.append((.keeping(order, ofLayer: layer), "sorted"))
        }
    }

    private mutating func add(_ layer: TrainingControl.Layer) {
        let index = averages.firstIndex { $0.layer == layer.index }
        guard key == .importance, let index else {
            averages.removeAll { $0.layer == layer.index }
            averages.append(Average(layer: layer.index, values: layer.values))
            return
        }
        for unit in layer.values.indices {
            averages[index].values[unit] *= Self.decay
            averages[index].values[unit] += (1 - Self.decay) * layer.values[unit]
        }
    }

    /// Lets averages move with their units; new ones have none.
    public mutating func follow(_ edit: StructuralEdit) {
        for index in averages.indices where averages[index].layer == edit.layer {
            let values = averages[index].values
            averages[index].values = edit.units.map { source in
                if case .old(let unit) = source { values[unit] } else { 0 }
            }
        }
    }

    /// Whether there is a number for each unit.
    public func isValid(units: [Int]) -> Bool {
        sorted >= 0
            && averages.allSatisfy {
                units.indices.contains($0.layer) && $0.values.count == units[$0.layer]
            }
    }
}
