import CommandTesting
import Foundation
import Testing

/// Commands that are killed at random moments and resumed end with the same files, bit for bit.
///
/// The short form of `Scripts/test-kill`.
@Suite struct KilledCommandTests {
    private let folder: TemporaryFolder
    private static let digits = [
        "--dataset", "synthetic-digits", "--train-samples", "400", "--test-samples", "50",
        "--batch", "32", "--learning-rate", "0.02", "--checkpoint-every", "0",
    ]
    private static let commands: [(name: String, words: [String])] = [
        (
            "mlp",
            digits + [
                "--hidden", "24", "--epochs", "20", "--snapshot-every", "6",
                "--validation-fraction", "0.2", "--patience", "15",
            ]
        ),
        (
            "compress",
            digits + [
                "--hidden", "30", "--penalty-share", "0.3", "--epochs", "20", "--remove", "5",
                "--snapshot-every", "7", "--input-filter", "--settle", "5", "--penalty-warm-up",
                "0.1", "--validation-fraction", "0.2",
            ]
        ),
        (
            "flexible",
            digits + [
                "--hidden", "40", "--start", "5", "--slope", "0.46..9.19", "--size-penalty", "0.01",
                "--epochs", "15", "--snapshot-every", "4",
            ]
        ),
        (
            "grow",
            digits + [
                "--block", "5", "--epochs", "3", "--method", "frozen", "--penalty", "0.1",
                "--attempts", "6",
            ]
        ),
        (
            "grow",
            digits + ["--block", "5", "--epochs", "3", "--most", "30", "--snapshot-every", "4"]
        ),
        ("twin", ["FOLDER/small.h5", "--checkpoint-every", "0", "--equal", "multiply-adds"]),
        (
            "fit",
            [
                "FOLDER/table.csv", "--target", "y", "--epochs", "12", "--penalty-share", "0.3",
                "--penalty-share", "0.05", "--hidden", "16", "--checkpoint-every", "0",
            ]
        ),
        (
            "sweep",
            digits + ["--sizes", "8,24", "--seeds", "2", "--jobs", "2", "--epochs", "8"]
        ),
    ]

    init() throws {
        folder = try TemporaryFolder()
    }

    /// What a command reads.
    private func prepare() throws {
        let rows = (0..<300).map { row in
            let (a, b) = (Double(row % 17), Double(row % 23))
            return "\(a),\(b),\(row % 5),\(a * b + Double(row % 3))"
        }
        try Data(("a,b,c,y\n" + rows.joined(separator: "\n")).utf8)
            .write(to: folder.url.appending(path: "table.csv"))
        let small = try train.run(
            ["compress"] + Self.digits + [
                "--hidden", "30", "--penalty-share", "0.3", "--epochs", "15", "--output",
                folder.path("small.h5"),
            ])
        #expect(small.code == 0, "\(small.errors)")
    }

    private func files(in name: String) throws -> [String: Data] {
        let url = folder.url.appending(path: name)
        let names = try FileManager.default.contentsOfDirectory(atPath: url.path())
        return try Dictionary(
            uniqueKeysWithValues: names.map {
                ($0, try Data(contentsOf: url.appending(path: $0)))
            })
    }

    @Test(arguments: commands)
    func killedFiveTimes(name: String, words: [String]) throws {
        try prepare()
        func arguments(_ target: String) throws -> [String] {
            let place = folder.url.appending(path: target)
            try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
            let output = name == "sweep" ? place.path() : place.appending(path: "run.h5").path()
            return [name] + words.map { $0.replacing("FOLDER/", with: folder.path("")) }
                + ["--output", output] + (name == "sweep" ? [] : ["--resume"])
        }
        let start = ContinuousClock.now
        let whole = try train.run(arguments("whole"))
        #expect(whole.code == 0, "\(whole.errors)")
        let seconds = (ContinuousClock.now - start) / .seconds(1)
        var generator = SystemRandomNumberGenerator()
        var moments: [Double] = []
        for _ in 0..<5 {
            moments.append(seconds * Double.random(in: 0.05...0.8, using: &generator))
            _ = try train.run(arguments("killed"), killedAfter: moments[moments.count - 1])
        }
        let last = try train.run(arguments("killed"))
        #expect(last.code == 0, "\(last.errors)")
        let expected = try files(in: "whole")
        let files = try files(in: "killed")
        #expect(files.keys.sorted() == expected.keys.sorted(), "\(name), killed after \(moments)")
        for (file, bytes) in expected {
            #expect(files[file] == bytes, "\(file) of \(name), killed after \(moments)")
        }
    }
}
