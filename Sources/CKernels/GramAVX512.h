// The kernel for SCALAR, of which LANES fill a register, by the name ADD.

#include "GramKernels.h"

#pragma clang attribute push(__attribute__((target("avx512f"))), apply_to = function)

// With the two registers of a panel's row, the sums fill 16 of the 32 registers, and eight columns
// are a part of a panel: the tile's rows are read from the panels, too.
#define MICRO 8
#define LEFT_STEP (2 * LANES)
// The processor's own prefetching follows the two panels.
#define FETCH_LEFT(a)

typedef struct {
    const SCALAR *panels;
    size_t panel_stride;
} left_slab;

static inline __attribute__((always_inline)) const SCALAR *left_panel(
    left_slab slab, size_t row) {
    return slab.panels + row / LEFT_STEP * slab.panel_stride + row % LEFT_STEP;
}

#include "GramKernel.h"

_Static_assert(PANEL * sizeof(SCALAR) == AVX512_ROW_BYTES, "a row of a panel");

void ADD(
    const void *panels, size_t panel_stride, size_t rows, ckernels_gram_tile tile, double factor,
    size_t columns, void *scratch, double *lower, size_t stride) {
    (void)scratch;
    add_tile(
        panels, panel_stride, rows, tile, (left_slab){panels, panel_stride}, factor, columns, lower,
        stride);
}

#pragma clang attribute pop
