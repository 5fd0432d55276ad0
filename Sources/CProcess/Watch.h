#pragma once

#include "CProcess.h"

#include <stdatomic.h>
#include <time.h>

/// A section of work that one thread at a time is in.
///
/// To enter and to leave costs no system call: the watching thread reads the clocks.
struct cprocess_section {
    /// Grows at each end of the section: odd while a thread is inside.
    atomic_uint_fast64_t edges;
    /// The clock of the time that the thread inside has had a core.
    _Atomic clockid_t clock;
    /// Seconds on that clock after which the section has taken too long.
    _Atomic double seconds;
};

extern struct cprocess_section cprocess_library, cprocess_structure;

void cprocess_begin(struct cprocess_section *section, double seconds);
void cprocess_finish(struct cprocess_section *section);
void cprocess_set_structure_memory(uint64_t bytes);
void cprocess_start_watching(void);
_Noreturn void cprocess_end(int reason, int signal);
