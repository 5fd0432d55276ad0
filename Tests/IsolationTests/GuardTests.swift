import CommandTesting
import Foundation
import Testing

@testable import Isolation

private let probe = BuiltCommand(name: "isolation-probe")

/// A process that is watched ends with a line and an exit code of the contract.
@Suite struct GuardTests {
    @Test(arguments: [
        ("library", 65, "the HDF5 library crashed (SIGSEGV)"),
        ("library-overflow", 65, "the HDF5 library crashed (SIGSEGV)"),
        ("library-abort", 65, "the HDF5 library crashed (SIGABRT)"),
        ("library-loop", 65, "reading its structure does not end"),
        ("reading", 65, "reading it crashed (SIG"),
        ("computing", 70, "computing its results crashed (SIG"),
        ("structure-loop", 65, "reading its structure does not end"),
        ("structure-memory", 65, "its structure takes more memory"),
        ("share", 65, "it needs more memory than there is"),
    ])
    func aFaultIsALineAndACode(_ how: String, _ code: Int, _ words: String) throws {
        let outcome = try probe(how)
        #expect(Int(outcome.code) == code, "\(outcome.errors)")
        #expect(outcome.errorLines.count == 1, "\(outcome.errors)")
        #expect(outcome.errors.contains("error: a.h5: \(words)"), "\(outcome.errors)")
    }

    @Test func nothingElseIsAFault() throws {
        let outcome = try probe("fine")
        #expect(outcome.code == 0)
        #expect(outcome.output == "nothing happened\n")
        #expect(outcome.errors.isEmpty)
    }

    /// Signals from outside are somebody's wish, whatever their number.
    @Test func aSignalFromOutsideEndsAsUsual() throws {
        let process = Process()
        process.executableURL = BuiltCommand.folder.appending(path: "isolation-probe")
        process.arguments = ["wait"]
        process.standardError = FileHandle.nullDevice
        try process.run()
        Thread.sleep(forTimeInterval: 0.5)
        kill(process.processIdentifier, SIGSEGV)
        process.waitUntilExit()
        #expect(process.terminationReason == .uncaughtSignal)
        #expect(process.terminationStatus == SIGSEGV)
    }
}

/// A request that kills its process takes no other with it.
@Suite struct WorkerTests {
    @Test func lossesAreToldAndOthersAnswered() throws {
        let outcome = try probe(
            "pool", "one", "two", "library", "three", "computing", "killed", "exit", "memory",
            "four")
        #expect(outcome.code == 0, "\(outcome.errors)")
        let lines = outcome.output.split(separator: "\n").map(String.init)
        try #require(lines.count == 9, "\(outcome.output)")
        #expect(lines[0].hasPrefix("one by ") && lines[1].hasPrefix("two by "))
        // The same process as long as it lives.
        #expect(lines[0].split(separator: " ").last == lines[1].split(separator: " ").last)
        #expect(lines[2].hasPrefix("library: the HDF5 library crashed (SIGSEGV)"))
        #expect(lines[3].hasPrefix("three by "))
        #expect(lines[4].hasPrefix("computing: computing its results crashed (SIG"))
        #expect(lines[5].hasPrefix("killed: its process was killed (SIGKILL)"))
        #expect(lines[6] == "exit: its process ended without an answer")
        // A quarter of 2 GB.
        #expect(
            lines[7].hasPrefix("memory: it needs more memory than there is for one of 4 runs"))
        #expect(lines[8].hasPrefix("four by "))
        #expect(outcome.errors.isEmpty)
    }

    /// A worker whose parent was killed ends by itself, also in the middle of a request.
    @Test func workersEndWithTheProcessThatStartedThem() throws {
        let process = Process()
        process.executableURL = BuiltCommand.folder.appending(path: "isolation-probe")
        process.arguments = ["pool", "wait"]
        try process.run()
        let parent = process.processIdentifier
        var children: [String] = []
        for _ in 0..<100 where children.isEmpty {
            Thread.sleep(forTimeInterval: 0.1)
            children = Self.children(of: parent)
        }
        let child = try #require(children.first)
        kill(parent, SIGKILL)
        process.waitUntilExit()
        var isThere = true
        for _ in 0..<100 where isThere {
            Thread.sleep(forTimeInterval: 0.1)
            // A process that ended may wait for whoever adopted it.
            let status = try? String(contentsOfFile: "/proc/\(child)/stat", encoding: .utf8)
            isThere = status.map { !$0.contains(") Z ") } ?? false
        }
        #expect(!isThere)
    }

    private static func children(of process: pid_t) -> [String] {
        let path = "/proc/\(process)/task"
        let threads = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        return threads.flatMap { thread in
            let text = try? String(contentsOfFile: "\(path)/\(thread)/children", encoding: .utf8)
            return (text ?? "").split(separator: " ").map(String.init)
        }
    }

    /// Anybody may set a variable.
    @Test func aVariableAloneMakesNoWorker() throws {
        for value in ["3 1 1e9", "0 4 1", "x", "-1 1 1"] {
            let outcome = try probe.run(["fine"], environment: ["LAMINA_WORKER": value])
            #expect(outcome.output == "nothing happened\n")
        }
    }
}

@Suite struct WireTests {
    @Test func everythingComesBackBitForBit() throws {
        let nan = Double(bitPattern: 0x7FF8_0000_0000_1234)
        var writer = WireWriter()
        writer.write(-5)
        writer.write(nan)
        writer.write(true)
        writer.write("größer\u{10FFC3}\0")
        writer.write([0.1, -0.0, .infinity, nan])
        writer.write([Int.min, 7])
        writer.write(["a", ""]) { $0.write($1) }
        writer.write(nil as Int?) { $0.write($1) }
        writer.write(3 as Int?) { $0.write($1) }
        var reader = WireReader(writer.bytes)
        #expect(try reader.integer() == -5)
        #expect(try reader.number().bitPattern == nan.bitPattern)
        #expect(try reader.flag())
        #expect(try reader.text() == "größer\u{10FFC3}\0")
        #expect(
            try reader.numbers().map(\.bitPattern)
                == [0.1, -0.0, .infinity, nan].map(\.bitPattern))
        #expect(try reader.integers() == [.min, 7])
        #expect(
            try reader.list { reader throws(WireReader.Mismatch) in try reader.text() } == [
                "a", "",
            ])
        #expect(
            try reader.optional { reader throws(WireReader.Mismatch) in try reader.integer() }
                == nil)
        #expect(
            try reader.optional { reader throws(WireReader.Mismatch) in try reader.integer() } == 3)
    }

    @Test func cutBytesAreAnError() {
        var writer = WireWriter()
        writer.write([1.0, 2.0])
        var cut = WireReader(Array(writer.bytes.dropLast()))
        #expect(throws: WireReader.Mismatch.self) { try cut.numbers() }
        var claimed = WireWriter()
        claimed.write(Int.max)
        var reader = WireReader(claimed.bytes)
        #expect(throws: WireReader.Mismatch.self) { try reader.text() }
    }
}
