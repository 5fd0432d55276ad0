#include "COpenBLAS.h"

#include <dlfcn.h>
#include <pthread.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// Names under which the library is installed, the most specific first.
static const char *const names[] = {
#ifdef __APPLE__
    "libopenblas.dylib",
    "/opt/homebrew/opt/openblas/lib/libopenblas.dylib",
    "/usr/local/opt/openblas/lib/libopenblas.dylib",
#else
    "libopenblas.so.0",
    "libopenblas.so",
#endif
};

static pthread_once_t once = PTHREAD_ONCE_INIT;
static void *library;
static char problem[512];

static void load(void) {
    // Whatever the user or its own default say, it would start threads at once, which spin while
    // they wait. Those that a product is to have are started for it.
    static const char variable[] = "OPENBLAS_NUM_THREADS";
    const char *asked = getenv(variable);
    char *before = asked == NULL ? NULL : strdup(asked);
    setenv(variable, "1", 1);
    for (size_t i = 0; i < sizeof names / sizeof *names && library == NULL; i++) {
        // Lazily: it has ten thousand functions, of which a few are used.
        library = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
        const char *reason = library == NULL ? dlerror() : NULL;
        if (reason != NULL && problem[0] == 0) strncpy(problem, reason, sizeof problem - 1);
    }
    if (library != NULL) {
        problem[0] = 0;
        // A build on top of OpenMP has a number of its own.
        void (*set_threads)(int) = (void (*)(int))dlsym(library, "openblas_set_num_threads");
        if (set_threads != NULL) set_threads(1);
    }
    // Empty means none, and unlike its removal moves no other variable that somebody may be reading.
    setenv(variable, before != NULL ? before : "", 1);
    free(before);
}

int copenblas_is_available(void) {
    pthread_once(&once, load);
    return library != NULL;
}

const char *copenblas_problem(void) {
    pthread_once(&once, load);
    return problem;
}

// The address of a function, which is looked up once a call site.
static void *find(const char *name) {
    void *address = copenblas_is_available() ? dlsym(library, name) : NULL;
    if (address == NULL) {
        fprintf(
            stderr, "error: OpenBLAS cannot be used: %s; install it (Debian: libopenblas0)\n",
            library == NULL ? problem : name);
        exit(74);
    }
    return address;
}

// Calls with one thread go on side by side. The library has one number of threads for all callers, so
// that calls with several are made alone.
static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
// Threads that are beside others, threads that wait to be alone, and whether one is.
static int beside, waiting, taken;
static _Thread_local int is_alone;
// How many regions beside others are open in this thread.
static _Thread_local int depth;

// A call does not give way to who only waits to be alone: somebody who is beside others may wait for
// the call.
static void enter(int gives_way) {
    if (depth++ > 0 || is_alone) return;
    pthread_mutex_lock(&mutex);
    while (taken || (gives_way && waiting > 0)) pthread_cond_wait(&changed, &mutex);
    beside++;
    pthread_mutex_unlock(&mutex);
}

void copenblas_begin_beside(void) { enter(1); }

void copenblas_end_beside(void) {
    if (--depth > 0 || is_alone) return;
    pthread_mutex_lock(&mutex);
    if (--beside == 0) pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

// The library's function of the same name. Two threads may both look it up, with one answer.
#define LOOK_UP(name) \
    static _Atomic(void *) found; \
    void *address = found; \
    if (address == NULL) found = address = find(#name)

#define CALL(name, ...) ((__typeof__(&name))address)(__VA_ARGS__)

#define FORWARD(name, ...) \
    LOOK_UP(name); \
    enter(0); \
    CALL(name, __VA_ARGS__); \
    copenblas_end_beside()

#define RETURN_FORWARDED(type, name, ...) \
    LOOK_UP(name); \
    enter(0); \
    type result = CALL(name, __VA_ARGS__); \
    copenblas_end_beside(); \
    return result

void openblas_set_num_threads(int);

static void set_threads(int count) {
    LOOK_UP(openblas_set_num_threads);
    CALL(openblas_set_num_threads, count);
}

void copenblas_begin_alone(int threads) {
    pthread_mutex_lock(&mutex);
    // Who is beside others leaves them first, as these may wait to be alone, too.
    if (depth > 0 && --beside == 0) pthread_cond_broadcast(&changed);
    waiting++;
    while (taken || beside > 0) pthread_cond_wait(&changed, &mutex);
    waiting--;
    taken = is_alone = 1;
    pthread_mutex_unlock(&mutex);
    set_threads(threads);
}

void copenblas_end_alone(void) {
    set_threads(1);
    pthread_mutex_lock(&mutex);
    taken = is_alone = 0;
    if (depth > 0) beside++;
    pthread_cond_broadcast(&changed);
    pthread_mutex_unlock(&mutex);
}

void cblas_sgemm(
    CBLAS_ORDER order, CBLAS_TRANSPOSE at, CBLAS_TRANSPOSE bt, blasint m, blasint n, blasint k,
    float alpha, const float *a, blasint lda, const float *b, blasint ldb, float beta, float *c,
    blasint ldc) {
    FORWARD(cblas_sgemm, order, at, bt, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void cblas_dgemm(
    CBLAS_ORDER order, CBLAS_TRANSPOSE at, CBLAS_TRANSPOSE bt, blasint m, blasint n, blasint k,
    double alpha, const double *a, blasint lda, const double *b, blasint ldb, double beta,
    double *c, blasint ldc) {
    FORWARD(cblas_dgemm, order, at, bt, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

void cblas_ssyrk(
    CBLAS_ORDER order, CBLAS_UPLO triangle, CBLAS_TRANSPOSE t, blasint n, blasint k, float alpha,
    const float *a, blasint lda, float beta, float *c, blasint ldc) {
    FORWARD(cblas_ssyrk, order, triangle, t, n, k, alpha, a, lda, beta, c, ldc);
}

void cblas_dsyrk(
    CBLAS_ORDER order, CBLAS_UPLO triangle, CBLAS_TRANSPOSE t, blasint n, blasint k, double alpha,
    const double *a, blasint lda, double beta, double *c, blasint ldc) {
    FORWARD(cblas_dsyrk, order, triangle, t, n, k, alpha, a, lda, beta, c, ldc);
}

void cblas_sgemv(
    CBLAS_ORDER order, CBLAS_TRANSPOSE t, blasint m, blasint n, float alpha, const float *a,
    blasint lda, const float *x, blasint incx, float beta, float *y, blasint incy) {
    FORWARD(cblas_sgemv, order, t, m, n, alpha, a, lda, x, incx, beta, y, incy);
}

void cblas_dgemv(
    CBLAS_ORDER order, CBLAS_TRANSPOSE t, blasint m, blasint n, double alpha, const double *a,
    blasint lda, const double *x, blasint incx, double beta, double *y, blasint incy) {
    FORWARD(cblas_dgemv, order, t, m, n, alpha, a, lda, x, incx, beta, y, incy);
}

void cblas_sger(
    CBLAS_ORDER order, blasint m, blasint n, float alpha, const float *x, blasint incx,
    const float *y, blasint incy, float *a, blasint lda) {
    FORWARD(cblas_sger, order, m, n, alpha, x, incx, y, incy, a, lda);
}

void cblas_dger(
    CBLAS_ORDER order, blasint m, blasint n, double alpha, const double *x, blasint incx,
    const double *y, blasint incy, double *a, blasint lda) {
    FORWARD(cblas_dger, order, m, n, alpha, x, incx, y, incy, a, lda);
}

void cblas_saxpy(blasint n, float alpha, const float *x, blasint incx, float *y, blasint incy) {
    FORWARD(cblas_saxpy, n, alpha, x, incx, y, incy);
}

void cblas_daxpy(blasint n, double alpha, const double *x, blasint incx, double *y, blasint incy) {
    FORWARD(cblas_daxpy, n, alpha, x, incx, y, incy);
}

float cblas_sdot(blasint n, const float *x, blasint incx, const float *y, blasint incy) {
    RETURN_FORWARDED(float, cblas_sdot, n, x, incx, y, incy);
}

double cblas_ddot(blasint n, const double *x, blasint incx, const double *y, blasint incy) {
    RETURN_FORWARDED(double, cblas_ddot, n, x, incx, y, incy);
}

// Fortran passes everything by address, and the lengths of strings after all arguments.
void dsyevd_(
    const char *, const char *, const blasint *, double *, const blasint *, double *, double *,
    const blasint *, blasint *, const blasint *, blasint *, size_t, size_t);
void dsterf_(const blasint *, double *, double *, blasint *);
void dgesdd_(
    const char *, const blasint *, const blasint *, double *, const blasint *, double *, double *,
    const blasint *, double *, const blasint *, double *, const blasint *, blasint *, blasint *,
    size_t);
void dgeqrf_(
    const blasint *, const blasint *, double *, const blasint *, double *, double *,
    const blasint *, blasint *);
void dorgqr_(
    const blasint *, const blasint *, const blasint *, double *, const blasint *, const double *,
    double *, const blasint *, blasint *);

void copenblas_dsyevd(
    char job, char triangle, blasint n, double *a, blasint lda, double *w, double *work,
    blasint lwork, blasint *iwork, blasint liwork, blasint *info) {
    FORWARD(
        dsyevd_, &job, &triangle, &n, a, &lda, w, work, &lwork, iwork, &liwork, info, 1, 1);
}

void copenblas_dsterf(blasint n, double *d, double *e, blasint *info) {
    FORWARD(dsterf_, &n, d, e, info);
}

void copenblas_dgesdd(
    char job, blasint m, blasint n, double *a, blasint lda, double *s, double *u, blasint ldu,
    double *vt, blasint ldvt, double *work, blasint lwork, blasint *iwork, blasint *info) {
    FORWARD(
        dgesdd_, &job, &m, &n, a, &lda, s, u, &ldu, vt, &ldvt, work, &lwork, iwork, info, 1);
}

void copenblas_dgeqrf(
    blasint m, blasint n, double *a, blasint lda, double *tau, double *work, blasint lwork,
    blasint *info) {
    FORWARD(dgeqrf_, &m, &n, a, &lda, tau, work, &lwork, info);
}

void copenblas_dorgqr(
    blasint m, blasint n, blasint k, double *a, blasint lda, const double *tau, double *work,
    blasint lwork, blasint *info) {
    FORWARD(dorgqr_, &m, &n, &k, a, &lda, tau, work, &lwork, info);
}
