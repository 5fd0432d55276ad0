import CProcess
import Glibc

/// How a process ended that could not go on with a file.
public struct Loss: Error, Sendable, Hashable {
    /// Why a process ends itself; the numbers are those of the C code.
    public enum Reason: Int32, Sendable, Hashable, CaseIterable {
        /// A fault in this program's own reading.
        case crashReading
        /// A fault in the HDF5 library.
        case crashInLibrary
        /// A fault in a computation.
        case crashComputing
        /// The structure of the file took too much time.
        case structureTime
        /// The structure of the file took too much memory.
        case structureMemory
        /// More memory than the process may take.
        case share
    }

    /// Why the process ended itself; `nil` if something else ended it.
    public var reason: Reason?
    /// The signal's name, where there was one.
    public var signal: String?
    /// Runs that shared the memory.
    public var jobs = 1
    /// Why the process did not start, as `errno`.
    public var startFailure: Int32?

    init(_ reason: Reason) { self.reason = reason }

    init(startFailure code: Int32) { startFailure = code }

    /// The loss that the status of a process tells of, as `waitpid` gives it.
    init(status: Int32, jobs: Int) {
        self.jobs = jobs
        if status & 0x7F != 0 {
            signal = String(cString: cprocess_signal_name(status & 0x7F))
        } else {
            let code = (status >> 8) & 0xFF
            reason = Reason(rawValue: cprocess_reason(code))
            let number = cprocess_signal(code)
            if number != 0 { signal = String(cString: cprocess_signal_name(number)) }
        }
    }

    /// What happened, and what to do, in one sentence.
    public var sentence: String {
        let (before, after) = words
        return before + (signal ?? "") + after
    }

    /// The exit code of a command that loses its only file so.
    public var code: Int32 { reason == .crashComputing ? 70 : 65 }

    /// The sentence before and after the name of the signal.
    private var words: (String, String) {
        switch reason {
        case .crashReading:
            (
                "reading it crashed (",
                "): it is damaged, or it holds something unheard of; please report it"
            )
        case .crashInLibrary:
            (
                "the HDF5 library crashed (",
                ") while it read the file, which is damaged; copy or record it again"
            )
        case .crashComputing:
            ("computing its results crashed (", "), a mistake of this program; please report it")
        case .structureTime:
            ("reading its structure does not end: it is damaged; copy or record it again", "")
        case .structureMemory:
            (
                "its structure takes more memory than such a file can need: it is damaged; "
                    + "copy or record it again", ""
            )
        case .share where jobs > 1:
            (
                "it needs more memory than there is for one of \(jobs) runs at a time; "
                    + "say --jobs 1, or choose other metrics or layers", ""
            )
        case .share:
            ("it needs more memory than there is; choose other metrics or layers", "")
        case nil where signal == "SIGKILL":
            (
                "its process was killed (",
                "), as the system does where memory runs out; say --jobs 1, or choose other "
                    + "metrics or layers"
            )
        case nil where signal != nil: ("its process was ended by ", "")
        case nil where startFailure != nil:
            (
                "no process to read it could be started ("
                    + String(cString: strerror(startFailure ?? 0)) + "); say --jobs 1", ""
            )
        case nil: ("its process ended without an answer", "")
        }
    }

    /// The line of an error about the file called `name`, and the exit code.
    func line(_ name: String, start: String) -> (before: String, after: String, code: Int32) {
        let (before, after) = words
        return ("\(start)error: \(name): " + before, after + "\n", code)
    }

    /// The line where no file is read.
    var bugLine: (before: String, after: String, code: Int32) {
        switch reason {
        case .share:
            ("error: the command needs more memory than there is\n", "", 65)
        default:
            ("error: the command crashed (", "), a mistake of this program; please report it\n", 70)
        }
    }
}
