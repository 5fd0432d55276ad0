public import MetricCore
public import Statistics

/// A mixture of an exponential and a normal distribution, fitted to the standard deviations of a
/// layer's neurons.
///
/// - Complexity: O(samples · neurons) time for the moments, some hundreds of passes over at
///   most 700 neurons and some tens over all for the fit; O(neurons) memory.
public struct ExpNormal: Metric {
    /// What the metric is, for people.
    public static let descriptor = MetricDescriptor(
        id: "exp-normal", title: "Exponential and normal mixture",
        abstract: "Splits the neurons' standard deviations into an exponential and a normal part.",
        question: "Which share of the neurons is surplus, which share does regular work?",
        version: 2,
        references: [
            """
            A. P. Dempster, N. M. Laird, D. B. Rubin, Maximum likelihood from incomplete data via \
            the EM algorithm, J. Royal Statistical Society B 39 (1977) 1
            """,
            """
            R. Varadhan, C. Roland, Simple and globally convergent methods for accelerating the \
            convergence of any EM algorithm, Scandinavian J. Statistics 35 (2008) 335
            """,
            "G. Schwarz, Estimating the dimension of a model, Annals of Statistics 6 (1978) 461",
            """
            H. Bozdogan, Mixture-model cluster analysis using model selection criteria and a new \
            informational measure of complexity, in: Multivariate Statistical Modeling (1994) 69
            """,
        ])

    /// When the fit stops.
    public let configuration: MixtureConfiguration

    /// A metric with checked settings.
    public init(configuration: MixtureConfiguration = MixtureConfiguration()) {
        self.configuration = configuration
    }

    /// The mixture of one layer.
    public func output(of accumulator: MomentsAccumulator, for layer: Layer) -> Output {
        Output(accumulator.moments, configuration)
    }
}

extension ExpNormal {
    /// The fit beside those of one component.
    public struct Output: MetricOutput {
        /// The fit of the mixture.
        public let outcome: MixtureOutcome<ExponentialNormalMixture>

        init(_ moments: ColumnMoments, _ configuration: MixtureConfiguration) {
            outcome = MixtureOutcome(moments, .exponentialAndNormal) {
                (values) throws(MixtureFailure) in
                try ExponentialNormalMixture.fit(to: values, options: configuration.options)
            }
        }
    }
}

extension ExpNormal.Output {
    /// Ok only if the deviations are two populations.
    public var verdict: Verdict { outcome.verdict }

    /// Few neurons, no convergence, a spike that BIC would prefer.
    public var warnings: [String] { outcome.warnings }

    private var contained: [(name: String, fit: OneComponentFit?)] {
        [("exponential", outcome.exponential), ("normal", outcome.normal)]
    }

    /// Everything, under the names of the contract; null where there is no fit.
    public var values: Object {
        let mixture = outcome.fit?.mixture
        let parameters: Object = [
            "weight": .number(mixture?.weight),
            "scale": .number(mixture?.scale),
            "mean": .number(mixture?.mean),
            "standardDeviation": .number(mixture?.standardDeviation),
        ]
        return Object(parameters.fields + outcome.values(contained: contained).fields)
    }

    /// The scalars, those for the table first.
    public var quantities: [Quantity] {
        let mixture = outcome.fit?.mixture
        return [
            Quantity("weight", title: "exponential", mixture?.weight, in: .fraction),
            Quantity("scale", title: "scale", mixture?.scale, in: .activation),
            Quantity("mean", title: "normal mean", mixture?.mean, in: .activation),
            Quantity(
                "standardDeviation", title: "deviation", mixture?.standardDeviation,
                in: .activation),
        ] + outcome.quantities(contained: contained)
    }

    /// The shares in a sentence, or why there are none.
    public var summary: String {
        outcome.summary { mixture in
            let share = (100 * mixture.weight).brief()
            return """
                \(share) % of \(outcome.deviations.count) live neurons look exponential \
                (scale \(mixture.scale.brief())), the rest normal around \(mixture.mean.brief())
                """
        }
    }

    /// The mixture over the histogram of the deviations, or the one distribution that is enough.
    public var figures: [Figure] {
        outcome.figures(
            title: "Exponential and normal mixture", components: ("exponential", "normal")
        ) { mixture, x in
            let densities = mixture.weightedDensities(at: x)
            return (densities.exponential, densities.normal)
        }
    }
}
