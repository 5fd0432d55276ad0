internal import ArgumentParser
public import MetricCore

extension PCA {
    /// Options of the command line.
    public struct Arguments: MetricArguments {
        @Option(help: ArgumentHelp("Output the first COUNT components.", valueName: "count"))
        var components: Int?

        @Option(help: "Arithmetic of the covariance; automatic is double for layers up to a size.")
        var precision: CovarianceAccumulator.Precision = .automatic

        @Flag(
            help: ArgumentHelp(
                "Also the accuracy of the network with the layer replaced by its reconstruction "
                    + "from k components, for a grid of k; needs labels and the following weights.")
        )
        var accuracy = false

        @Flag(help: "The accuracy for every k instead of a grid; implies --accuracy.")
        var everyK = false

        @Option(
            help: ArgumentHelp(
                "How the components are found: exact is the whole spectrum; randomized the first "
                    + "--components of it, for layers whose covariance is too large, in passes "
                    + "over the samples."))
        var solver: Solver = .exact

        @Option(
            help: ArgumentHelp(
                "Random vectors beside the components (default: 10).", valueName: "count"))
        var oversampling: Int?

        @Option(
            help: ArgumentHelp(
                "Passes of the randomized solver beyond the two it needs (default: 2).",
                valueName: "count"))
        var powerIterations: Int?

        @Option(help: ArgumentHelp("Seed of the random vectors (default: 0).", valueName: "number"))
        var seed: Int?

        /// The names of the solvers.
        enum Solver: String, CaseIterable, ExpressibleByArgument {
            case exact, randomized
        }

        /// For the parser.
        public init() {}

        /// - Throws: `InvalidOption` if a number is out of range, or an option of the randomized
        ///   solver is given to the exact one or lacks the number of components.
        public func configuration() throws -> Configuration {
            try Configuration(
                components: components, precision: precision,
                accuracy: everyK ? .everyStep : accuracy ? .grid : .none,
                solver: try chosenSolver())
        }

        private func chosenSolver() throws -> Configuration.Solver {
            let defaults = RandomizedSolver()
            guard solver == .randomized else {
                for (name, value) in [
                    ("oversampling", oversampling), ("power-iterations", powerIterations),
                    ("seed", seed),
                ] {
                    guard let value else { continue }
                    throw InvalidOption(name, value, expected: "--solver randomized beside it")
                }
                return .exact
            }
            return .randomized(
                try RandomizedSolver(
                    oversampling: oversampling ?? defaults.oversampling,
                    powerIterations: powerIterations ?? defaults.powerIterations,
                    seed: seed ?? defaults.seed))
        }
    }
}
