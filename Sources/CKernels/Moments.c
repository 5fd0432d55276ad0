#include "Moments.h"

// An a * b + c is one operation wherever the instruction set has it.
#pragma STDC FP_CONTRACT ON

#define Scalar float
#define NAME baseline_floats
#include "MomentsKernel.h"
#undef NAME
#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME avx2_floats
#include "MomentsKernel.h"
#undef NAME
#pragma clang attribute pop
#endif
#undef Scalar

#define Scalar double
#define NAME baseline_doubles
#include "MomentsKernel.h"
#undef NAME
#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME avx2_doubles
#include "MomentsKernel.h"
#undef NAME
#pragma clang attribute pop
#define CHOSEN(set, type) ((set) == CKERNELS_AVX2 ? avx2_##type : baseline_##type)
#else
#define CHOSEN(set, type) ((void)(set), baseline_##type)
#endif

void ckernels_moments_of_floats(
    ckernels_set set, const float *values, size_t rows, size_t stride, size_t columns,
    double *sums) {
    CHOSEN(set, floats)(values, rows, stride, columns, sums);
}

void ckernels_moments_of_doubles(
    ckernels_set set, const double *values, size_t rows, size_t stride, size_t columns,
    double *sums) {
    CHOSEN(set, doubles)(values, rows, stride, columns, sums);
}
