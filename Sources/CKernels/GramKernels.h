#ifndef CKERNELS_GRAM_KERNELS_H
#define CKERNELS_GRAM_KERNELS_H

#include "Gram.h"

// The kernels, each compiled for one set and scalar; `ckernels_gram_add` calls them.

enum {
    // A row of a panel has two registers.
    AVX2_ROW_BYTES = 64,
    AVX512_ROW_BYTES = 128,
    // Three panels, whole micro-tiles of 6 columns.
    AVX2_GRID = 48,
    // Bytes of a column of the longest slab.
    SLAB_BYTES = 416 * 4,
};

typedef void gram_add(
    const void *panels, size_t panel_stride, size_t rows, ckernels_gram_tile tile, double factor,
    size_t columns, void *scratch, double *lower, size_t stride);

gram_add avx2_gram_add_floats, avx512_gram_add_floats, avx512_gram_add_doubles;

#endif
