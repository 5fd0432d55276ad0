import Files
import Glibc
import Report

/// Which runs were begun and not ended, on disk: what ran while a batch died is known to the next
/// one, which tries it last.
///
/// A text file in the folder of the results, whose lines are a sign (`+` begun, `-` ended) and the
/// name of a result file. It is locked while its batch lives, and goes away with a batch that ended
/// everything it began.
final class RunsInFlight {
    private let path: String
    private let descriptor: Int32
    /// What batches before left behind stays when a signal ends this one, which no run is to blame for.
    private let removal: RemovalBySignal?
    private var unfinished: Set<String>
    /// Those of them that this batch began, whose processes live.
    private var begun: Set<String> = []
    private static let prefix = ".lamina-in-flight-"

    /// Takes over what batches that died in `folder` left behind.
    ///
    /// - Throws: `OutputError` if nothing can be written there.
    init(in folder: String) throws(OutputError) {
        let number = String(UInt64.random(in: 0...UInt64.max), radix: 36)
        path = joined(folder, "\(Self.prefix)\(getpid())-\(number)")
        unfinished = []
        var taken: [String] = []
        for entry in (try? entries(of: folder)) ?? [] where entry.name.hasPrefix(Self.prefix) {
            let file = joined(folder, entry.name)
            let opened = withSystemPath(file) {
                open($0, O_RDWR | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)
            }
            guard opened >= 0 else { continue }
            defer { close(opened) }
            // That of a batch that lives is its own.
            guard flock(opened, LOCK_EX | LOCK_NB) == 0 else { continue }
            unfinished.formUnion(Self.unfinished(in: opened))
            taken.append(file)
        }
        removal = unfinished.isEmpty ? RemovalBySignal(of: path) : nil
        descriptor = withSystemPath(path) {
            open($0, O_WRONLY | O_CREAT | O_EXCL | O_APPEND | O_CLOEXEC, 0o666)
        }
        guard descriptor >= 0 else { throw OutputError(path: folder, code: errno) }
        flock(descriptor, LOCK_EX | LOCK_NB)
        for name in unfinished.sorted() { write("+", name) }
        for file in taken { withSystemPath(file) { _ = unlink($0) } }
    }

    deinit {
        close(descriptor)
        if unfinished.isEmpty { withSystemPath(path) { _ = unlink($0) } }
    }

    /// Whether the run of the result file `name` was begun and not ended, by whichever batch.
    func contains(_ name: String) -> Bool { unfinished.contains(name) }

    /// Notes that a run begins.
    func begin(_ name: String) {
        begun.insert(name)
        if unfinished.insert(name).inserted { write("+", name) }
    }

    /// Notes that a run has ended.
    func end(_ name: String) {
        begun.remove(name)
        if unfinished.remove(name) != nil { write("-", name) }
    }

    /// Notes that the process of a run died: the next batch tries the run last.
    func lose(_ name: String) { begun.remove(name) }

    /// Notes that an error, which is no run's fault, ended the batch.
    func endAll() { begun.forEach(end) }

    /// Adds a line in one piece; a disk that is full loses the note, not the results.
    private func write(_ sign: String, _ name: String) {
        let line = Array("\(sign) \(name)\n".utf8)
        _ = Glibc.write(descriptor, line, line.count)
    }

    private static func unfinished(in descriptor: Int32) -> Set<String> {
        var bytes: [UInt8] = []
        var piece = [UInt8](repeating: 0, count: 1 << 16)
        // A batch notes two lines for a run; this is more than a million of them.
        while bytes.count < 1 << 28, case let count = read(descriptor, &piece, piece.count),
            count > 0
        {
            bytes += piece[..<count]
        }
        var names: Set<String> = []
        for line in bytes.split(separator: UInt8(ascii: "\n")) where line.count > 2 {
            let name = String(decoding: line.dropFirst(2), as: UTF8.self)
            if line.first == UInt8(ascii: "+") { names.insert(name) } else { names.remove(name) }
        }
        return names
    }
}
