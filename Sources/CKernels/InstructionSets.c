#include "InstructionSets.h"

int ckernels_supports(ckernels_set set) {
    if (set == CKERNELS_BASELINE) return 1;
#ifdef __x86_64__
    int has_avx2 = __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    if (set == CKERNELS_AVX2) return has_avx2;
    if (set == CKERNELS_AVX512) return has_avx2 && __builtin_cpu_supports("avx512f");
#endif
    return 0;
}

int ckernels_has_server_avx512(void) {
#ifdef __x86_64__
    return ckernels_supports(CKERNELS_AVX512) && __builtin_cpu_supports("avx512cd") &&
        __builtin_cpu_supports("avx512bw") && __builtin_cpu_supports("avx512dq") &&
        __builtin_cpu_supports("avx512vl");
#else
    return 0;
#endif
}

ckernels_set ckernels_best_set(void) {
    if (ckernels_supports(CKERNELS_AVX512)) return CKERNELS_AVX512;
    return ckernels_supports(CKERNELS_AVX2) ? CKERNELS_AVX2 : CKERNELS_BASELINE;
}
