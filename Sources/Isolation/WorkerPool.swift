import Glibc
import Synchronization

/// Processes that answer requests, each one after the other: a request that kills its process takes
/// no other with it.
///
/// A process is started when it is needed, kept while it lives, and ends with this one, however
/// that ends. See ``Worker`` for the other side.
public final class WorkerPool: Sendable {
    private struct Process {
        let number: pid_t
        let channel: Channel
    }

    private let idle = Mutex<[Process]>([])
    private let jobs: Int
    private let memory: Double

    /// A pool without processes.
    ///
    /// - Parameters:
    ///   - jobs: the requests that are made at the same time.
    ///   - memory: the bytes that all processes together may take.
    /// - Precondition: `jobs` is positive.
    public init(jobs: Int, memory: Double = MemoryShare.bytes) {
        precondition(jobs > 0, "\(jobs) jobs")
        self.jobs = jobs
        self.memory = memory
    }

    deinit { end() }

    /// Ends all processes that wait for requests.
    public func end() {
        let all = idle.withLock { idle in
            defer { idle = [] }
            return idle
        }
        for process in all {
            close(process.channel.descriptor)
            kill(process.number, SIGKILL)
            _ = Self.status(of: process.number)
        }
    }

    /// The answer to `request`; the thread waits for it.
    ///
    /// - Parameters:
    ///   - request: what the worker's function gets.
    ///   - onProgress: called with how much of how much is done.
    /// - Returns: what that function returns.
    /// - Throws: ``Loss`` if the process ended instead, or could not be started.
    public func answer(
        to request: [UInt8], onProgress: (_ done: Int, _ total: Int) -> Void = { _, _ in }
    ) throws(Loss) -> [UInt8] {
        while let process = idle.withLock({ $0.popLast() }) {
            // One that somebody killed while it waited has not begun with the request.
            if process.channel.send(.request, request) {
                return try answer(of: process, onProgress)
            }
            _ = loss(of: process)
        }
        let process = try start()
        _ = process.channel.send(.request, request)
        return try answer(of: process, onProgress)
    }

    /// The answer to `request`, awaited without keeping a thread of the cooperative pool.
    ///
    /// - Throws: ``Loss`` if the process ended instead, or could not be started.
    public func answer(to request: [UInt8]) async throws(Loss) -> [UInt8] {
        let result = await withCheckedContinuation { continuation in
            onThread {
                let result = Result { () throws(Loss) in try self.answer(to: request) { _, _ in } }
                continuation.resume(returning: result)
            }
        }
        return try result.get()
    }

    private func answer(
        of process: Process, _ onProgress: (Int, Int) -> Void
    ) throws(Loss) -> [UInt8] {
        while let (kind, payload) = process.channel.receive() {
            switch kind {
            case .answer:
                idle.withLock { $0.append(process) }
                return payload
            case .progress:
                var reader = WireReader(payload)
                if let done = try? reader.integer(), let total = try? reader.integer() {
                    onProgress(done, total)
                }
            case .request: break
            }
        }
        throw loss(of: process)
    }

    private func loss(of process: Process) -> Loss {
        close(process.channel.descriptor)
        // Its connection is closed, so that it is dead or will be at once.
        return Loss(status: Self.status(of: process.number), jobs: jobs)
    }

    private static func status(of process: pid_t) -> Int32 {
        var status: Int32 = 0
        while waitpid(process, &status, 0) < 0, errno == EINTR {}
        return status
    }

    /// Starts this program again as a worker.
    private func start() throws(Loss) -> Process {
        var pair: [Int32] = [-1, -1]
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        guard socketpair(AF_UNIX, type, 0, &pair) == 0 else { throw Loss(startFailure: errno) }
        defer { close(pair[1]) }
        var actions = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&actions)
        defer { posix_spawn_file_actions_destroy(&actions) }
        posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
        for stream: Int32 in 1...2 {
            posix_spawn_file_actions_addopen(&actions, stream, "/dev/null", O_WRONLY, 0)
        }
        // The same number in the new program, whatever others there are; it stays open there.
        posix_spawn_file_actions_adddup2(&actions, pair[1], pair[1])
        let told = Worker.description(pair[1], jobs: jobs, memory: memory / Double(jobs))
        var variables: [UnsafeMutablePointer<CChar>?] = []
        var next = environ
        while let variable = next.pointee {
            variables.append(variable)
            next += 1
        }
        let own = strdup("\(Worker.variable)=\(told)")
        defer { free(own) }
        variables += [own, nil]
        var child: pid_t = 0
        // The file that runs, also if another has taken its place meanwhile.
        let code = posix_spawn(
            &child, "/proc/self/exe", &actions, nil, CommandLine.unsafeArgv, variables)
        guard code == 0 else {
            close(pair[0])
            throw Loss(startFailure: code)
        }
        return Process(number: child, channel: Channel(descriptor: pair[0]))
    }
}

/// Runs `body` on a thread of its own, which may wait.
private func onThread(_ body: @escaping @Sendable () -> Void) {
    final class Body: Sendable {
        let run: @Sendable () -> Void
        init(_ run: @escaping @Sendable () -> Void) { self.run = run }
    }
    var attributes = pthread_attr_t()
    pthread_attr_init(&attributes)
    defer { pthread_attr_destroy(&attributes) }
    pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
    var thread = pthread_t()
    let context = Unmanaged.passRetained(Body(body))
    let code = pthread_create(
        &thread, &attributes,
        { context in
            if let context { Unmanaged<Body>.fromOpaque(context).takeRetainedValue().run() }
            return nil
        }, context.toOpaque())
    // No more threads: then this one waits.
    if code != 0 { context.takeRetainedValue().run() }
}
