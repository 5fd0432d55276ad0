#define _GNU_SOURCE
#include "Watch.h"

#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

struct cprocess_section cprocess_library, cprocess_structure;
static _Atomic int statm = -1;
static atomic_int companion = -1;
static atomic_uint_fast64_t share, structure_limit;

/// Looks at the sections so often: a file that takes memory without end gets 1 GB in this time on
/// fast machines only if no page has to be cleared.
static const struct timespec interval = {.tv_nsec = 50000000};

void cprocess_begin(struct cprocess_section *section, double seconds) {
    clockid_t clock;
    if (pthread_getcpuclockid(pthread_self(), &clock) != 0) return;
    atomic_store_explicit(&section->clock, clock, memory_order_relaxed);
    atomic_store_explicit(&section->seconds, seconds, memory_order_relaxed);
    atomic_fetch_add_explicit(&section->edges, 1, memory_order_release);
}

void cprocess_finish(struct cprocess_section *section) {
    atomic_fetch_add_explicit(&section->edges, 1, memory_order_release);
}

/// Resident bytes; 0 if that is not known.
static uint64_t resident(void) {
    char text[128];
    ssize_t count = statm < 0 ? -1 : pread(statm, text, sizeof text - 1, 0);
    if (count <= 0) return 0;
    text[count] = 0;
    char *rest;
    strtoull(text, &rest, 10);
    return strtoull(rest, NULL, 10) * (uint64_t)sysconf(_SC_PAGESIZE);
}

void cprocess_set_structure_memory(uint64_t bytes) {
    atomic_store(&structure_limit, bytes == 0 ? 0 : bytes + resident());
}

void cprocess_set_share(uint64_t bytes) { atomic_store(&share, bytes); }

void cprocess_end_with(int descriptor) { atomic_store(&companion, descriptor); }

pid_t cprocess_peer(int descriptor) {
    struct ucred peer;
    socklen_t length = sizeof peer;
    return getsockopt(descriptor, SOL_SOCKET, SO_PEERCRED, &peer, &length) == 0 ? peer.pid : -1;
}

int cprocess_has_ended(int descriptor) {
    struct pollfd end = {.fd = descriptor, .events = POLLRDHUP};
    return poll(&end, 1, 0) > 0 && end.revents & (POLLRDHUP | POLLHUP | POLLERR);
}

/// A section as the watching thread saw it first.
struct sight {
    uint64_t edges;
    double start;
};

static double seconds_on(clockid_t clock) {
    struct timespec time;
    if (clock_gettime(clock, &time) != 0) return -1;
    return (double)time.tv_sec + 1e-9 * (double)time.tv_nsec;
}

static int takes_too_long(struct cprocess_section *section, struct sight *sight) {
    uint64_t edges = atomic_load_explicit(&section->edges, memory_order_acquire);
    if (edges % 2 == 0) return 0;
    double now = seconds_on(atomic_load_explicit(&section->clock, memory_order_relaxed));
    if (edges != sight->edges) {
        *sight = (struct sight){edges, now};
        return 0;
    }
    // The thread may have left meanwhile, and another may have come.
    return now >= 0 && now - sight->start > atomic_load_explicit(&section->seconds, memory_order_relaxed) &&
           atomic_load_explicit(&section->edges, memory_order_acquire) == edges;
}

static void *watch(void *unused) {
    (void)unused;
    struct sight library = {0}, structure = {0};
    for (;;) {
        nanosleep(&interval, NULL);
        if (takes_too_long(&cprocess_library, &library) || takes_too_long(&cprocess_structure, &structure))
            cprocess_end(CPROCESS_STRUCTURE_TIME, 0);
        uint64_t limit = atomic_load(&structure_limit), most = atomic_load(&share);
        if (limit || most) {
            uint64_t bytes = resident();
            if (limit && bytes > limit) cprocess_end(CPROCESS_STRUCTURE_MEMORY, 0);
            if (most && bytes > most) cprocess_end(CPROCESS_SHARE, 0);
        }
        int descriptor = atomic_load(&companion);
        if (descriptor >= 0 && cprocess_has_ended(descriptor)) _exit(0);
    }
    return NULL;
}

void cprocess_start_watching(void) {
    statm = open("/proc/self/statm", O_RDONLY | O_CLOEXEC);
    // The thread gets none of the process's signals.
    sigset_t all, before;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before);
    pthread_attr_t attributes;
    pthread_t thread;
    pthread_attr_init(&attributes);
    pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&attributes, 1 << 17);
    pthread_create(&thread, &attributes, watch, NULL);
    pthread_attr_destroy(&attributes);
    pthread_sigmask(SIG_SETMASK, &before, NULL);
}
