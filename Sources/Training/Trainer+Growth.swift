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
        return ValidationComparison(
            network.losses(on: validation, configuration.loss),
            with: best.network.losses(on: validation, configuration.loss))
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
        removed += max(0, before.layers[0].units - network.layers[0].units)
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
