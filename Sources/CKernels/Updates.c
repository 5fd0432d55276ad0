#include "Updates.h"

#include "Chosen.h"

// Rounding then does not depend on whether the set has fused operations.
#pragma STDC FP_CONTRACT OFF

#define KERNEL "UpdatesKernel.h"
#define JOINED(a, b) a##_##b

#define Scalar float
#define UPDATE(rule) NAME(JOINED(rule, floats))
#include "EachSet.h"
#undef UPDATE
#undef Scalar

#define Scalar double
#define UPDATE(rule) NAME(JOINED(rule, doubles))
#include "EachSet.h"
#undef UPDATE
#undef Scalar

#define UPDATES(precision, Scalar)                                                               \
    void ckernels_descend_##precision(                                                           \
        ckernels_set set, Scalar *p, const Scalar *g, size_t count,                              \
        ckernels_update_terms terms) {                                                           \
        CHOSEN(set, descend_##precision)(p, g, count, terms);                                    \
    }                                                                                            \
    void ckernels_momentum_##precision(                                                          \
        ckernels_set set, Scalar *p, const Scalar *g, Scalar *b, size_t count,                   \
        ckernels_update_terms terms) {                                                           \
        CHOSEN(set, momentum_##precision)(p, g, b, count, terms);                                \
    }                                                                                            \
    void ckernels_adam_##precision(                                                              \
        ckernels_set set, Scalar *p, const Scalar *g, Scalar *m, Scalar *v, size_t count,        \
        ckernels_update_terms terms) {                                                           \
        CHOSEN(set, adam_##precision)(p, g, m, v, count, terms);                                 \
    }                                                                                            \
    void ckernels_adamax_##precision(                                                            \
        ckernels_set set, Scalar *p, const Scalar *g, Scalar *m, Scalar *u, size_t count,        \
        ckernels_update_terms terms) {                                                           \
        CHOSEN(set, adamax_##precision)(p, g, m, u, count, terms);                               \
    }

UPDATES(floats, float)
UPDATES(doubles, double)
