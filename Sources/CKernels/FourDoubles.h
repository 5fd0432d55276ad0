#ifndef CKERNELS_FOUR_DOUBLES_H
#define CKERNELS_FOUR_DOUBLES_H

// Clang's vectors of four numbers: one register of AVX2, two of SSE2 or NEON.

// The place of an argument depends on the instruction set; what takes one is inlined.
#pragma clang diagnostic ignored "-Wpsabi"
#define INLINED static inline __attribute__((always_inline))

typedef double four_doubles __attribute__((ext_vector_type(4)));
// Four consecutive numbers of an array.
typedef double four_stored __attribute__((ext_vector_type(4), aligned(8)));
typedef long four_integers __attribute__((ext_vector_type(4)));

#endif
