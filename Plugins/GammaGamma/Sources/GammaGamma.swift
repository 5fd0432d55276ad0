public import MetricCore
public import Statistics

/// A mixture of two gamma distributions, fitted to the standard deviations of a layer's neurons.
///
/// - Complexity: O(samples · neurons) time for the moments, some hundreds of passes over at
///   most 700 neurons and some tens over all for the fit; O(neurons) memory.
public struct GammaGamma: Metric {
    /// What the metric is, for people.
    public static let descriptor = MetricDescriptor(
        id: "gamma-gamma", title: "Mixture of two gammas",
        abstract: "Splits the neurons' standard deviations into two gamma distributions.",
        question: "Are there a quiet and an active population of neurons, and how large is each?",
        version: 2,
        references: [
            """
            A. P. Dempster, N. M. Laird, D. B. Rubin, Maximum likelihood from incomplete data via \
            the EM algorithm, J. Royal Statistical Society B 39 (1977) 1
            """,
            "T. P. Minka, Estimating a Gamma distribution, technical report (2002)",
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

extension GammaGamma {
    /// The fit beside that of one gamma.
    public struct Output: MetricOutput {
        /// The fit of the mixture.
        public let outcome: MixtureOutcome<GammaGammaMixture>

        init(_ moments: ColumnMoments, _ configuration: MixtureConfiguration) {
            outcome = MixtureOutcome(moments, .gammas) { (values) throws(MixtureFailure) in
                try GammaGammaMixture.fit(to: values, options: configuration.options)
            }
        }
    }
}

extension GammaGamma.Output {
    /// Ok only if the deviations are two populations.
    public var verdict: Verdict { outcome.verdict }

    /// Few neurons, no convergence, a spike that BIC would prefer.
    public var warnings: [String] { outcome.warnings }

    private var contained: [(name: String, fit: OneComponentFit?)] { [("gamma", outcome.gamma)] }

    /// Everything, under the names of the contract; null where there is no fit.
    public var values: Object {
        let mixture = outcome.fit?.mixture
        let parameters: Object = [
            "weight": .number(mixture?.weight),
            "shape1": .number(mixture?.lower.shape),
            "scale1": .number(mixture?.lower.scale),
            "shape2": .number(mixture?.upper.shape),
            "scale2": .number(mixture?.upper.scale),
        ]
        return Object(parameters.fields + outcome.values(contained: contained).fields)
    }

    /// The scalars, those for the table first.
    public var quantities: [Quantity] {
        let mixture = outcome.fit?.mixture
        return [
            Quantity("weight", title: "lower gamma", mixture?.weight, in: .fraction),
            Quantity("shape1", title: "shape 1", mixture?.lower.shape, in: .none),
            Quantity("scale1", title: "scale 1", mixture?.lower.scale, in: .activation),
            Quantity("shape2", title: "shape 2", mixture?.upper.shape, in: .none),
            Quantity("scale2", title: "scale 2", mixture?.upper.scale, in: .activation),
        ] + outcome.quantities(contained: contained)
    }

    /// The shares in a sentence, or why there are none.
    public var summary: String {
        outcome.summary { mixture in
            let share = (100 * mixture.weight).brief()
            return """
                \(share) % of \(outcome.deviations.count) live neurons are in the quieter gamma \
                (mean \(mixture.lower.mean.brief())), the rest around \(mixture.upper.mean.brief())
                """
        }
    }

    /// The mixture over the histogram of the deviations, or the one distribution that is enough.
    public var figures: [Figure] {
        outcome.figures(
            title: "Mixture of two gammas", components: ("lower gamma", "upper gamma")
        ) { mixture, x in
            let densities = mixture.weightedDensities(at: x)
            return (densities.lower, densities.upper)
        }
    }
}
