public import Datasets
public import LinearAlgebra
import Networks

extension RecordedNetwork {
    /// The class of each row of `inputs`, shape (samples, inputs): the position of its largest output,
    /// the first of equal ones.
    ///
    /// - Precondition: ``checkIsPerceptron()`` does not throw.
    public func labels(of inputs: Matrix<Float>) -> [Int32] {
        var labels: [Int32] = []
        labels.reserveCapacity(inputs.rows)
        for start in stride(from: 0, to: inputs.rows, by: 512) {
            let end = min(start + 512, inputs.rows)
            let outputs = outputs(for: inputs.rows(start..<end).inDoubles)
            for row in 0..<outputs.rows {
                var best = 0
                for column in 0..<outputs.columns where outputs[row, column] > outputs[row, best] {
                    best = column
                }
                labels.append(Int32(best))
            }
        }
        return labels
    }

    /// Noise with the labels that this network gives it, see
    /// ``Datasets/Dataset/noiseRelabelled(inputs:classes:source:by:)``.
    ///
    /// - Precondition: ``checkIsPerceptron()`` does not throw.
    public var noiseRelabelled: Dataset {
        .noiseRelabelled(
            inputs: inputs, classes: (0..<outputs).map { "\($0)" }, source: path
        ) { labels(of: $0) }
    }
}
