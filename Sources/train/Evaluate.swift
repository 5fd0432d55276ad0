import ArgumentParser
import Datasets
import Executable
import Files
import FoundationEssentials
import Training

/// `train evaluate`: how well recorded networks do.
struct Evaluate: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "evaluate",
        abstract: "Apply a recorded network to data and tell its error in the target's unit.",
        discussion: """
            Without --data the test part of the data set is used, divided as in the training.

            EXAMPLE
              train evaluate run.h5
              train evaluate run.h5 --data new-measurements.csv
            """)

    enum Format: String, CaseIterable, ExpressibleByArgument { case text, json }

    @Argument(help: ArgumentHelp("The run file.", valueName: "run.h5"))
    var recorded: String
    @Option(
        help: """
            Folder of the data sets; or, of a network that learned a table, another table, of which \
            all rows are used.
            """)
    var data: String?
    @Option(help: "The part of the data set.")
    var part = TrainingJob.Part.test
    @Option(help: "Format of what is printed.")
    var format = Format.text

    func run() throws {
        Program.useBestCore()
        let model = try RecordedModel(path: recorded)
        let (samples, name) = try samples(for: model.data)
        let quality = model.quality(on: samples)
        switch format {
        case .text:
            report("\(recorded) on \(name), \(quality.samples) samples")
            for line in lines(about: quality, classNames: model.data.classes ?? []) {
                report("  \(line)")
            }
        case .json: print(try json(quality, name, model.data))
        }
    }

    /// The samples to evaluate on, normalised, and what they are.
    private func samples(for description: DataDescription) throws -> (LabeledData, String) {
        if let data, isFile(data) {
            return (try description.rows(of: data, needsOutcome: true), data)
        }
        let dataset = try recordedDataset(description, in: data)
        let loaded = try dataset.load(from: data, options: description.options)
        for note in loaded.notes { tell("note: \(note)") }
        let samples: LabeledData
        switch part {
        case .train: samples = loaded.train
        case .test: samples = loaded.test
        case .validation:
            guard let validation = loaded.validation else {
                throw ValidationError(
                    "--part is validation; expected train or test, as no samples were held out")
            }
            samples = validation
        }
        return (
            try description.normalized(samples), "the \(part.rawValue) part of \(dataset.title)"
        )
    }

    private struct Answer: Encodable {
        struct Output: Encodable {
            var name: String
            var rootMeanSquareError: Double
            var rSquared: Double?
            var noiseFreeError: Double?
        }

        struct Class: Encodable {
            var name: String
            var found: Int
            var samples: Int
        }

        var run: String
        var data: String
        var samples: Int
        var outputs: [Output]
        var accuracy: Double?
        var balancedAccuracy: Double?
        var crossEntropy: Double?
        var classes: [Class]
    }

    private func json(
        _ quality: Quality, _ name: String, _ description: DataDescription
    ) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes, .prettyPrinted]
        let answer = Answer(
            run: recorded, data: name, samples: quality.samples,
            outputs: quality.outputs.map {
                .init(
                    name: $0.name, rootMeanSquareError: $0.rootMeanSquareError,
                    rSquared: $0.rSquared, noiseFreeError: $0.noiseFreeError)
            },
            accuracy: quality.accuracy, balancedAccuracy: quality.balancedAccuracy,
            crossEntropy: quality.crossEntropy,
            classes: zip(description.classes ?? [], quality.classes).map {
                .init(name: $0, found: $1.found, samples: $1.samples)
            })
        return String(decoding: try encoder.encode(answer), as: UTF8.self)
    }
}
