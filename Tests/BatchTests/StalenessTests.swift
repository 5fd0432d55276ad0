import Analysis
import ArgumentParser
import Files
import Foundation
import Glibc
import MetricCore
import Report
import ResultStore
import Synchronization
import Testing

@testable import Batch

private struct First: Metric {
    struct Output: MetricOutput {
        var values: Object { Object() }
        var quantities: [Quantity] { [] }
        var summary: String { "" }
    }

    static let descriptor = MetricDescriptor(id: "first", title: "", abstract: "", question: "")
    var configuration = NoConfiguration()

    func output(of accumulator: MomentsAccumulator, for layer: Layer) -> Output { Output() }
}

/// How often a run was analyzed.
private final class Calls: Sendable {
    let count = Mutex(0)
}

/// A batch finds every change of a run's content, and of what computed its results.
@Suite struct StalenessTests {
    private let scratch: Scratch
    private let calls = Calls()
    private let path: String

    init() throws {
        scratch = try Scratch()
        try scratch.write("runs/a.h5", String(repeating: "x", count: 500_000))
        path = scratch.file("runs/a.h5")
    }

    /// Runs the batch; how many runs were analyzed.
    private func analyzed(followsLinks: Bool = false) async throws -> Int {
        calls.count.withLock { $0 = 0 }
        let batch = Batch(
            metrics: [ConfiguredMetric(First())], folder: scratch.file("out"), jobs: 1,
            followsLinks: followsLinks)
        let summary = try await batch.run(
            listRuns([scratch.file("runs")]),
            analyze: { [calls] run, metrics in
                calls.count.withLock { $0 += 1 }
                let text = try String(contentsOfFile: run.path, encoding: .utf8)
                return Batch.Analyzed(
                    results: metrics.map {
                        LayerResult(
                            run: run.name, layer: "fc", site: .post, metric: $0.descriptor,
                            status: .ok, samples: 1, neurons: 1,
                            values: ["y": .integer(text.utf8.count { $0 == UInt8(ascii: "y") })])
                    })
            })
        #expect(summary.failures.isEmpty)
        return calls.count.withLock { $0 }
    }

    /// A run whose values lie in another file may have changed though it has not.
    @Test func runsThatReferToOthersAreNeverCurrent() async throws {
        #expect(try await analyzed(followsLinks: true) == 1)
        #expect(try await analyzed(followsLinks: true) == 1)
        #expect(try await analyzed() == 0)
    }

    private var resultFile: String {
        Batch(metrics: [], folder: scratch.file("out"), jobs: 1)
            .resultFile(of: listRuns([scratch.file("runs")])[0])
    }

    /// Writes a letter into the middle of the run, where no part of it is longer or shorter.
    private func overwriteTheMiddle() {
        let descriptor = open(path, O_WRONLY)
        #expect(pwrite(descriptor, "y", 1, 250_000) == 1)
        close(descriptor)
    }

    private func setTime(_ seconds: Int) {
        var times = [timespec(tv_sec: seconds, tv_nsec: 0), timespec(tv_sec: seconds, tv_nsec: 0)]
        #expect(utimensat(AT_FDCWD, path, &times, 0) == 0)
    }

    @Test func aChangeInTheMiddleIsFound() async throws {
        #expect(try await analyzed() == 1)
        #expect(try await analyzed() == 0)
        overwriteTheMiddle()
        #expect(try await analyzed() == 1)
        #expect(try await analyzed() == 0)
    }

    /// As after `cp -p` or `rsync -t`: the times are those of before.
    @Test func aChangeUnderTheSameTimeIsFound() async throws {
        setTime(1_000_000_000)
        #expect(try await analyzed() == 1)
        overwriteTheMiddle()
        setTime(1_000_000_000)
        #expect(try await analyzed() == 1)
        #expect(try await analyzed() == 0)
    }

    @Test func anotherFileOfTheSameSizeAndTimeIsFound() async throws {
        setTime(1_000_000_000)
        #expect(try await analyzed() == 1)
        try scratch.write("other", String(repeating: "y", count: 500_000))
        let other = scratch.file("other")
        var times = [
            timespec(tv_sec: 1_000_000_000, tv_nsec: 0),
            timespec(tv_sec: 1_000_000_000, tv_nsec: 0),
        ]
        #expect(utimensat(AT_FDCWD, other, &times, 0) == 0)
        #expect(rename(other, path) == 0)
        #expect(try await analyzed() == 1)
    }

    /// Written twice within a tick of the clock: the times of the file are those that are stored.
    @Test func timesAsYoungAsTheDigestProveNothing() throws {
        let status = try FileStatus(of: path)
        func identity(readAt seconds: Int) -> FileIdentity {
            FileIdentity(
                status, fingerprint: 1, read: TimeStamp(seconds: seconds))
        }
        let written = status.changed.seconds
        for (read, isTrusted) in [
            (written - 100, false), (written, false), (written + 2, false), (written + 3, true),
        ] {
            let known = identity(readAt: read)
            #expect(known.isSettled == isTrusted)
            let now = try FileIdentity(of: path, known: known)
            #expect((now.fingerprint == 1) == isTrusted)
        }
    }

    @Test func aTouchedFileIsReadOnce() async throws {
        #expect(try await analyzed() == 1)
        setTime(1_000_000_000)
        #expect(try await analyzed() == 0)
        // The new time is noted.
        let head = try ResultFile(at: resultFile).head
        #expect(head.identity?.modified.seconds == 1_000_000_000)
        #expect(try ResultFile(at: resultFile).results(includesArrays: true).count == 1)
    }

    @Test(arguments: [-300_000_000, 10_413_792_000])
    func timesOfAnyYear(seconds: Int) async throws {
        setTime(seconds)
        #expect(try await analyzed() == 1)
        #expect(try await analyzed() == 0)
    }

    /// Any byte of a result file that changes is found, and the file is written again.
    @Test func damagedResultsAreRepaired() async throws {
        #expect(try await analyzed() == 1)
        let whole = try readFile(resultFile)
        for offset in stride(from: 0, to: whole.count, by: 41) {
            var bytes = whole
            bytes[offset] ^= 0x20
            try Data(bytes).write(to: URL(fileURLWithPath: resultFile))
            #expect(try await analyzed() == 1, "byte \(offset)")
        }
        for length in [0, 1, whole.count / 2, whole.count - 1] {
            try Data(whole[..<length]).write(to: URL(fileURLWithPath: resultFile))
            #expect(try await analyzed() == 1, "\(length) bytes")
        }
        #expect(try await analyzed() == 0)
    }

    @Test(arguments: ["programVersion", "instructionSet"])
    func whatComputedTheResultsCounts(name: String) async throws {
        #expect(try await analyzed() == 1)
        let file = try ResultFile(at: resultFile)
        var head = file.head
        head.metrics = head.metrics.map { key in
            var key = key
            if name == "programVersion" {
                key.provenance.programVersion = "0.0.9"
            } else {
                key.provenance.instructionSet = "another"
            }
            return key
        }
        try ResultFile.write(head, kept: try file.texts(), results: [], to: resultFile)
        #expect(try await analyzed() == 1)
        #expect(try ResultFile(at: resultFile).head.metrics[0].provenance == .current)
        #expect(try await analyzed() == 0)
    }
}
