#include "Mixtures.h"

#include <math.h>

#include "Chosen.h"

// An a * b + c is one operation wherever the instruction set has it.
#pragma STDC FP_CONTRACT ON

// Vectors of four values that are worked on at a time: 4 KB of differences and exponentials.
// Factors between 1 and 2 are multiplied within a block, so that 255 is the most.
#define BLOCK 64

#define NAME(function) baseline_##function
#include "MixtureKernel.h"
#undef NAME

#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME(function) avx2_##function
#include "MixtureKernel.h"
#undef NAME
#pragma clang attribute pop
#endif

int ckernels_supports(ckernels_set set) {
    if (set == CKERNELS_BASELINE) return 1;
#ifdef __x86_64__
    if (set == CKERNELS_AVX2) {
        return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
    }
#endif
    return 0;
}

ckernels_mixture ckernels_mixture_with_features(
    ckernels_set set, const double *values, const double *features, size_t count,
    ckernels_form first, ckernels_form second) {
    return CHOSEN(set, with_features)(values, features, count, first, second);
}

ckernels_mixture ckernels_mixture_with_squares(
    ckernels_set set, const double *values, double center, size_t count, ckernels_form first,
    ckernels_form second) {
    return CHOSEN(set, with_squares)(values, center, count, first, second);
}

void ckernels_exponential(ckernels_set set, const double *numbers, double *results, size_t count) {
    CHOSEN(set, exponentials)(numbers, results, count);
}
