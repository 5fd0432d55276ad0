public import LinearAlgebra
import Networks

/// Where a network's inputs come from: a matrix, or something more compact that becomes numbers
/// batch by batch.
public protocol InputSource<Scalar>: Sendable {
    associatedtype Scalar: ElementaryScalar
    /// Number of samples.
    var sampleCount: Int { get }
    /// Values of each sample.
    var inputCount: Int { get }
    /// Makes `matrix` hold the samples with these indices, in this order, one a row.
    func gather(_ samples: [Int], into matrix: inout Matrix<Scalar>)
}

extension Matrix: InputSource where Scalar: ElementaryScalar {
    /// The rows.
    public var sampleCount: Int { rows }
    /// The columns.
    public var inputCount: Int { columns }
    /// Copies rows.
    public func gather(_ samples: [Int], into matrix: inout Matrix) {
        matrix.reuse(rows: samples.count)
        withElements { all in
            matrix.withMutableElements { target in
                guard let source = all.baseAddress, let target = target.baseAddress else { return }
                for (i, sample) in samples.enumerated() {
                    (target + i * columns).update(from: source + sample * columns, count: columns)
                }
            }
        }
    }
}

/// Samples to train or test on; a value that shares its memory with its copies and parts.
public struct TrainingData<Scalar: ElementaryScalar>: Sendable {
    /// What the outputs are compared with.
    public enum Targets: Sendable {
        /// The class of each sample, counted from 0.
        case labels([Int32], classes: Int)
        /// Shape (samples, outputs).
        case values(Matrix<Scalar>)
    }

    /// Of all samples that this value is a part of.
    let inputs: any InputSource<Scalar>
    let targets: Targets
    /// What the loss of a sample is multiplied by, one factor a class; empty where all count alike, and
    /// without meaning where the targets are numbers.
    public var classWeights: [Scalar] = [] {
        didSet {
            precondition(
                classWeights.isEmpty || classWeights.count == outputCount,
                "\(classWeights.count) weights for \(outputCount) classes")
        }
    }
    /// The rows that belong to this part, in order; `nil` if all do.
    private let subset: [Int]?

    /// Labelled samples.
    ///
    /// - Parameters:
    ///   - inputs: shape (samples, inputs).
    ///   - labels: one a row, from 0 to `classes` - 1.
    ///   - classes: number of classes, which is the number of outputs.
    /// - Throws: ``TrainingError`` if there is not one label for each row, or one is out of range.
    public init(
        inputs: some InputSource<Scalar>, labels: some Collection<Int>, classes: Int
    ) throws(TrainingError) {
        guard labels.count == inputs.sampleCount else {
            throw .targetCount(samples: inputs.sampleCount, targets: labels.count)
        }
        if let bad = labels.first(where: { $0 < 0 || $0 >= classes }) {
            throw .label(bad, classes: classes)
        }
        self.inputs = inputs
        targets = .labels(labels.map { Int32($0) }, classes: classes)
        subset = nil
    }

    /// Samples with numbers to be predicted.
    ///
    /// - Parameters:
    ///   - inputs: shape (samples, inputs).
    ///   - targets: shape (samples, outputs).
    /// - Throws: ``TrainingError`` if the numbers of rows differ.
    public init(inputs: some InputSource<Scalar>, targets: Matrix<Scalar>) throws(TrainingError) {
        guard targets.rows == inputs.sampleCount else {
            throw .targetCount(samples: inputs.sampleCount, targets: targets.rows)
        }
        self.inputs = inputs
        self.targets = .values(targets)
        subset = nil
    }

    private init(_ whole: TrainingData, subset: [Int]) {
        inputs = whole.inputs
        targets = whole.targets
        classWeights = whole.classWeights
        self.subset = subset
    }

    /// Number of samples.
    public var count: Int { subset?.count ?? inputs.sampleCount }
    /// Values of each sample.
    public var inputCount: Int { inputs.inputCount }
    /// Outputs that a network for these data has.
    public var outputCount: Int {
        switch targets {
        case .labels(_, let classes): classes
        case .values(let values): values.columns
        }
    }

    /// The classes of the samples, in order; `nil` if the targets are numbers.
    public var labels: [Int]? {
        guard case .labels(let labels, _) = targets else { return nil }
        return (0..<count).map { Int(labels[row($0)]) }
    }

    /// The numbers to be predicted, shape (samples, outputs); `nil` if the targets are classes.
    public var targetValues: Matrix<Scalar>? {
        guard case .values(let values) = targets else { return nil }
        guard let subset else { return values }
        var part = Matrix<Scalar>(rows: 0, columns: values.columns)
        values.gather(subset, into: &part)
        return part
    }

    /// The samples with the given indices, in that order.
    public func part(_ indices: some Sequence<Int>) -> TrainingData {
        TrainingData(self, subset: indices.map { row($0) })
    }

    /// Divides the samples at random into those to train on and `count` others.
    ///
    /// - Precondition: `count` is from 0 to the number of samples.
    public func split(
        holdingOut count: Int, seed: UInt64
    ) -> (rest: TrainingData, heldOut: TrainingData) {
        precondition(count >= 0 && count <= self.count, "\(count) of \(self.count) samples")
        var generator = SeededGenerator(seed: seed, stream: RandomStream.split.rawValue)
        let order = generator.permutation(of: self.count)
        // In the order of the file, so that reading stays sequential.
        return (part(order[count...].sorted()), part(order[..<count].sorted()))
    }

    func row(_ sample: Int) -> Int { subset.map { $0[sample] } ?? sample }

    /// Makes `matrix` hold the inputs of `samples`.
    func gatherInputs(_ samples: ArraySlice<Int>, into matrix: inout Matrix<Scalar>) {
        func gather(_ source: some InputSource<Scalar>) {
            source.gather(samples.map { row($0) }, into: &matrix)
        }
        gather(inputs)
    }

    /// Copies the targets of `samples` to consecutive rows.
    func gatherTargets(_ samples: ArraySlice<Int>, into batch: Minibatch<Scalar>) {
        switch targets {
        case .labels(let labels, _):
            for (i, sample) in samples.enumerated() { batch.labels[i] = labels[row(sample)] }
        case .values(let values):
            values.withElements { all in
                guard let source = all.baseAddress else { return }
                for (i, sample) in samples.enumerated() {
                    (batch.targets.base + i * values.columns)
                        .update(
                            from: source + row(sample) * values.columns, count: values.columns)
                }
            }
        }
    }
}

extension Minibatch {
    /// Takes in inputs and targets of some samples.
    func load(_ samples: ArraySlice<Int>, of data: TrainingData<Scalar>) {
        data.gatherInputs(samples, into: &inputs)
        data.gatherTargets(samples, into: self)
        self.samples = samples.count
        classWeights = data.classWeights
    }
}

/// Why a training cannot start or go on.
public enum TrainingError: Error, Hashable, CustomStringConvertible {
    case targetCount(samples: Int, targets: Int)
    case label(Int, classes: Int)
    case sizes(what: String, network: Int, data: Int)
    case lossNeedsLabels
    case lossNeedsValues
    case noSamples
    /// A setting outside its domain.
    case setting(name: String, value: String, expected: String)
    /// A quantity of the training is no longer a finite number.
    case diverged(Divergence)
    /// The data are not those that the run at this path was trained on.
    case otherData(of: String)
    /// A stored state that does not belong to this network.
    case state(String)
    case cancelled

    /// What is wrong, and with what, in one sentence.
    public var description: String {
        switch self {
        case .targetCount(let samples, let targets):
            "\(samples) samples have \(targets) targets; there must be one for each"
        case .label(let label, let classes):
            "label \(label) is outside 0 ... \(classes - 1)"
        case .sizes(let what, let network, let data):
            "the network has \(network) \(what), the data have \(data)"
        case .lossNeedsLabels: "cross-entropy needs labels, the data have numbers to predict"
        case .lossNeedsValues: "squared error needs numbers to predict, the data have labels"
        case .noSamples: "there are no samples to train on"
        case .setting(let name, let value, let expected):
            "\(name) is \(value); expected \(expected)"
        case .diverged(let divergence): divergence.description
        case .otherData(let path):
            "the data are not those of \(path); name those with --data"
        case .state(let reason): "the stored state does not fit: \(reason)"
        case .cancelled: "the training was cancelled"
        }
    }
}
