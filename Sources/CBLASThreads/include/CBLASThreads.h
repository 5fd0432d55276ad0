#ifndef CBLASTHREADS_H
#define CBLASTHREADS_H

// 1 the first time that a thread asks, then 0.
int cblasthreads_is_first_call(void);

#endif
