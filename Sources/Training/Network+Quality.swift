public import Datasets
public import LinearAlgebra
public import Networks

extension Network<Float> {
    /// How well the network does on a part of a data set, in the measure of its task.
    ///
    /// - Throws: ``TrainingError`` if the part does not fit the network.
    public func quality(on part: LabeledData) throws(TrainingError) -> Quality {
        var sums = QualitySums(of: part)
        try forEachBatch(of: TrainingData(part)) { range, activations throws(TrainingError) in
            guard let last = activations.last else { return }
            sums.add(last.post.inDoubles, of: range)
        }
        return sums.quality
    }
}
