import Files
import Glibc

/// What a program left behind.
struct Finished {
    var output: [UInt8]
    var errors: [UInt8]
    /// `nil` if a signal ended it.
    var exitCode: Int32?
    var timedOut = false
}

/// Runs `program`, feeds it `input` and collects what it writes.
///
/// The program is looked up in PATH if it has no slash. All three streams are served at once, so
/// that neither side waits for the other; a program that does not read its input is no error, and
/// one that takes longer than `seconds` is killed.
///
/// - Returns: what it wrote, or the `errno` for which it could not be started.
func run(
    _ program: String, _ arguments: [String], input: [UInt8], seconds: Int
) -> Result<Finished, StartFailure> {
    // Sockets, not pipes: writing to a pipe whose reader has gone would raise SIGPIPE, here or
    // in whatever the process does at the same time.
    guard let stdin = Channel(), let stdout = Channel(),
        let stderr = Channel()
    else { return .failure(StartFailure(code: errno)) }
    let code: Int32
    let child: pid_t
    (child, code) = start(
        program, arguments, descriptors: [stdin.theirs, stdout.theirs, stderr.theirs])
    guard code == 0 else { return .failure(StartFailure(code: code)) }
    for channel in [stdin, stdout, stderr] { channel.closeTheirs() }

    var finished = Finished(output: [], errors: [])
    var sent = 0
    let deadline = seconds + now()
    while stdout.isOpen || stderr.isOpen {
        var watched = [
            pollfd(fd: stdin.ours, events: Int16(POLLOUT), revents: 0),
            pollfd(fd: stdout.ours, events: Int16(POLLIN), revents: 0),
            pollfd(fd: stderr.ours, events: Int16(POLLIN), revents: 0),
        ]
        let left = deadline - now()
        guard left > 0 else {
            finished.timedOut = true
            break
        }
        if poll(&watched, 3, Int32(clamping: left * 1000)) < 0, errno != EINTR { break }
        if watched[0].revents != 0 {
            if !stdin.send(input, from: &sent) { stdin.closeOurs() }
        }
        if watched[1].revents != 0, !stdout.receive(into: &finished.output) { stdout.closeOurs() }
        if watched[2].revents != 0, !stderr.receive(into: &finished.errors) { stderr.closeOurs() }
    }
    // Left early: a program that still writes would be waited for in vain.
    if stdout.isOpen || stderr.isOpen { kill(child, SIGKILL) }
    var status: Int32 = 0
    while waitpid(child, &status, 0) < 0 && errno == EINTR {}
    finished.exitCode = status & 0x7F == 0 ? (status >> 8) & 0xFF : nil
    return .success(finished)
}

/// Why a program did not start.
struct StartFailure: Error {
    var code: Int32
}

private func start(
    _ program: String, _ arguments: [String], descriptors: [Int32]
) -> (pid_t, Int32) {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    defer { posix_spawn_file_actions_destroy(&actions) }
    for (number, descriptor) in descriptors.enumerated() {
        posix_spawn_file_actions_adddup2(&actions, descriptor, Int32(number))
    }
    var words = ([program] + arguments).map { word in withSystemPath(word) { strdup($0) } }
    defer { for word in words { free(word) } }
    words.append(nil)
    var child: pid_t = 0
    let code = withSystemPath(program) { posix_spawnp(&child, $0, &actions, nil, words, environ) }
    return (child, code)
}

private func now() -> Int {
    var time = timespec()
    clock_gettime(CLOCK_MONOTONIC, &time)
    return time.tv_sec
}

/// Two connected descriptors, one of them for the other program.
private final class Channel {
    private(set) var ours: Int32
    private(set) var theirs: Int32
    var isOpen: Bool { ours >= 0 }

    init?() {
        var pair: [Int32] = [-1, -1]
        // Closed in other programs that another thread may be starting.
        let type = Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue)
        let code = socketpair(AF_UNIX, type, 0, &pair)
        guard code == 0 else { return nil }
        (ours, theirs) = (pair[0], pair[1])
        for descriptor in pair { _ = fcntl(descriptor, F_SETFD, FD_CLOEXEC) }
        _ = fcntl(ours, F_SETFL, O_NONBLOCK)
    }

    deinit {
        closeOurs()
        closeTheirs()
    }

    func closeOurs() {
        if ours >= 0 { close(ours) }
        ours = -1
    }

    func closeTheirs() {
        if theirs >= 0 { close(theirs) }
        theirs = -1
    }

    /// Sends what fits; false when all is sent or nobody reads.
    func send(_ bytes: [UInt8], from sent: inout Int) -> Bool {
        let flags = Int32(MSG_NOSIGNAL)
        let count = bytes[sent...].withUnsafeBytes { systemSend(ours, $0, flags) }
        if count < 0 { return errno == EAGAIN || errno == EINTR }
        sent += count
        return sent < bytes.count
    }

    /// Takes what there is; false at the end.
    func receive(into bytes: inout [UInt8]) -> Bool {
        let count = withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { buffer in
            let count = read(ours, buffer.baseAddress, buffer.count)
            if count > 0 { bytes.append(contentsOf: buffer[..<count]) }
            return count
        }
        return count > 0 || count < 0 && (errno == EAGAIN || errno == EINTR)
    }
}

private func systemSend(_ socket: Int32, _ bytes: UnsafeRawBufferPointer, _ flags: Int32) -> Int {
    Glibc.send(socket, bytes.baseAddress, bytes.count, flags)
}
