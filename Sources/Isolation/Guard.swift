import CProcess
import Dispatch
import Glibc

/// The watch over this process: a damaged file ends a command with one line and an exit code, never
/// with a signal and never not at all.
///
/// The HDF5 library crashes or loops on some damaged files. Nothing can go on in a process whose
/// memory it has overwritten, so a fault writes a line that was made before, and ends the process.
/// Faults are signals such as SIGSEGV, also from a stack overflow. A thread of its own watches the
/// time of a core and the memory that reading takes.
public enum Guard {
    /// Starts the watch; before a file is named, a fault is a mistake of this program.
    public static func start() {
        cprocess_guard()
        cprocess_set_library_seconds(6)
        setEndings { Loss($0).bugLine }
    }

    /// Starts the watch in a process that nobody reads the messages of: an exit code that
    /// ``Loss/init(exitCode:)`` understands says how the process ended.
    public static func startSilently() {
        cprocess_guard()
        cprocess_set_library_seconds(6)
        cprocess_set_endings(nil)
    }

    /// Names the file that is read from now on, for the line that tells of a fault.
    ///
    /// - Parameters:
    ///   - name: the file as people read it, without control characters.
    ///   - path: where it is; a large file may take longer.
    ///   - start: what stands before the line, to clear one that is drawn over and over.
    public static func read(_ name: String, at path: String, lineStart start: String = "") {
        setEndings { Loss($0).line(name, start: start) }
        allowTime(for: path)
        limitMemory(to: MemoryShare.ofThisProcess)
    }

    /// Runs `body`, which reads the file at `path`, in a program that does other work before and after.
    ///
    /// The watch starts with the first file. Afterwards a fault is a mistake of this program again, and
    /// nothing is limited. One file is read so at a time; others wait.
    ///
    /// - Parameters:
    ///   - name: the file as people read it, without control characters.
    ///   - path: where it is; a large file may take longer.
    ///   - isAlone: whether the process does nothing else meanwhile, so that its memory tells what the
    ///     file takes.
    ///   - body: reads the file.
    /// - Returns: what `body` returns.
    /// - Throws: what `body` throws.
    public static func whileReading<R, E: Error>(
        _ name: String, at path: String, isAlone: Bool = true, _ body: () throws(E) -> R
    ) throws(E) -> R {
        reading.wait()
        defer { reading.signal() }
        start()
        setEndings { Loss($0).line(name, start: "") }
        allowTime(for: path)
        if isAlone { limitMemory(to: MemoryShare.ofThisProcess) }
        defer {
            setEndings { Loss($0).bugLine }
            limitLibraryCalls(toSeconds: .infinity)
            limitMemory(to: .infinity)
        }
        return try body()
    }

    private static let reading = DispatchSemaphore(value: 1)

    /// Gives calls of the library the time that the file at `path` can need: decoding a chunk of
    /// 1 GiB takes 3 seconds.
    public static func allowTime(for path: String) {
        limitLibraryCalls(toSeconds: 6 + megabytes(of: path) / 10)
    }

    /// The most seconds of a core that one call of the library may take.
    public static func limitLibraryCalls(toSeconds seconds: Double) {
        cprocess_set_library_seconds(seconds)
    }

    /// The most resident memory that this process may take, in bytes.
    public static func limitMemory(to bytes: Double) {
        cprocess_set_share(bytes < 0x1p63 ? UInt64(max(bytes, 1)) : 0)
    }

    /// Runs `body`, which reads the structure of the file at `path`: what objects there are, and
    /// how they are stored.
    ///
    /// What it may take grows with the file: 5 seconds and one more for each MB, and twice the file
    /// beside 512 MiB. Only a damaged file needs more.
    public static func readingStructure<R, E: Error>(
        of path: String, _ body: () throws(E) -> R
    ) throws(E) -> R {
        let megabytes = megabytes(of: path)
        return try readingStructure(
            seconds: 5 + megabytes, bytes: (512 << 20) + Int(2e6 * megabytes), body)
    }

    /// Runs `body`, which may take so many seconds of a core, and so many bytes more than the
    /// process has.
    public static func readingStructure<R, E: Error>(
        seconds: Double, bytes: Int, _ body: () throws(E) -> R
    ) throws(E) -> R {
        cprocess_enter_structure(seconds, UInt64(max(bytes, 1)))
        defer { cprocess_leave_structure() }
        return try body()
    }

    /// Runs `body`, in which a fault is a mistake of this program rather than of a file.
    public static func computing<R, E: Error>(_ body: () throws(E) -> R) throws(E) -> R {
        cprocess_enter_computation()
        defer { cprocess_leave_computation() }
        return try body()
    }

    /// Tells that this thread, and no other until it leaves, calls the HDF5 library.
    public static func enterLibrary() { cprocess_enter_library() }

    /// Tells that this thread has left the HDF5 library.
    public static func leaveLibrary() { cprocess_leave_library() }

    private static func megabytes(of path: String) -> Double {
        var information = stat()
        guard stat(path, &information) == 0 else { return 0 }
        return Double(max(0, information.st_size)) / 1e6
    }

    /// The lines stay for the life of the process, which may end at any time.
    private static func setEndings(
        _ line: (Loss.Reason) -> (before: String, after: String, code: Int32)
    ) {
        let endings = UnsafeMutablePointer<cprocess_ending>.allocate(
            capacity: Loss.Reason.allCases.count)
        for reason in Loss.Reason.allCases {
            let line = line(reason)
            (endings + Int(reason.rawValue)).initialize(
                to: cprocess_ending(
                    before: strdup(line.before), after: strdup(line.after), code: line.code))
        }
        cprocess_set_endings(endings)
    }
}
