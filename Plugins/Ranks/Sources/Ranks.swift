public import MetricCore

/// How many dimensions a layer's activations have, by every definition that is in use.
///
/// - Complexity: O(samples · neurons²) time and O(neurons²) memory, of fewer samples than neurons those of
///   their inner products; sums are shared with `pca`.
/// - Note: O. Roy and M. Vetterli, "The effective rank", EUSIPCO 2007; Q. Garrido et al., "RankMe", ICML
///   2023; M. Rudelson and R. Vershynin, Journal of the ACM 54 (2007); A. Kumar et al., arXiv 2010.14498;
///   Y. Yang et al., arXiv 1909.12255; C. Lyle et al., arXiv 2204.09560.
public struct Ranks: Metric {
    /// What the metric is.
    public static let descriptor = MetricDescriptor(
        id: "ranks", title: "Ranks",
        abstract: "Effective ranks of the activations by all definitions, centred and not.",
        question: "How many dimensions are there, and by whose definition?", draws: false,
        references: [
            "Roy and Vetterli 2007", "Garrido et al. 2023", "Rudelson and Vershynin 2007",
            "Kumar et al. 2020", "Yang et al. 2020", "Lyle et al. 2022",
        ])

    /// There are no settings.
    public let configuration: NoConfiguration

    /// The metric has no settings.
    public init(configuration: NoConfiguration = NoConfiguration()) {
        self.configuration = configuration
    }

    /// The sums that `pca` starts from, too.
    public var accumulatorOptions: SpreadAccumulator.Options { .init(precision: .automatic) }

    /// The ranks of the samples seen.
    ///
    /// - Throws: `LinearAlgebraError` if eigenvalues are not found.
    public func output(of accumulator: SpreadAccumulator, for layer: Layer) throws -> Output {
        let neurons = accumulator.finiteNeurons.count
        guard accumulator.count >= 2, neurons > 0 else {
            return Output(
                samples: accumulator.count, neurons: neurons, centred: nil, uncentred: nil)
        }
        let count = accumulator.count
        let eigen = try accumulator.eigen(vectors: 0)
        // Singular values are roots: half of the digits of an eigenvalue's rounding.
        let floor = (eigen.usedSinglePrecision ? 0x1p-23 : Double.ulpOfOne).squareRoot()
        let bound = min(count, neurons)
        let unit = Double(sign: .plus, exponent: eigen.exponent, significand: 1)
        func set(_ eigenvalues: [Double], unit: Double) -> RankSet {
            RankSet(
                singularValues: eigenvalues.prefix(bound).map { max(0, $0).squareRoot() * unit },
                samples: count, floor: floor)
        }
        return Output(
            samples: count, neurons: neurons,
            centred: set(
                eigen.values, unit: unit * Double(count - 1).squareRoot()),
            uncentred: set(try accumulator.uncentredEigenvalues(), unit: 1))
    }

    /// The ranks of one layer.
    public struct Output: MetricOutput {
        /// Samples seen.
        public let samples: Int
        /// Neurons that entered.
        public let neurons: Int
        /// Of the samples less their mean; `nil` below two samples.
        public let centred: RankSet?
        /// Of the samples as they are; `nil` below two samples.
        public let uncentred: RankSet?

        /// No rank is larger, but for the 1e-7 of RankMe.
        public var bound: Int { min(samples, neurons) }

        /// Insufficient below two samples.
        public var verdict: Verdict {
            if neurons == 0, samples > 0 {
                return .insufficient("no neuron without NaN or infinite entries")
            }
            return centred == nil ? .insufficient("fewer than two samples") : .ok
        }

        /// Under the names of the README.
        public var values: Object {
            [
                "centred": centred.map { .object(object($0)) } ?? .null,
                "uncentred": uncentred.map { .object(object($0)) } ?? .null,
                "bound": .integer(bound),
            ]
        }

        private func object(_ ranks: RankSet) -> Object {
            [
                "effectiveRankSingular": .number(ranks.effectiveRankSingular),
                "effectiveRankEigen": .number(ranks.effectiveRankEigen),
                "rankMe": .number(ranks.rankMe),
                "stableRank": .number(ranks.stableRank),
                "nuclearRank": .number(ranks.nuclearRank),
                "participationRatio": .number(ranks.participationRatio),
                "srank": .integer(ranks.srank),
                "componentsFor99": .integer(ranks.componentsFor99),
                "featureRank": .integer(ranks.featureRank),
            ]
        }

        /// All of them; four for the table.
        public var quantities: [Quantity] {
            func of(_ name: String, _ ranks: RankSet?, headlines: Set<String>) -> [Quantity] {
                let all: [(String, String, Double?)] = [
                    ("effectiveRankSingular", "effective rank", ranks?.effectiveRankSingular),
                    ("effectiveRankEigen", "of eigenvalues", ranks?.effectiveRankEigen),
                    ("rankMe", "RankMe", ranks?.rankMe),
                    ("stableRank", "stable rank", ranks?.stableRank),
                    ("nuclearRank", "nuclear rank", ranks?.nuclearRank),
                    ("participationRatio", "participation ratio", ranks?.participationRatio),
                    ("srank", "srank", ranks.map { Double($0.srank) }),
                    ("componentsFor99", "for 99 %", ranks.map { Double($0.componentsFor99) }),
                    ("featureRank", "feature rank", ranks.map { Double($0.featureRank) }),
                ]
                return all.map { key, title, value in
                    Quantity(
                        "\(name).\(key)", title: "\(title), \(name)", value, in: .dimensions,
                        headline: headlines.contains(key))
                }
            }
            return of(
                "centred", centred, headlines: ["effectiveRankSingular", "stableRank", "srank"])
                + of("uncentred", uncentred, headlines: ["rankMe"])
        }

        /// The effective rank beside its bound.
        public var summary: String {
            guard let centred else { return "" }
            return
                "effective rank \(centred.effectiveRankSingular.brief(digits: 3)) of at most \(bound)"
        }
    }
}
