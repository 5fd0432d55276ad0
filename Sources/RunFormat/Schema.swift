/// The layout of a run file: every path and attribute, named once.
public enum Schema {
    /// Value of the attribute `format`.
    public static let format = "lamina-run"
    /// Newest version that is understood.
    public static let version = 1

    /// Paths of groups and datasets, relative to the root or to a snapshot.
    public enum Path {
        /// The group of the layers.
        public static let layers = "layers"
        /// Shape (samples), integers.
        public static let labels = "labels"
        /// Shape (samples, outputs).
        public static let targets = "targets"
        /// The group of what was recorded each epoch.
        public static let history = "history"
        /// The group of events in that of the history: columns of whole numbers.
        public static let events = "events"
        /// The group of what is known of the data: scaling, names of columns and classes.
        public static let data = "data"
        /// Of a layer: shape (neurons), the gate of each neuron.
        public static let filter = "filter"
        /// The group of earlier steps.
        public static let snapshots = "snapshots"
    }

    /// Attributes.
    public enum Attribute {
        /// Text: what layout this is.
        public static let format = "format"
        /// Integer: version of the layout.
        public static let version = "version"
        /// Text: what trained it.
        public static let framework = "framework"
        /// Text: what it was trained on.
        public static let dataset = "dataset"
        /// Text: what was trained.
        public static let model = "model"
        /// Integer: seed of the training.
        public static let seed = "seed"
        /// Integer: epochs trained.
        public static let epoch = "epoch"
        /// Text: when it was written, ISO 8601.
        public static let created = "created"
        /// Between 0 and 1.
        public static let trainAccuracy = "train_accuracy"
        /// Between 0 and 1.
        public static let testAccuracy = "test_accuracy"
        /// Loss on the training samples.
        public static let trainLoss = "train_loss"
        /// Loss on the test samples.
        public static let testLoss = "test_loss"
        /// Text: settings of the training, JSON.
        public static let parameters = "parameters"
        /// Text, of a training that resizes its network: converged, budget, collapsed or diverged.
        public static let outcome = "outcome"
        /// Integer: the epoch whose network is recorded.
        public static let selectedEpoch = "selected_epoch"
        /// Integers: units of the hidden layers at the start of the training.
        public static let startSizes = "start_sizes"
        /// Integers: units of the recorded network's hidden layers that pass anything on.
        public static let finalSizes = "final_sizes"
        /// Number: the strength of the penalty above which no unit would be left.
        public static let largestStrength = "lambda_max"
        /// Text: the run whose final sizes a plain network was given.
        public static let parent = "parent"
        /// Of a layer: order of execution.
        public static let index = "index"
        /// Of a layer: "linear", "conv2d", ...
        public static let kind = "kind"
        /// Of a layer: "relu", "identity", ...
        public static let activation = "activation"
        /// Of a dataset of 16-bit words: "bfloat16".
        public static let elementType = "dtype"
    }
}

/// The datasets of a layer that the schema knows.
public enum ArrayRole: String, Sendable, Hashable, CaseIterable {
    /// Before the nonlinearity.
    case pre
    /// After it.
    case post
    /// Incoming weights.
    case weight
    /// One number a neuron.
    case bias
}
