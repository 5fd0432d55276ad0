#define _GNU_SOURCE
#include "Watch.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

/// What the thread does, for the reason of a fault in it.
static _Thread_local int library_depth;
static _Thread_local int computation_depth;
static _Thread_local int structure_depth;
static _Thread_local int has_stack;

static atomic_int is_guarded;
static atomic_int is_ending;
static _Atomic(const struct cprocess_ending *) endings;
static pthread_key_t stack_key;
static _Atomic double library_seconds = 10;

/// A frame with AMX registers takes 11 kB.
enum { STACK_BYTES = 1 << 16 };

static const struct {
    int number;
    const char *name;
} faults[] = {
    {SIGSEGV, "SIGSEGV"}, {SIGBUS, "SIGBUS"}, {SIGILL, "SIGILL"}, {SIGFPE, "SIGFPE"}, {SIGABRT, "SIGABRT"},
    {SIGTRAP, "SIGTRAP"}, {SIGKILL, "SIGKILL"}, {SIGTERM, "SIGTERM"}, {SIGXCPU, "SIGXCPU"}, {SIGINT, "SIGINT"},
};
/// The first so many of `faults` are caught.
enum { CAUGHT = 6, ALL = sizeof faults / sizeof *faults };

const char *cprocess_signal_name(int signal) {
    for (int index = 0; index < ALL; index++)
        if (faults[index].number == signal) return faults[index].name;
    return "a signal";
}

enum { FIRST_CODE = 80, SIGNALS = 32 };

int cprocess_reason(int code) {
    int reason = (code - FIRST_CODE) / SIGNALS;
    if (code < FIRST_CODE) return -1;
    if (reason <= CPROCESS_CRASH_COMPUTING) return reason;
    reason = code - (FIRST_CODE + 3 * SIGNALS) + CPROCESS_STRUCTURE_TIME;
    return reason < CPROCESS_REASONS ? reason : -1;
}

int cprocess_signal(int code) {
    int reason = cprocess_reason(code);
    return reason >= 0 && reason <= CPROCESS_CRASH_COMPUTING ? (code - FIRST_CODE) % SIGNALS : 0;
}

static void put(const char *text) {
    size_t length = strlen(text);
    while (length > 0) {
        ssize_t count = write(2, text, length);
        if (count <= 0) return;
        text += count;
        length -= (size_t)count;
    }
}

/// Calls nothing that a signal handler may not call.
void cprocess_end(int reason, int signal) {
    // Whoever comes second waits for the end.
    if (atomic_exchange(&is_ending, 1))
        for (;;) pause();
    const struct cprocess_ending *all = atomic_load(&endings);
    if (all == NULL)
        _exit(reason <= CPROCESS_CRASH_COMPUTING ? FIRST_CODE + SIGNALS * reason + signal % SIGNALS
                                                 : FIRST_CODE + 3 * SIGNALS + reason - CPROCESS_STRUCTURE_TIME);
    put(all[reason].before);
    if (signal) put(cprocess_signal_name(signal));
    put(all[reason].after);
    _exit(all[reason].code);
}

static void caught(int number, siginfo_t *information, void *context) {
    (void)context;
    if (information->si_code <= 0 && information->si_pid != getpid()) {
        // Another process sent it.
        signal(number, SIG_DFL);
        raise(number);
        return;
    }
    cprocess_end(library_depth       ? CPROCESS_CRASH_IN_LIBRARY
                 : computation_depth ? CPROCESS_CRASH_COMPUTING
                                     : CPROCESS_CRASH_READING,
                 number);
}

static void release_stack(void *stack) {
    stack_t none = {.ss_flags = SS_DISABLE};
    sigaltstack(&none, NULL);
    munmap(stack, STACK_BYTES);
}

/// A stack overflow leaves no room for a handler on the stack itself.
static void prepare_thread(void) {
    if (has_stack || !atomic_load_explicit(&is_guarded, memory_order_relaxed)) return;
    has_stack = 1;
    void *memory = mmap(NULL, STACK_BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (memory == MAP_FAILED) return;
    stack_t stack = {.ss_sp = memory, .ss_size = STACK_BYTES};
    sigaltstack(&stack, NULL);
    pthread_setspecific(stack_key, memory);
}

void cprocess_guard(void) {
    if (atomic_load(&is_guarded)) return;
    if (pthread_key_create(&stack_key, release_stack) != 0) return;
    atomic_store(&is_guarded, 1);
    prepare_thread();
    struct sigaction action = {.sa_sigaction = caught, .sa_flags = SA_SIGINFO | SA_ONSTACK | SA_RESETHAND | SA_NODEFER};
    sigemptyset(&action.sa_mask);
    for (int index = 0; index < CAUGHT; index++) sigaction(faults[index].number, &action, NULL);
    cprocess_start_watching();
}

void cprocess_set_endings(const struct cprocess_ending *all) { atomic_store(&endings, all); }

void cprocess_set_library_seconds(double seconds) { atomic_store(&library_seconds, seconds); }

void cprocess_enter_library(void) {
    prepare_thread();
    library_depth++;
    cprocess_begin(&cprocess_library, library_seconds);
}

void cprocess_leave_library(void) {
    cprocess_finish(&cprocess_library);
    library_depth--;
}

void cprocess_enter_structure(double seconds, uint64_t bytes) {
    prepare_thread();
    if (structure_depth++ > 0) return;
    cprocess_set_structure_memory(bytes);
    cprocess_begin(&cprocess_structure, seconds);
}

void cprocess_leave_structure(void) {
    if (--structure_depth > 0) return;
    cprocess_finish(&cprocess_structure);
    cprocess_set_structure_memory(0);
}

void cprocess_enter_computation(void) {
    prepare_thread();
    computation_depth++;
}

void cprocess_leave_computation(void) { computation_depth--; }
