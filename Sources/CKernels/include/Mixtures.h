#ifndef CKERNELS_MIXTURES_H
#define CKERNELS_MIXTURES_H

#include <stddef.h>

#include "InstructionSets.h"

// The logarithm of a component's weighted density as a function of a value x and its feature g,
// ln(weight density) = constant + value_factor x + feature_factor g; all finite.
typedef struct ckernels_form {
    double constant;
    double value_factor;
    double feature_factor;
} ckernels_form;

// A component's responsibilities r summed over the values: r, r x, r g.
typedef struct ckernels_sums {
    double weight;
    double value;
    double feature;
} ckernels_sums;

// The sufficient statistics of one E-step, and the sum of ln(density).
typedef struct ckernels_mixture {
    ckernels_sums first;
    ckernels_sums second;
    double log_density;
} ckernels_mixture;

// One E-step of two components, the features of the values being `features`.
//
// `count` is at least 4, and the processor must have `set`.
ckernels_mixture ckernels_mixture_with_features(
    ckernels_set set, const double *values, const double *features, size_t count,
    ckernels_form first, ckernels_form second);

// The same with the squared deviations of the values from `center` as their features.
ckernels_mixture ckernels_mixture_with_squares(
    ckernels_set set, const double *values, double center, size_t count, ckernels_form first,
    ckernels_form second);

// e to the power of -|y| for each of `count` numbers y, a multiple of 4; to 3e-16 relative.
//
// Below -708 the result is that of -708, 3e-308.
void ckernels_exponential(ckernels_set set, const double *numbers, double *results, size_t count);

#endif
