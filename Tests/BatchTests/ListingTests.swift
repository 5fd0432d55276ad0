import Files
import Foundation
import Glibc
import Testing

@testable import Batch
import Text

@Suite struct ListingTests {
    @Test func foldersAreWalkedInOrder() throws {
        let scratch = try Scratch()
        for name in [
            "b.h5", "a/2.hdf5", "a/1.h5", "a/notes.txt", ".hidden.h5", ".git/x.h5", "c.h5.partial",
        ] {
            try scratch.write(name, "x")
        }
        // A circle of folders, and a file by another name.
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("a/up"), withDestinationPath: "..")
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("z.h5"), withDestinationPath: "b.h5")
        let names = listRuns([scratch.path]).map(\.name)
        #expect(names == ["a/1.h5", "a/2.hdf5", "b.h5", "z.h5"].map(scratch.file))
    }

    @Test func filesPatternsAndWhatIsNotThere() throws {
        let scratch = try Scratch()
        for name in ["r1.h5", "r2.h5", "odd", "sub/r3.h5"] { try scratch.write(name, "x") }
        let runs = listRuns([
            scratch.file("odd"), scratch.file("r*.h5"), scratch.file("r1.h5"),
            scratch.file("s?b"), scratch.file("gone.h5"), scratch.file("none*.h5"),
        ])
        #expect(
            runs.map(\.name)
                == ["odd", "r1.h5", "r2.h5", "sub/r3.h5", "gone.h5", "none*.h5"].map(scratch.file))
        #expect(runs.map(\.path) == runs.map(\.name))
    }

    @Test(arguments: [
        ("a//b/./c", "a/b/c"), ("./a", "a"), ("/a/../b", "/a/../b"), ("a/../../b", "a/../../b"),
        ("/..", "/.."), ("./", "."), ("a/", "a"),
    ])
    func pathsAreTidied(path: String, tidy: String) { #expect(tidied(path) == tidy) }

    /// ".." leads where the kernel goes: from a linked folder to the folder that holds its target.
    @Test func dotsAreTakenBackByTheKernel() throws {
        let scratch = try Scratch()
        try scratch.write("elsewhere/run.h5", "there")
        try scratch.write("elsewhere/deep/x.h5", "x")
        try scratch.write("run.h5", "here")
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("link"), withDestinationPath: "elsewhere/deep")
        let runs = listRuns([scratch.file("link/../run.h5"), scratch.file("elsewhere/run.h5")])
        // Named as it was, found where the kernel finds it, and listed once.
        #expect(runs.map(\.name) == [scratch.file("link/../run.h5")])
        #expect(try runs.map { try String(contentsOfFile: $0.path, encoding: .utf8) } == ["there"])
        #expect(listRuns([scratch.file("link/..")]).count == 2)
    }

    @Test func linkedFoldersAreSearchedOnce() throws {
        let scratch = try Scratch()
        try scratch.write("runs/here.h5", "x")
        try scratch.write("scratch/deep/there.h5", "x")
        for name in ["one", "two"] {
            try FileManager.default.createSymbolicLink(
                atPath: scratch.file("runs/\(name)"), withDestinationPath: "../scratch")
        }
        #expect(
            listRuns([scratch.file("runs")]).map(\.key) == ["here.h5", "one/deep/there.h5"])
    }

    @Test func capitalEndingsAreFound() throws {
        let scratch = try Scratch()
        for name in ["a.H5", "b.Hdf5", "c.h5x", ".h5", "h5"] { try scratch.write(name, "x") }
        #expect(listRuns([scratch.path]).map(\.key) == ["a.H5", "b.Hdf5"])
    }

    @Test func namesEqualByUnicodeAreTwoRuns() throws {
        let scratch = try Scratch()
        let names = ["caf\u{E9}.h5", "cafe\u{301}.h5", decodeName([0xE9, 0x2E, 0x68, 0x35])]
        for name in names {
            let descriptor = withSystemPath(scratch.file(name)) {
                open($0, O_CREAT | O_WRONLY, 0o600)
            }
            #expect(descriptor >= 0)
            close(descriptor)
        }
        #expect(listRuns([scratch.path]).count == 3)
        #expect(Set(listRuns([scratch.path])).count == 3)
        #expect(listRuns(names.map(scratch.file)).count == 3)
    }

    /// However the same runs are named, their keys are the same.
    @Test func keysDoNotDependOnHowRunsAreNamed() throws {
        let scratch = try Scratch()
        for name in ["s1/final.h5", "s2/final.h5", "s2/deep/x.h5"] {
            try scratch.write("runs/" + name, "x")
        }
        try FileManager.default.createSymbolicLink(
            atPath: scratch.file("link"), withDestinationPath: "runs")
        let whole = listRuns([scratch.file("runs")]).map(\.key)
        #expect(whole == ["s1/final.h5", "s2/deep/x.h5", "s2/final.h5"])
        for names in [
            ["link"], ["runs/"], ["runs/../runs"], ["link/s1", "link/s2"], ["runs/s?"],
            ["runs/s1/final.h5", "runs/s2/deep/x.h5", "link/s2/final.h5"],
        ] {
            #expect(listRuns(names.map(scratch.file)).map(\.key) == whole, "\(names)")
        }
    }
}
