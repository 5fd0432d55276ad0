import CommandTesting
import Foundation
import LinearAlgebra
import RunFormat
import Testing

/// Options that choose what is learned.
@Suite struct DataOptionTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func mlp(_ arguments: String...) throws -> BuiltCommand.Outcome {
        try train.run(["mlp", "--hidden", "8", "--epochs", "2"] + arguments)
    }

    @Test func noiseIsLabelledByTheTeacher() throws {
        let teacher = folder.path("teacher.h5")
        #expect(
            try mlp(
                "--dataset", "synthetic-digits", "--train-samples", "200", "--test-samples", "20",
                "--output", teacher
            ).code == 0)
        let student = folder.path("student.h5")
        let outcome = try mlp(
            "--dataset", "noise-relabelled", "--teacher", teacher, "--train-samples", "300",
            "--test-samples", "50", "--output", student)
        #expect(outcome.code == 0, "\(outcome.errors)")
        let run = try RunFile(path: student)
        #expect(run.attributes.dataset == "noise-relabelled")
        #expect(try run.layers().map { $0.weight?.shape } == [[8, 784], [10, 8]])
        // No scaling: the noise is what the teacher saw.
        #expect(try run.numbers(at: "/data/inputs/mean").allSatisfy { $0 == 0 })
        #expect(try run.numbers(at: "/data/inputs/deviation").allSatisfy { $0 == 1 })
        let evaluation = try train("evaluate", student)
        #expect(evaluation.code == 0, "\(evaluation.errors)")
        #expect(evaluation.output.contains("50 samples"))
        let labels = try #require(try run.labels()).read(0..<50)
        #expect(Set(labels).isSubset(of: Set(0..<10)) && Set(labels).count > 1)
    }

    @Test(arguments: [
        (["--dataset", "noise-relabelled"], "--teacher"),
        (["--dataset", "add10", "--teacher", "x.h5"], "--teacher"),
        (["--dataset", "add10", "--generated", "10"], "generated"),
        (["--dataset", "add10", "--class-weights", "--train-samples", "50"], "class-weights"),
    ])
    func optionsOfOtherDataAreRefused(arguments: [String], word: String) throws {
        let outcome = try train.run(
            ["mlp", "--hidden", "8", "--output", folder.path("run.h5")] + arguments)
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 1 && outcome.errors.contains(word))
    }

    /// Add10 has noise of variance 1: the error without it is less than that with it.
    @Test func errorsAreToldInTheTargetsUnit() throws {
        let outcome = try mlp(
            "--dataset", "add10", "--train-samples", "500", "--test-samples", "500",
            "--output", folder.path("run.h5"))
        #expect(outcome.code == 0, "\(outcome.errors)")
        let run = try RunFile(path: folder.path("run.h5"))
        let error = try #require(run.attributes["test_rmse"]?.number)
        let noiseFree = try #require(run.attributes["test_noise_free_rmse"]?.number)
        // MSE = noise-free MSE + 1 within four standard errors of a mean of 500 squares and products,
        // whose variances are 2 and 4 times the noise-free MSE.
        let bound = 4 * ((2 + 4 * noiseFree * noiseFree) / 500).squareRoot()
        #expect(abs(error * error - noiseFree * noiseFree - 1) < bound)
        #expect(outcome.output.contains("RMSE without the noise"))
    }
}
