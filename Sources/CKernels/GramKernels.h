#ifndef CKERNELS_GRAM_KERNELS_H
#define CKERNELS_GRAM_KERNELS_H

#include "Gram.h"

// The kernels of each set; see Gram.h for what the functions do.

enum {
    AVX2_PANEL = 16,
    // Eight micro-tiles of 6 rows, three panels.
    AVX2_GRID = 48,
    AVX512_PANEL = 32,
    AVX512_GRID = 32,
};

void avx2_gram_add(
    const float *panels, size_t panel_stride, size_t rows, ckernels_gram_tile tile, double factor,
    size_t columns, float *scratch, double *lower, size_t stride);

void avx512_gram_add(
    const float *panels, size_t panel_stride, size_t rows, ckernels_gram_tile tile, double factor,
    size_t columns, float *scratch, double *lower, size_t stride);

#endif
