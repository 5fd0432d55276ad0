import CommandTesting
import Files
import Foundation
import Testing

/// No output replaces a run or what the command reads; what cannot be replaced is written to.
@Suite struct OutputSafetyTests {
    private let folder: TemporaryFolder
    private let digest: UInt64

    /// A run by several names, another run, and results of both.
    init() throws {
        folder = try TemporaryFolder()
        try FileManager.default.createDirectory(
            at: folder.url.appending(path: "runs"), withIntermediateDirectories: true)
        for name in ["runs/a.h5", "runs/b.h5", "other.h5"] {
            try FileManager.default.copyItem(
                at: BuiltCommand.package.appending(path: fixture),
                to: folder.url.appending(path: name))
        }
        digest = try OpenedFile(folder.path("other.h5")).digest()
        let made = try shell(
            """
            ln -s runs/a.h5 soft; ln runs/a.h5 hard; ln -s other.h5 elsewhere; mkdir deep
            ln -s ../runs/a.h5 deep/soft.svg; ln other.h5 other.svg; ln runs/a.h5 hard.json
            "$A" variance runs/a.h5 --format json --output one.json
            """)
        #expect(made.code == 0, "\(made.errors)")
    }

    private func shell(_ script: String) throws -> BuiltCommand.Outcome {
        try BuiltCommand(name: "/bin/bash").run(
            ["-c", "cd \(folder.url.path()) || exit 99\n" + script],
            environment: ["A": BuiltCommand.folder.appending(path: "analyze").path()])
    }

    private func expectRunsUntouched(
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        for name in ["runs/a.h5", "runs/b.h5", "other.h5", "soft", "hard", "elsewhere"] {
            #expect(
                try OpenedFile(folder.path(name)).digest() == digest, "\(name)",
                sourceLocation: sourceLocation)
        }
    }

    @Test(arguments: [
        "variance runs/a.h5 --output runs/a.h5", "variance runs/a.h5 --output ./runs/a.h5",
        "variance runs/a.h5 -o soft", "variance runs/a.h5 -o hard", "variance soft -o runs/a.h5",
        "variance runs/a.h5 --output runs/../deep/../runs/a.h5", "all runs/a.h5 -o other.h5",
        "variance runs/a.h5 -o elsewhere", "variance runs/a.h5 --plot deep/soft.svg",
        "variance runs/a.h5 --plot other.svg", "compare runs -o runs/b.h5",
        "compare runs/a.h5 runs/b.h5 --output hard", "compare runs --baseline other.h5 -o other.h5",
        "report runs -o soft", "report runs/a.h5 -o other.h5", "compare one.json runs -o one.json",
        "report one.json -o one.json", "report one.json -o ./deep/../one.json",
    ])
    func nothingThatIsReadIsReplaced(line: String) throws {
        let before = try OpenedFile(folder.path("one.json")).digest()
        let outcome = try shell("\"$A\" " + line)
        #expect(outcome.code == 74, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("choose another name"))
        try expectRunsUntouched()
        #expect(try OpenedFile(folder.path("one.json")).digest() == before)
    }

    @Test func standardOutputIsNoInput() throws {
        for line in [
            "\"$A\" variance runs/a.h5 >> runs/a.h5", "\"$A\" inspect runs/a.h5 >> runs/a.h5",
            "\"$A\" variance runs/a.h5 -o /dev/stdout >> runs/a.h5",
            "\"$A\" compare runs 1<> runs/b.h5",
        ] {
            #expect(try shell(line).code == 74, "\(line)")
            try expectRunsUntouched()
        }
    }

    @Test func batchesReplaceNoRun() throws {
        let script = """
            "$A" batch runs --out out --quiet --metrics dead || exit 1
            file=$(ls out/a-*.json); rm "$file"; ln runs/a.h5 "$file"
            "$A" batch runs --out out --quiet --metrics dead; code=$?
            "$A" collect out --to runs/a.csv --quiet
            exit $code
            """
        #expect(try shell(script).code == 74)
        try expectRunsUntouched()
    }

    @Test func tablesReplaceNoResults() throws {
        let script = """
            "$A" batch runs --out out --quiet --metrics dead || exit 1
            for end in csv jsonl sqlite; do
              ln -f out/a-*.json t.$end
              "$A" collect out --to t.$end --quiet && exit 2
            done
            "$A" collect out --to t.csv --quiet && exit 3
            ln -f runs/a.h5 r.csv; ln -f runs/a.h5 r.sqlite
            "$A" collect out --to r.csv --quiet && exit 4
            "$A" collect out --to r.sqlite --quiet && exit 5
            "$A" collect out --to fine.csv --quiet
            """
        let outcome = try shell(script)
        #expect(outcome.code == 0, "\(outcome.errors)")
        try expectRunsUntouched()
    }

    @Test func linksPipesAndDevices() throws {
        let script = """
            "$A" dead runs/a.h5 --format csv > want.csv
            echo old > target; ln -s target link; "$A" dead runs/a.h5 --format csv -o link || exit 1
            [ -L link ] && cmp target want.csv || exit 2
            ln -s new dangling; "$A" dead runs/a.h5 --format csv -o dangling || exit 3
            [ -L dangling ] && cmp new want.csv || exit 4
            mkfifo pipe; cat pipe > got & "$A" dead runs/a.h5 --format csv -o pipe || exit 5
            wait; cmp got want.csv && [ -p pipe ] || exit 6
            "$A" dead runs/a.h5 --format csv -o /dev/stdout > got || exit 7; cmp got want.csv || exit 8
            "$A" dead runs/a.h5 --format csv -o /dev/stdout | cmp - want.csv || exit 9
            (echo head; "$A" dead runs/a.h5 --format csv -o /dev/fd/1) > got || exit 10
            tail -n +2 got | cmp - want.csv || exit 11
            "$A" dead runs/a.h5 --format csv -o /dev/null || exit 12; [ -c /dev/null ] || exit 13
            ls -A | grep -q partial && exit 14
            exit 0
            """
        let outcome = try shell(script)
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    /// The limit for the size of files stands for a full disk, and sends a signal besides.
    @Test(.enabled(if: !BuiltCommand.isSanitized, "a sanitizer writes files of its own"))
    func aFullDiskIsOneErrorAndChangesNothing() throws {
        let script = """
            echo old > t.json; ls -A > before
            (ulimit -f 8; "$A" all runs/a.h5 --format json --quiet -o t.json) && exit 1
            [ "$(cat t.json)" = old ] || exit 2
            (ulimit -f 8; "$A" report runs -o t.json --quiet) && exit 3
            [ "$(cat t.json)" = old ] || exit 4
            (ulimit -f 8; "$A" all runs/a.h5 --format json --quiet > out.json); code=$?
            rm out.json; ls -A | diff - before || exit 5
            exit $code
            """
        let outcome = try shell(script)
        #expect(outcome.code == 74, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 3)
        for line in outcome.errorLines { #expect(line.contains("ulimit")) }
    }

    /// An error that ends a batch is no run's fault, so that no run counts as one that killed it.
    @Test(.enabled(if: !BuiltCommand.isSanitized, "a sanitizer writes files of its own"))
    func aFullDiskLeavesNoNotesOfABatch() throws {
        let script = """
            (ulimit -f 1; "$A" batch runs --out results --quiet); code=$?
            [ -z "$(ls -A results)" ] || exit 1
            "$A" batch runs --out results --quiet || exit 2
            exit $code
            """
        let outcome = try shell(script)
        #expect(outcome.code == 74, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
    }

    /// One error line, the end by that signal, and nothing beside whole result files.
    @Test(arguments: ["INT", "TERM"]) func aSignalEndsABatch(_ signal: String) throws {
        let script = """
            for i in $(seq 40); do cp runs/a.h5 runs/$i.h5; done
            set -m
            for pause in 0 0.01 0.03; do
                rm -rf results
                "$A" batch runs --out results --quiet --metrics pca 2> errors & id=$!
                until [ -n "$(ls -A results 2> /dev/null)" ] || ! kill -0 $id; do sleep 0.005; done
                sleep $pause; kill -\(signal) $id 2> /dev/null; wait $id; code=$?
                [ $code = 0 ] || [ $code -gt 128 ] || exit 1
                [ $code = 0 ] || [ "$(cat errors)" = "error: ended by SIG\(signal)" ] || exit 2
                [ -z "$(ls -A results | grep -v 'json$')" ] || exit 3
            done
            """
        let outcome = try shell(script)
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    /// A store is as it was, or says all of it; a new one that was not finished is not there.
    @Test(arguments: ["INT", "TERM"]) func aSignalEndsACollection(_ signal: String) throws {
        let script = """
            for i in $(seq 40); do cp runs/a.h5 runs/$i.h5; done
            "$A" batch runs --out results --quiet --metrics dead,variance || exit 1
            "$A" collect results --to old.sqlite --quiet || exit 1
            set -m
            for name in old new; do for pause in 0.01 0.03 0.06 0.1 0.2; do
                sum=$(sha256sum old.sqlite)
                "$A" collect results --arrays --to $name.sqlite --quiet 2> errors &
                sleep $pause; kill -\(signal) $! 2> /dev/null; wait $!; code=$?
                if [ $code != 0 ]; then
                    [ $code -gt 128 ] || exit 2
                    # Before it has begun, it says nothing.
                    [ "$(wc -l < errors)" = "$(grep -c '^error: ' errors)" ] || exit 3
                    [ "$sum" = "$(sha256sum old.sqlite)" ] || exit 4
                    [ $name = old ] || [ ! -e new.sqlite ] || exit 5
                fi
                [ ! -e $name.sqlite-journal ] || exit 6
                rm -f new.sqlite
            done; done
            """
        let outcome = try shell(script)
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    @Test(arguments: ["o.svg", "link.svg", "./o.svg"])
    func resultsAndPictureAreTwoFiles(_ plot: String) throws {
        let outcome = try shell(
            """
            ln -s o.svg link.svg
            "$A" variance runs/a.h5 --output o.svg --plot \(plot)
            """)
        #expect(outcome.code == 64, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 1)
        #expect(!FileManager.default.fileExists(atPath: folder.path("o.svg")))
    }

    @Test func namesThatAreNoUTF8() throws {
        let script = """
            n=$(printf 'r\\351.h5'); cp runs/a.h5 "$n"; mkdir "$(printf 'd\\377')"
            "$A" dead "$n" --format csv -o "$(printf 'o\\351')" || exit 1
            [ -s "$(printf 'o\\351')" ] || exit 2
            grep -q "$n" "$(printf 'o\\351')"; mv "$n" "$(printf 'd\\377')"
            "$A" inspect "$(printf 'd\\377')/$n" | head -1 | grep -qF 'd\\xFF/r\\xE9.h5' || exit 3
            "$A" batch "$(printf 'd\\377')" --out "$(printf 'res\\376')" --quiet || exit 4
            "$A" batch "$(printf 'd\\377')" --out "$(printf 'res\\376')" 2>&1 | grep -q '1 there' || exit 5
            "$A" collect "$(printf 'res\\376')" --to "$(printf 't\\376.sqlite')" || exit 6
            [ -s "$(printf 't\\376.sqlite')" ] || exit 7
            "$A" compare "$(printf 't\\376.sqlite')" runs/a.h5 > /dev/null || exit 8
            "$A" dead "$(printf 'd\\377')/$n" -o "$(printf 'd\\377')/$n" && exit 9
            "$A" report "$(printf 'd\\377')" -o "$(printf 'p\\376.html')" || exit 10
            """
        let outcome = try shell(script)
        #expect(outcome.code == 0, "\(outcome.errors)")
    }

    @Test func namesEqualByUnicodeAreTwoRuns() throws {
        let script = """
            mkdir names; cp runs/a.h5 "$(printf 'names/caf\\303\\251.h5')"
            cp runs/b.h5 "$(printf 'names/cafe\\314\\201.h5')"
            "$A" batch names --out out 2>&1 | grep -q '2 runs: 2 done' || exit 1
            "$A" collect out --to t.jsonl 2>&1 | grep -q ' 2 runs' || exit 2
            cut -d, -f1 t.jsonl | sort -u | wc -l | grep -qx 2 || exit 3
            """
        let outcome = try shell(script)
        #expect(outcome.code == 0, "\(outcome.errors)")
    }
}
