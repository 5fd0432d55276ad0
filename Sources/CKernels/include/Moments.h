#ifndef CKERNELS_MOMENTS_H
#define CKERNELS_MOMENTS_H

#include <stddef.h>

#include "InstructionSets.h"

// Columns for which there is room in the sums.
enum { CKERNELS_MOMENTS_STRIPE = 512 };

// Adds the deviations of `rows` rows from a shift, and their squares, to sums by column, and widens
// the range of each column.
//
// The sums are three blocks of CKERNELS_MOMENTS_STRIPE: shifts, which are only read, deviations and
// squares; the range is two: least and largest values. A value that is not a number leaves the range
// as it is and spoils the two sums of its column. At most CKERNELS_MOMENTS_STRIPE columns; the
// processor must have `set`.
void ckernels_moments_of_floats(
    ckernels_set set, const float *values, size_t rows, size_t stride, size_t columns,
    double *sums, float *range);

// The same for values in double precision.
void ckernels_moments_of_doubles(
    ckernels_set set, const double *values, size_t rows, size_t stride, size_t columns,
    double *sums, double *range);

#endif
