#include "CBLASThreads.h"

int openblas_num_threads_env(void);

// While OpenBLAS is loaded it starts a thread for each core but one, which then spin for tens of
// milliseconds: longer than most commands run. This definition takes the place of the library's own,
// which returns what the environment asks for. A build of the library that does not ask starts its
// threads, of which none gets work: LinearAlgebra sets their number.
int openblas_num_threads_env(void) { return 1; }

int cblasthreads_is_first_call(void) {
    static _Thread_local int was_called;
    int is_first = !was_called;
    was_called = 1;
    return is_first;
}
