#include "Moments.h"

#include "Chosen.h"

// An a * b + c is one operation wherever the instruction set has it.
#pragma STDC FP_CONTRACT ON

#define KERNEL "MomentsKernel.h"

#define Scalar float
#define TYPE floats
#include "EachSet.h"
#undef TYPE
#undef Scalar

#define Scalar double
#define TYPE doubles
#include "EachSet.h"

void ckernels_moments_of_floats(
    ckernels_set set, const float *values, size_t rows, size_t stride, size_t columns,
    double *sums, float *range) {
    CHOSEN(set, floats)(values, rows, stride, columns, sums, range);
}

void ckernels_moments_of_doubles(
    ckernels_set set, const double *values, size_t rows, size_t stride, size_t columns,
    double *sums, double *range) {
    CHOSEN(set, doubles)(values, rows, stride, columns, sums, range);
}
