#ifndef CKERNELS_CHOSEN_H
#define CKERNELS_CHOSEN_H

// The function that `set` names, of those that were compiled for each instruction set.
#ifdef __x86_64__
#define CHOSEN(set, function) ((set) == CKERNELS_AVX2 ? avx2_##function : baseline_##function)
#else
#define CHOSEN(set, function) ((void)(set), baseline_##function)
#endif

#endif
