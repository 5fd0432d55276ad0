import Dispatch

/// Calls `body` with 0 ..< `count`, on all cores, and returns when every call has ended.
///
/// The calls must write to disjoint memory. To give the same bits on any number of cores, `count`
/// and what each call does must not depend on how many cores there are. Within
/// ``onOneCore(_:)`` the calls follow one another.
public func concurrently(_ count: Int, _ body: (Int) -> Void) {
    guard count > 1, !OneCore.isEnough else { return (0..<count).forEach(body) }
    withoutActuallyEscaping(body) { body in
        // Unchecked: the closure is called only until `concurrentPerform` returns.
        struct Job: @unchecked Sendable { let call: (Int) -> Void }
        let job = Job(call: body)
        DispatchQueue.concurrentPerform(iterations: count) { job.call($0) }
    }
}

/// Runs `body`, and the tasks it starts, without spreading its loops over the cores: for work that
/// goes on beside as much other work as there are cores.
public func onOneCore<R>(_ body: () async throws -> R) async rethrows -> R {
    try await OneCore.$isEnough.withValue(true, operation: body)
}

/// The same for work that starts no tasks.
public func withOneCore<R>(_ body: () throws -> R) rethrows -> R {
    try OneCore.$isEnough.withValue(true, operation: body)
}

private enum OneCore {
    @TaskLocal static var isEnough = false
}
