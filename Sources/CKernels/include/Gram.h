#ifndef CKERNELS_GRAM_H
#define CKERNELS_GRAM_H

#include <stddef.h>

// Sums of products of the columns of a matrix, in single precision over slabs of rows and in double
// precision from slab to slab.
//
// The matrix is stored in panels of 16 columns, each row after row, so that the kernel reads
// consecutive memory. Columns beyond the last are zeros.

enum {
    // Columns of a panel.
    CKERNELS_GRAM_PANEL = 16,
    // Tiles begin at multiples of it.
    CKERNELS_GRAM_GRID = 48,
    // Rows of the longest slab.
    CKERNELS_GRAM_SLAB = 416,
};

// A rectangle of the lower triangle. Its borders are multiples of CKERNELS_GRAM_GRID or the last
// column of the matrix.
typedef struct {
    size_t first_row, end_row, first_column, end_column;
} ckernels_gram_tile;

// Whether this processor has the instructions (AVX2 and FMA) and gains by it: the kernels that
// OpenBLAS has for AVX-512 are faster. The other functions must not be called without it.
int ckernels_gram_is_available(void);

// Copies `rows` rows of `columns` columns, at most 16, of a row-major matrix into a panel.
void ckernels_gram_pack(
    const float *x, size_t stride, size_t rows, size_t columns, float *panel);

// Copies the deviations of the values from `centre` into panels, which begin `panel_stride` scalars
// after each other, and adds them up by column in `sums`; `largest` becomes that of their magnitudes
// and of what it holds. The last panel is filled up with zeros.
void ckernels_gram_centre(
    const float *x, size_t stride, size_t rows, size_t columns, const float *centre, float *panels,
    size_t panel_stride, double *sums, float *largest);

// Scalars of scratch memory that a tile of so many rows needs.
size_t ckernels_gram_scratch(size_t tile_rows);

// Adds `factor` times the products of `rows` rows to a tile of the lower triangle of a square
// row-major matrix with `stride` scalars from row to row; what lies above the diagonal is left as it
// is. The panels hold `columns` columns, at which the tile ends at the latest.
//
// Panels begin `panel_stride` scalars after each other; they and the scratch memory are aligned to
// 64 bytes.
void ckernels_gram_add(
    const float *panels, size_t panel_stride, size_t rows, ckernels_gram_tile tile, double factor,
    size_t columns, float *scratch, double *lower, size_t stride);

#endif
