#ifndef CKERNELS_CENTRING_H
#define CKERNELS_CENTRING_H

#include <stddef.h>

#include "InstructionSets.h"

// Writes the deviations of `rows` rows from a centre by column, adds them to sums and raises
// `largest` to their magnitudes.
//
// `stride` scalars lie between rows of the values, and between those of the deviations. A deviation
// that is not a number leaves `largest` as it is and spoils the sum of its column. The same bits on
// every set; the processor must have `set`.
void ckernels_centre_floats(
    ckernels_set set, const float *values, size_t rows, size_t stride, size_t columns,
    const float *centre, float *deviations, double *sums, float *largest);

// The same with deviations, and so rounding, in double precision.
void ckernels_centre_widened(
    ckernels_set set, const float *values, size_t rows, size_t stride, size_t columns,
    const double *centre, double *deviations, double *sums, double *largest);

// The same for values in double precision.
void ckernels_centre_doubles(
    ckernels_set set, const double *values, size_t rows, size_t stride, size_t columns,
    const double *centre, double *deviations, double *sums, double *largest);

#endif
