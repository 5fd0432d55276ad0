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

/// Runs `body` with OpenBLAS limited to `threads`.
///
/// The library's default, a thread for each core of the host, makes results depend on the machine
/// and oversubscribes it when products already run side by side; everything here runs with one
/// thread a product unless it says otherwise.
public func withBLASThreads<R, E: Error>(_ threads: Int, _ body: () throws(E) -> R) throws(E) -> R {
    useOneBLASThread()
    let before = openblas_get_num_threads()
    openblas_set_num_threads(Int32(threads))
    defer { openblas_set_num_threads(before) }
    return try body()
}

private let oneBLASThread: Void = openblas_set_num_threads(1)

/// Limits OpenBLAS to one thread a product, once in the life of the process; called before any
/// product.
func useOneBLASThread() { oneBLASThread }
