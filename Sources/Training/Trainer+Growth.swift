import LinearAlgebra
import Networks

extension Trainer {
    /// Whether a controller decides which network is the result.
    var grows: Bool {
        controllers.contains { if case .grow = $0 { true } else { false } }
    }

    /// Compares the network with the accepted one on the samples held out; `nil` if there is none.
    func comparison() -> ValidationComparison? {
        guard let best, let validation else { return nil }
        let differences = zip(
            best.network.losses(on: validation, configuration.loss),
            network.losses(on: validation, configuration.loss)
        ).map { $0 - $1 }
        let n = Double(differences.count)
        let mean = differences.reduce(0, +) / n
        let squares = differences.reduce(0) { $0 + ($1 - mean) * ($1 - mean) }
        return ValidationComparison(
            gain: mean,
            standardError: n > 1 ? (squares / (n - 1) / n).squareRoot() : .infinity)
    }

    /// Does what a controller asked for.
    func grow(_ growth: Growth) {
        if growth.accepts, let loss = history["validation_loss"].last {
            best = (epoch, loss, network)
        }
        if growth.restores, let best { restore(best.network) }
        guard growth.block > 0 else { return }
        let old = network.layers[0].units
        let weights =
            growth.isFromData
            ? NewUnits(growth.block, of: network, on: training, configuration) : nil
        apply(
            best == nil
                ? StructuralEdit(layer: 0, units: Array(repeating: .new, count: growth.block))
                : .appending(growth.block, to: old, ofLayer: 0), reason: "block")
        weights?.fill(&network, from: old)
        if growth.freezes, best != nil { optimizer.freezeUnits(layout: network.layout) }
    }

    /// Goes on with another state of the network, as a new optimizer.
    private func restore(_ other: Network<Scalar>) {
        let before = network
        network = other
        // Units that were born since and are gone keep their identities.
        network.skipIdentities(of: before)
        optimizer.restart(layout: network.layout, units: network.units)
        workspace.reshape(for: network)
        workspace.freeze(optimizer.isFrozen)
        events.append(
            TrainingEvent(
                epoch: epoch, step: optimizer.step,
                layer: RunRecorder.layerNames(of: network)[0], before: before.layers[0].units,
                after: network.layers[0].units, reason: "restored"))
    }
}

extension Network where Scalar: TrainingScalar {
    /// The loss of each sample of `data`, without class weights.
    func losses(on data: TrainingData<Scalar>, _ loss: Loss) -> [Double] {
        var losses: [Double] = []
        let (labels, targets) = (data.labels, data.targetValues)
        forEachBatch(of: data) { range, activations in
            guard let outputs = activations.last?.post else { return }
            for (row, sample) in range.enumerated() {
                let values = outputs.row(row).map { Double($0) }
                if let labels {
                    let top = values.max() ?? 0
                    let total = values.reduce(0) { $0 + Double.exponential($1 - top) }
                    losses.append(Double.logarithm(total) - (values[labels[sample]] - top))
                } else if let targets {
                    let squares = values.indices.map { column in
                        let difference = values[column] - Double(targets[sample, column])
                        return difference * difference
                    }
                    losses.append(squares.reduce(0, +) / Double(values.count))
                }
            }
        }
        return losses
    }
}
