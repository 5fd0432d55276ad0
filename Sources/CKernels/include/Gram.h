#ifndef CKERNELS_GRAM_H
#define CKERNELS_GRAM_H

#include "InstructionSets.h"

#include <stddef.h>

// Sums of products of the columns of a matrix of floats or doubles, in its precision over slabs of
// rows and in double precision from slab to slab.
//
// Each slab of the matrix is stored in panels of some columns, each row after row, so that the kernel
// reads consecutive memory. Columns beyond the last are zeros. Panels and scratch memory are aligned
// to 64 bytes.

// What the elements of a matrix are.
typedef enum {
    CKERNELS_GRAM_FLOATS = 0,
    CKERNELS_GRAM_DOUBLES = 1,
} ckernels_gram_scalar;

// What a kernel wants.
typedef struct {
    // Columns of a panel.
    size_t panel;
    // Rows of the longest slab.
    size_t slab;
    // Tiles begin at multiples of it.
    size_t grid;
    // The side of the largest square of which a slab stays in the second cache, and a multiple of the
    // grid.
    size_t side;
    // The fewest columns with which it is faster than OpenBLAS.
    size_t fewest;
} ckernels_gram_shape;

// A rectangle of the lower triangle. Its borders are multiples of the grid or the last column of the
// matrix.
typedef struct {
    size_t first_row, end_row, first_column, end_column;
} ckernels_gram_tile;

// Whether this processor has the set, and there is a kernel for it. The other functions must not be
// called without.
int ckernels_gram_is_available(ckernels_set set, ckernels_gram_scalar scalar);

// What the kernel of a set wants.
ckernels_gram_shape ckernels_gram_shape_of(ckernels_set set, ckernels_gram_scalar scalar);

// Copies `rows` rows of `bytes` bytes, at most those of a panel's row, into a panel. `stride` bytes
// lie between rows.
void ckernels_gram_pack(
    ckernels_set set, const void *x, size_t stride, size_t rows, size_t bytes, void *panel);

// Copies the deviations of the values from `centre` into panels, which begin `panel_stride` scalars
// after each other, and adds them up by column in `sums`; `largest` becomes that of their magnitudes
// and of what it holds. The last panel is filled up with zeros.
void ckernels_gram_centre_floats(
    ckernels_set set, const float *x, size_t stride, size_t rows, size_t columns,
    const float *centre, float *panels, size_t panel_stride, double *sums, float *largest);

// The same with deviations, and so rounding, in double precision.
void ckernels_gram_centre_widened(
    ckernels_set set, const float *x, size_t stride, size_t rows, size_t columns,
    const double *centre, double *panels, size_t panel_stride, double *sums, double *largest);

// The same for values in double precision.
void ckernels_gram_centre_doubles(
    ckernels_set set, const double *x, size_t stride, size_t rows, size_t columns,
    const double *centre, double *panels, size_t panel_stride, double *sums, double *largest);

// Bytes of scratch memory that a tile of so many rows needs.
size_t ckernels_gram_scratch(ckernels_set set, size_t tile_rows);

// Adds `factor` times the products of `rows` rows, a slab at most, to a tile of the lower triangle of
// a square row-major matrix with `stride` scalars from row to row; what lies above the diagonal is
// left as it is. The panels, `panel_stride` scalars after each other, hold `columns` columns, at
// which the tile ends at the latest.
void ckernels_gram_add(
    ckernels_set set, ckernels_gram_scalar scalar, const void *panels, size_t panel_stride,
    size_t rows, ckernels_gram_tile tile, double factor, size_t columns, void *scratch,
    double *lower, size_t stride);

#endif
