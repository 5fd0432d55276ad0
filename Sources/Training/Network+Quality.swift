public import Datasets
import LinearAlgebra
public import Networks

extension Network<Float> {
    /// How well the network does on a part of a data set, in the measure of its task.
    ///
    /// - Throws: ``TrainingError`` if the part does not fit the network.
    public func quality(on part: LabeledData) throws(TrainingError) -> Quality {
        var sums = QualitySums(of: part)
        try forEachBatch(of: TrainingData(part)) { range, activations throws(TrainingError) in
            guard let last = activations.last else { return }
            sums.add(
                Matrix<Double>(
                    rows: last.post.rows, columns: last.post.columns,
                    elements: last.post.elements.map(Double.init)), of: range)
        }
        return sums.quality
    }
}
