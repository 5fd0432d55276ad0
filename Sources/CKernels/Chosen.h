#ifndef CKERNELS_CHOSEN_H
#define CKERNELS_CHOSEN_H

// The function for `set`, of those that were compiled for the baseline and for AVX2.
#ifdef __x86_64__
#define CHOSEN(set, function) ((set) != CKERNELS_BASELINE ? avx2_##function : baseline_##function)
#else
#define CHOSEN(set, function) ((void)(set), baseline_##function)
#endif

#endif
