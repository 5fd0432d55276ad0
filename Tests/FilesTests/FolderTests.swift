import Glibc
import Testing

@testable import Files
import Text

@Suite struct FolderTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    private func found(_ folder: String = "") -> [String] {
        let path = folder.isEmpty ? scratch.path : scratch.file(folder)
        return walk(path) { $0.hasSuffix(".h5") }.files
            .map { String($0.utf8.dropFirst(scratch.path.utf8.count + 1)) ?? $0 }
    }

    @Test func foldersAreWalkedInTheOrderOfBytes() throws {
        for name in ["b.h5", "a/2.h5", "a/1.h5", "a/notes.txt", ".hidden.h5", ".git/x.h5", "B.h5"] {
            try scratch.write(name, "x")
        }
        #expect(found() == ["B.h5", "a/1.h5", "a/2.h5", "b.h5"])
    }

    @Test func linkedFoldersAreWalkedOnce() throws {
        try scratch.write("runs/z/inside.h5", "x")
        try scratch.write("scratch/deep/there.h5", "x")
        // A circle, a folder that is in the tree anyway, one outside by two names.
        scratch.link("runs/up", to: "..")
        scratch.link("runs/a", to: "z")
        scratch.link("runs/one", to: "../scratch")
        scratch.link("runs/two", to: scratch.file("scratch"))
        scratch.link("runs/gone", to: "nowhere")
        scratch.link("runs/gone.h5", to: "nowhere")
        #expect(found("runs") == ["runs/gone.h5", "runs/one/deep/there.h5", "runs/z/inside.h5"])
    }

    @Test func aCircleIsWalkedOnce() throws {
        try scratch.write("a/b/run.h5", "x")
        scratch.link("a/b/a", to: "..")
        scratch.link("self", to: ".")
        #expect(found() == ["a/b/run.h5"])
    }

    @Test func namesThatAreNoUTF8OrEqualByUnicode() throws {
        let names = ["caf\u{E9}.h5", "cafe\u{301}.h5", decodeName([0xFF, 0x2E, 0x68, 0x35])]
        for name in names { try scratch.write(name, "x") }
        let files = walk(scratch.path) { $0.hasSuffix(".h5") }.files
        #expect(files.count == 3)
        #expect(Set(files.map { ExactName($0) }).count == 3)
        for file in files { #expect(try readFile(file) == [0x78]) }
    }

    @Test func whatCannotBeListed() throws {
        #expect(throws: FileError(.list, scratch.file("gone"), .system(ENOENT))) {
            try entries(of: scratch.file("gone"))
        }
        try scratch.write("file", "x")
        #expect(throws: FileError(.list, scratch.file("file"), .system(ENOTDIR))) {
            try entries(of: scratch.file("file"))
        }
    }

    @Test func foldersAreMade() throws {
        try makeFolder(scratch.file("a/b//c/"))
        try makeFolder(scratch.file("a/b/c"))
        #expect(isFolder(scratch.file("a/b/c")))
        try scratch.write("file", "x")
        #expect(throws: FileError(.makeFolder, scratch.file("file/x"), .system(ENOTDIR))) {
            try makeFolder(scratch.file("file/x"))
        }
        #expect(throws: FileError(.makeFolder, scratch.file("file"), .system(ENOTDIR))) {
            try makeFolder(scratch.file("file"))
        }
    }

    @Test func pathsAreResolvedAsTheKernelDoes() throws {
        try makeFolder(scratch.file("real/deep"))
        try scratch.write("real/run.h5", "x")
        scratch.link("link", to: "real/deep")
        let root = try #require(resolvedPath(scratch.path))
        #expect(resolvedPath(scratch.file("link/../run.h5")) == root + "/real/run.h5")
        #expect(resolvedPath(scratch.file("gone")) == nil)
    }

    @Test func readingIsLimited() throws {
        let path = try scratch.write("a", "12345")
        #expect(try readFile(path, limit: 5) == Array("12345".utf8))
        #expect(throws: FileError(.read, path, .isTooLarge(limit: 4))) {
            try readFile(path, limit: 4)
        }
        #expect(try readStart(of: path, 3) == Array("123".utf8))
        #expect(throws: FileError(.read, scratch.path, .isFolder)) { try readFile(scratch.path) }
        // Not waited for.
        #expect(mkfifo(scratch.file("pipe"), 0o600) == 0)
        #expect(throws: FileError(.read, scratch.file("pipe"), .isNotRegular)) {
            try readFile(scratch.file("pipe"))
        }
    }

    @Test func timesOfAnyYear() throws {
        let path = try scratch.write("a", "x")
        for (date, seconds) in [("1960-01-01", -315_619_200), ("2300-01-01", 10_413_792_000)] {
            #expect(try system("TZ=UTC touch -d \(date) \(path)") == 0)
            let modified = try FileStatus(of: path).modified
            // ext4 holds years 1901 to 2446; other file systems may hold fewer.
            if modified.seconds == seconds {
                #expect(TimeStamp(modified.description) == modified)
                #expect(
                    (modified.nanosecondsSince1970 == nil) == (seconds > 9_223_372_036))
            }
        }
        #expect(TimeStamp(seconds: -5, nanoseconds: 250).description == "-5.000000250")
        #expect(TimeStamp(seconds: .max).nanosecondsSince1970 == nil)
        #expect(TimeStamp(seconds: .min).nanosecondsSince1970 == nil)
        for text in ["", "5", "5.1", "5.0000000000", "a.000000000", "5.00000000x"] {
            #expect(TimeStamp(text) == nil)
        }
    }
}

@Suite struct LockTests {
    @Test func oneHolderAtATime() throws {
        let scratch = try Scratch()
        let path = scratch.file("lock")
        do {
            let lock = try FileLock(path)
            let error = #expect(throws: FileError.self) { _ = try FileLock(path) }
            #expect(error?.cause == .isHeld(by: "process \(getpid()) on \(hostName())"))
            _ = consume lock
        }
        #expect(try scratch.names() == [])
        // A file that a killed process left is no lock.
        try scratch.write("lock", "process 1 on elsewhere\n")
        do { _ = try FileLock(path) }
        #expect(try scratch.names() == [])
    }
}
