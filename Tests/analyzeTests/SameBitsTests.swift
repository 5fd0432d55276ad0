import CommandTesting
import Foundation
import LinearAlgebra
import RunFormat
import Testing

/// Results must not depend on how many cores there are: work is split by shape, never by core.
@Suite struct SameBitsTests {
    static let taskset = "/usr/bin/taskset"

    @Test(
        "one core and all cores print the same bits",
        .enabled(if: FileManager.default.isExecutableFile(atPath: taskset), "taskset is absent"),
        arguments: [
            ["all"], ["pca", "--precision", "single"], ["pca", "--accuracy"],
            ["pca", "--solver", "randomized", "--components", "5"],
        ])
    func onAnyNumberOfCores(arguments: [String]) throws {
        let whole = arguments + [fixture, "--format", "json", "--quiet"]
        let pinned = BuiltCommand(name: Self.taskset)
        let program = BuiltCommand.folder.appending(path: "analyze").path()
        let one = try pinned.run(["--cpu-list", "0", program] + whole)
        let all = try analyze.run(whole)
        #expect(one.code == 0 && all.code == 0)
        #expect(!all.output.isEmpty)
        #expect(one.output == all.output)
    }

    /// 40,000 samples of 512 neurons, an eighth of them dead: wide enough for the kernels of products, for
    /// eigenvalues by way of a band, for parts of files and blocks, and for decompression on several cores.
    @Test(
        "a large run, plain and compressed",
        .enabled(if: FileManager.default.isExecutableFile(atPath: taskset), "taskset is absent"),
        .timeLimit(.minutes(10)), arguments: [nil, 1] as [Int?])
    func ofALargeRun(compression: Int?) throws {
        let folder = try TemporaryFolder()
        let path = folder.url.appending(path: "run.h5").path()
        let writer = try RunWriter(path: path)
        let (rows, columns) = (40_000, 512)
        let layer = try writer.addLayer("hidden", index: 0)
        let storage = RunStorage(compressionLevel: compression)
        let pre = try layer.addActivations(
            .pre, sampleShape: [columns], sampleCount: rows, storage: storage)
        let post = try layer.addActivations(
            .post, sampleShape: [columns], sampleCount: rows, storage: storage)
        var generator = SeededGenerator(seed: 40)
        for _ in stride(from: 0, to: rows, by: 2000) {
            let count = 2000 * columns
            let words = (0..<count / 4).map { _ in generator.next() }
            let values = Matrix<Float>(rows: 2000, columns: columns) { elements in
                for index in 0..<count {
                    // Sums of two 8-bit numbers, some of which are shared between neurons.
                    let word = words[index / 4] >> (16 * UInt64(index % 4))
                    let noise = Float(word & 255) - Float(word >> 8 & 255)
                    let shared = Float(words[index / columns * columns / 4] & 255) - 128
                    let column = index % columns
                    elements.initializeElement(
                        at: index,
                        to: column % 8 == 3 ? -1 : noise + shared * Float(column % 16) / 4)
                }
            }
            try pre.append(values)
            let positive = Matrix<Float>(rows: 2000, columns: columns) { elements in
                values.withElements { values in
                    for index in 0..<count {
                        elements.initializeElement(at: index, to: max(0, values[index]))
                    }
                }
            }
            try post.append(positive)
        }
        try writer.commit()
        let program = BuiltCommand.folder.appending(path: "analyze").path()
        for metric in ["pca", "variance", "sparsity", "dead"] {
            let words = [metric, path, "--format", "json", "--quiet"]
            let outputs = try ["0", "0,1"].map { cores in
                let outcome = try BuiltCommand(name: Self.taskset)
                    .run(["--cpu-list", cores, program] + words)
                #expect(outcome.code == 0, "\(outcome.errors)")
                return outcome.output
            }
            #expect(outputs[0] == outputs[1], "\(metric)")
            #expect(outputs[0].contains("\"samples\": 40000"))
        }
    }
}
