#pragma once

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

/// Why a process ends itself.
enum {
    /// A fault (SIGSEGV and its like) while a file was read.
    CPROCESS_CRASH_READING,
    /// A fault inside the HDF5 library.
    CPROCESS_CRASH_IN_LIBRARY,
    /// A fault while results were computed.
    CPROCESS_CRASH_COMPUTING,
    /// Reading the structure of a file took too much time of a core.
    CPROCESS_STRUCTURE_TIME,
    /// Reading the structure of a file took too much memory.
    CPROCESS_STRUCTURE_MEMORY,
    /// The process took more memory than its share.
    CPROCESS_SHARE,
    CPROCESS_REASONS
};

/// What a process writes to standard error when it ends itself, around the name of the signal where
/// there is one, and its exit code.
struct cprocess_ending {
    const char *before;
    const char *after;
    int code;
};

/// Starts to watch this process: faults, and the limits below.
///
/// A fault or an exceeded limit ends the process at once with the ending that was set last, and
/// without one with an exit code that `cprocess_reason` and `cprocess_signal` read.
void cprocess_guard(void);

/// Sets the endings, one a reason; they must stay as they are until the process ends. NULL: none.
void cprocess_set_endings(const struct cprocess_ending *endings);

/// The process that made the socket `descriptor` and the one at its other end; -1 if it is no socket.
pid_t cprocess_peer(int descriptor);

/// Whether the process at the other end of a connection has closed it.
int cprocess_has_ended(int descriptor);

/// Resident bytes that the process may take; 0 for any number.
void cprocess_set_share(uint64_t bytes);

/// Ends the process when the other end of `descriptor` is closed.
void cprocess_end_with(int descriptor);

/// Seconds of a core that one call into the HDF5 library may take.
void cprocess_set_library_seconds(double seconds);

/// Surround the calls into the HDF5 library, which the caller lets one thread at a time make.
void cprocess_enter_library(void);
void cprocess_leave_library(void);

/// Surround the reading of a file's structure, which is to take at most so many seconds of a core
/// and so many bytes more than there are.
void cprocess_enter_structure(double seconds, uint64_t bytes);
void cprocess_leave_structure(void);

/// Surround computations, in which a fault is no fault of a file.
void cprocess_enter_computation(void);
void cprocess_leave_computation(void);

/// The reason for which a process without endings ended with `code`; -1 if it did not end itself.
int cprocess_reason(int code);
/// The signal behind such a code; 0 if there was none.
int cprocess_signal(int code);
/// "SIGSEGV"; "a signal" for signals that are rare.
const char *cprocess_signal_name(int signal);
