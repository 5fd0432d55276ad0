public import Datasets
public import LinearAlgebra
import Networks

/// How well outputs agree with what was to be learned, in the measure of the task and the target's unit.
public struct Quality: Hashable, Sendable {
    /// Of one number that is learned.
    public struct Output: Hashable, Sendable {
        /// Its name.
        public var name: String
        /// √(mean of (prediction - target)²), in the target's unit.
        public var rootMeanSquareError: Double
        /// 1 - Σ(prediction - target)² / Σ(target - mean target)², over the same samples; `nil` where
        /// the targets do not vary.
        public var rSquared: Double?
        /// The root mean square error against the target without its noise, where that is known.
        public var noiseFreeError: Double?
    }

    /// Number of samples.
    public var samples: Int
    /// One entry a number that is learned; empty for classes.
    public var outputs: [Output] = []
    /// Share of the samples whose largest output is that of their class; `nil` for numbers.
    public var accuracy: Double?
    /// Mean over the classes that occur of the share of their samples that are found: every class counts
    /// alike, however rare; `nil` for numbers.
    public var balancedAccuracy: Double?
    /// Mean of -log p of the right class, in nats, p being the softmax of the outputs; `nil` for numbers.
    public var crossEntropy: Double?
    /// Of each class the samples of it and how many of them are found; empty for numbers.
    public var classes: [ClassCount] = []

    /// Of one class.
    public struct ClassCount: Hashable, Sendable {
        /// Samples of the class whose largest output is that of the class.
        public var found: Int
        /// Samples of the class.
        public var samples: Int
    }
}

/// Sums over samples that a ``Quality`` is made of.
public struct QualitySums: Sendable {
    private let data: LabeledData
    private let scaling: ColumnScaling?
    private var samples = 0
    private var errors: [Double]
    private var noiseFreeErrors: [Double]
    private var means: [Double]
    private var deviations: [Double]
    private var found: [Int]
    private var counts: [Int]
    private var entropy = 0.0

    /// Sums of no samples.
    ///
    /// - Parameters:
    ///   - data: the samples that outputs will be compared with.
    ///   - scaling: how the network's targets were normalised; that of `data` by default.
    public init(of data: LabeledData, scaling: ColumnScaling? = nil) {
        self.data = data
        self.scaling = scaling ?? data.targetScaling
        let numbers = data.outputNames.count
        errors = Array(repeating: 0, count: numbers)
        noiseFreeErrors = errors
        means = errors
        deviations = errors
        found = Array(repeating: 0, count: data.classNames.count)
        counts = found
    }

    /// Adds samples.
    ///
    /// - Parameters:
    ///   - outputs: of the network, shape (samples, outputs).
    ///   - rows: which samples of the data they are for.
    public mutating func add(_ outputs: Matrix<Double>, of rows: Range<Int>) {
        precondition(outputs.rows == rows.count && outputs.columns == data.outputCount)
        if counts.isEmpty { addNumbers(outputs, rows) } else { addClasses(outputs, rows) }
    }

    private mutating func addNumbers(_ outputs: Matrix<Double>, _ rows: Range<Int>) {
        guard let targets = data.targetsInUnit(of: rows), let scaling else { return }
        let expectations = data.expectationsInUnit(of: rows)
        for row in 0..<rows.count {
            samples += 1
            for output in errors.indices {
                let value = outputs[row, output] * scaling.deviation[output] + scaling.mean[output]
                let target = targets[row, output]
                errors[output] += (value - target) * (value - target)
                if let expectations {
                    let distance = value - expectations[row, output]
                    noiseFreeErrors[output] += distance * distance
                }
                let delta = target - means[output]
                means[output] += delta / Double(samples)
                deviations[output] += delta * (target - means[output])
            }
        }
    }

    private mutating func addClasses(_ outputs: Matrix<Double>, _ rows: Range<Int>) {
        let labels = data.labels(of: rows).map { Int($0) }
        for (row, label) in labels.enumerated() {
            samples += 1
            var best = 0
            for output in counts.indices where outputs[row, output] > outputs[row, best] {
                best = output
            }
            entropy += outputs.crossEntropy(row: row, label: label)
            counts[label] += 1
            if best == label { found[label] += 1 }
        }
    }

    /// The quality over all samples so far.
    public var quality: Quality {
        var quality = Quality(samples: samples)
        let n = Double(max(1, samples))
        guard !counts.isEmpty else {
            let hasExpectation = data.expectationsInUnit(of: 0..<0) != nil
            quality.outputs = errors.indices.map { index in
                Quality.Output(
                    name: data.outputNames[index],
                    rootMeanSquareError: (errors[index] / n).squareRoot(),
                    rSquared: deviations[index] > 0 ? 1 - errors[index] / deviations[index] : nil,
                    noiseFreeError: hasExpectation
                        ? (noiseFreeErrors[index] / n).squareRoot() : nil)
            }
            return quality
        }
        quality.classes = zip(found, counts).map { Quality.ClassCount(found: $0, samples: $1) }
        quality.accuracy = Double(found.reduce(0, +)) / n
        let recalls = quality.classes.filter { $0.samples > 0 }
            .map { Double($0.found) / Double($0.samples) }
        quality.balancedAccuracy = recalls.reduce(0, +) / Double(max(1, recalls.count))
        quality.crossEntropy = entropy / n
        return quality
    }
}
