#include "Moments.h"

#include "Chosen.h"
#include "FourDoubles.h"

// An a * b + c is one operation wherever the instruction set has it.
#pragma STDC FP_CONTRACT ON

typedef float four_floats __attribute__((ext_vector_type(4), aligned(4)));
typedef float eight_floats __attribute__((ext_vector_type(8), aligned(4)));
typedef double eight_doubles __attribute__((ext_vector_type(8), aligned(8)));

#define FOUR_AT(address) (*(four_stored *)(address))
#define WIDENED(four) __builtin_convertvector(four, four_doubles)
#define KERNEL "MomentsKernel.h"

#define Scalar float
#define FOUR four_floats
#define EIGHT eight_floats
#define TYPE floats
#include "EachSet.h"
#undef TYPE
#undef EIGHT
#undef FOUR
#undef Scalar

#define Scalar double
#define FOUR four_stored
#define EIGHT eight_doubles
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
