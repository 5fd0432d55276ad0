#include "Centring.h"

#define Input float
#define Output float
#define MAGNITUDE __builtin_fabsf
#define NAME baseline_floats
#include "CentringKernel.h"
#undef NAME
#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME avx2_floats
#include "CentringKernel.h"
#undef NAME
#pragma clang attribute pop
#endif
#undef Output
#undef MAGNITUDE

#define Output double
#define MAGNITUDE __builtin_fabs
#define NAME baseline_widened
#include "CentringKernel.h"
#undef NAME
#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME avx2_widened
#include "CentringKernel.h"
#undef NAME
#pragma clang attribute pop
#endif
#undef Input

#define Input double
#define NAME baseline_doubles
#include "CentringKernel.h"
#undef NAME
#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)
#define NAME avx2_doubles
#include "CentringKernel.h"
#undef NAME
#pragma clang attribute pop
#define CHOSEN(set, type) ((set) == CKERNELS_AVX2 ? avx2_##type : baseline_##type)
#else
#define CHOSEN(set, type) ((void)(set), baseline_##type)
#endif

void ckernels_centre_floats(
    ckernels_set set, const float *values, size_t rows, size_t stride, size_t columns,
    const float *centre, float *deviations, double *sums, float *largest) {
    CHOSEN(set, floats)(values, rows, stride, columns, centre, deviations, sums, largest);
}

void ckernels_centre_widened(
    ckernels_set set, const float *values, size_t rows, size_t stride, size_t columns,
    const double *centre, double *deviations, double *sums, double *largest) {
    CHOSEN(set, widened)(values, rows, stride, columns, centre, deviations, sums, largest);
}

void ckernels_centre_doubles(
    ckernels_set set, const double *values, size_t rows, size_t stride, size_t columns,
    const double *centre, double *deviations, double *sums, double *largest) {
    CHOSEN(set, doubles)(values, rows, stride, columns, centre, deviations, sums, largest);
}
