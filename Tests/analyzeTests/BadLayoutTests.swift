import CommandTesting
import Foundation
import Testing

/// Files that are HDF5 but not what a run should be, through the built command.
@Suite struct BadLayoutTests {
    private func layout(_ name: String) -> String { "Fixtures/layouts/\(name).h5" }

    /// One error line that names the file, the object and `words`, and the exit code of `arguments`.
    private func expectRefusal(
        _ arguments: [String], of file: String, code: Int32, naming words: [String],
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let outcome = try analyze.run(arguments)
        #expect(outcome.code == code, "\(outcome.errors)", sourceLocation: sourceLocation)
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)", sourceLocation: sourceLocation)
        let line = outcome.errorLines.first ?? ""
        for word in [layout(file)] + words {
            #expect(line.contains(word), "\(line)", sourceLocation: sourceLocation)
        }
        expectPrintable(outcome, sourceLocation: sourceLocation)
    }

    private func expectPrintable(
        _ outcome: BuiltCommand.Outcome, sourceLocation: SourceLocation = #_sourceLocation
    ) {
        let texts = outcome.output + outcome.errors
        let isSafe = texts.unicodeScalars.allSatisfy {
            $0 == "\n" || $0.value >= 0x20 && !(0x7F..<0xA0).contains($0.value) && $0 != "\u{202E}"
        }
        #expect(isSafe, "\(texts)", sourceLocation: sourceLocation)
    }

    @Test(arguments: [
        ("shapes", "scalar", "its shape is scalar; a layer's values are (samples, neurons)"),
        ("shapes", "vector", "its shape is 5; a layer's values are (samples, neurons)"),
        ("shapes", "three", "2 x 3 x 4; a layer's values are (samples, neurons)"),
        ("shapes", "three", "--dataset /layers/three/post --channel-axis last"),
        ("shapes", "five", "1 x 2 x 1 x 2 x 1; a layer's values are (samples, neurons)"),
        ("shapes", "no_rows", "its shape is 0 x 4: it holds no values; record at least one"),
        ("shapes", "no_columns", "its shape is 4 x 0: it holds no values; record at least one"),
        ("shapes", "null", "its shape is 0; a layer's values are"),
        ("elements", "strings", "string of 2 bytes; numbers are needed"),
        ("elements", "variable", "string; numbers are needed"),
        ("elements", "compound", "compound of 8 bytes; numbers are needed"),
        ("elements", "complex", "compound of 8 bytes; numbers are needed"),
        ("elements", "logical", "booleans; numbers are needed"),
        ("claims", "chunked", "its values were never written"),
        ("claims", "unwritten", "its values were never written"),
        ("claims", "partly", "only 2 of its 10 chunks were written"),
        ("claims", "overflow", "1099511627776 x 8388608 is larger than any file"),
        ("claims", "wide_chunks", "larger than the limit of 1073741824 bytes"),
        ("missing-filter", "hidden", "filter 32001 (blosc), which is not installed; install"),
        ("external-storage", "hidden", "external storage), which is not opened; copy the data"),
        ("virtual", "hidden", "virtual dataset, a view of other files, which is not followed"),
    ])
    func unusableValues(file: String, layer: String, words: String) throws {
        try expectRefusal(
            ["all", layout(file), "--layer", layer, "--quiet"], of: file, code: 65,
            naming: ["/layers/\(layer)/post", words])
    }

    @Test(arguments: [
        ("shapes", "/layers/scalar/post", "a matrix is needed"),
        ("shapes", "/layers/vector/post", "a matrix is needed"),
        ("shapes", "/layers/three/post", "--channel-axis last"),
        ("shapes", "/layers/no_rows/post", "holds no values"),
        ("elements", "/layers/strings/post", "numbers are needed"),
        ("claims", "/layers/overflow/post", "larger than any file"),
        ("external-link", "/layers/good/pre", "--allow-external-links"),
        ("virtual", "/layers/hidden/post", "virtual dataset"),
        ("cycles", "/layers/loop", "go round in a circle; remove the link"),
    ])
    func unusableDatasets(file: String, path: String, words: String) throws {
        try expectRefusal(
            ["variance", layout(file), "--dataset", path], of: file, code: 65,
            naming: [path, words])
    }

    @Test(arguments: [
        ("external-link", "elsewhere", "a link into another file, which is not followed; copy"),
        ("cycles", "loop", "go round in a circle; remove the link"),
        ("cycles", "dangling", "its link leads nowhere; remove the link"),
    ])
    func linksThatAreNotFollowed(file: String, layer: String, words: String) throws {
        try expectRefusal(
            ["variance", layout(file), "--layer", layer], of: file, code: 65,
            naming: ["/layers/\(layer)", words])
    }

    /// Links that are not followed are errors though nobody named them; the layers beside are
    /// analyzed all the same.
    @Test(arguments: [("external-link", ["elsewhere"]), ("cycles", ["dangling", "loop", "pool"])])
    func linksBesideGoodLayers(file: String, broken: [String]) throws {
        let outcome = try analyze("variance", layout(file), "--format", "csv")
        #expect(outcome.code == 1)
        #expect(outcome.output.contains(",good,post,,variance,2,ok,"))
        #expect(outcome.errorLines.count == broken.count, "\(outcome.errors)")
        for (name, line) in zip(broken, outcome.errorLines) {
            #expect(line.contains("\(layout(file)): /layers/\(name): "))
            #expect(outcome.output.contains(",\(name),,,variance,2,failed,"))
        }
    }

    @Test func externalLinksWhereAllowed() throws {
        let outcome = try analyze(
            "pca", layout("external-link"), "--allow-external-links", "--format", "csv")
        // The linked matrix has 9 rows, the other of that layer 6.
        #expect(outcome.code == 1)
        #expect(outcome.output.contains(",elsewhere,pre,,pca,3,ok,"))
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("its shape is 6 x 3, but that of pre is 9 x 4"))
    }

    /// A FIFO waits for a writer without end; a folder is no file either.
    @Test(arguments: ["mkfifo bare.h5", "mkdir bare.h5", "ln -s /dev/null bare.h5"])
    func externalLinksToWhatIsNoFile(_ preparation: String) throws {
        let folder = try TemporaryFolder()
        let link = BuiltCommand.package.appending(path: "Fixtures/layouts/external-link.h5")
        try FileManager.default.copyItem(at: link, to: folder.url.appending(path: "a.h5"))
        let made = try BuiltCommand(name: "/bin/sh").run(
            ["-c", "cd \(folder.url.path()) && \(preparation)"])
        #expect(made.code == 0)
        let outcome = try analyze(
            "variance", folder.path("a.h5"), "--allow-external-links", "--dataset",
            "/layers/good/pre")
        #expect(outcome.code == 65, "\(outcome.errors)")
        #expect(outcome.errors.contains("leads to something that is no regular file"))
    }

    @Test func oneRowIsTooFew() throws {
        let outcome = try analyze(
            "all", layout("shapes"), "--layer", "one_row", "--format", "json", "--quiet")
        #expect(outcome.code == 0)
        #expect(outcome.errors == "")
        #expect(outcome.output.contains("\"reason\": \"a covariance needs 2 samples; there is 1\""))
        #expect(!outcome.output.contains("failed"))
    }

    @Test func preAndPostOfDifferentShape() throws {
        let outcome = try analyze("variance", layout("mismatch"))
        #expect(outcome.code == 65)
        #expect(outcome.errorLines.count == 2)
        let file = layout("mismatch")
        #expect(
            outcome.errors.contains(
                "error: \(file): /layers/hidden/post: its shape is 6 x 4, but that of pre is 6 x 3; "
                    + "record both"))
        #expect(
            outcome.errors.contains(
                "error: \(file): /labels: it has 5 labels, but /layers/hidden/pre has 6 samples; "
                    + "record one label a sample"))
        // The way out that the message names.
        let one = try analyze("variance", file, "--dataset", "/layers/hidden/post")
        #expect(one.code == 0, "\(one.errors)")
    }

    @Test func labelsOfAnotherLength() throws {
        let outcome = try analyze("variance", layout("labels"), "--format", "csv")
        #expect(outcome.code == 1)
        #expect(outcome.output.contains(",hidden,post,,variance,2,ok,"))
        #expect(
            outcome.errorLines == [
                "error: \(layout("labels")): /labels: it has 4 labels, but /layers/hidden/post has 6 "
                    + "samples; record one label a sample"
            ])
    }

    /// Two rows of 400,000 neurons, whose covariance would take terabytes, within 4 GB of addresses.
    @Test(
        .enabled(if: !BuiltCommand.isSanitized, "a sanitizer maps more"),
        arguments: [
            [],
            [
                "--solver", "randomized", "--components", "1", "--oversampling", "0",
                "--power-iterations", "0",
            ],
        ])
    func manyNeuronsOfFewSamples(solver: [String]) throws {
        let tool = BuiltCommand.folder.appending(path: "analyze").path()
        let outcome = try BuiltCommand(name: "/bin/sh").run(
            [
                "-c", "ulimit -v 4000000 && exec \"$0\" pca \"$@\"", tool, layout("wide"),
                "--format", "csv",
            ] + solver)
        #expect(outcome.code == 0, "\(outcome.errors)")
        #expect(outcome.output.contains(",wide,post,,pca,3,degenerate,"))
    }

    /// What a file claims is not asked of the system: within 4 GB of addresses.
    @Test(
        .enabled(if: !BuiltCommand.isSanitized, "a sanitizer maps more"),
        arguments: ["claims", "shapes", "virtual"])
    func claimsAllocateNothing(file: String) throws {
        let tool = BuiltCommand.folder.appending(path: "analyze").path()
        let outcome = try BuiltCommand(name: "/bin/sh").run([
            "-c", "ulimit -v 4000000 && exec \"$0\" pca \"$1\"", tool, layout(file),
        ])
        #expect([1, 65].contains(outcome.code), "\(outcome.errors)")
        #expect(!outcome.errorLines.isEmpty)
    }

    @Test func namesThatCouldSteerATerminal() throws {
        for format in ["table", "csv", "json"] {
            let outcome = try analyze("variance", layout("names"), "--format", format)
            #expect(outcome.code == 0)
            expectPrintable(outcome)
        }
        expectPrintable(try analyze("inspect", layout("names")))
        expectPrintable(try analyze("validate", layout("names")))
        try expectRefusal(
            ["variance", layout("names"), "--layer", "x\u{1B}[31m"], of: "names", code: 64,
            naming: ["x\\u{1B}[31m", "there are: caf\\xE9, größe \\u{202E}gpj, red\\u{1B}[31m"])
        // Names as messages print them can be given back.
        let named = try analyze("variance", layout("names"), "--layer", "caf\\xE9")
        #expect(named.code == 0, "\(named.errors)")
        let file = try analyze("variance", "no\u{1B}[31mwhere.h5")
        #expect(file.code == 74)
        expectPrintable(file)
    }

    @Test func aNewerFormatIsReadWithAWarning() throws {
        let outcome = try analyze("variance", layout("newer"))
        #expect(outcome.code == 0)
        #expect(
            outcome.errors.hasPrefix("warning: \(layout("newer")): it was written as version 2"))
    }

    /// Every file of the folder through every command that opens files: an answer, never a trap.
    @Test(arguments: ["all", "inspect", "validate"])
    func noLayoutTraps(command: String) throws {
        let folder = BuiltCommand.package.appending(path: "Fixtures/layouts").path()
        // Half a million neurons take their time in a debug build.
        let files = try FileManager.default.contentsOfDirectory(atPath: folder)
            .filter { $0.hasSuffix(".h5") && $0 != "wide.h5" }
        #expect(files.count > 20)
        let outcome = try analyze.run(
            [command] + files.sorted().map { "Fixtures/layouts/\($0)" })
        // Inspecting shows what is wrong; that is no failure.
        #expect((command == "inspect" ? [0] : [1, 65]).contains(outcome.code), "\(outcome.code)")
    }

    /// A good run cut at many places: refused at once as truncated.
    @Test func cutAnywhere() throws {
        let whole = try Data(contentsOf: BuiltCommand.package.appending(path: layout("conv")))
        let folder = try TemporaryFolder()
        let lengths = Array(stride(from: 1, to: whole.count, by: whole.count / 60))
        for length in lengths {
            let url = folder.url.appending(path: "\(length).h5")
            try whole.prefix(length).write(to: url)
        }
        for command in ["variance", "inspect", "validate"] {
            let outcome = try analyze.run([command] + lengths.map { folder.path("\($0).h5") })
            #expect(outcome.code == 65, "\(outcome.errors)")
            #expect(outcome.errorLines.count == lengths.count)
            for (length, line) in zip(lengths, outcome.errorLines) {
                #expect(line.contains(folder.path("\(length).h5")))
                #expect(line.contains("truncated") || line.contains("not an HDF5 file"), "\(line)")
            }
        }
    }

    @Test func standardOutputThatIsFull() throws {
        let tool = BuiltCommand.folder.appending(path: "analyze").path()
        for format in ["table", "json", "csv"] {
            let outcome = try BuiltCommand(name: "/bin/sh").run([
                "-c", "exec \"$0\" dead \"$1\" --format \"$2\" > /dev/full", tool, fixture, format,
            ])
            #expect(outcome.code == 74)
            #expect(
                outcome.errorLines == [
                    "error: cannot write standard output: the disk is full; free some space or "
                        + "choose another disk"
                ])
        }
    }

    @Test func outputFolderThatIsReadOnly() throws {
        let folder = try TemporaryFolder()
        try FileManager.default.setAttributes(
            [.posixPermissions: 0o555], ofItemAtPath: folder.url.path())
        // The superuser may write everywhere but into the kernel's files.
        let target =
            FileManager.default.isWritableFile(atPath: folder.url.path())
            ? "/proc/version" : folder.path("x.csv")
        let outcome = try analyze("dead", fixture, "--output", target)
        #expect(outcome.code == 74)
        #expect(outcome.errorLines.count == 1)
        #expect(outcome.errors.contains("cannot write \(target): "))
        #expect(outcome.output == "")
    }
}
