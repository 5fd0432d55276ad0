import LinearAlgebra
import Networks
import Training

/// Independent normal inputs, shape (samples, inputs).
func normalMatrix<Scalar: ElementaryScalar>(
    _ rows: Int, _ columns: Int, seed: UInt64, as type: Scalar.Type = Scalar.self
) -> Matrix<Scalar> {
    var generator = SeededGenerator(seed: seed)
    return Matrix(
        rows: rows, columns: columns,
        elements: (0..<rows * columns).map { _ in Scalar(generator.normal()) })
}

/// Normal inputs labelled by which of `classes` fixed directions they lie along most.
///
/// The classes meet at hyperplanes through the origin, so a linear map separates them.
func separableData<Scalar: ElementaryScalar>(
    samples: Int, inputs: Int, classes: Int, seed: UInt64, as type: Scalar.Type = Scalar.self
) throws -> TrainingData<Scalar> {
    let x: Matrix<Scalar> = normalMatrix(samples, inputs, seed: seed)
    let directions: Matrix<Scalar> = normalMatrix(classes, inputs, seed: 77)
    let scores = x.times(directions, transposingOther: true)
    let labels = (0..<samples).map { sample in
        (0..<classes).max { scores[sample, $0] < scores[sample, $1] } ?? 0
    }
    return try TrainingData(inputs: x, labels: labels, classes: classes)
}

/// The largest difference of two matrices of one shape.
func largestDifference<Scalar: ElementaryScalar>(
    _ a: Matrix<Scalar>, _ b: Matrix<Scalar>
) -> Scalar {
    zip(a.elements, b.elements).map { ($0 - $1).magnitude }.max() ?? 0
}
