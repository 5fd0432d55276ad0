#include "Mixtures.h"

#include <math.h>

#include "Chosen.h"
#include "FourDoubles.h"

// An a * b + c is one operation wherever the instruction set has it.
#pragma STDC FP_CONTRACT ON

// Vectors of four values that are worked on at a time: 4 KB of differences and exponentials.
// Factors between 1 and 2 are multiplied within a block, so that 255 is the most.
#define BLOCK 64

#define KERNEL "MixtureKernel.h"
#include "EachSet.h"

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
