import CommandTesting
import Foundation
import Testing

/// Files on which HDF5 1.10.8 crashes or never ends, given to the commands that read a recorded network.
@Suite struct DamagedRunTests {
    private let folder: TemporaryFolder
    private static let digits = [
        "--dataset", "synthetic-digits", "--train-samples", "60", "--test-samples", "20",
    ]

    init() throws { folder = try TemporaryFolder() }

    @Test(arguments: ["crashes", "takes-memory"])
    func theyEndInOneErrorLine(_ name: String) throws {
        let path = BuiltCommand.package.appending(path: "Fixtures/damaged/\(name).h5").path()
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
    @Test(arguments: ["crashes", "takes-memory"])
    func noTrainingGoesOnFromThem(_ name: String) throws {
        let path = folder.path("run.h5")
        try FileManager.default.copyItem(
            at: BuiltCommand.package.appending(path: "Fixtures/damaged/\(name).h5"),
            to: URL(filePath: path))
        let outcome = try train.run(
            ["mlp", "--hidden", "4", "--epochs", "1", "--output", path, "--resume"] + Self.digits)
        #expect(outcome.code == 65, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    }
}
