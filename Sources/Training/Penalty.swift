import LinearAlgebra
import Networks

/// What is added to the loss for the size of the network's hidden layers, λ times a sum over them.
///
/// A penalty stands apart from the layers and from the loss that networks are compared by: its
/// strength λ is a number of the training's state, which controllers may change.
public struct Penalty: Sendable, Hashable {
    /// What is summed, and how it acts.
    public enum Form: String, Sendable, Hashable, Codable, CaseIterable {
        /// Filters; λ is added to the gradient of positive ones.
        case subgradient
        /// Filters, by the proximal map of ``Shrinkage``, which leaves exact zeros.
        case proximal
        /// The norm of each unit's row of weights with its bias, by the proximal map; no filters.
        case groupLasso = "group-lasso"
        /// The integral of ramps (``RampIntegral``), by its gradient.
        case rampIntegral = "ramp-integral"
    }

    /// How large λ is at first.
    public enum Strength: Sendable, Hashable, Codable {
        case value(Double)
        /// Of the largest λ that makes a difference: with all filters of a layer at 0, the one above
        /// which no filter would leave 0.
        case share(Double)
    }

    /// What a unit counts.
    public enum Cost: String, Sendable, Hashable, Codable, CaseIterable {
        case units
        /// Its parameters and the next layer's that belong to it, relative to the mean at the start.
        case parameters
        /// The same of multiplications and additions (Gordon et al., "MorphNet", 2018).
        case multiplyAdds = "multiply-adds"
    }

    /// The filters that are summed.
    public enum Target: String, Sendable, Hashable, Codable {
        /// Those of hidden layers.
        case units
        /// Those of the inputs.
        case inputs
    }

    /// What is summed, and how it acts.
    public var form: Form
    /// The filters that are summed.
    public var target: Target
    /// λ at first.
    public var strength: Strength
    /// What a unit counts.
    public var cost: Cost
    /// Steps before a proximal map begins: the metric of Adam needs so many to settle.
    public var delay: Int

    /// A penalty; see the properties.
    public init(
        _ form: Form, _ strength: Strength, of target: Target = .units, cost: Cost = .units,
        delay: Int = 100
    ) {
        self.form = form
        self.target = target
        self.strength = strength
        self.cost = cost
        self.delay = delay
    }

    func check() throws(TrainingError) {
        switch strength {
        case .value(let value):
            guard value >= 0 && value.isFinite else {
                throw .setting(name: "penalty", value: "\(value)", expected: "0 or more")
            }
        case .share(let share):
            guard share >= 0 && share.isFinite else {
                throw .setting(name: "penalty-share", value: "\(share)", expected: "0 or more")
            }
            guard form == .proximal || form == .subgradient else {
                throw .setting(
                    name: "penalty-share", value: "\(share)",
                    expected: "--penalty with \(form.rawValue), where no layer can be at 0")
            }
        }
        guard delay >= 0 else {
            throw .setting(name: "penalty delay", value: "\(delay)", expected: "0 or more steps")
        }
    }

    /// The layers on which the penalty acts.
    func layers<Scalar>(of network: Network<Scalar>) -> [Int] {
        if target == .inputs { return network.selectsInputs ? [0] : [] }
        return network.hiddenLayers.filter { index in
            switch (form, network.layers[index].gate) {
            case (.subgradient, .filter), (.proximal, .filter), (.rampIntegral, .ramp): true
            case (.groupLasso, .none):
                network.layout.entry(layer: index, name: "weight") != nil
            default: false
            }
        }
    }

    /// What one unit of a layer costs, by ``cost``.
    func unitCost<Scalar>(_ layer: Int, of network: Network<Scalar>) -> Double {
        let (own, next) = (network.layers[layer], network.layers[layer + 1])
        let units = Double(own.units)
        switch cost {
        case .units: return 1
        case .multiplyAdds: return Double(own.multiplyAdds + next.multiplyAdds) / units
        case .parameters:
            let mine = own.slots.filter { $0.unitAxis != nil }.reduce(0) { $0 + $1.count }
            let theirs = next.slots.filter { $0.inputAxis != nil }.reduce(0) { $0 + $1.count }
            return Double(mine + theirs) / units
        }
    }

    /// The mean of ``unitCost(_:of:)`` over all units: costs are relative to that at the start, so
    /// that λ has the same scale with every kind of cost.
    func meanCost<Scalar>(of network: Network<Scalar>) -> Double {
        var (sum, units) = (0.0, 0.0)
        for layer in layers(of: network) {
            let count = Double(network.layers[layer].units)
            sum += count * unitCost(layer, of: network)
            units += count
        }
        return units > 0 ? sum / units : 1
    }
}

extension Penalty: Codable {
    private enum CodingKeys: String, CodingKey, CaseIterable {
        case form, strength, target, cost, delay
    }

    /// Decodes settings; those that are not there have their defaults.
    ///
    /// - Throws: `DecodingError`, also if there is a setting of another version.
    public init(from decoder: any Decoder) throws {
        try checkKeys(of: decoder, known: CodingKeys.allCases.map(\.rawValue))
        let values = try decoder.container(keyedBy: CodingKeys.self)
        self.init(
            try values.decode(Form.self, forKey: .form),
            try values.decode(Strength.self, forKey: .strength),
            of: try values.decodeIfPresent(Target.self, forKey: .target) ?? .units,
            cost: try values.decodeIfPresent(Cost.self, forKey: .cost) ?? .units,
            delay: try values.decodeIfPresent(Int.self, forKey: .delay) ?? 100)
    }

    /// Encodes settings; a target that is the default is left out, so that older versions read the rest.
    ///
    /// - Throws: what the encoder throws.
    public func encode(to encoder: any Encoder) throws {
        var values = encoder.container(keyedBy: CodingKeys.self)
        try values.encode(form, forKey: .form)
        try values.encode(strength, forKey: .strength)
        if target != .units { try values.encode(target, forKey: .target) }
        try values.encode(cost, forKey: .cost)
        try values.encode(delay, forKey: .delay)
    }
}

/// A penalty with its strength at one step of a training.
struct ActivePenalty {
    var penalty: Penalty
    /// λ.
    var strength: Double
    /// See ``Penalty/meanCost(of:)``; of the start.
    var meanCost: Double

    private func weight<Scalar>(_ layer: Int, _ network: Network<Scalar>) -> Double {
        strength * penalty.unitCost(layer, of: network) / meanCost
    }

    /// λ times the sum.
    func value<Scalar: ElementaryScalar>(of network: Network<Scalar>) -> Double {
        penalty.layers(of: network).reduce(0) { sum, layer in
            sum + weight(layer, network) * size(of: layer, in: network)
        }
    }

    /// The sum over a layer's units.
    private func size<Scalar: ElementaryScalar>(of layer: Int, in network: Network<Scalar>)
        -> Double
    {
        switch (penalty.form, network.layers[layer].gate) {
        case (.groupLasso, _): return rowNorms(ofLayer: layer, in: network).reduce(0, +)
        case (_, .filter(_, _, let isSigned)):
            return network[layer, Gate.Name.filter].elements.reduce(0) {
                $0 + (isSigned ? Double($1).magnitude : max(0, Double($1)))
            }
        case (_, .ramp): return rampIntegral(network, layer).value
        case (_, .none): return 0
        }
    }

    private func rampIntegral<Scalar: ElementaryScalar>(
        _ network: Network<Scalar>, _ layer: Int
    ) -> RampIntegral {
        RampIntegral(
            size: Double(network[layer, Gate.Name.size].elements[0]),
            slope: network.slope(ofLayer: layer), units: network.layers[layer].units)
    }

    /// Adds the penalty's gradient to `gradients`, which lie as the network's parameters.
    func addGradient<Scalar: ElementaryScalar>(
        of network: Network<Scalar>, to gradients: UnsafeMutablePointer<Scalar>
    ) {
        guard strength > 0 else { return }
        for layer in penalty.layers(of: network) {
            let weight = weight(layer, network)
            func add(_ name: String, _ values: (Int) -> Double) {
                guard let entry = network.layout.entry(layer: layer, name: name) else { return }
                for i in 0..<entry.slot.count {
                    gradients[entry.offset + i] += Scalar(weight * values(i))
                }
            }
            switch penalty.form {
            case .subgradient:
                let filter = network[layer, Gate.Name.filter].elements
                let isSigned = network.layers[layer].gate.isSigned
                add(Gate.Name.filter) {
                    filter[$0] > 0 ? 1 : filter[$0] < 0 && isSigned ? -1 : 0
                }
            case .rampIntegral:
                let integral = rampIntegral(network, layer)
                add(Gate.Name.size) { _ in integral.bySize }
                add(Gate.Name.slope) { _ in integral.bySlope }
            case .proximal, .groupLasso: return
            }
        }
    }

    /// The proximal maps that follow the next step.
    ///
    /// - Parameters:
    ///   - network: before the step.
    ///   - step: updates made before it.
    /// - Returns: one for each layer; none before the delay has passed.
    func shrinkages<Scalar: ElementaryScalar>(
        of network: Network<Scalar>, step: Int
    ) -> [Shrinkage] {
        guard strength > 0, step >= penalty.delay,
            penalty.form == .proximal || penalty.form == .groupLasso
        else { return [] }
        let names = RunRecorder.layerNames(of: network)
        return penalty.layers(of: network).compactMap { layer in
            let isGate = penalty.form == .proximal
            guard
                let entry = network.layout.entry(
                    layer: layer, name: isGate ? Gate.Name.filter : "weight")
            else { return nil }
            let bias = network.layout.entry(layer: layer, name: "bias")
            return Shrinkage(
                layer: names[layer], entry: entry,
                form: isGate
                    ? .values(isSigned: network.layers[layer].gate.isSigned)
                    : .rows(biasOffset: bias?.offset ?? entry.offset),
                strength: weight(layer, network), delay: penalty.delay)
        }
    }
}

/// The norm of each unit's weights and bias.
func rowNorms<Scalar: ElementaryScalar>(
    ofLayer layer: Int, in network: Network<Scalar>
) -> [Double] {
    guard let weight = network.layout.entry(layer: layer, name: "weight"),
        let bias = network.layout.entry(layer: layer, name: "bias")
    else { return [] }
    return network.parameters.withElements { all in
        (0..<weight.slot.rows).map { row in
            var square = Double(all[bias.offset + row]) * Double(all[bias.offset + row])
            let start = weight.offset + row * weight.slot.columns
            for i in start..<start + weight.slot.columns {
                square += Double(all[i]) * Double(all[i])
            }
            return square.squareRoot()
        }
    }
}
