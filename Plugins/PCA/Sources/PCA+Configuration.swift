public import MetricCore

extension PCA {
    /// What to compute.
    public struct Configuration: MetricConfiguration {
        /// Number of components to output; none unless given.
        public let components: Int?
        /// How the covariance is computed.
        public let precision: CovarianceAccumulator.Precision
        /// Whether the accuracy after reconstruction is computed.
        public let accuracy: Accuracy
        /// How the components are found.
        public let solver: Solver

        /// For how many numbers of components the accuracy is computed.
        public enum Accuracy: String, Sendable {
            case none
            /// Every number up to 16, about eight an octave beyond, and all components.
            case grid
            /// Every number.
            case everyStep = "every-k"
        }

        /// How the components are found.
        public enum Solver: Hashable, Sendable {
            /// The whole spectrum.
            case exact
            /// The leading components, in memory that grows with the neurons, not their square.
            case randomized(RandomizedSolver)
        }

        /// The spectrum only, in the precision that suits the layer's size.
        public init() {
            components = nil
            precision = .automatic
            accuracy = .none
            solver = .exact
        }

        /// - Throws: `InvalidOption` if `components` is not positive, or if the randomized solver
        ///   is asked for without them, in single precision or for the accuracy.
        public init(
            components: Int? = nil, precision: CovarianceAccumulator.Precision = .automatic,
            accuracy: Accuracy = .none, solver: Solver = .exact
        ) throws(InvalidOption) {
            if let components, components < 1 {
                throw InvalidOption("components", components, expected: "a positive number")
            }
            if case .randomized = solver {
                guard components != nil else {
                    throw InvalidOption(
                        "solver", "randomized", expected: "--components COUNT beside it")
                }
                guard precision != .single else {
                    throw InvalidOption(
                        "precision", precision.rawValue,
                        expected: "double beside --solver randomized")
                }
                guard accuracy == .none else {
                    throw InvalidOption(
                        "solver", "randomized", expected: "exact beside --accuracy and --every-k")
                }
            }
            self.components = components
            self.precision = precision
            self.accuracy = accuracy
            self.solver = solver
        }

        /// The settings, as stored with every result; those of the randomized solver are null for
        /// the exact one.
        public var values: Object {
            var search: RandomizedSolver?
            if case .randomized(let settings) = solver { search = settings }
            return [
                "components": .integer(components), "precision": .text(precision.rawValue),
                "accuracy": .text(accuracy.rawValue),
                "solver": .text(search == nil ? "exact" : "randomized"),
                "oversampling": .integer(search?.oversampling),
                "powerIterations": .integer(search?.powerIterations),
                "seed": .integer(search?.seed),
            ]
        }
    }

    /// Settings of the randomized solver.
    public struct RandomizedSolver: Hashable, Sendable {
        /// Vectors carried along beside the components asked for.
        public let oversampling: Int
        /// Passes over the samples beyond the two that are needed; each divides what other
        /// components mix into the k-th by the ratio of their eigenvalues to its own.
        public let powerIterations: Int
        /// Of the random vectors that the search starts from.
        public let seed: Int

        /// Ten more vectors than components, four passes, seed 0.
        public init() {
            oversampling = 10
            powerIterations = 2
            seed = 0
        }

        /// - Throws: `InvalidOption` if a number is negative.
        public init(
            oversampling: Int = 10, powerIterations: Int = 2, seed: Int = 0
        ) throws(InvalidOption) {
            for (name, value) in [
                ("oversampling", oversampling), ("power-iterations", powerIterations),
                ("seed", seed),
            ] where value < 0 {
                throw InvalidOption(name, value, expected: "a number not below 0")
            }
            self.oversampling = oversampling
            self.powerIterations = powerIterations
            self.seed = seed
        }
    }
}
