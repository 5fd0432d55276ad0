public import Datasets
public import LinearAlgebra
import Networks

extension LabeledData: InputSource {
    /// Number of samples.
    public var sampleCount: Int { count }

    /// Makes `matrix` hold the normalised inputs of these samples.
    public func gather(_ samples: [Int], into matrix: inout Matrix<Float>) {
        gather(some: samples, into: &matrix)
    }

    private func gather(some samples: some Collection<Int>, into matrix: inout Matrix<Float>) {
        gather(samples, into: &matrix)
    }
}

extension TrainingData<Float> {
    /// A part of a data set; inputs stay compact and are normalised batch by batch.
    ///
    /// - Throws: ``TrainingError`` if the part has neither classes nor numbers to be learned.
    public init(_ part: LabeledData) throws(TrainingError) {
        if let targets = part.targets {
            try self.init(inputs: part, targets: targets)
        } else {
            try self.init(
                inputs: part, labels: part.labels.map { Int($0) }, classes: part.outputCount)
        }
    }
}
