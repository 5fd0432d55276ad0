internal import ArgumentParser
public import MetricCore

extension NextWeights {
    /// `--threshold`.
    public struct Arguments: MetricArguments {
        @Option(
            help: "A neuron whose sum of absolute outgoing weights is at most this is not read.")
        var threshold = 1e-3

        /// Options as the parser fills them.
        public init() {}

        /// The checked configuration.
        ///
        /// - Throws: `InvalidOption` if the threshold is negative.
        public func configuration() throws -> Configuration {
            try Configuration(threshold: threshold)
        }
    }
}
