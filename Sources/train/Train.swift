import ArgumentParser
import Datasets
import Executable
import Files
import Glibc
import HDF5
import RunFormat
import Training

/// Trains networks and writes run files.
@main struct Train: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Train networks and record what their layers do.",
        discussion: """
            EXAMPLE
              train mlp --dataset mnist --hidden 512 --epochs 10 --output run.h5
              train --version --verbose    which libraries, for which processor
            """,
        version: Program.version,
        subcommands: [
            MLP.self, Compress.self, Flexible.self, Grow.self, Twin.self, Fit.self, Sweep.self,
            Evaluate.self,
            Predict.self, Export.self, ListDatasets.self,
        ])

    static func main() {
        if Set(CommandLine.arguments.dropFirst()) == ["--version", "--verbose"] {
            Program.useBestCore()
            print(Program.details(hdf5Version: HDF5File.libraryVersion))
            return
        }
        do {
            beginCommand()
            var command = try parseAsRoot(Array(processArguments().dropFirst()))
            try command.run()
        } catch let error as DatasetError {
            fail("\(error)", code: exitCode(of: error))
        } catch let error as RunError {
            fail("\(error)", code: error.kind == .usage ? 64 : error.kind == .badData ? 65 : 74)
        } catch let error as FileError {
            fail("\(error)", code: 74)
        } catch let error as StateFileError {
            fail("\(error)", code: error.isFromSystem ? 74 : 65)
        } catch let error as TrainingFailure {
            fail("\(error)", code: 65)
        } catch let error as TrainingError {
            if case .setting = error { fail("\(error)", code: 64) }
            fail("\(error)", code: 65)
        } catch {
            let code = exitCode(for: error)
            guard code == .validationFailure else { exit(withError: error) }
            fail(
                message(for: error).split(separator: "\n").joined(separator: " "),
                code: code.rawValue)
        }
    }

    private static func exitCode(of error: DatasetError) -> Int32 {
        switch error {
        case .unknown, .invalidOption: 64
        case .missing, .unreadable: 74
        default: 65
        }
    }

    private static func fail(_ message: String, code: Int32) -> Never {
        tell("error: \(message)")
        _exit(code)
    }
}

/// A training that did not reach its end.
struct TrainingFailure: Error, CustomStringConvertible {
    var path: String
    var error: TrainingError
    /// The epoch that the run holds; `nil` if there is no run.
    var recorded: Int?

    /// The run, why it is missing or not of the last epoch.
    var description: String {
        "\(path): \(error); "
            + (recorded.map { "the run holds epoch \($0)" } ?? "no run was written")
    }
}
