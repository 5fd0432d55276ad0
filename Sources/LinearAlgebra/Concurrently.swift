import COpenBLAS
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

private enum OneCore {
    @TaskLocal static var isEnough = false
}

/// Runs `body` with products and decompositions on `threads` threads, while those of other callers
/// wait; elsewhere each of them has one.
///
/// The library's default, a thread for each core of the host, would make results depend on the
/// machine and oversubscribe it where products already run side by side.
func withBLASThreads<R, E: Error>(_ threads: Int, _ body: () throws(E) -> R) throws(E) -> R {
    guard threads > 1 else { return try body() }
    copenblas_begin_alone(Int32(threads))
    defer { copenblas_end_alone() }
    return try body()
}

/// Runs `body`, which keeps a core busy for milliseconds, at another time than what
/// `withBLASThreads` runs: its threads wait for each other all the time, and would for this.
public func besideOthers<R>(_ body: () -> R) -> R {
    copenblas_begin_beside()
    defer { copenblas_end_beside() }
    return body()
}

/// Loads the library for products of matrices, which the first of them would have to wait for.
public func prepareProducts() { _ = copenblas_is_available() }
