import LinearAlgebra

/// How much the samples of each class count in the loss.
public enum ClassWeights: String, Sendable, Hashable, Codable, CaseIterable {
    /// In inverse proportion to the number of training samples of the class: each class that occurs has
    /// the same share of the loss, and the mean weight of a training sample is 1.
    case balanced

    /// A factor for each class; 0 for classes without samples.
    ///
    /// - Parameters:
    ///   - labels: classes of the training samples, from 0.
    ///   - classes: their number.
    /// - Returns: what the loss of a sample of each class is multiplied by.
    func factors(labels: [Int], classes: Int) -> [Double] {
        var counts = [Int](repeating: 0, count: classes)
        for label in labels { counts[label] += 1 }
        let present = counts.count { $0 > 0 }
        return counts.map {
            $0 == 0 ? 0 : Double(labels.count) / (Double(present) * Double($0))
        }
    }
}

extension TrainingConfiguration {
    /// What the loss of a sample of each class is multiplied by in a training on `data`; empty where all
    /// samples count alike.
    func classWeights<Scalar: ElementaryScalar>(on data: TrainingData<Scalar>) -> [Double] {
        classWeights?.factors(labels: data.labels ?? [], classes: data.outputCount) ?? []
    }
}
