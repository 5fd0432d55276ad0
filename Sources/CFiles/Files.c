#define _GNU_SOURCE
#include "CFiles.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

int cfiles_open_unnamed(const char *folder) {
    return open(folder, O_TMPFILE | O_RDWR | O_CLOEXEC, 0666);
}

int cfiles_name(int descriptor, const char *path) {
    // By way of /proc, because AT_EMPTY_PATH needs a privilege.
    char source[32];
    snprintf(source, sizeof source, "/proc/self/fd/%d", descriptor);
    return linkat(AT_FDCWD, source, AT_FDCWD, path, AT_SYMLINK_FOLLOW);
}

enum { slots = 256 };
static _Atomic(char *) remembered[slots];
static atomic_int is_telling;

static void say(const char *text) {
    ssize_t written = write(2, text, strlen(text));
    (void)written;
}

// Calls only what POSIX allows in a signal handler.
static void remove_and_end(int number) {
    int code = errno;
    for (int slot = 0; slot < slots; slot++) {
        char *path = atomic_exchange(&remembered[slot], NULL);
        if (path) unlink(path);
    }
    if (atomic_load(&is_telling)) {
        // On a terminal, a line may be drawn over and over.
        if (isatty(2)) say("\n");
        say(number == SIGINT ? "error: ended by SIGINT\n" : number == SIGTERM ? "error: ended by SIGTERM\n"
                                                                             : "error: ended by SIGHUP\n");
    }
    signal(number, SIG_DFL);
    raise(number);
    errno = code;
}

static void install(void) {
    const int numbers[] = {SIGHUP, SIGINT, SIGTERM};
    for (int i = 0; i < 3; i++) {
        struct sigaction old, new = {.sa_handler = remove_and_end};
        sigfillset(&new.sa_mask);
        // A signal that is ignored (nohup) or handled stays so.
        if (sigaction(numbers[i], NULL, &old) == 0 && old.sa_handler == SIG_DFL)
            sigaction(numbers[i], &new, NULL);
    }
}

static void install_once(void) {
    static pthread_once_t once = PTHREAD_ONCE_INIT;
    pthread_once(&once, install);
}

void cfiles_tell_of_signals(void) {
    atomic_store(&is_telling, 1);
    install_once();
}

int cfiles_remember(const char *path) {
    install_once();
    char *copy = strdup(path);
    for (int slot = 0; copy && slot < slots; slot++) {
        char *none = NULL;
        if (atomic_compare_exchange_strong(&remembered[slot], &none, copy)) return slot;
    }
    free(copy);
    return -1;
}

void cfiles_forget(int slot) {
    if (slot >= 0) free(atomic_exchange(&remembered[slot], NULL));
}

void cfiles_refuse_oversize(void) {
    struct sigaction old;
    if (sigaction(SIGXFSZ, NULL, &old) == 0 && old.sa_handler == SIG_DFL) signal(SIGXFSZ, SIG_IGN);
}
