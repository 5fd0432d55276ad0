public import Datasets
public import LinearAlgebra
import Networks
public import RunFormat

/// A recorded network with what is known of its data: all that it takes to apply it to new samples.
public struct RecordedModel: Sendable {
    /// The network.
    public let network: RecordedNetwork
    /// How samples become its inputs, and its outputs values.
    public let data: DataDescription
    /// What each input is multiplied by, which the weights hold already; 0 for one that is not used, `nil`
    /// where inputs have no filters.
    public let inputFilter: [Double]?

    /// Reads the run at `path`.
    ///
    /// - Throws: `RunError` if it holds no network of linear layers, or does not say how inputs were
    ///   made.
    public init(path: String) throws(RunError) {
        let place = "/\(Schema.Path.data)/inputs/\(Schema.Path.filter)"
        let (network, recorded, filter) = try RunFile.reading(path) { run throws(RunError) in
            let network = try RecordedNetwork(readingFrom: run)
            try network.checkIsPerceptron()
            let filter = run.contains(place) ? try run.numbers(at: place) : nil
            return (network, try run.dataDescription(), filter)
        }
        guard let data = recorded else {
            throw RunError(
                .badData, file: path,
                "it does not say how the inputs were made (there is no /data); train it again with "
                    + "this version")
        }
        let outputs = data.classes?.count ?? data.outputs.count
        guard data.inputCount == network.inputs, outputs == network.outputs else {
            throw RunError(
                .badData, file: path, object: "/data",
                "it describes \(data.inputCount) inputs and \(outputs) outputs, the network has "
                    + "\(network.inputs) and \(network.outputs)")
        }
        self.network = network
        self.data = data
        inputFilter = filter
        guard inputFilter?.count ?? network.inputs == network.inputs else {
            throw RunError(
                .badData, file: path, object: place,
                "it does not hold a number for each of the \(network.inputs) inputs")
        }
    }

    /// Calls `body` with the outputs for consecutive samples of `samples`, which are normalised as the
    /// training's were.
    ///
    /// - Throws: what `body` throws.
    public func forEachBatch<E: Error>(
        of samples: LabeledData, _ body: (Range<Int>, Matrix<Double>) throws(E) -> Void
    ) throws(E) {
        for start in stride(from: 0, to: samples.count, by: 512) {
            let range = start..<min(start + 512, samples.count)
            try body(range, network.outputs(for: samples.batch(range).inDoubles))
        }
    }

    /// How well the network does on samples that are normalised as the training's were.
    public func quality(on samples: LabeledData) -> Quality {
        var sums = QualitySums(of: samples, scaling: data.targetScaling)
        forEachBatch(of: samples) { sums.add($1, of: $0) }
        return sums.quality
    }

    /// The share of each class (softmax), or the values in their unit, shape as `outputs`.
    public func predictions(of outputs: Matrix<Double>) -> Matrix<Double> {
        var values = outputs
        values.withMutableElements { elements in
            for row in 0..<outputs.rows {
                let range = row * outputs.columns..<(row + 1) * outputs.columns
                if let scaling = data.targetScaling {
                    for (column, index) in range.enumerated() {
                        elements[index] =
                            elements[index] * scaling.deviation[column] + scaling.mean[column]
                    }
                } else {
                    let top = elements[range].max() ?? 0
                    for index in range {
                        elements[index] = Double.exponential(elements[index] - top)
                    }
                    let total = elements[range].reduce(0, +)
                    for index in range { elements[index] /= total }
                }
            }
        }
        return values
    }
}
