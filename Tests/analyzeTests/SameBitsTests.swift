import CommandTesting
import Foundation
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
}
