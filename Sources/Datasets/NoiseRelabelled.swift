public import LinearAlgebra

extension Dataset {
    /// The name of data made by ``noiseRelabelled(inputs:classes:source:by:)``.
    public static let noiseRelabelledID = "noise-relabelled"

    /// Noise with the labels that a network gives it: a task of the network's inputs and outputs that
    /// has nothing of the data it learned.
    ///
    /// Inputs are independent and standard normal, 60,000 samples for training and 10,000 for testing
    /// unless told otherwise; they are not normalised again.
    ///
    /// - Parameters:
    ///   - inputs: of a sample.
    ///   - classes: their names.
    ///   - source: the file of the network.
    ///   - labels: the class of each row of a matrix of inputs.
    /// - Returns: the data set.
    /// - Precondition: `labels` returns one class, counted from 0, for each row.
    public static func noiseRelabelled(
        inputs: Int, classes: [String], source: String,
        by labels: @escaping @Sendable (Matrix<Float>) -> [Int32]
    ) -> Dataset {
        Dataset(
            id: noiseRelabelledID, title: "Noise, labelled by \(source)",
            summary: """
                Standard normal inputs, labelled by the largest output of a recorded network \
                (--teacher RUN): 60,000 samples for training and 10,000 for testing unless told \
                otherwise.
                """,
            task: .classification(classes: classes), inputCount: inputs, imageShape: nil, files: [],
            source: "generated", licence: "as this package", folders: [], userFile: source
        ) { _, options throws(DatasetError) in
            func part(_ count: Int, stream: UInt64) -> LabeledData {
                let noise = standardNormal(
                    rows: count, columns: inputs, seed: options.seed, stream: stream)
                return LabeledData(
                    inputs: .matrix(noise), outcome: .classes(labels(noise), names: classes))
            }
            return StoredParts(
                train: part(options.trainSamples ?? 60_000, stream: 0),
                test: .part(part(options.testSamples ?? 10_000, stream: 1)),
                scaling: .columns(.identity(columns: inputs)))
        }
    }

    /// Independent numbers of mean 0 and variance 1.
    private static func standardNormal(
        rows: Int, columns: Int, seed: UInt64, stream: UInt64
    ) -> Matrix<Float> {
        var generator = SeededGenerator(seed: seed, stream: 0x4015E &+ stream)
        return Matrix(rows: rows, columns: columns) { values in
            for index in values.indices {
                values.initializeElement(at: index, to: Float(generator.normal()))
            }
        }
    }
}
