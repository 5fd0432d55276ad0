internal import CBLASThreads
internal import COpenBLAS
internal import Glibc

/// Runs `body`, one call of the BLAS or of LAPACK, on `threads` threads.
///
/// The library's default, a thread for each core of the host, would make results depend on the
/// machine and oversubscribe it where products already run side by side. Calls with one thread run
/// side by side; a call with several runs alone, because the library has one number of threads for
/// all callers.
///
/// - Parameters:
///   - threads: a number that does not depend on the machine.
///   - body: the call.
/// - Returns: what `body` returns.
/// - Precondition: `body` does not call this function.
func withBLASThreads<R>(_ threads: Int = 1, _ body: () -> R) -> R {
    BLASThreads.shared.run(threads, body)
}

/// How many threads the library has.
private struct BLASThreads: @unchecked Sendable {
    static let shared = BLASThreads()

    // Unchecked: it is never freed, and POSIX makes it safe to use from all threads.
    private let lock = UnsafeMutablePointer<pthread_rwlock_t>.allocate(capacity: 1)
    /// Whether each calling thread has a number of its own, as with OpenMP.
    private let isPerThread = openblas_get_parallel() == OPENBLAS_OPENMP

    private init() {
        var attributes = pthread_rwlockattr_t()
        pthread_rwlockattr_init(&attributes)
        // Else a call with several threads would wait until nobody else calls at all.
        pthread_rwlockattr_setkind_np(
            &attributes, Int32(PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP))
        pthread_rwlock_init(lock, &attributes)
        openblas_set_num_threads(1)
    }

    func run<R>(_ threads: Int, _ body: () -> R) -> R {
        if threads > 1 {
            return alone {
                openblas_set_num_threads(Int32(threads))
                defer { openblas_set_num_threads(1) }
                return body()
            }
        }
        // The function also resizes what all threads share.
        if isPerThread && cblasthreads_is_first_call() != 0 {
            alone { openblas_set_num_threads(1) }
        }
        pthread_rwlock_rdlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return body()
    }

    private func alone<R>(_ body: () -> R) -> R {
        pthread_rwlock_wrlock(lock)
        defer { pthread_rwlock_unlock(lock) }
        return body()
    }
}
