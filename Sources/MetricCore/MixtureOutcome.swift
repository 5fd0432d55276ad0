public import Statistics

/// A mixture fitted to the standard deviations of a layer's neurons, and whether it means
/// anything: what the mixture metrics share.
///
/// Deviations of exactly 0 are a point mass that no density describes; they are split off and
/// their share is reported. Neurons with NaN or infinite entries are left out of everything.
public struct MixtureOutcome<Mixture: Sendable & Equatable>: Sendable, Equatable {
    /// The standard deviations above 0, ascending, in the unit of the activations.
    public let deviations: [Double]
    /// Share of exact zeros among the neurons with finite entries; `nil` if there are none.
    public let zeroMass: Double?
    /// The fit; `nil` where the model is not defined or has no interior maximum.
    public let fit: MixtureFit<Mixture>?
    /// The likeliest spike, if it is likelier than the fit or there is no fit.
    public let spike: MixtureSpike?
    /// One exponential for all live neurons; `nil` where no mixture is defined, as the next two.
    public let exponential: OneComponentFit?
    /// One normal for all live neurons.
    public let normal: OneComponentFit?
    /// One gamma for all live neurons.
    public let gamma: OneComponentFit?
    /// The model that describes the deviations; `nil` where there is nothing to describe.
    public let decision: Decision?
    /// Ok only if ``decision`` is the mixture: its values then speak of two populations.
    public let verdict: Verdict

    /// The mixture, or a distribution with one component.
    public enum Decision: Sendable, Equatable {
        case mixture
        case one(OneComponentFit)

        /// "mixture", "exponential", "normal" or "gamma".
        public var name: String {
            switch self {
            case .mixture: "mixture"
            case .one(let fit): fit.distribution.name
            }
        }
    }

    /// Which distributions of one component the mixture is held against.
    public enum Family: Sendable {
        /// An exponential and a normal, which the mixture contains, and a gamma.
        case exponentialAndNormal
        /// A gamma, which the mixture contains, and a normal.
        case gammas
    }

    /// Fits the deviations of the columns of `moments`.
    ///
    /// - Parameters:
    ///   - moments: of all samples.
    ///   - family: the mixture's.
    ///   - estimate: the fit of positive, finite, ascending values.
    public init(
        _ moments: ColumnMoments, _ family: Family,
        estimate: ([Double]) throws(MixtureFailure) -> MixtureFit<Mixture>
    ) {
        let finite = moments.standardDeviations.filter(\.isFinite)
        let live = finite.filter { $0 > 0 }.sortedByDistribution()
        guard moments.count > 1 else {
            self.init(
                deviations: live, zeroMass: nil,
                refusal: .insufficient(
                    moments.count == 0 ? "there are no samples" : "one sample has no deviations"))
            return
        }
        let zeroMass =
            finite.isEmpty ? nil : Double(finite.count - live.count) / Double(finite.count)
        do {
            let fit = try estimate(live)
            self.init(deviations: live, zeroMass: zeroMass, fit: fit, spike: fit.spike, family)
        } catch {
            switch error {
            case .onlySpikes(let spike):
                self.init(deviations: live, zeroMass: zeroMass, fit: nil, spike: spike, family)
            case .constant:
                self.init(
                    deviations: live, zeroMass: zeroMass,
                    refusal: .degenerate("all live neurons have the same standard deviation"))
            case .tooFewValues(let needed, let got):
                self.init(
                    deviations: live, zeroMass: zeroMass,
                    refusal: got == 0 && !finite.isEmpty
                        ? .degenerate("no neuron ever changes")
                        : .insufficient(
                            "two components need \(needed) live neurons, here are \(got)"))
            }
        }
    }

    private init(deviations: [Double], zeroMass: Double?, refusal: Verdict) {
        (self.deviations, self.zeroMass, verdict) = (deviations, zeroMass, refusal)
        (fit, spike, exponential, normal, gamma, decision) = (nil, nil, nil, nil, nil, nil)
    }

    private init(
        deviations: [Double], zeroMass: Double?, fit: MixtureFit<Mixture>?, spike: MixtureSpike?,
        _ family: Family
    ) {
        (self.deviations, self.zeroMass, self.fit, self.spike) = (deviations, zeroMass, fit, spike)
        let single = OneComponentFit.all(deviations)
        (exponential, normal, gamma) = (single.exponential, single.normal, single.gamma)
        let contained: [OneComponentFit?]
        let rival: OneComponentFit?
        switch family {
        case .exponentialAndNormal: (contained, rival) = ([exponential, normal], gamma)
        case .gammas: (contained, rival) = ([gamma], normal)
        }
        (decision, verdict) = Self.decide(fit, spike, contained.compactMap { $0 }, rival)
    }

    /// Two populations only if no distribution of one component describes the deviations as well.
    ///
    /// Those that the mixture contains are held against it by Schwarz's criterion. A distribution of
    /// another family is not contained and costs no more parameters; it is held against the mixture
    /// by Bozdogan's criterion, whose price does not grow with the number of neurons.
    private static func decide(
        _ fit: MixtureFit<Mixture>?, _ spike: MixtureSpike?, _ contained: [OneComponentFit],
        _ rival: OneComponentFit?
    ) -> (Decision?, Verdict) {
        guard let fit else {
            let best = (contained + [rival].compactMap { $0 }).min { $0.bic < $1.bic }
            guard let best else { return (nil, .degenerate("there is no fit")) }
            let isTied = spike.map { $0.bic < best.bic } ?? false
            let claim =
                isTied ? "there are no two populations" : "one \(best.distribution.name) is enough"
            return (
                .one(best),
                .degenerate("\(claim): in every mixture one component is a spike")
            )
        }
        func isEnough(_ one: OneComponentFit, _ criterion: String, _ a: Double, _ b: Double)
            -> (Decision?, Verdict)
        {
            (
                .one(one),
                .degenerate(
                    """
                    one \(one.distribution.name) is enough \
                    (\(criterion) \(a.brief(digits: 5)), mixture \(b.brief(digits: 5)))
                    """)
            )
        }
        if let best = contained.min(by: { $0.bic < $1.bic }), best.bic <= fit.bic {
            return isEnough(best, "BIC", best.bic, fit.bic)
        }
        if let rival, rival.aic3 <= fit.aic3 {
            return isEnough(rival, "AIC3", rival.aic3, fit.aic3)
        }
        return (.mixture, .ok)
    }
}
