internal import LinearAlgebra
public import MetricCore
internal import Statistics

extension PCA: TwoPassMetric {
    /// What is kept while the samples pass by again.
    public enum SecondPass: SecondPassAccumulator {
        /// The spectrum, and the accuracies so far.
        case accuracy(Output, ReconstructionAccuracy)
        case randomized(RandomizedSearch)
        /// The first pass has said it all.
        case settled(Output)

        /// Takes the next samples.
        public mutating func update(with block: ActivationBlock) {
            switch consume self {
            case .accuracy(let first, var accuracy):
                accuracy.update(with: block)
                self = .accuracy(first, accuracy)
            case .randomized(var search):
                search.update(with: block)
                self = .randomized(search)
            case .settled(let output): self = .settled(output)
            }
        }

        /// Asks for as many passes as the randomized search makes.
        ///
        /// - Throws: `LinearAlgebraError` if products are not finite.
        public mutating func endPass() throws -> Bool {
            guard case .randomized(var search) = self else { return false }
            let goesOn = try search.endPass()
            self = .randomized(search)
            return goesOn
        }
    }

    /// Whether accuracies or the randomized solver were asked for.
    public var needsSecondPass: Bool {
        configuration.accuracy != .none || configuration.solver != .exact
    }

    /// The following layers and labels, if accuracies were asked for.
    public var secondPassInputs: [MetricInput] {
        configuration.accuracy == .none ? [] : [.followingLayers, .labels]
    }

    /// Prepares the randomized search, or finds all components and prepares to classify
    /// reconstructions from them.
    ///
    /// - Throws: what ``output(of:for:)`` throws.
    public func secondPass(
        after accumulator: Accumulator, for layer: Layer
    ) throws -> Result<SecondPass, Refusal> {
        guard case .randomized(let solver) = configuration.solver else {
            return try accuracyPass(after: accumulator, for: layer)
        }
        let finite = accumulator.finiteNeurons
        guard let settings = accumulator.options.sketch, let sketch = accumulator.sketch,
            accumulator.count >= 2, !finite.isEmpty
        else { return .success(.settled(withoutCovariance(accumulator, layer))) }
        return .success(
            .randomized(
                try RandomizedSearch(
                    after: sketch, of: finite, settings: settings,
                    powerIterations: solver.powerIterations)))
    }

    private func accuracyPass(
        after accumulator: Accumulator, for layer: Layer
    ) throws -> Result<SecondPass, Refusal> {
        func refusal(_ reason: String) -> Result<SecondPass, Refusal> {
            .failure(Refusal("no accuracy: \(reason)"))
        }
        for input in secondPassInputs {
            if let missing = layer.context.refusal(of: input) { return refusal(missing.reason) }
        }
        let network = try layer.context.followingLayers.get()
        guard layer.nonFiniteNeurons.isEmpty else {
            return refusal("some neurons hold NaN or infinite entries")
        }
        guard accumulator.count >= 2, accumulator.columns > 0 else {
            return refusal("there are no components")
        }
        // The samples have no part along components beyond their number.
        let eigen = try accumulator.eigen(vectors: accumulator.count)
        // The network is computed in single precision.
        let largest = accumulator.mean.reduce((eigen.values.first ?? 0).squareRoot()) {
            max($0, abs($1))
        }
        guard largest < 1e30 else {
            return refusal("the activations are beyond 1e30")
        }
        let steps =
            configuration.accuracy == .everyStep
            ? Array(0...accumulator.columns)
            : ReconstructionAccuracy.defaultSteps(upTo: accumulator.columns)
        return .success(
            .accuracy(
                try output(of: accumulator, eigen: eigen, for: layer),
                ReconstructionAccuracy(
                    mean: accumulator.mean, components: eigen.vectors, steps: steps,
                    at: layer.site ?? .pre, followedBy: network)))
    }

    /// The result of all passes.
    ///
    /// - Throws: what ``output(of:for:)`` throws.
    public func output(
        of accumulator: Accumulator, and secondPass: SecondPass, for layer: Layer
    ) throws -> Output {
        switch secondPass {
        case .settled(let output): return output
        case .accuracy(var output, let accuracy):
            output.accuracy = accuracy
            return output
        case .randomized(let search):
            let count = configuration.components ?? 1
            let ritz = try search.ritz(count)
            // Two products follow one another: with the samples, and with their scores.
            let rounding = SumRounding(
                isSingle: false, terms: accumulator.count + search.finite.count,
                dimensions: search.finite.count)
            let spectrum = try Spectrum(
                leading: ritz.values, total: ritz.total, summed: rounding)
            return Output(
                layer: layer, samples: accumulator.count, neurons: search.finite.count,
                spectrum: spectrum,
                scale: Double(sign: .plus, exponent: ritz.exponent, significand: 1),
                components: rows(
                    of: ritz.vectors, count: count, at: search.finite,
                    width: accumulator.columns),
                residual: Output.Residual(
                    spectrum: spectrum, relativeNorms: ritz.residuals,
                    neurons: search.finite.count))
        }
    }
}
