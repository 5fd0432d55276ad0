#include "GramKernels.h"

#ifdef __x86_64__
#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)

#define LANES 16
// With 32 columns, the sums fill 16 of the 32 registers, and eight rows are a part of a panel: the
// tile's rows are read from the panels, too, each element for two multiplications.
#define MICRO 8
#define LEFT_STEP AVX512_PANEL
// The processor's own prefetching follows the two panels.
#define FETCH_LEFT(a)

typedef struct {
    const float *panels;
    size_t panel_stride;
} left_slab;

static inline __attribute__((always_inline)) const float *left_panel(left_slab slab, size_t row) {
    return slab.panels + row / AVX512_PANEL * slab.panel_stride + row % AVX512_PANEL;
}

#include "GramKernel.h"

void avx512_gram_add(
    const float *panels, size_t panel_stride, size_t rows, ckernels_gram_tile tile, double factor,
    size_t columns, float *scratch, double *lower, size_t stride) {
    (void)scratch;
    add_tile(
        panels, panel_stride, rows, tile, (left_slab){panels, panel_stride}, factor, columns, lower,
        stride);
}

#pragma clang attribute pop
#endif
