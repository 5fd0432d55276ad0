import CommandTesting
import Files
import Foundation
import Testing

/// `train` replaces its own older runs and nothing else.
@Suite struct TrainOutputTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private func shell(_ script: String) throws -> BuiltCommand.Outcome {
        let options = "--dataset synthetic-digits --train-samples 60 --test-samples 20 --epochs 1"
        return try BuiltCommand(name: "/bin/bash").run(
            ["-c", "cd \(folder.url.path()) || exit 99\n" + script],
            environment: [
                "T": BuiltCommand.folder.appending(path: "train").path(),
                "O": "mlp --hidden 4 " + options, "PACKAGE": BuiltCommand.package.path(),
            ])
    }

    private func expectSuccess(
        _ script: String, errors: Int = 0, sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try shell(script)
        #expect(outcome.code == 0, "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(
            outcome.errorLines.count == errors, "\(outcome.errors)", sourceLocation: sourceLocation)
    }

    @Test func anOlderRunOfItsOwnIsReplaced() throws {
        try expectSuccess(
            """
            "$T" $O --output run.h5 --seed 1 || exit 1; cp run.h5 one.h5
            "$T" $O --output run.h5 --seed 2 || exit 2; cmp -s run.h5 one.h5 && exit 3
            "$T" $O --output run.h5 --seed 1 || exit 4; cmp run.h5 one.h5 || exit 5
            """)
    }

    @Test func linksAreFollowed() throws {
        try expectSuccess(
            """
            mkdir scratch; : > scratch/old.h5; ln -s scratch/old.h5 old.h5; ln -s scratch/new.h5 new.h5
            for name in old new; do
              "$T" $O --output $name.h5 || exit 1
              [ -L $name.h5 ] && [ -s scratch/$name.h5 ] || exit 2
            done
            ls -A . scratch | grep -E 'partial|lamina' && exit 3
            exit 0
            """)
    }

    @Test func devicesAndPipesAreRefused() throws {
        try expectSuccess(
            """
            mkfifo pipe; mkdir folder
            for target in /dev/null pipe folder /dev/stdout; do
              "$T" $O --output $target > out; [ $? = 74 ] || exit 1
            done
            [ -c /dev/null ] && [ -p pipe ] || exit 2
            """, errors: 4)
    }

    /// Of h5py, or of another framework's recorder.
    @Test func runsOfOthersAreNotReplaced() throws {
        try expectSuccess(
            """
            cp "$PACKAGE"/Fixtures/layouts/*.h5 .
            for file in *.h5; do
              before=$(sha256sum < $file)
              "$T" $O --output $file; [ $? = 74 ] || exit 1
              [ "$(sha256sum < $file)" = "$before" ] || exit 2
            done
            exit 0
            """,
            errors: try FileManager.default.contentsOfDirectory(
                atPath: BuiltCommand.package.appending(path: "Fixtures/layouts").path()
            ).count { $0.hasSuffix(".h5") })
    }

    /// A checkpoint has the run's name and an ending, under which something else may lie.
    @Test func filesOfOthersAreNoCheckpoints() throws {
        try expectSuccess(
            """
            for name in run.h5.checkpoint run.h5.snapshot-1; do
              echo mine > $name
              "$T" $O --output run.h5 --epochs 2 --snapshot-every 1; [ $? = 74 ] || exit 1
              [ "$(cat $name)" = mine ] || exit 2
              rm $name
            done
            """, errors: 2)
    }

    /// Two links to one file, which is not there yet, are one output.
    @Test func linksToOneRunAreOneTraining() throws {
        try expectSuccess(
            """
            ln -s run.h5 link.h5
            "$T" $O --output run.h5 --epochs 200000 2> log & sleep 1
            "$T" $O --output link.h5; code=$?
            kill $!; wait
            exit $((code - 74))
            """, errors: 1)
    }

    @Test(.enabled(if: !BuiltCommand.isSanitized, "a sanitizer writes files of its own"))
    func aFullDiskLeavesTheOldRun() throws {
        try expectSuccess(
            """
            "$T" $O --output run.h5 || exit 1; cp run.h5 one.h5
            (ulimit -f 4; "$T" $O --output run.h5 --seed 2 --compression 0); [ $? = 74 ] || exit 2
            cmp run.h5 one.h5 || exit 3
            ls -A | grep -E 'partial|lamina' && exit 4
            exit 0
            """, errors: 1)
    }

    @Test(arguments: ["TERM", "INT", "KILL", "HUP"])
    func signalsLeaveNoLitter(signal: String) throws {
        try expectSuccess(
            """
            set -m # Without job control the shell makes commands in the background ignore SIGINT.
            "$T" $O --output run.h5 --seed 5 || exit 1; cp run.h5 one.h5
            for delay in 0.05 0.1 0.2 0.3; do
              "$T" $O --output run.h5 --epochs 2000 & sleep $delay; kill -\(signal) $!; wait $!
              cmp run.h5 one.h5 || exit 2
            done 2> /dev/null
            # What only SIGKILL leaves is removed by the next training.
            [ \(signal) = KILL ] && "$T" $O --output run.h5 --seed 5
            ls -A | grep -vE '^(run.h5|one.h5|run.h5.checkpoint)$' && exit 3
            exit 0
            """)
    }

    @Test func namesThatAreNoUTF8() throws {
        try expectSuccess(
            """
            name=$(printf 'r\\351.h5'); "$T" $O --output "$name" || exit 1; [ -s "$name" ] || exit 2
            "$T" $O --output "$name" --resume || exit 3
            "$T" sweep --dataset synthetic-digits --train-samples 60 --test-samples 20 --epochs 1 \\
              --sizes 4 --output "$(printf 's\\377')" || exit 4
            [ -d "$(printf 's\\377')" ] || exit 5
            """)
    }
}
