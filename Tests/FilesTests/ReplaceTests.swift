import Glibc
import Testing

@testable import Files
import Text

private let signature: [UInt8] = [0x89, 0x48, 0x44, 0x46, 0x0D, 0x0A, 0x1A, 0x0A]

@Suite struct ReplaceTests {
    private let scratch: Scratch

    init() throws {
        beginCommand()
        scratch = try Scratch()
    }

    private func replace(_ path: String, with text: String = "new") throws {
        let file = try ReplacedFile(path)
        let code = Array(text.utf8).withUnsafeBytes { writeAll($0, to: file.descriptor) }
        #expect(code == 0)
        try file.commit()
    }

    private func cause(_ path: String) -> FileError.Cause? {
        do {
            try replace(path)
            return nil
        } catch { return (error as? FileError)?.cause }
    }

    @Test func newAndOldFilesAreWhole() throws {
        try replace(scratch.file("a"))
        #expect(try scratch.read("a") == "new")
        try replace(scratch.file("a"), with: "newer")
        #expect(try scratch.read("a") == "newer")
        #expect(try scratch.names() == ["a"])
    }

    @Test func withoutCommitNothingChanges() throws {
        try scratch.write("a", "old")
        do {
            let file = try ReplacedFile(scratch.file("a"))
            _ = Array("half".utf8).withUnsafeBytes { writeAll($0, to: file.descriptor) }
            // Some file systems have no files without a name, and a hidden one then.
            #expect(try scratch.names().filter { !$0.hasPrefix(".") } == ["a"])
        }
        #expect(try scratch.read("a") == "old")
        #expect(try scratch.names() == ["a"])
    }

    @Test func permissionsStay() throws {
        let path = try scratch.write("a", "old")
        #expect(chmod(path, 0o640) == 0)
        try replace(path)
        #expect(try FileStatus(of: path).permissions == 0o640)
    }

    @Test func linksAreFollowedToTheirTargets() throws {
        try makeFolder(scratch.file("deep/er"))
        try scratch.write("deep/old", "old")
        scratch.link("first", to: "deep/second")
        scratch.link("deep/second", to: "old")
        scratch.link("dangling", to: scratch.file("deep/er/new"))
        for (link, target) in [("first", "deep/old"), ("dangling", "deep/er/new")] {
            try replace(scratch.file(link), with: link)
            #expect(try scratch.read(target) == link)
            #expect(try FileStatus(of: scratch.file(link), followsLinks: false).kind == .link)
        }
        // "..": as the kernel goes, from the folder behind a link.
        scratch.link("way", to: "deep/er")
        try replace(scratch.file("way/../x"))
        #expect(try scratch.read("deep/x") == "new")
        scratch.link("circle", to: "circle")
        #expect(cause(scratch.file("circle")) == .system(ELOOP))
    }

    @Test func whatIsReadIsNotReplaced() throws {
        let path = try scratch.write("in", "data")
        InputFiles.add(path)
        scratch.link("soft", to: "in")
        #expect(link(path, scratch.file("hard")) == 0)
        for name in ["in", "./in", "../\(divided(scratch.path).name)/in", "soft", "hard"] {
            #expect(cause(scratch.file(name)) == .isInput, "\(name)")
        }
        #expect(try scratch.read("in") == "data")
    }

    @Test func aFileThatBecomesAnInputIsNotReplaced() throws {
        let path = try scratch.write("a", "old")
        let file = try ReplacedFile(path)
        InputFiles.add(path)
        do throws(FileError) {
            try file.commit()
            Issue.record("it was replaced")
        } catch { #expect(error == FileError(.write, path, .isInput)) }
        #expect(try scratch.read("a") == "old")
    }

    @Test(arguments: [0, 512, 1024, 1 << 20])
    func runsAreNotReplaced(userBlock: Int) throws {
        let path = try scratch.write(
            "run.h5", [UInt8](repeating: 7, count: userBlock) + signature + [0, 0])
        #expect(cause(path) == .holdsRun)
        #expect(throws: FileError(.write, path, .holdsRun)) { try checkReplaceable(path) }
        let file = try ReplacedFile(path, replacesRuns: true)
        try file.commit()
        #expect(try FileStatus(of: path).size == 0)
    }

    @Test func similarFilesAreReplaced() throws {
        for bytes in [[], [0x89], Array(signature.dropLast()), [0] + signature] as [[UInt8]] {
            #expect(cause(try scratch.write("a", bytes)) == nil)
        }
    }

    @Test func devicesAndPipesStay() throws {
        try replace("/dev/null")
        #expect(try FileStatus(of: "/dev/null").kind == .stream)
        let pipe = scratch.file("pipe")
        #expect(mkfifo(pipe, 0o600) == 0)
        // Looking at it opens nothing: a reader would see the end of the output.
        try checkReplaceable(pipe)
        let reader = withSystemPath(pipe) { open($0, O_RDONLY | O_NONBLOCK) }
        try replace(pipe, with: "through")
        var bytes = [UInt8](repeating: 0, count: 20)
        #expect(read(reader, &bytes, 20) == 7)
        close(reader)
        #expect(try FileStatus(of: pipe).kind == .stream)
        #expect(throws: FileError(.write, pipe, .isNotRegular)) {
            _ = try ReplacedFile(pipe, isSeekable: true)
        }
    }

    @Test func descriptorsAreWrittenTo() throws {
        let path = try scratch.write("a", "begin ")
        let descriptor = open(path, O_WRONLY | O_APPEND)
        defer { close(descriptor) }
        try replace("/dev/fd/\(descriptor)", with: "end")
        #expect(try scratch.read("a") == "begin end")
        #expect(cause("/dev/fd/999999") == .system(EBADF))
        let run = open(try scratch.write("run.h5", signature), O_WRONLY | O_APPEND)
        defer { close(run) }
        #expect(cause("/dev/fd/\(run)") == .holdsRun)
    }

    @Test func whatCannotBeWrittenIsNamed() throws {
        try scratch.write("file", "x")
        #expect(cause(scratch.path) == .isFolder)
        #expect(cause(scratch.path + "/") == .isFolder)
        #expect(cause(scratch.file(".")) == .isFolder)
        #expect(cause(scratch.file("gone/a")) == .noSuchFolder(scratch.file("gone")))
        #expect(cause(scratch.file("file/a")) == .noSuchFolder(scratch.file("file")))
        #expect(cause(scratch.file(String(repeating: "n", count: 300))) == .system(ENAMETOOLONG))
        if getuid() != 0 {
            #expect(chmod(scratch.file("file"), 0o400) == 0)
            #expect(cause(scratch.file("file")) == .system(EACCES))
        }
    }

    @Test func namesThatAreNoUTF8() throws {
        let name = decodeName([0x72, 0xE9, 0x2E, 0x68])
        try replace(scratch.file(name))
        #expect(try scratch.names() == [name])
        #expect(try system("test -f \"$(printf '\(scratch.path)/r\\351.h')\"") == 0)
    }

    @Test func namedTemporariesGoAway() throws {
        do {
            let name = TemporaryName(in: scratch.path)
            let descriptor = name.create()
            #expect(descriptor >= 0)
            close(descriptor)
            #expect(try scratch.names().count == 1)
        }
        #expect(try scratch.names() == [])
        let name = TemporaryName(in: scratch.path)
        close(name.create())
        #expect(name.rename(to: scratch.file("a")))
        #expect(try scratch.names() == ["a"])
    }

    @Test func abandonedFilesAreRemoved() throws {
        // A process that has ended, one that lives, one of another machine, one that holds a lock.
        var child: pid_t = 0
        var words: [UnsafeMutablePointer<CChar>?] = [strdup("/bin/true"), nil]
        defer { free(words[0]) }
        #expect(posix_spawn(&child, "/bin/true", nil, nil, &words, environ) == 0)
        waitpid(child, nil, 0)
        let ended = ".lamina-\(hostName())-\(child)-1.partial"
        let living = ".lamina-\(hostName())-1-1.partial"
        let elsewhere = ".lamina-elsewhere-\(child)-1.partial"
        let locked = ".lamina-\(hostName())-\(child)-2.partial"
        for name in [ended, living, elsewhere, locked] { try scratch.write(name, "x") }
        let holder = open(scratch.file(locked), O_RDONLY)
        defer { close(holder) }
        #expect(flock(holder, LOCK_EX) == 0)
        removeAbandonedFiles(in: scratch.path)
        #expect(try scratch.names() == [elsewhere, living, locked].sorted())
    }
}
