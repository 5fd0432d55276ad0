internal import Glibc
internal import Synchronization

/// SIGINT, SIGTERM and SIGHUP while work is under way that is to be left in order: it asks whether a
/// signal came, ends what it does, and then ends the process by the signal.
public enum Interruption {
    private static let number = Atomic<Int32>(0)

    /// Whether a signal came.
    public static var came: Bool { number.load(ordering: .relaxed) != 0 }

    /// Waits for signals from now on; a second one ends the process at once.
    public static func wait() {
        // A signal handler must not be the first to use a global.
        _ = came
        // Whoever started this process may have blocked them in the thread that did.
        var all = sigset_t()
        sigemptyset(&all)
        for signal in [SIGINT, SIGTERM, SIGHUP] { sigaddset(&all, signal) }
        pthread_sigmask(SIG_UNBLOCK, &all, nil)
        for signal in [SIGINT, SIGTERM, SIGHUP] {
            var old = sigaction()
            // A signal that is ignored, as under nohup, stays so.
            guard sigaction(signal, nil, &old) == 0,
                unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) != 1
            else { continue }
            var new = sigaction()
            new.__sigaction_handler.sa_handler = {
                Interruption.number.store($0, ordering: .relaxed)
            }
            new.sa_flags = Int32(bitPattern: UInt32(SA_RESETHAND))
            sigaction(signal, &new, nil)
        }
    }

    /// Ends the process by the signal that came.
    public static func end() -> Never {
        let signal = number.load(ordering: .relaxed)
        var standard = sigaction()
        sigaction(signal, &standard, nil)
        raise(signal)
        _exit(128 + signal)
    }
}
