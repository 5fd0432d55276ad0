internal import ArgumentParser
public import MetricCore

extension Importance {
    /// `--samples` and `--seed`.
    public struct Arguments: MetricArguments {
        @Option(
            help: ArgumentHelp(
                "Samples that are used at most, chosen at random.",
                discussion: """
                    Default: all, or as many as take 40,000,000,000 multiply-adds a layer. The result \
                    says how many were used.
                    """))
        var samples: Int?

        @Option(help: "Seed of the choice of samples.")
        var seed = 0

        /// Options as the parser fills them.
        public init() {}

        /// The checked configuration.
        ///
        /// - Throws: `InvalidOption` if the number of samples is not positive.
        public func configuration() throws -> Configuration {
            try Configuration(samples: samples, seed: seed)
        }
    }
}
