import CProcess
import Glibc
import Synchronization

/// This process as one that answers requests of the process that started it, a ``WorkerPool``.
///
/// It runs the same program with the same words of the command line, so that it makes the same
/// choices; a variable of the environment tells it what it is. Nobody reads what it prints.
public final class Worker: Sendable {
    /// This process as a worker; `nil` if it is none.
    public static let current = Worker(getenv(variable).map { String(cString: $0) })

    /// Runs that are read at the same time, by this process and others.
    public let jobs: Int
    /// Bytes that this process may take.
    public let memory: Double

    private let channel: Channel
    private let lastProgress = Mutex<ContinuousClock.Instant?>(nil)

    static let variable = "LAMINA_WORKER"

    /// What the pool says of a worker's connection and share.
    static func description(_ descriptor: Int32, jobs: Int, memory: Double) -> String {
        "\(descriptor) \(jobs) \(memory)"
    }

    private init?(_ description: String?) {
        guard let parts = description?.split(separator: " "), parts.count == 3,
            let descriptor = Int32(parts[0]), let jobs = Int(parts[1]), jobs > 0,
            let memory = Double(parts[2])
        else { return nil }
        // Not for programs that this one starts.
        unsetenv(Self.variable)
        let peer = cprocess_peer(descriptor)
        // The pool's process has died, and nobody wants what a worker would do: least of all the whole
        // work of the command, which is what a process does that is no worker.
        if peer > 0, cprocess_has_ended(descriptor) != 0 { _exit(0) }
        // A variable that somebody else has set does not make a worker.
        guard peer == getppid() else { return nil }
        _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC)
        channel = Channel(descriptor: descriptor)
        self.jobs = jobs
        self.memory = memory
    }

    /// Prepares the process to be lost: faults and limits end it with an exit code that the pool
    /// understands, and so does the end of the pool's process.
    public func start() {
        Guard.startSilently()
        Guard.limitMemory(to: memory)
        cprocess_end_with(channel.descriptor)
        // An interrupt from the keyboard reaches all processes of the command; this one ends with
        // the other, which must not take it for a loss.
        signal(SIGINT, SIG_IGN)
        signal(SIGQUIT, SIG_IGN)
        // The other process tells of these, unless it ignores them, as under nohup.
        for number in [SIGTERM, SIGHUP] {
            var old = sigaction()
            guard sigaction(number, nil, &old) == 0,
                unsafeBitCast(old.__sigaction_handler.sa_handler, to: Int.self) != 1
            else { continue }
            signal(number, SIG_DFL)
        }
        var none = rlimit(rlim_cur: 0, rlim_max: 0)
        setrlimit(Int32(RLIMIT_CORE.rawValue), &none)
        // Where memory runs out all the same, this process is to go, not the one that goes on.
        let score = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC)
        if score >= 0 {
            _ = write(score, "500", 3)
            close(score)
        }
    }

    /// Answers one request after the other with `answer`, and ends the process when no more come.
    public func serve(_ answer: @Sendable ([UInt8]) async -> [UInt8]) async -> Never {
        while let message = channel.receive(), message.kind == .request {
            guard channel.send(.answer, await answer(message.payload)) else { break }
        }
        _exit(0)
    }

    /// Tells the other process how far the request has come, at most twenty times a second.
    public func report(done: Int, of total: Int) {
        lastProgress.withLock { last in
            let now = ContinuousClock.now
            if let last, now - last < .milliseconds(50) { return }
            last = now
            var writer = WireWriter()
            writer.write(done)
            writer.write(total)
            _ = channel.send(.progress, writer.bytes)
        }
    }
}

extension MemoryShare {
    /// What this process may take of ``bytes``: all, unless it is a worker beside others.
    public static var ofThisProcess: Double { Worker.current?.memory ?? bytes }
}
