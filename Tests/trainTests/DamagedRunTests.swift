import CommandTesting
import Foundation
import Testing

/// A file on which HDF5 1.10.8 crashes, given to the commands that read a recorded network.
@Suite struct DamagedRunTests {
    private let folder: TemporaryFolder
    private static let digits = [
        "--dataset", "synthetic-digits", "--train-samples", "60", "--test-samples", "20",
    ]

    init() throws { folder = try TemporaryFolder() }

    private let path = BuiltCommand.package.appending(path: "Fixtures/damaged/crashes.h5").path()

    @Test func theyEndInOneErrorLine() throws {
        let new = folder.path("new.h5")
        let commands = [
            ["evaluate", path], ["export", path, "--to", folder.path("new.safetensors")],
            ["predict", path, path], ["twin", path, "--output", new],
            [
                "flexible", "--from", path, "--hidden", "4", "--start", "2", "--size-penalty", "0",
                "--slope", "1", "--epochs", "1", "--output", new,
            ] + Self.digits,
            [
                "mlp", "--dataset", "noise-relabelled", "--teacher", path, "--hidden", "4",
                "--output", new,
            ],
        ]
        for command in commands {
            let outcome = try train.run(command)
            #expect(outcome.code == 65, "\(command): \(outcome.errors)")
            #expect(outcome.errorLines.count == 1, "\(command): \(outcome.errors)")
            #expect(outcome.errorLines.first?.hasPrefix("error: \(path): ") == true)
        }
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.url.path()).isEmpty)
    }

    /// In the place of the run that a training is to write.
    @Test func noTrainingGoesOnFromIt() throws {
        let output = folder.path("run.h5")
        try FileManager.default.copyItem(atPath: path, toPath: output)
        let outcome = try train.run(
            ["mlp", "--hidden", "4", "--epochs", "1", "--output", output, "--resume"]
                + Self.digits)
        #expect(outcome.code == 65, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    }
}
