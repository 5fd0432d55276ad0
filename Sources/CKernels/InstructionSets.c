#include "InstructionSets.h"

int ckernels_supports(ckernels_set set) {
    if (set == CKERNELS_BASELINE) return 1;
#ifdef __x86_64__
    if (set == CKERNELS_AVX2) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
#endif
    return 0;
}

ckernels_set ckernels_best_set(void) {
    return ckernels_supports(CKERNELS_AVX2) ? CKERNELS_AVX2 : CKERNELS_BASELINE;
}
