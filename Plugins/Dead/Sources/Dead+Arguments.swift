public import ArgumentParser
public import MetricCore

extension Dead {
    /// `--rule` and `--threshold`.
    public struct Arguments: MetricArguments {
        @Option(
            help: ArgumentHelp(
                "What makes a neuron dead.",
                discussion: """
                    never-active: its activation is never above 0 (ReLU and its kin). constant: its \
                    variance is 0 (any nonlinearity). below-threshold: its variance is below a \
                    share of the median variance. Default: never-active in layers that the run \
                    names as ReLU layers, constant in all others.
                    """))
        var rule: Rule?

        @Option(
            help: "below-threshold: the share of the median variance of the neurons that change.")
        var threshold = Configuration.defaultThreshold

        /// Options as the parser fills them.
        public init() {}

        /// The checked configuration.
        ///
        /// - Throws: ``InvalidOption`` if the threshold is not a number above 0.
        public func configuration() throws -> Configuration {
            try Configuration(rule: rule, threshold: threshold)
        }
    }
}

extension Dead.Rule: ExpressibleByArgument {}
