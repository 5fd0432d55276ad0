#include "GramKernels.h"

#ifdef __x86_64__
#include <immintrin.h>

#pragma clang attribute push(__attribute__((target("avx2,fma"))), apply_to = function)

#define SCALAR float
#define LANES 8
// With the two registers of a panel's row, the sums fill 12 of the 16 registers.
#define MICRO 6
#define LEFT_STEP MICRO
// Sixty-four rows ahead. The narrow panel stays in the second cache, so it must not drive the wide one
// out of the first.
#define FETCH_LEFT(a) \
    UNROLLED for (int i = 0; i < 8 * MICRO; i += LINE) \
        __builtin_prefetch(a + 64 * MICRO + i, 0, 0)

// Narrow panels of a tile's rows.
typedef struct {
    const float *narrow;
    size_t first_row, rows;
} left_slab;

static inline __attribute__((always_inline)) const float *left_panel(
    left_slab slab, size_t row) {
    return slab.narrow + (row - slab.first_row) * slab.rows;
}

#include "GramKernel.h"

_Static_assert(PANEL * sizeof(SCALAR) == AVX2_ROW_BYTES, "a row of a panel");

// Copies 48 columns, of which `count` panels exist, into eight narrow panels of 6 columns, whose
// elements the micro-kernel broadcasts one after the other.
static void narrow(
    const float *panels, size_t panel_stride, size_t count, size_t rows, float *block) {
    const size_t step = MICRO * rows;
    for (size_t row = 0; row < rows; row++) {
        for (size_t half = 0; half < 2; half++) {
            __m128 q[6];
            for (size_t i = 0; i < 6; i++) {
                size_t column = half * 24 + i * 4, panel = column / PANEL;
                q[i] = panel < count
                    ? _mm_load_ps(panels + panel * panel_stride + row * PANEL + column % PANEL)
                    : _mm_setzero_ps();
            }
            float *target = block + half * 4 * step + row * MICRO;
            _mm_storeu_ps(target, q[0]);
            _mm_storel_pi((__m64 *)(target + 4), q[1]);
            target += step;
            _mm_storeu_ps(target, _mm_shuffle_ps(q[1], q[2], 0x4e));
            _mm_storeh_pi((__m64 *)(target + 4), q[2]);
            target += step;
            _mm_storeu_ps(target, q[3]);
            _mm_storel_pi((__m64 *)(target + 4), q[4]);
            target += step;
            _mm_storeu_ps(target, _mm_shuffle_ps(q[4], q[5], 0x4e));
            _mm_storeh_pi((__m64 *)(target + 4), q[5]);
        }
    }
}

void avx2_gram_add_floats(
    const void *panels, size_t panel_stride, size_t rows, ckernels_gram_tile tile, double factor,
    size_t columns, void *scratch, double *lower, size_t stride) {
    const float *x = panels;
    float *block = scratch;
    const size_t panel_count = (columns + PANEL - 1) / PANEL;
    for (size_t row = tile.first_row; row < tile.end_row; row += AVX2_GRID)
        narrow(
            x + row / PANEL * panel_stride, panel_stride, panel_count - row / PANEL, rows,
            block + (row - tile.first_row) * rows);
    add_tile(
        x, panel_stride, rows, tile, (left_slab){block, tile.first_row, rows}, factor, columns,
        lower, stride);
}

#pragma clang attribute pop
#endif
