#ifndef CKERNELS_UPDATES_H
#define CKERNELS_UPDATES_H

#include <stddef.h>

#include "InstructionSets.h"

// Updates of parameters by their gradients, one parameter after the other.
//
// Every set gives the same bits: no multiplication is fused with an addition, and square roots and
// quotients are rounded correctly. NaN passes from a gradient to its parameter and its moments. The
// arrays must not overlap; the processor must have `set`.

// The scalars of one update. Each is rounded once to the precision of the parameters.
typedef struct ckernels_update_terms {
    // L2 decay: `decay` times the parameter is added to the gradient.
    double decay;
    // Momentum, or the share of the first moment that stays; and the share of the gradient that is
    // added.
    double keep, take;
    // The same of the second moment.
    double keep_square, take_square;
    // Added to the denominator.
    double epsilon;
    // Step size, which corrects for a first moment that began at 0.
    double rate;
    // Factor on the root of the second moment, which corrects for its start at 0.
    double root_correction;
} ckernels_update_terms;

// Gradient descent: p -= rate (g + decay p).
void ckernels_descend_floats(
    ckernels_set set, float *p, const float *g, size_t count, ckernels_update_terms terms);
void ckernels_descend_doubles(
    ckernels_set set, double *p, const double *g, size_t count, ckernels_update_terms terms);

// Gradient descent with momentum: b = keep b + (g + decay p), p -= rate b.
void ckernels_momentum_floats(
    ckernels_set set, float *p, const float *g, float *b, size_t count,
    ckernels_update_terms terms);
void ckernels_momentum_doubles(
    ckernels_set set, double *p, const double *g, double *b, size_t count,
    ckernels_update_terms terms);

// Adam: `m` and `v` are the running means of the gradient and of its square.
void ckernels_adam_floats(
    ckernels_set set, float *p, const float *g, float *m, float *v, size_t count,
    ckernels_update_terms terms);
void ckernels_adam_doubles(
    ckernels_set set, double *p, const double *g, double *m, double *v, size_t count,
    ckernels_update_terms terms);

// AdaMax: `u` is the running maximum of the gradient's magnitude.
void ckernels_adamax_floats(
    ckernels_set set, float *p, const float *g, float *m, float *u, size_t count,
    ckernels_update_terms terms);
void ckernels_adamax_doubles(
    ckernels_set set, double *p, const double *g, double *m, double *u, size_t count,
    ckernels_update_terms terms);

#endif
